import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import { SourceHashes } from '../../api/extractor-props';
import { hashStatement } from '../../rows/hash/source-hash';
import type { ReadRowsResult } from '../../rows/objects/read-rows';
import { aggregateStatements, compareAggregates, differenceText, type AggregateDifference, type TalliedColumn } from '../../source/aggregates/aggregate-query';
import { wholeNumber } from '../../source/aggregates/same-value';
import type { SourceFeatures } from '../../source/catalog/source-features';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import { isRepeatable } from '../../source/consistency/consistency';
import type { LandedChunk } from '../../state/landed-chunk';
import type { ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';
import { asksForTable, countOf, countTable } from '../tables/table-total';

/** Differences that an error names. */
const MOST_TOLD = 5;

/**
 * Asks the source for the rows of a chunk and for aggregates of their columns, in the transaction that read them, and
 * compares them with what was landed.
 *
 * @throws LegacyToS3Error of code COUNT_MISMATCH or AGGREGATE_MISMATCH where the source is as it was when the rows were read
 */
export async function reconcileChunk(
  { consistency, options }: Pick<RunContext, 'consistency' | 'options'>, connection: SqlServerConnection, job: ReadJob, read: ReadRowsResult,
): Promise<Pick<LandedChunk, 'sourceRows' | 'sourceSeconds' | 'differences' | 'tableRows' | 'aggregated' | 'hashedRows'>> {
  const { source, subject, parameters, notCompared = [], varying } = job;
  if (!source || varying !== undefined) return {};
  const started = performance.now();
  const selected = read.columns.filter(({ framing }) => framing !== undefined)
    .map((column, i) => ({ column, tally: read.tallies[i], expression: source.expressions[column.ordinal - 1] }))
    .filter(({ column }) => !notCompared.includes(column.name));
  const columns = options.sourceAggregates ? selected : [];
  const answers: { [alias: string]: unknown } = {};
  for (const sql of aggregateStatements(columns, `${source.from}${source.hint}`)) {
    const [row] = await connection.query(sql, `count the rows of ${subject}`, parameters);
    Object.assign(answers, row);
  }
  const sourceRows = countOf(answers.row_count, subject);
  const differences = [...compareAggregates(columns, read.rows, answers), ...await compareHashes(connection, job, read, selected)];
  if (job.memoryOptimized || isRepeatable(consistency)) refuseDifferences(subject, read.rows, sourceRows, differences);
  const tableRows = asksForTable({ consistency, options }, job) && await countTable(connection, job);
  return {
    sourceRows: String(sourceRows),
    sourceSeconds: (performance.now() - started) / 1000,
    differences,
    ...(tableRows && { tableRows }),
    aggregated: options.sourceAggregates,
    ...(read.sourceHash && { hashedRows: read.sourceHash.rows }),
  };
}

/** Nothing where no hash was taken. */
async function compareHashes(
  connection: SqlServerConnection, job: ReadJob, { sourceHash }: ReadRowsResult, columns: readonly TalliedColumn[],
): Promise<AggregateDifference[]> {
  const { source, subject, parameters, keyColumns: [key] } = job;
  if (!source || !sourceHash) return [];
  const sampleBy = sourceHash.sampled ? columns.find(({ column }) => column.name === key)?.expression : undefined;
  const sql = hashStatement(columns, source.from, source.hint, sampleBy);
  const [row] = await connection.query(sql, `hash the rows of ${subject}`, parameters);
  const text = (first: unknown, second: unknown, rows: unknown) => {
    const [a, b, of] = [first ?? 0, second ?? 0, rows].map((each) => wholeNumber(each) ?? String(each));
    return `${a} and ${b} of ${typeof of === 'bigint' ? counted(of, 'row') : of}`;
  };
  const landed = text(sourceHash.first, sourceHash.second, sourceHash.rows);
  const found = text(row?.h1, row?.h2, row?.row_count);
  return landed === found ? [] : [{ aggregate: 'hash', landed, source: found }];
}

function refuseDifferences(subject: string, rows: number, sourceRows: bigint, differences: readonly AggregateDifference[]): void {
  if (sourceRows !== BigInt(rows)) {
    throw new LegacyToS3Error('COUNT_MISMATCH', `${subject}: ${counted(rows, 'row')} landed, but the source counts ${sourceRows} under the same snapshot`);
  }
  if (differences.length === 0) return;
  const more = differences.length > MOST_TOLD ? `; and ${differences.length - MOST_TOLD} more` : '';
  throw new LegacyToS3Error('AGGREGATE_MISMATCH',
    `${subject}: what was landed is not what the source has under the same snapshot: ${differences.slice(0, MOST_TOLD).map(differenceText).join('; ')}${more}`);
}

/** @throws LegacyToS3Error of code INVALID_CONFIG when the server cannot hash whole rows */
export function refuseHashesOfOld(hashes: SourceHashes, { wholeRowHashes, productVersion }: SourceFeatures): void {
  if (hashes === SourceHashes.NONE || wholeRowHashes) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `sourceHashes must be none for SQL Server ${productVersion}: HASHBYTES takes whole rows from SQL Server 2016 (13) on`);
}
