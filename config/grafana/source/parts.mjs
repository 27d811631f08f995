// The parts every dashboard is made of: variables, links, panels. A text is always {zh, en}; a query is the same in both languages.
import * as dash from '@grafana/grafana-foundation-sdk/dashboard';
import * as common from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';

const source = { type: 'prometheus', uid: '${datasource}' };
const kinds = { stat, table, timeseries, bargauge, statetimeline };

/// Text in one language; a plain string is the same in both.
const say = (words, lang) => (typeof words === 'string' ? words : words[lang]);

/// Severity of an alert (告警级别): the labels of the programs, what people read, and the colours of the trade.
export const severities = [
  { key: 'critical', zh: '紧急', en: 'critical', color: 'red' },
  { key: 'high', zh: '高', en: 'high', color: 'orange' },
  { key: 'medium', zh: '中', en: 'medium', color: 'yellow' },
  { key: 'low', zh: '低', en: 'low', color: 'blue' },
  { key: 'info', zh: '信息', en: 'info', color: 'gray' },
];

/// One query. `how.legend` is {zh, en} or a string; `how.table` asks for the present value in rows.
export const query = (expr, how = {}) => ({ expr, ...how });

const thresholds = (steps) =>
  new dash.ThresholdsConfigBuilder().mode(dash.ThresholdsMode.Absolute).steps(steps.map(([value, color]) => ({ value, color })));

/// Colours of a number that means nothing by its size, of one that must stay zero, and of a silence in seconds.
export const plain = [[null, 'blue']];
export const must_be_zero = [[null, 'red'], [0, 'green'], [0.000001, 'red']];
export const silence = [[null, 'green'], [60, 'red']];

const dashboards = ['overview', 'operations', 'sensors'];
const names = {
  overview: { zh: '安全总览', en: 'Security overview' },
  operations: { zh: '工业操作与流量', en: 'Operations and traffic' },
  sensors: { zh: '探针运行', en: 'Sensor health' },
};
const uid = (name, lang) => `millwatch-${name}-${lang}`;

function variables(chosen, lang) {
  const from_prometheus = (name, label, ask) =>
    new dash.QueryVariableBuilder(name).label(say(label, lang)).datasource(source).query({ query: ask, refId: name }).definition(ask)
      .refresh(dash.VariableRefresh.OnTimeRangeChanged).sort(dash.VariableSort.AlphabeticalAsc)
      .multi(true).includeAll(true).allValue('.*')
      .current({ selected: true, text: say({ zh: '全部', en: 'All' }, lang), value: '$__all' });
  const all = {
    job: () => from_prometheus('job', { zh: '采集任务', en: 'job' }, 'label_values(millwatch_build_info, job)'),
    site: () => from_prometheus('site', { zh: '站点', en: 'site' }, 'label_values(millwatch_learning_phase{job=~"$job"}, site)'),
    sensor: () =>
      from_prometheus('sensor', { zh: '探针', en: 'sensor' }, 'label_values(millwatch_sensor_last_seen_timestamp_seconds{job=~"$job"}, sensor)'),
    protocol: () =>
      from_prometheus('protocol', { zh: '协议', en: 'protocol' }, 'label_values(millwatch_operations_total{job=~"$job", site=~"$site"}, protocol)'),
    window: () =>
      new dash.CustomVariableBuilder('window').label(say({ zh: '统计窗口', en: 'window' }, lang))
        .values(say({ zh: '24 小时 : 24h, 近 7 天 : 7d, 近 30 天 : 30d', en: '24 hours : 24h, 7 days : 7d, 30 days : 30d' }, lang))
        .current({ selected: true, text: say({ zh: '24 小时', en: '24 hours' }, lang), value: '24h' }),
  };
  return [
    new dash.DatasourceVariableBuilder('datasource').label(say({ zh: '数据源', en: 'Data source' }, lang)).type('prometheus'),
    ...chosen.map((name) => all[name]()),
  ];
}

/// A link that keeps the time range and the variables that both ends have.
const address = (name, lang) => `/d/${uid(name, lang)}?\${__url_time_range}&\${datasource:queryparam}&\${job:queryparam}`;

function links(here, lang) {
  const other = lang === 'zh' ? 'en' : 'zh';
  const to = (title, url) =>
    new dash.DashboardLinkBuilder(title).type(dash.DashboardLinkType.Link).icon('dashboard').url(url).keepTime(true).includeVars(true);
  return [
    ...dashboards.filter((name) => name !== here).map((name) => to(names[name][lang], `/d/${uid(name, lang)}`)),
    to(lang === 'zh' ? 'English' : '中文', `/d/${uid(here, other)}`),
  ];
}

function panel(about, id, at, lang) {
  const made = new kinds[about.kind].PanelBuilder()
    .id(id).title(say(about.title, lang)).description(say(about.description, lang)).datasource(source)
    .unit(about.unit).thresholds(thresholds(about.thresholds ?? plain)).gridPos(at);
  if (about.decimals !== undefined) made.decimals(about.decimals);
  if (about.mappings) made.mappings(about.mappings(lang));
  about.queries.forEach((q, i) => {
    const target = new DataqueryBuilder().refId(String.fromCharCode(65 + i)).datasource(source).expr(q.expr);
    if (about.kind === 'table') target.instant().format('table');
    else if (about.kind === 'stat' || about.kind === 'bargauge') target.instant();
    else target.range();
    target.legendFormat(say(q.legend ?? '__auto', lang));
    made.withTarget(target);
  });
  for (const [regexp, properties] of about.overrides ? about.overrides(lang) : []) made.overrideByRegexp(regexp, properties);
  for (const t of about.transformations ? about.transformations(lang) : []) made.withTransformation(t);
  if (about.to)
    made.links([new dash.DashboardLinkBuilder(names[about.to][lang]).type(dash.DashboardLinkType.Link).icon('dashboard').url(address(about.to, lang))]);
  const last = new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']);
  if (about.kind === 'stat') made.reduceOptions(last).colorMode(about.loud ? 'background' : 'value').graphMode('none').textMode(about.tiles ? 'value_and_name' : 'auto');
  if (about.kind === 'bargauge') made.reduceOptions(last).displayMode('basic').orientation('horizontal');
  if (about.kind === 'timeseries') {
    made.fillOpacity(about.bars ? 60 : 10).showPoints('auto').axisSoftMin(0);
    made.tooltip(new common.VizTooltipOptionsBuilder().mode('multi').sort('desc'));
    made.legend(new common.VizLegendOptionsBuilder().displayMode('table').placement('right').showLegend(true).calcs(['mean', 'max', 'lastNotNull']));
    if (about.bars) made.drawStyle('bars').stacking(new common.StackingConfigBuilder().mode('normal'));
  }
  return made;
}

/// One dashboard in one language. `about.rows` is [{title, panels}]; panels flow left to right on 24 columns, `size` is [w, h].
export function dashboard(about, lang) {
  const made = new dash.DashboardBuilder(`millwatch · ${names[about.name][lang]}`)
    .uid(uid(about.name, lang)).description(say(about.description, lang)).tags(['millwatch', lang]).readonly()
    .timezone(lang === 'zh' ? 'Asia/Shanghai' : 'browser').weekStart('monday').refresh('30s')
    .time({ from: 'now-6h', to: 'now' }).tooltip(dash.DashboardCursorSync.Crosshair).annotations([])
    .variables(variables(about.variables, lang)).links(links(about.name, lang));
  let id = 1, y = 0;
  for (const row of about.rows) {
    made.withRow(new dash.RowBuilder(say(row.title, lang)).id(id++).gridPos({ x: 0, y: y++, w: 24, h: 1 }));
    let x = 0, tallest = 0;
    for (const p of row.panels) {
      const [w, h] = p.size;
      if (x + w > 24) [x, y, tallest] = [0, y + tallest, 0];
      made.withPanel(panel(p, id++, { x, y, w, h }, lang));
      [x, tallest] = [x + w, Math.max(tallest, h)];
    }
    y += tallest;
  }
  return made.build();
}

/// Grafana's value mapping, from [[value, {zh, en}, colour]].
export const mapped = (rows) => (lang) => [
  { type: 'value', options: Object.fromEntries(rows.map(([value, words, color], index) => [value, { text: say(words, lang), color, index }])) },
];
/// A colour for each series, by what its legend says in this language.
export const coloured = (rows) => (lang) =>
  rows.map((r) => [`^${r[lang]}$`, [{ id: 'color', value: { mode: 'fixed', fixedColor: r.color } }]]);
/// Columns of a table in their order, as [[field, {zh, en}]]; what is not named is hidden by `hide`.
export const columns = (rows, hide = []) => (lang) => [
  { id: 'merge', options: {} },
  {
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries(['Time', ...hide.filter((h) => !h.endsWith(`_${lang}`))].map((name) => [name, true])),
      indexByName: Object.fromEntries(rows.map(([name], i) => [name, i])),
      renameByName: Object.fromEntries(rows.map(([name, words]) => [name, say(words, lang)])),
    },
  },
];
