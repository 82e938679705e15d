import type { LandedChunk } from './landed-chunk';
import type { ReadJob } from './read-chunk';
import type { RunContext } from './run-context';
import { LegacyToS3Error } from '../errors';
import type { ReadRowsResult } from '../formats/read-rows';
import { isRepeatable } from '../source/consistency';
import type { SqlServerConnection } from '../source/sql-server-connection';
import { aggregateStatements, compareAggregates, differenceText, type AggregateDifference } from '../verify/aggregate-query';

/** Differences that an error names. */
const MOST_TOLD = 5;

/**
 * Asks the source for the rows of a chunk and for aggregates of their columns, in the transaction that read them, and
 * compares them with what was landed.
 *
 * @throws LegacyToS3Error of code COUNT_MISMATCH or AGGREGATE_MISMATCH where the source is as it was when the rows were read
 */
export async function checkSource(
  { consistency, options }: Pick<RunContext, 'consistency' | 'options'>, connection: SqlServerConnection, job: ReadJob, read: ReadRowsResult,
): Promise<Pick<LandedChunk, 'sourceRows' | 'sourceSeconds' | 'differences'>> {
  const { source, subject, parameters } = job;
  if (!source) return {};
  const started = performance.now();
  const columns = options.sourceAggregates
    ? read.columns.filter(({ framing }) => framing !== undefined)
      .map((column, i) => ({ column, tally: read.tallies[i], expression: source.expressions[column.ordinal - 1] }))
    : [];
  const answers: { [alias: string]: unknown } = {};
  for (const sql of aggregateStatements(columns, source.from)) {
    const [row] = await connection.query(sql, `count the rows of ${subject}`, parameters);
    Object.assign(answers, row);
  }
  const sourceRows = BigInt(String(answers.row_count));
  const differences = compareAggregates(columns, read.rows, answers);
  if (isRepeatable(consistency)) refuseDifferences(subject, read.rows, sourceRows, differences);
  return {
    sourceRows: String(sourceRows),
    sourceSeconds: (performance.now() - started) / 1000,
    ...(options.sourceAggregates && { differences }),
  };
}

function refuseDifferences(subject: string, rows: number, sourceRows: bigint, differences: readonly AggregateDifference[]): void {
  if (sourceRows !== BigInt(rows)) {
    throw new LegacyToS3Error('COUNT_MISMATCH', `${subject}: ${rows} rows were landed, but the source counts ${sourceRows} under the same snapshot`);
  }
  if (differences.length === 0) return;
  const more = differences.length > MOST_TOLD ? `; and ${differences.length - MOST_TOLD} more` : '';
  throw new LegacyToS3Error('AGGREGATE_MISMATCH',
    `${subject}: what was landed is not what the source has under the same snapshot: ${differences.slice(0, MOST_TOLD).map(differenceText).join('; ')}${more}`);
}
