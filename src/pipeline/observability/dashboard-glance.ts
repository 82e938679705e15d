import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DashboardSources, FINE, FULL, TALL, orZero } from './dashboard-parts';

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
  const status = new cloudwatch.AlarmStatusWidget({
    title: 'Alarms', alarms, sortBy: cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP, width: ALARMS, height: 2 * TALL,
  });
  const left = new cloudwatch.Column(new cloudwatch.Row(...figures(sources, width)), new cloudwatch.Row(...landing(sources, width)));
  return [[title], [left, status]];
}

function figures({ metrics, successRateTarget, tableLatencyTarget }: DashboardSources, width: number): cloudwatch.IWidget[] {
  const sizes = { setPeriodToTimeRange: true, width, height: TALL };
  return [
    new cloudwatch.GaugeWidget({
      title: 'Success rate (%)',
      metrics: [metrics.metricSuccessRate()],
      leftYAxis: { min: 0, max: 100 },
      annotations: [
        { value: successRateTarget, color: cloudwatch.Color.GREEN, label: 'on target', fill: cloudwatch.Shading.ABOVE },
        { value: successRateTarget, color: cloudwatch.Color.RED, label: 'below target', fill: cloudwatch.Shading.BELOW },
      ],
      ...sizes,
    }),
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
  const graph = (title: string, unit: string, ...left: cloudwatch.IMetric[]) =>
    new cloudwatch.GraphWidget({ title, left, leftYAxis: { label: unit, min: 0, showUnits: false }, width, height: TALL });
  return [
    graph('Objects recorded', 'count',
      metrics.metricObjectsRecorded({ ...FINE, label: 'recorded' }), metrics.metricEventsIgnored({ ...FINE, label: 'late or repeated events' })),
    graph('Bytes landed', 'bytes', metrics.metricBytesLanded({ ...FINE, label: 'bytes' })),
    graph('Rows of complete runs', 'rows', metrics.metricRowsLanded({ ...FINE, label: 'rows' })),
  ];
}
