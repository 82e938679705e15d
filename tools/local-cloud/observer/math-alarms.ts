import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { MetricSource } from '../../../src/cli/dashboard/metrics/metric-query';
import { MATH_ALARM_NAMESPACE, type MathAlarm } from '../template-changes';
import type { NamespacedDatum } from './metric-data';

/**
 * The newest value of each metric-math alarm's expression, as the metric that the alarm reads on the emulator (see
 * template-changes.ts). The value is that of the alarm's own queries over the last periods; none when they give none.
 */
export async function mathAlarmMetrics(
  source: MetricSource, alarms: readonly MathAlarm[], now: Date,
): Promise<NamespacedDatum[]> {
  const data = await Promise.all(alarms.map(async ({ logicalId, metrics }) => {
    const queries = metrics as MetricDataQuery[];
    const period = queries.find((query) => query.MetricStat)?.MetricStat?.Period ?? 60;
    const end = Math.floor(now.getTime() / 1000) + 1;
    const [result] = await source.query(queries, { start: end - period, end, period });
    const value = result?.series.values.at(-1);
    if (value === undefined) return [];
    return [{
      namespace: MATH_ALARM_NAMESPACE,
      datum: { MetricName: logicalId, Timestamp: now, Value: value, Unit: 'None' as const },
    }];
  }));
  return data.flat();
}
