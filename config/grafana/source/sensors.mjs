// Sensor health: is every frame accounted for, from the mirror port to the notification.
import { columns, mapped, must_be_zero, plain, query, silence } from './parts.mjs';

const sensor = 'job=~"$job", sensor=~"$sensor"';
const stage = 'job=~"$job", sensor=~"$sensor|"';  // stages of collector and analyzer have no sensor: they are always shown
const site = 'job=~"$job"';
const sum = (metric) => `sum by (sensor, stage) (millwatch_ledger_${metric}{${stage}})`;
const or_zero = (metric) => `(${sum(metric)} or ${sum('in_total')} * 0)`;
const imbalance = `${sum('in_total')} - ${sum('out_total')} - ${or_zero('dropped_total')} - ${or_zero('held')}`;
const by_sensor = (metric) => `sum by (sensor) (rate(${metric}{${sensor}}[$__rate_interval]))`;

export default {
  name: 'sensors',
  description: {
    zh: '探针心跳、采集速率、逐级账本（入 = 出 + 丢弃 + 暂存）、时钟偏差与通知投递。',
    en: 'Heartbeats, capture rates, the ledger of every stage (in = out + dropped + held), clock offset, and notifications.',
  },
  variables: ['job', 'sensor', 'window'],
  rows: [
    {
      title: { zh: '状态', en: 'State' },
      panels: [
        {
          kind: 'stat', loud: true, tiles: true, size: [12, 5], unit: 's', decimals: 0, thresholds: silence, to: 'overview',
          title: { zh: '距上次心跳', en: 'Since the last heartbeat' },
          description: { zh: '超过 60 秒为红色：该探针没有数据。', en: 'Red above 60 s: there is no data from this sensor.' },
          queries: [query(`time() - max by (sensor) (millwatch_sensor_last_seen_timestamp_seconds{${sensor}})`, { legend: '{{sensor}}' })],
        },
        {
          kind: 'stat', loud: true, size: [4, 5], unit: 'locale', decimals: 0, thresholds: must_be_zero,
          title: { zh: '账目不平的环节', en: 'Stages out of balance' },
          description: { zh: '入 − 出 − 丢弃 − 暂存 不为 0 的环节数，必须为 0。', en: 'Stages where in - out - dropped - held is not 0; must be 0.' },
          queries: [query(`sum((${imbalance}) != bool 0)`)],
        },
        {
          kind: 'stat', loud: true, tiles: true, size: [4, 5], unit: 'none', thresholds: [[null, 'red'], [1, 'green']],
          title: { zh: '指标采集', en: 'Scrape' },
          description: { zh: 'Prometheus 能否读取 millwatch 的指标。', en: 'Whether Prometheus can read the metrics of millwatch.' },
          mappings: mapped([['0', { zh: '中断', en: 'down' }, 'red'], ['1', { zh: '正常', en: 'up' }, 'green']]),
          queries: [query(`min by (job) (up{${site}})`, { legend: '{{job}}' })],
        },
        {
          kind: 'stat', tiles: true, size: [4, 5], unit: 'none', thresholds: plain,
          title: { zh: '版本', en: 'Version' },
          description: { zh: '各版本的 millwatch 实例数。', en: 'Instances of millwatch by version.' },
          queries: [query(`count by (version) (millwatch_build_info{${site}})`, { legend: '{{version}}' })],
        },
      ],
    },
    {
      title: { zh: '采集', en: 'Capture' },
      panels: [
        {
          kind: 'timeseries', size: [12, 8], unit: 'pps',
          title: { zh: '采集帧速率', en: 'Frames captured' },
          description: {
            zh: '每秒帧数；心跳正常而帧数为 0，说明镜像口没有流量。',
            en: 'Frames each second; a heartbeat with no frames means that the mirror port is empty.',
          },
          queries: [query(by_sensor('millwatch_sensor_frames_total'), { legend: '{{sensor}}' })],
        },
        {
          kind: 'timeseries', size: [12, 8], unit: 'Bps',
          title: { zh: '采集字节速率', en: 'Bytes captured' },
          description: { zh: '每秒字节数。', en: 'Bytes each second.' },
          queries: [query(by_sensor('millwatch_sensor_bytes_total'), { legend: '{{sensor}}' })],
        },
        {
          kind: 'timeseries', size: [12, 8], unit: 'locale',
          title: { zh: '活动流', en: 'Active flows' },
          description: { zh: '探针当前跟踪的流数。', en: 'Flows that a sensor follows now.' },
          queries: [query(`sum by (sensor) (millwatch_sensor_flows_active{${sensor}})`, { legend: '{{sensor}}' })],
        },
        {
          kind: 'timeseries', size: [12, 8], unit: 's', thresholds: [[null, 'red'], [-0.5, 'green'], [0.5, 'red']],
          title: { zh: '时钟偏差', en: 'Clock offset' },
          description: {
            zh: '探针时钟与采集端之差；超过 ±0.5 秒影响事件排序。',
            en: 'Clock of the sensor against the collector; beyond ±0.5 s the order of events suffers.',
          },
          queries: [query(`max by (sensor) (millwatch_sensor_clock_offset_seconds{${sensor}})`, { legend: '{{sensor}}' })],
        },
      ],
    },
    {
      title: { zh: '逐级账本', en: 'Ledger' },
      panels: [
        {
          kind: 'table', size: [16, 13], unit: 'locale', decimals: 0,
          title: { zh: '账本（启动以来）', en: 'Ledger since start' },
          description: {
            zh: '每一环节：入 = 出 + 丢弃 + 暂存。探针为空的是采集端与分析端的环节。',
            en: 'Every stage: in = out + dropped + held. Stages without a sensor belong to collector and analyzer.',
          },
          queries: [query(sum('in_total')), query(sum('out_total')), query(or_zero('dropped_total')), query(or_zero('held'))],
          transformations: columns([
            ['sensor', { zh: '探针', en: 'sensor' }], ['stage', { zh: '环节', en: 'stage' }], ['Value #A', { zh: '入', en: 'in' }],
            ['Value #B', { zh: '出', en: 'out' }], ['Value #C', { zh: '丢弃', en: 'dropped' }], ['Value #D', { zh: '暂存', en: 'held' }],
          ]),
        },
        {
          kind: 'bargauge', size: [8, 13], unit: 'locale', decimals: 0, thresholds: must_be_zero,
          title: { zh: '入 − 出 − 丢弃 − 暂存（必须为 0）', en: 'in - out - dropped - held (must be 0)' },
          description: { zh: '任何不为 0 的值都是去向不明的数据。', en: 'Whatever is not 0 went where nobody counted it.' },
          queries: [query(imbalance, { legend: '{{sensor}} {{stage}}' })],
        },
        {
          kind: 'timeseries', size: [12, 9], unit: 'cps', thresholds: must_be_zero,
          title: { zh: '丢弃速率（按原因）', en: 'Drops by reason' },
          description: { zh: '每秒丢弃数。去重与策略丢弃也在其中，请看原因。', en: 'Drops each second. Duplicates and policy count too: see the reason.' },
          queries: [
            query(`sum by (sensor, stage, reason) (rate(millwatch_ledger_dropped_total{${stage}}[$__rate_interval])) or vector(0)`,
              { legend: '{{sensor}} {{stage}} {{reason}}' }),
          ],
        },
        {
          kind: 'timeseries', size: [12, 9], unit: 'locale',
          title: { zh: '暂存', en: 'Held' },
          description: { zh: '各环节暂存的数量；持续增长说明下游跟不上。', en: 'What each stage holds; a steady rise means that the next one cannot follow.' },
          queries: [query(or_zero('held'), { legend: '{{sensor}} {{stage}}' })],
        },
        {
          kind: 'bargauge', size: [24, 8], unit: 'percentunit', decimals: 2, thresholds: [[null, 'green'], [0.0001, 'yellow'], [0.01, 'red']],
          title: { zh: '统计窗口内的丢弃比例', en: 'Share dropped within the window' },
          description: { zh: '丢弃 ÷ 入。', en: 'Dropped divided by in.' },
          queries: [
            query(
              `sum by (sensor, stage) (increase(millwatch_ledger_dropped_total{${stage}}[$window])) / (sum by (sensor, stage) (increase(millwatch_ledger_in_total{${stage}}[$window])) > 0) or vector(0)`,
              { legend: '{{sensor}} {{stage}}' },
            ),
          ],
        },
      ],
    },
    {
      title: { zh: '分析与通知', en: 'Analysis and notifications' },
      panels: [
        {
          kind: 'timeseries', size: [12, 8], unit: 'cps', to: 'operations',
          title: { zh: '分析端记录（按类型）', en: 'Records by type' },
          description: { zh: '分析端每秒接收的记录。', en: 'Records that the analyzer takes each second.' },
          queries: [query(`sum by (type) (rate(millwatch_records_total{${site}}[$__rate_interval])) or vector(0)`, { legend: '{{type}}' })],
        },
        {
          kind: 'timeseries', size: [12, 8], unit: 'cps', thresholds: must_be_zero,
          title: { zh: '迟到记录与预算外事件', en: 'Late records and incidents beyond the budget' },
          description: {
            zh: '迟到：比最新记录早一分钟以上；预算外：当日告警预算用完后只记录、不告警的事件。',
            en: 'Late: over a minute older than the latest record. Beyond the budget: incidents kept without an alert once the budget of the day was spent.',
          },
          queries: [
            query(`sum(rate(millwatch_records_late_total{${site}}[$__rate_interval])) or vector(0)`, { legend: { zh: '迟到', en: 'late' } }),
            query(`sum(rate(millwatch_below_budget_total{${site}}[$__rate_interval])) or vector(0)`,
              { legend: { zh: '预算外', en: 'beyond budget' } }),
          ],
        },
        {
          kind: 'timeseries', bars: true, size: [12, 8], unit: 'locale',
          title: { zh: '通知投递', en: 'Notifications' },
          description: { zh: '每个时间步内已发送、重试与丢弃的通知。', en: 'Notifications sent, retried and dropped in each step.' },
          queries: [
            query(`sum by (channel, result) (increase(millwatch_notifications_total{${site}}[$__rate_interval])) or vector(0)`,
              { legend: '{{channel}} {{result}}' }),
          ],
        },
        {
          kind: 'stat', size: [6, 8], unit: 'locale', decimals: 0, thresholds: [[null, 'green'], [100, 'orange'], [1000, 'red']], tiles: true,
          title: { zh: '待发送通知', en: 'Notifications waiting' },
          description: { zh: '各通道排队的通知。', en: 'Notifications in the queue of each channel.' },
          queries: [query(`sum by (channel) (millwatch_notifications_waiting{${site}}) or vector(0)`, { legend: '{{channel}}' })],
        },
        {
          kind: 'stat', loud: true, size: [6, 8], unit: 'locale', decimals: 0, thresholds: [[null, 'green'], [1, 'red']],
          title: { zh: '丢弃的通知', en: 'Notifications dropped' },
          description: { zh: '统计窗口内没有送达任何人的通知。', en: 'Notifications within the window that reached nobody.' },
          queries: [query(`sum(increase(millwatch_notifications_total{${site}, result="dropped"}[$window])) or vector(0)`)],
        },
      ],
    },
  ],
};
