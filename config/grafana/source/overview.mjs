// Security overview: what is watched, what was found, what is still open, and whether a zero can be believed.
import { columns, coloured, mapped, must_be_zero, plain, query, severities, silence } from './parts.mjs';

const here = 'job=~"$job", site=~"$site"';
const in_window = (metric) => `sum(increase(${metric}{${here}}[$window])) or vector(0)`;
const change = (metric) =>
  `(sum(increase(${metric}{${here}}[$window])) or vector(0)) - (sum(increase(${metric}{${here}}[$window] offset $window)) or vector(0))`;
const words = { alerts: { zh: '告警', en: 'alerts' }, attacks: { zh: '攻击', en: 'attacks' }, incidents: { zh: '安全事件', en: 'incidents' } };
const count = { kind: 'stat', unit: 'locale', decimals: 0 };

export default {
  name: 'overview',
  description: {
    zh: '监测范围、告警/攻击/安全事件三个口径的数量、未关闭事件、学习阶段，以及探针是否真的在工作。',
    en: 'What is watched; alerts, attacks and incidents as three numbers; open incidents; learning; and whether the sensors really work.',
  },
  variables: ['job', 'site', 'window'],
  rows: [
    {
      title: { zh: '数据是否可信', en: 'Can the numbers be believed' },
      panels: [
        {
          kind: 'stat', loud: true, size: [4, 5], to: 'sensors', unit: 'locale', decimals: 0, thresholds: must_be_zero,
          title: { zh: '失联探针', en: 'Silent sensors' },
          description: {
            zh: '超过 60 秒没有心跳的探针数。大于 0 时，其他面板上的“0 次攻击”不可信。',
            en: 'Sensors without a heartbeat for more than 60 s. Above zero, "0 attacks" elsewhere means nothing.',
          },
          queries: [query('count(time() - max by (sensor) (millwatch_sensor_last_seen_timestamp_seconds{job=~"$job"}) > 60) or vector(0)')],
        },
        {
          kind: 'stat', loud: true, tiles: true, size: [20, 5], to: 'sensors', unit: 's', decimals: 0, thresholds: silence,
          title: { zh: '各探针距上次心跳', en: 'No data from sensor since' },
          description: {
            zh: '每个探针距上次心跳的时间；超过 60 秒显示红色，与攻击同样醒目。',
            en: 'Time since the last heartbeat of each sensor; red above 60 s, as loud as an attack.',
          },
          queries: [
            query('time() - max by (sensor) (millwatch_sensor_last_seen_timestamp_seconds{job=~"$job"})',
              { legend: { zh: '探针 {{sensor}} 无数据', en: 'no data from {{sensor}}' } }),
          ],
        },
      ],
    },
    {
      title: { zh: '总体安全态势', en: 'Overall situation' },
      panels: [
        {
          ...count, size: [4, 5],
          title: { zh: '监测企业（站点）数', en: 'Enterprises (sites) watched' },
          description: { zh: '有数据的站点数；一个站点对应一家企业的一处厂区。', en: 'Sites that deliver data; a site is one plant of an enterprise.' },
          queries: [query(`count(count by (site) (millwatch_learning_phase{${here}}))`)],
        },
        {
          ...count, size: [4, 5],
          title: { zh: '资产数', en: 'Assets' },
          description: { zh: '被动发现的资产总数。', en: 'Assets found passively.' },
          queries: [query(`sum(millwatch_assets{${here}})`)],
        },
        {
          ...count, size: [4, 5],
          title: { zh: '告警数', en: 'Alerts' },
          description: { zh: '统计窗口内的原始告警数，未归并。', en: 'Raw alerts within the window, nothing folded.' },
          queries: [query(in_window('millwatch_alerts_total'))],
        },
        {
          ...count, size: [4, 5], thresholds: [[null, 'green'], [1, 'orange']],
          title: { zh: '攻击次数', en: 'Attacks' },
          description: {
            zh: '统计窗口内的攻击次数：同一攻击方、受害方和规则在滑动归并窗口（默认 10 分钟）内计为一次。',
            en: 'Attacks within the window: same attacker, victim and rule within a sliding window (default 10 min) count once.',
          },
          queries: [query(in_window('millwatch_attacks_total'))],
        },
        {
          ...count, size: [4, 5], thresholds: [[null, 'green'], [1, 'red']],
          title: { zh: '安全事件数', en: 'Incidents' },
          description: {
            zh: '统计窗口内新产生的安全事件（归并后的案件），不是告警数。',
            en: 'Incidents (grouped cases) that began within the window; not a count of alerts.',
          },
          queries: [query(in_window('millwatch_incidents_total'))],
        },
        {
          ...count, size: [4, 5], tiles: true, thresholds: [[null, 'green'], [1, 'orange']],
          title: { zh: '环比变化', en: 'Change on the previous window' },
          description: { zh: '与上一个同长窗口之差；负数表示减少。', en: 'Difference to the window before, of the same length; negative is fewer.' },
          queries: ['alerts', 'attacks', 'incidents'].map((k) => query(change(`millwatch_${k}_total`), { legend: words[k] })),
        },
        {
          kind: 'bargauge', size: [8, 8], unit: 'locale', decimals: 0, overrides: coloured(severities),
          title: { zh: '未关闭事件（按告警级别）', en: 'Open incidents by alert severity' },
          description: {
            zh: '当前未关闭的安全事件数。颜色为告警级别：紧急红、高橙、中黄、低蓝；不是事件级别（特别重大/重大/较大/一般）。',
            en: 'Incidents open now. Colours are the alert severity: critical red, high orange, medium yellow, low blue; not the grade of an incident.',
          },
          queries: severities.map((s) => query(`sum(millwatch_incidents_open{${here}, severity="${s.key}"}) or vector(0)`, { legend: { zh: s.zh, en: s.en } })),
        },
        {
          kind: 'timeseries', bars: true, size: [16, 8], unit: 'locale',
          title: { zh: '告警与攻击趋势', en: 'Alerts and attacks over time' },
          description: { zh: '每个时间步内新增的告警与攻击。', en: 'New alerts and attacks in each step.' },
          queries: [
            query(`sum(increase(millwatch_alerts_total{${here}}[$__rate_interval])) or vector(0)`, { legend: words.alerts }),
            query(`sum(increase(millwatch_attacks_total{${here}}[$__rate_interval])) or vector(0)`, { legend: words.attacks }),
          ],
        },
      ],
    },
    {
      title: { zh: '安全事件', en: 'Incidents' },
      panels: [
        {
          kind: 'table', size: [24, 10], unit: 'none', to: 'operations',
          title: { zh: '未关闭的安全事件', en: 'Open incidents' },
          description: {
            zh: '最多 200 条，较新的优先；证据与处置建议见 millwatch 自身的报告。',
            en: 'At most 200, newest first; evidence and advice stand in the report of millwatch itself.',
          },
          queries: [
            query(`max by (site, incident, severity, rule, title_en, title_zh, actor, victim) (millwatch_incident_info{${here}}) or vector(0)`),
          ],
          overrides: (lang) => [
            [lang === 'zh' ? '^告警级别$' : '^severity$', [
              { id: 'custom.cellOptions', value: { type: 'color-background' } },
              { id: 'mappings', value: mapped(severities.map((s) => [s.key, s, s.color]))(lang) },
            ]],
            [lang === 'zh' ? '^状态$' : '^state$', [
              { id: 'mappings', value: mapped([['1', { zh: '未关闭', en: 'open' }, 'text'], ['0', { zh: '当前没有未关闭的事件', en: 'none open' }, 'green']])(lang) },
            ]],
          ],
          transformations: (lang) => columns([
            ['severity', { zh: '告警级别', en: 'severity' }], ['site', { zh: '站点', en: 'site' }], [`title_${lang}`, { zh: '事件名称', en: 'incident' }],
            ['actor', { zh: '攻击方', en: 'attacker' }], ['victim', { zh: '受害方', en: 'victim' }], ['rule', { zh: '规则', en: 'rule' }],
            ['incident', { zh: '编号', en: 'number' }], ['Value', { zh: '状态', en: 'state' }],
          ], ['title_zh', 'title_en'])(lang),
        },
        {
          kind: 'bargauge', size: [12, 9], unit: 'locale', decimals: 0, thresholds: plain, to: 'operations',
          title: { zh: '命中最多的规则', en: 'Rules that fired most' },
          description: { zh: '统计窗口内命中次数前十的检测规则。', en: 'The ten rules with the most detections within the window.' },
          queries: [
            query(`topk(10, sum by (rule) (increase(millwatch_detections_total{${here}}[$window]))) or vector(0)`,
              { legend: '{{rule}}' }),
          ],
        },
        {
          kind: 'bargauge', size: [12, 9], unit: 'locale', decimals: 0, overrides: coloured(severities),
          title: { zh: '检测命中（按告警级别）', en: 'Detections by alert severity' },
          description: { zh: '统计窗口内的检测命中次数。', en: 'Detections within the window.' },
          queries: severities.map((s) =>
            query(`sum(increase(millwatch_detections_total{${here}, severity="${s.key}"}[$window])) or vector(0)`,
              { legend: { zh: s.zh, en: s.en } })),
        },
      ],
    },
    {
      title: { zh: '资产与学习', en: 'Assets and learning' },
      panels: [
        {
          kind: 'bargauge', size: [8, 9], unit: 'locale', decimals: 0, thresholds: plain,
          title: { zh: '资产（按角色）', en: 'Assets by role' },
          description: { zh: '被动识别出的角色。', en: 'Roles inferred from traffic.' },
          queries: [query(`sum by (role) (millwatch_assets{${here}})`, { legend: '{{role}}' })],
        },
        {
          kind: 'statetimeline', size: [8, 9], unit: 'none', thresholds: plain,
          title: { zh: '学习阶段', en: 'Learning phase' },
          description: { zh: '学习：只记录；试运行：打分但不告警；告警：正式检测。', en: 'Learn records only; trial scores without alerting; detect alerts.' },
          mappings: mapped([['1', { zh: '学习', en: 'learn' }, 'blue'], ['2', { zh: '试运行', en: 'trial' }, 'yellow'], ['3', { zh: '告警', en: 'detect' }, 'green']]),
          queries: [
            query(
              `max by (site) (millwatch_learning_phase{${here}, phase="learn"} * 1 or millwatch_learning_phase{${here}, phase="trial"} * 2 or millwatch_learning_phase{${here}, phase="detect"} * 3)`,
              { legend: '{{site}}' },
            ),
          ],
        },
        {
          kind: 'timeseries', size: [8, 9], unit: 'percentunit', thresholds: [[null, 'green'], [0.05, 'yellow'], [0.2, 'orange']],
          title: { zh: '尚未见过的行为占比（估计）', en: 'Estimated share of behaviour not yet seen' },
          description: { zh: '学习完成度：越接近 0，基线越完整。', en: 'How complete the baseline is: near zero is complete.' },
          queries: [query(`max by (site) (millwatch_learning_unseen_mass{${here}})`, { legend: '{{site}}' })],
        },
        {
          kind: 'table', size: [24, 10], unit: 'none',
          title: { zh: '资产台账', en: 'Asset inventory' },
          description: { zh: '最多 500 项；完整台账见 millwatch 的报告。', en: 'At most 500; the whole inventory stands in the report of millwatch.' },
          queries: [query(`max by (site, asset, vendor, model, firmware, role, level) (millwatch_asset_info{${here}}) or vector(0)`)],
          transformations: columns([
            ['site', { zh: '站点', en: 'site' }], ['asset', { zh: '资产', en: 'asset' }], ['role', { zh: '角色', en: 'role' }], ['level', { zh: '层级', en: 'level' }],
            ['vendor', { zh: '厂商', en: 'vendor' }], ['model', { zh: '型号', en: 'model' }], ['firmware', { zh: '固件', en: 'firmware' }],
          ], ['Value']),
        },
      ],
    },
  ],
};
