import { CloudWatchClient, type CompositeAlarm, DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { MetricRow } from '../metrics/metric-rows';
import type { AlarmView, ThresholdView } from '../model/view-model';

/** Alarms by their ARNs. */
export class AlarmSource {
  public constructor(private readonly cloudwatch: CloudWatchClient) {}

  /** States in the order of the ARNs; an alarm that is gone has none. */
  public async states(arns: readonly string[]): Promise<AlarmView[]> {
    return (await this.describe(arns)).map((alarm) => ({
      name: alarm.AlarmName ?? '',
      description: alarm.AlarmDescription ?? '',
      state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
      reason: alarm.StateReason ?? '',
      since: alarm.StateUpdatedTimestamp && new Date(alarm.StateUpdatedTimestamp).toISOString(),
    }));
  }

  /** What an alarm widget draws: the metric of each alarm, and its threshold. */
  public async metricsAndThresholds(arns: readonly string[]): Promise<{ rows: MetricRow[]; thresholds: ThresholdView[] }> {
    const alarms = (await this.describe(arns)).filter((alarm): alarm is MetricAlarm => 'ComparisonOperator' in alarm);
    return {
      rows: alarms.flatMap((alarm, index) => rowsOf(alarm, `alarm${index}`)),
      thresholds: alarms.flatMap(({ Threshold: value, AlarmName, ComparisonOperator: operator }) => (value === undefined ? [] : [{
        value,
        label: AlarmName ?? '',
        axis: 'left' as const,
        fill: operator?.startsWith('Less') ? 'below' as const : 'above' as const,
      }])),
    };
  }

  private async describe(arns: readonly string[]): Promise<(MetricAlarm | CompositeAlarm)[]> {
    if (arns.length === 0) return [];
    const names = arns.map((arn) => arn.slice(arn.indexOf(':alarm:') + ':alarm:'.length));
    const { MetricAlarms = [], CompositeAlarms = [] } = await this.cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: names, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
    );
    const all = [...MetricAlarms, ...CompositeAlarms];
    return names.flatMap((name) => all.find((alarm) => alarm.AlarmName === name) ?? []);
  }
}

function rowsOf(alarm: MetricAlarm, id: string): MetricRow[] {
  if (alarm.Metrics?.length) return alarm.Metrics.map((query) => ({ query, options: {} }));
  const { Namespace, MetricName, Dimensions, Period = 60, Statistic, ExtendedStatistic } = alarm;
  return [{
    options: {},
    query: {
      Id: id,
      MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat: ExtendedStatistic ?? Statistic ?? 'Average' },
    },
  }];
}
