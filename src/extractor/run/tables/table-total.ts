import type { ChunkSums } from './chunk-sums';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import { wholeNumber } from '../../source/aggregates/same-value';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';

/**
 * Whether the source is asked, with this chunk, for the rows of the whole table: once for each table that is cut, where its
 * chunks can be of one state of the database. Several readers under SNAPSHOT have a state each.
 */
export function asksForTable({ consistency, options }: Pick<RunContext, 'consistency' | 'options'>, { chunk, source, varying, memoryOptimized }: ReadJob): boolean {
  const isOneState = consistency === 'databaseSnapshot' || (consistency === 'snapshot' || memoryOptimized === true) && options.readers === 1;
  return chunk.chunk === 0 && source?.whole !== undefined && varying === undefined && options.sourceAggregates && isOneState;
}

/** COUNT_BIG of the chunk's whole table, in digits. @throws LegacyToS3Error */
export async function countTable(connection: SqlServerConnection, { schema, table, source }: ReadJob): Promise<string> {
  const [row] = await connection.query(`SELECT COUNT_BIG(*) AS row_count ${source!.whole}${source!.hint}`, `count the rows of ${schema}.${table}`);
  return String(countOf(row?.row_count, `${schema}.${table}`));
}

/** What COUNT_BIG answered. @throws LegacyToS3Error of code SOURCE_QUERY_FAILED when that is no number */
export function countOf(answer: unknown, subject: string): bigint {
  const rows = wholeNumber(answer);
  if (rows !== undefined) return rows;
  throw new LegacyToS3Error('SOURCE_QUERY_FAILED', `cannot count the rows of ${subject}: COUNT_BIG answered ${JSON.stringify(answer) ?? 'nothing'}`);
}

/** @throws LegacyToS3Error of code COUNT_MISMATCH when the chunks of a table leave rows out, or have some twice */
export function refuseOtherTotal(subject: string, { chunks, rows, tableRows: total }: Pick<ChunkSums, 'chunks' | 'rows' | 'tableRows'>): void {
  if (total === undefined || total === rows) return;
  throw new LegacyToS3Error('COUNT_MISMATCH', `${subject}: its ${counted(chunks, 'chunk')} have ${counted(rows, 'row')} together, but the source counts `
    + `${total} in the whole table under the same snapshot: the plan leaves rows out or has some twice; give the run up (abort), and plan anew`);
}
