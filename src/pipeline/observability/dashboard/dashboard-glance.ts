import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { BYTES, FINE, FULL, TALL, alarmStatus, graph, orZero, successRateGauge } from './dashboard-parts';
import { DashboardSources } from './dashboard-sources';

/** Share of the width that the alarms take, where there are any. */
const ALARMS = FULL / 4;

/** The state at a glance: two rows, with the alarms beside both, which are too many for one. */
export function glance(sources: DashboardSources): cloudwatch.IWidget[][] {
  const { pipelineName, alarms } = sources;
  const width = (FULL - (alarms.length > 0 ? ALARMS : 0)) / 3;
  const title = new cloudwatch.TextWidget({
    markdown: `# ${pipelineName}\nSQL Server to S3: what landed, what was recorded, what failed`,
    width: FULL,
    height: 2,
    // The default differs between releases of aws-cdk-lib.
    background: cloudwatch.TextWidgetBackground.TRANSPARENT,
  });
  if (alarms.length === 0) return [[title], figures(sources, width), landing(sources, width)];
  const status = alarmStatus(alarms, ALARMS, 2 * TALL);
  const left = new cloudwatch.Column(new cloudwatch.Row(...figures(sources, width)), new cloudwatch.Row(...landing(sources, width)));
  return [[title], [left, status]];
}

function figures({ metrics, successRateTarget, tableLatencyTarget }: DashboardSources, width: number): cloudwatch.IWidget[] {
  const sizes = { setPeriodToTimeRange: true, width, height: TALL };
  return [
    successRateGauge(metrics.metricSuccessRate(), successRateTarget, width),
    new cloudwatch.GaugeWidget({
      title: `DynamoDB write in % of ${tableLatencyTarget.toMilliseconds()} ms`,
      metrics: [50, 99].map((percentile) => metrics.metricPutItemLatencyRatio(tableLatencyTarget, { label: `p${percentile}` }, percentile)),
      leftYAxis: { min: 0, max: 200 },
      annotations: [
        { value: 100, color: cloudwatch.Color.GREEN, label: 'within target', fill: cloudwatch.Shading.BELOW },
        { value: 100, color: cloudwatch.Color.RED, label: 'over target', fill: cloudwatch.Shading.ABOVE },
      ],
      ...sizes,
    }),
    new cloudwatch.SingleValueWidget({
      title: 'Landed',
      metrics: [
        metrics.metricObjectsRecorded({ label: 'objects recorded' }),
        metrics.metricRowsLanded({ label: 'rows of complete runs' }),
        metrics.metricBytesLanded({ label: 'bytes recorded' }),
        metrics.metricRunsComplete({ label: 'complete runs' }),
        orZero(metrics.metricRunsIncomplete(), 'incomplete runs'),
      ],
      ...sizes,
    }),
  ];
}

function landing({ metrics }: DashboardSources, width: number): cloudwatch.IWidget[] {
  return [
    graph('Objects recorded', {
      left: [metrics.metricObjectsRecorded({ ...FINE, label: 'recorded' }), metrics.metricEventsIgnored({ ...FINE, label: 'late or repeated events' })],
      width,
    }),
    graph('Bytes landed', { left: [metrics.metricBytesLanded({ ...FINE, label: 'bytes' })], leftYAxis: BYTES, width }),
    graph('Rows of complete runs', {
      left: [metrics.metricRowsLanded({ ...FINE, label: 'rows' })], leftYAxis: { label: 'rows', min: 0, showUnits: false }, width,
    }),
  ];
}
