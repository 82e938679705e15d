import type { ChangeMark } from '../../../contract';
import { LegacyToS3Error, type ErrorCode } from '../../api/errors';
import type { TransactionBegin } from '../../changes/changed-table';
import { changesOf } from '../../changes/table-ways';
import { quoteTable } from '../../source/catalog/identifiers';
import type { CatalogRow, SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { LandedChanges, LandedChunk } from '../../state/landed-chunk';
import type { ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';
import { countOf } from '../tables/table-total';

/** Why a table that is read whole gets no mark; it lands all the same. */
const WITHOUT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CHANGES_REFUSED', 'SOURCE_PERMISSION_DENIED']);

/** The mark of a chunk of rows, before the first of them is read; nothing where no changes can follow. */
export async function markOf(
  context: RunContext, connection: SqlServerConnection, job: ReadJob, begin: TransactionBegin | undefined,
): Promise<Pick<LandedChunk, 'mark' | 'exact'> | undefined> {
  const { changes } = job;
  // Rows that were never committed may be among them, and no change takes those back.
  if (!changes || context.consistency === 'noLock') return undefined;
  // What was asked before the snapshot was made holds for it; where that is not known, nothing can follow.
  if (context.consistency === 'databaseSnapshot' && !begin) return undefined;
  const way = changesOf(changes.planned.way, changes.table);
  // Changes that are older than the table are applied when they have passed the time of the mark, and such rows are read later.
  if (way.hasPassed && context.consistency === 'readCommitted') {
    context.warn(`no changes can follow on ${quoteTable(job.schema, job.table)}: they are captured later than they are made, so that its rows must be read in a SNAPSHOT transaction`);
    return undefined;
  }
  let mark: ChangeMark;
  try {
    mark = await way.mark(connection, begin);
  } catch (error) {
    if (!(error instanceof LegacyToS3Error) || !WITHOUT.has(error.code)) throw error;
    context.warn(`no changes can follow on ${quoteTable(job.schema, job.table)}: ${error.message}`);
    return undefined;
  }
  if (!begin || context.consistency !== 'snapshot' || way.countsRows === false) return { mark };
  // One chunk that is not is enough to tell it.
  const isExact = job.chunk.chunk !== 0 || await way.isExact?.(connection, mark) !== false;
  return { mark, ...(isExact && { exact: true }) };
}

/** COUNT_BIG of a whole table with its first chunk, in the transaction of its mark; nothing where it is not asked for. */
export async function countedRows(context: RunContext, connection: SqlServerConnection, job: ReadJob): Promise<Pick<LandedChunk, 'countedRows'>> {
  const { changes, chunk, chunks } = job;
  if (!changes?.planned.count || chunk.chunk !== 0 || context.consistency !== 'snapshot') return {};
  if (changesOf(changes.planned.way, changes.table).countsRows === false) return {};
  // Chunks of several transactions are of no one mark.
  if (chunks > 1 && context.options.readers > 1) return {};
  return { countedRows: String(countOf((await countTable(connection, job))?.row_count, job.subject)) };
}

/**
 * Of changes that are older than the table: its rows at the mark, from what the run before saw of them, and what this one sees; nothing where
 * it is not asked for, or cannot be told.
 */
export async function laterRows(
  context: RunContext, connection: SqlServerConnection, job: ReadJob, { from, to }: { readonly from: ChangeMark; readonly to: ChangeMark },
): Promise<{ readonly counted: Pick<LandedChunk, 'countedRows'>; readonly seen: Pick<LandedChanges, 'seen'> }> {
  const { count, way: named, seen: before } = job.changes!.planned;
  const way = changesOf(named, job.changes!.table);
  const rows = before && await way.rowsAt?.(connection, before, from, to);
  const counted = rows === undefined ? {} : { countedRows: String(rows) };
  if (!count || way.countsRows !== false || context.consistency !== 'snapshot') return { counted, seen: {} };
  const row = await countTable(connection, job);
  return { counted, seen: { seen: { rows: Number(countOf(row?.row_count, job.subject)), clock: String(row?.clock) } } };
}

/** The clock is asked behind the view: a statement has it from its beginning, and the transaction has read before. */
async function countTable(connection: SqlServerConnection, { changes, schema, table, subject }: ReadJob): Promise<CatalogRow | undefined> {
  const { rowFilter, hint } = changes!.table;
  const where = rowFilter === undefined ? '' : ` WHERE (\n${rowFilter}\n)`;
  const [row] = await connection.query(
    `SELECT COUNT_BIG(*) AS row_count, CONVERT(varchar(40), SYSDATETIME(), 126) AS clock FROM ${quoteTable(schema, table)}${where}${hint}`, `count the rows of ${subject}`);
  return row;
}
