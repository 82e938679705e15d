import type { StandardUnit } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient, DescribeMetricFiltersCommand, type MetricFilter, type MetricTransformation,
} from '@aws-sdk/client-cloudwatch-logs';
import { parseFilterPattern } from './filter-pattern/filter-pattern';
import type { FilterPattern, PatternMatch } from './filter-pattern/pattern-match';
import type { LogLine } from './log-reader';
import type { NamespacedDatum } from './metric-data';

/** A metric filter with its pattern parsed. */
export interface CompiledFilter {
  readonly logGroup: string;
  readonly pattern: FilterPattern;
  readonly transformations: readonly MetricTransformation[];
}

const MINUTE_MS = 60_000;

/** All metric filters as they are deployed. */
export async function describeMetricFilters(logs: CloudWatchLogsClient): Promise<MetricFilter[]> {
  const filters: MetricFilter[] = [];
  let nextToken: string | undefined;
  do {
    const page = await logs.send(new DescribeMetricFiltersCommand({ nextToken }));
    filters.push(...page.metricFilters ?? []);
    nextToken = page.nextToken;
  } while (nextToken);
  return filters;
}

/**
 * Makes a filter ready.
 *
 * @throws FilterPatternError when its pattern is not of CloudWatch's syntax
 */
export function compileFilter(filter: MetricFilter): CompiledFilter {
  return {
    logGroup: filter.logGroupName ?? '',
    pattern: parseFilterPattern(filter.filterPattern ?? ''),
    transformations: filter.metricTransformations ?? [],
  };
}

/**
 * The data that metric filters make of lines: one datum for each match, and the default value once for each minute in
 * which lines came and none matched so far.
 */
export class MetricFilterEvaluator {
  private readonly reported = new Set<string>();

  public evaluate(filters: readonly CompiledFilter[], lines: readonly LogLine[]): NamespacedDatum[] {
    return filters.flatMap((filter) => {
      const own = lines.filter((line) => line.logGroup === filter.logGroup);
      const matches = own.flatMap((line) => {
        const match = filter.pattern.match(line.message);
        return match ? [{ line, match }] : [];
      });
      return filter.transformations.flatMap((transformation) => [
        ...matches.flatMap(({ line, match }) => matchedDatum(transformation, line, match)),
        ...this.defaultData(transformation, own, matches.map(({ line }) => line)),
      ]);
    });
  }

  private defaultData(transformation: MetricTransformation, lines: readonly LogLine[], matched: readonly LogLine[]): NamespacedDatum[] {
    const { defaultValue, metricName, metricNamespace } = transformation;
    if (defaultValue === undefined || defaultValue === null) return [];
    const id = (line: LogLine) => `${metricNamespace} ${metricName} ${Math.floor(line.timestamp / MINUTE_MS)}`;
    for (const line of matched) this.reported.add(id(line));
    return lines.flatMap((line) => {
      if (this.reported.has(id(line))) return [];
      this.reported.add(id(line));
      return [datum(transformation, line, defaultValue, [])];
    });
  }
}

function matchedDatum(transformation: MetricTransformation, line: LogLine, match: PatternMatch): NamespacedDatum[] {
  const { metricValue = '', dimensions = {} } = transformation;
  const text = metricValue.startsWith('$') ? match.extract(metricValue) : metricValue;
  const value = text === undefined || text.trim() === '' ? NaN : Number(text);
  // CloudWatch Logs publishes nothing when the value is no number or a dimension is missing.
  if (!Number.isFinite(value)) return [];
  const resolved = Object.entries(dimensions).map(([Name, selector]) => ({ Name, Value: match.extract(selector) }));
  if (resolved.some(({ Value }) => Value === undefined)) return [];
  return [datum(transformation, line, value, resolved as { Name: string; Value: string }[])];
}

function datum(
  transformation: MetricTransformation, line: LogLine, value: number, dimensions: { Name: string; Value: string }[],
): NamespacedDatum {
  return {
    namespace: transformation.metricNamespace!,
    datum: {
      MetricName: transformation.metricName,
      Timestamp: new Date(line.timestamp),
      Value: value,
      Unit: (transformation.unit ?? 'None') as StandardUnit,
      Dimensions: dimensions,
    },
  };
}
