// Operations and traffic: what is said to the machines, what they refuse, and what else is on the wire.
import { columns, plain, query } from './parts.mjs';

const site = 'job=~"$job", site=~"$site"';
const here = `${site}, protocol=~"$protocol"`;
/// Actions that change the plant or its controller; the rest reads, watches or greets.
const changes =
  'action=~"write|control|start|stop|restart|program_download|firmware|mode_change|configure|force|time_sync|file_write|file_delete"';
const failures = 'outcome=~"refused|timeout"';
const rate_by = (by, metric, labels) => `sum by (${by}) (rate(${metric}{${labels}}[$__rate_interval])) or vector(0)`;
const quantile = (q) => `histogram_quantile(${q}, sum by (le, protocol) (rate(millwatch_operation_latency_seconds_bucket{${here}}[$__rate_interval]))) or vector(0)`;
const count = { kind: 'stat', unit: 'locale', decimals: 0, size: [6, 5] };
const warn = [[null, 'green'], [1, 'orange']];

export default {
  name: 'operations',
  description: {
    zh: '工业协议操作（读、写、控制、下载）、结果与时延，以及各应用的流量与违反协议的报文。',
    en: 'Operations of industrial protocols (read, write, control, download), their outcome and latency; traffic by application; violations.',
  },
  variables: ['job', 'site', 'protocol', 'window'],
  rows: [
    {
      title: { zh: '统计窗口内', en: 'Within the window' },
      panels: [
        {
          ...count, thresholds: plain,
          title: { zh: '操作数', en: 'Operations' },
          description: { zh: '工业协议操作总数，重复操作逐次计入。', en: 'Operations of industrial protocols; repeats are counted one by one.' },
          queries: [query(`sum(increase(millwatch_operations_total{${here}}[$window])) or vector(0)`)],
        },
        {
          ...count, thresholds: plain,
          title: { zh: '写与控制操作', en: 'Writes and controls' },
          description: {
            zh: '改变生产过程或控制器的操作：写、控制、启停、下载、固件、模式切换等。',
            en: 'Operations that change the plant or its controller: write, control, start, stop, download, firmware, mode.',
          },
          queries: [query(`sum(increase(millwatch_operations_total{${here}, ${changes}}[$window])) or vector(0)`)],
        },
        {
          ...count, thresholds: warn,
          title: { zh: '被拒绝或超时', en: 'Refused or timed out' },
          description: { zh: '被设备拒绝，或没有等到应答的操作。', en: 'Operations that a device refused or did not answer.' },
          queries: [query(`sum(increase(millwatch_operations_total{${here}, ${failures}}[$window])) or vector(0)`)],
        },
        {
          ...count, thresholds: warn,
          title: { zh: '违反协议的报文', en: 'Protocol violations' },
          description: { zh: '长度、校验、顺序等不符合协议的报文。', en: 'Messages that break their protocol: length, checksum, sequence.' },
          queries: [query(`sum(increase(millwatch_violations_total{${here}}[$window])) or vector(0)`)],
        },
      ],
    },
    {
      title: { zh: '操作', en: 'Operations' },
      panels: [
        {
          kind: 'timeseries', size: [12, 9], unit: 'ops',
          title: { zh: '操作速率（按协议）', en: 'Operations by protocol' },
          description: { zh: '每秒操作数。', en: 'Operations each second.' },
          queries: [query(rate_by('protocol', 'millwatch_operations_total', here), { legend: '{{protocol}}' })],
        },
        {
          kind: 'timeseries', size: [12, 9], unit: 'ops',
          title: { zh: '操作速率（按动作）', en: 'Operations by action' },
          description: { zh: '动作是对生产过程的含义，与协议无关。', en: 'An action is what an operation means to the plant, whatever the protocol.' },
          queries: [query(rate_by('action', 'millwatch_operations_total', here), { legend: '{{action}}' })],
        },
        {
          kind: 'timeseries', bars: true, size: [12, 9], unit: 'locale', to: 'overview', thresholds: warn,
          title: { zh: '写与控制操作（关键操作）', en: 'Writes and controls (critical operations)' },
          description: { zh: '每个时间步内改变生产过程或控制器的操作。', en: 'Operations in each step that change the plant or its controller.' },
          queries: [
            query(`sum by (protocol, action) (increase(millwatch_operations_total{${here}, ${changes}}[$__rate_interval])) or vector(0)`,
              { legend: '{{protocol}} {{action}}' }),
          ],
        },
        {
          kind: 'timeseries', bars: true, size: [12, 9], unit: 'locale', thresholds: warn,
          title: { zh: '拒绝与超时', en: 'Refusals and timeouts' },
          description: {
            zh: '扫描功能码、越权写入和设备故障都会在这里出现。',
            en: 'Enumeration of function codes, writes without a right and failing devices all show here.',
          },
          queries: [
            query(`sum by (protocol, outcome) (increase(millwatch_operations_total{${here}, ${failures}}[$__rate_interval])) or vector(0)`,
              { legend: '{{protocol}} {{outcome}}' }),
          ],
        },
        {
          kind: 'timeseries', size: [12, 9], unit: 's',
          title: { zh: '应答时延分位数', en: 'Latency quantiles' },
          description: {
            zh: '从请求到应答的时间：50%、95%、99% 分位。',
            en: 'From request to answer: 50, 95 and 99 percent of the operations are faster.',
          },
          queries: ['0.5', '0.95', '0.99'].map((q) => query(quantile(q), { legend: `{{protocol}} ${q * 100}%` })),
        },
        {
          kind: 'timeseries', size: [12, 9], unit: 'cps', thresholds: warn,
          title: { zh: '违反协议的报文（按协议）', en: 'Violations by protocol' },
          description: { zh: '每秒违反协议的报文数。', en: 'Violations each second.' },
          queries: [query(rate_by('protocol', 'millwatch_violations_total', here), { legend: '{{protocol}}' })],
        },
        {
          kind: 'table', size: [24, 10], unit: 'locale', decimals: 0,
          title: { zh: '操作明细', en: 'Operations in detail' },
          description: { zh: '统计窗口内次数最多的 100 种操作。', en: 'The 100 most frequent kinds of operation within the window.' },
          queries: [
            query(`topk(100, sum by (site, protocol, action, outcome) (increase(millwatch_operations_total{${here}}[$window]))) or vector(0)`),
          ],
          transformations: columns([
            ['site', { zh: '站点', en: 'site' }], ['protocol', { zh: '协议', en: 'protocol' }], ['action', { zh: '动作', en: 'action' }],
            ['outcome', { zh: '结果', en: 'outcome' }], ['Value', { zh: '次数', en: 'count' }],
          ]),
        },
      ],
    },
    {
      title: { zh: '流量', en: 'Traffic' },
      panels: [
        {
          kind: 'timeseries', size: [12, 9], unit: 'cps',
          title: { zh: '新流（按应用）', en: 'Flows by application' },
          description: {
            zh: '每秒新出现的会话，首次上报时计一次；第 100 个之后的应用并入 other。',
            en: 'New conversations each second, counted when first told of; applications beyond the hundredth are counted as other.',
          },
          queries: [query(rate_by('application', 'millwatch_flows_total', site), { legend: '{{application}}' })],
        },
        {
          kind: 'timeseries', size: [12, 9], unit: 'Bps',
          title: { zh: '流量（按应用）', en: 'Bytes by application' },
          description: { zh: '每秒字节数，两个方向之和。', en: 'Bytes each second, both directions.' },
          queries: [query(rate_by('application', 'millwatch_flow_bytes_total', site), { legend: '{{application}}' })],
        },
        {
          kind: 'bargauge', size: [24, 9], unit: 'bytes', thresholds: plain, to: 'sensors',
          title: { zh: '流量最大的应用', en: 'Applications with the most bytes' },
          description: { zh: '统计窗口内流量前十的应用。', en: 'The ten applications with the most bytes within the window.' },
          queries: [
            query(`topk(10, sum by (application) (increase(millwatch_flow_bytes_total{${site}}[$window]))) or vector(0)`,
              { legend: '{{application}}' }),
          ],
        },
      ],
    },
  ],
};
