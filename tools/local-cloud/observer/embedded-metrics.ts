import type { StandardUnit } from '@aws-sdk/client-cloudwatch';
import type { LogLine } from './log-reader';
import type { NamespacedDatum } from './metric-data';

/** Most values one metric may have in a line, and most dimensions in a set (embedded metric format specification). */
const MAX_VALUES = 100;
const MAX_DIMENSIONS = 30;

/**
 * The metrics of a line in CloudWatch's embedded metric format; none when it is not in it. As CloudWatch does, a part
 * of the line that breaks the specification is left out and the rest still counts.
 */
export function embeddedMetrics(line: LogLine): NamespacedDatum[] {
  const root = parse(line.message);
  const metadata = root?._aws;
  if (!isRecord(root) || !isRecord(metadata) || !Array.isArray(metadata.CloudWatchMetrics)) return [];
  const time = typeof metadata.Timestamp === 'number' ? metadata.Timestamp : line.timestamp;
  return metadata.CloudWatchMetrics.flatMap((directive: unknown) => {
    if (!isRecord(directive) || typeof directive.Namespace !== 'string' || !Array.isArray(directive.Metrics)) return [];
    const namespace = directive.Namespace;
    const dimensionSets = resolveDimensionSets(root, directive.Dimensions);
    return directive.Metrics.flatMap((metric: unknown) => {
      if (!isRecord(metric) || typeof metric.Name !== 'string') return [];
      const values = numbers(root[metric.Name]);
      if (values === undefined) return [];
      return dimensionSets.map((dimensions) => ({
        namespace,
        datum: {
          MetricName: metric.Name as string,
          Timestamp: new Date(time),
          Unit: (typeof metric.Unit === 'string' ? metric.Unit : 'None') as StandardUnit,
          Dimensions: dimensions,
          ...(values.length === 1 ? { Value: values[0] } : { Values: values, Counts: values.map(() => 1) }),
        },
      }));
    });
  });
}

/** A missing list means one set without dimensions; a set that names a member without text is left out. */
function resolveDimensionSets(root: Record<string, unknown>, sets: unknown): { Name: string; Value: string }[][] {
  if (!Array.isArray(sets) || sets.length === 0) return [[]];
  return sets.flatMap((set: unknown) => {
    if (!Array.isArray(set) || set.length > MAX_DIMENSIONS) return [];
    const dimensions = set.map((name: unknown) => ({ Name: String(name), Value: root[String(name)] }));
    return dimensions.every(({ Value }) => typeof Value === 'string' && Value !== '')
      ? [dimensions as { Name: string; Value: string }[]]
      : [];
  });
}

function numbers(value: unknown): number[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const ok = list.length > 0 && list.length <= MAX_VALUES && list.every((item) => typeof item === 'number' && Number.isFinite(item));
  return ok ? list as number[] : undefined;
}

function parse(message: string): Record<string, unknown> | undefined {
  if (!message.includes('"_aws"')) return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
