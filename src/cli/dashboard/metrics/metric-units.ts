import { CloudWatchClient, GetMetricStatisticsCommand, type Metric, type StandardUnit } from '@aws-sdk/client-cloudwatch';
import type { Range } from '../model/time-range';

const SYMBOLS: Readonly<Partial<Record<StandardUnit, string>>> = {
  'Percent': '%',
  'Seconds': 's',
  'Milliseconds': 'ms',
  'Microseconds': 'µs',
  'Bytes': 'B',
  'Kilobytes': 'kB',
  'Megabytes': 'MB',
  'Gigabytes': 'GB',
  'Bytes/Second': 'B/s',
  'Count/Second': '/s',
};

/** Units of metrics, which GetMetricData does not tell: asked once for each metric that has data. */
export class MetricUnits {
  private readonly known = new Map<string, string>();

  public constructor(private readonly cloudwatch: CloudWatchClient) {}

  /** Symbol of the unit: `ms`, `B`, or empty for counts and while there is no data. */
  public async of(metric: Metric | undefined, { start, end }: Range): Promise<string> {
    if (!metric) return '';
    const key = JSON.stringify(metric);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const { Datapoints: points = [] } = await this.cloudwatch.send(new GetMetricStatisticsCommand({
      Namespace: metric.Namespace,
      MetricName: metric.MetricName,
      Dimensions: metric.Dimensions,
      StartTime: new Date(start * 1000),
      EndTime: new Date(end * 1000),
      Period: Math.max(60, Math.ceil((end - start) / 60 / 60) * 60),
      Statistics: ['SampleCount'],
    }));
    const unit = points[0]?.Unit;
    if (unit === undefined) return '';
    const symbol = SYMBOLS[unit] ?? '';
    this.known.set(key, symbol);
    return symbol;
  }
}
