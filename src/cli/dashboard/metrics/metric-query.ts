import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery, type MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { evaluateExpression } from '../metric-math/evaluate';
import { Series, type TimeRange } from '../metric-math/series';

/** What came of one query. */
export interface QueryResult {
  readonly id: string;
  readonly label: string;
  readonly series: Series;
  /** Why there is no data, when the query itself is at fault. */
  readonly problem?: string;
}

/** The emulator's periods count from 1970, so a range falls into two unless a period is longer than all time since. */
const EMULATOR_PERIOD = 10_000_000_000;

/** GetMetricData takes no more queries in one request. */
const MAX_QUERIES = 500;

/**
 * Asks CloudWatch for metrics and metric math. A service without metric math (the local emulator) is asked for the
 * metrics alone, and the expressions are evaluated here.
 */
export class MetricSource {
  private knowsMath = true;

  public constructor(private readonly cloudwatch: CloudWatchClient) {}

  /** Results of the queries that return data, in their order. */
  public async query(queries: readonly MetricDataQuery[], range: TimeRange): Promise<QueryResult[]> {
    if (queries.length === 0) return [];
    if (this.knowsMath) {
      const results = await this.send(queries, range);
      if (!results.some(isUnsupported)) return named(queries, results);
      this.knowsMath = false;
    }
    return this.evaluate(queries, range);
  }

  /** One value for each query over the whole range. */
  public async queryWhole(queries: readonly MetricDataQuery[], range: TimeRange): Promise<QueryResult[]> {
    const inOne = (period: number) => queries.map((query) => (query.MetricStat
      ? { ...query, MetricStat: { ...query.MetricStat, Period: period } }
      : { ...query, Period: period }));
    if (this.knowsMath) {
      const period = Math.ceil((range.end - range.start) / 60) * 60;
      const results = await this.query(inOne(period), { ...range, period });
      if (this.knowsMath) return results;
    }
    return this.evaluate(inOne(EMULATOR_PERIOD), { start: range.start, end: range.end, period: EMULATOR_PERIOD });
  }

  private async evaluate(queries: readonly MetricDataQuery[], range: TimeRange): Promise<QueryResult[]> {
    const plain = queries.filter((query) => query.MetricStat).map((query) => ({ ...query, ReturnData: true }));
    const results = plain.length === 0 ? [] : await this.send(plain, range);
    const metrics = new Map(results.map((result) => [result.Id!, toSeries(result)]));
    const expressions = new Map(queries.flatMap((query) => (query.Expression ? [[query.Id!, query.Expression]] : [])));
    return queries.filter((query) => query.ReturnData !== false).flatMap((query) => {
      const label = query.Label ?? labelOf(query);
      if (query.MetricStat) return [{ id: query.Id!, label, series: metrics.get(query.Id!) ?? Series.of([], []) }];
      try {
        const all = evaluateExpression(query.Id!, { range: { ...range, period: query.Period ?? range.period }, metrics, expressions });
        return all.map((series, index) => ({ id: query.Id!, label: all.length > 1 ? `${label} ${index + 1}` : label, series }));
      } catch (error) {
        return [{ id: query.Id!, label, series: Series.of([], []), problem: (error as Error).message }];
      }
    });
  }

  private async send(queries: readonly MetricDataQuery[], range: TimeRange): Promise<MetricDataResult[]> {
    const results: MetricDataResult[] = [];
    for (let from = 0; from < queries.length; from += MAX_QUERIES) {
      let NextToken: string | undefined;
      do {
        const page = await this.cloudwatch.send(new GetMetricDataCommand({
          MetricDataQueries: queries.slice(from, from + MAX_QUERIES),
          StartTime: new Date(range.start * 1000),
          EndTime: new Date(range.end * 1000),
          ScanBy: 'TimestampAscending',
          NextToken,
        }));
        results.push(...page.MetricDataResults ?? []);
        NextToken = page.NextToken;
      } while (NextToken);
    }
    return results;
  }
}

/** The emulator answers an expression with this status and no data. */
function isUnsupported(result: MetricDataResult): boolean {
  return result.StatusCode === 'InternalError' && (result.Messages ?? []).some((message) => message.Code === 'Unsupported');
}

/** Pages of one result are joined; the order is that of the queries. */
function named(queries: readonly MetricDataQuery[], results: readonly MetricDataResult[]): QueryResult[] {
  return queries.filter((query) => query.ReturnData !== false).flatMap((query) => {
    const own = results.filter((result) => result.Id === query.Id);
    const labels = [...new Set(own.map((result) => result.Label ?? ''))];
    return labels.map((label) => {
      const pages = own.filter((result) => (result.Label ?? '') === label);
      const problem = pages.flatMap((page) => page.Messages ?? []).map((message) => `${message.Code}: ${message.Value}`).join('; ');
      return {
        id: query.Id!,
        // The emulator labels with the id.
        label: query.Label ?? (label === '' || label === query.Id ? labelOf(query) : label),
        series: toSeries({
          Timestamps: pages.flatMap((page) => page.Timestamps ?? []),
          Values: pages.flatMap((page) => page.Values ?? []),
        }),
        ...(problem ? { problem } : {}),
      };
    });
  });
}

function toSeries({ Timestamps: times = [], Values: values = [] }: MetricDataResult): Series {
  return Series.of(times.map((time) => Math.floor(new Date(time).getTime() / 1000)), values);
}

function labelOf(query: MetricDataQuery): string {
  return query.MetricStat?.Metric?.MetricName ?? query.Expression ?? query.Id ?? '';
}
