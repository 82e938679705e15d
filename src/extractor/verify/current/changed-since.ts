import { isOneLineage, type ChangeMark, type ChangeRole } from '../../../contract';
import { ChangeWay } from '../../api/changes/planned-changes';
import { LegacyToS3Error } from '../../api/errors';
import { gap } from '../../changes/changed-table';
import type { ChangeStatement, TableChanges } from '../../changes/table-changes';
import { changesOf } from '../../changes/table-ways';
import { readBegin } from '../../changes/transaction-begin';
import type { ReadJob } from '../../run/context/read-job';
import { quoteTable } from '../../source/catalog/identifiers';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { Clock } from '../../state/clock';

/**
 * What a source tells of what changed since a mark:
 *
 *   all      every changed and deleted key
 *   rows     changed keys, and not which rows were deleted
 *   nothing  it is to be taken that any row may have changed
 */
export type ToldChanges = 'all' | 'rows' | 'nothing';

/** What changed in a table between its mark and what a transaction shows; what changed a little later may be among it. */
export interface ChangedSince {
  readonly tells: ToldChanges;
  /** What the transaction shows, or what changes are told up to: an order, or the source's clock where nothing is told. */
  readonly shows: string;
  readonly statements: ReadonlyArray<{ readonly role: ChangeRole; readonly statement: ChangeStatement }>;
  /** What sends them. */
  readonly connection: SqlServerConnection;
  /** To be asked behind them. @throws LegacyToS3Error of code CHANGES_GAP */
  check(): Promise<void>;
}

export interface ChangedGiven {
  /** In its SNAPSHOT transaction, of which nothing was read yet. */
  readonly connection: SqlServerConnection;
  /** Opens one that is in none. */
  readonly aside: () => Promise<SqlServerConnection>;
  readonly job: ReadJob;
  readonly way: ChangeWay;
  /** Mark of the landed table; it has one but for the way WHOLE. */
  readonly from?: ChangeMark;
  /** The mark, or a later one up to which the table was seen to be unchanged. */
  readonly since?: ChangeMark;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** How long capture is waited for (milliseconds). */
  readonly captureWaitMs: number;
}

/** How often it is looked whether capture has passed (milliseconds): the capture job itself sleeps 5 s by default ("sys.sp_cdc_add_job"). */
const LOOK_MS = { first: 100, most: 5_000 };

/** Asks what changed. @throws LegacyToS3Error of code CHANGES_GAP, or CHANGES_REFUSED where it cannot be told now */
export async function changedSince(given: ChangedGiven): Promise<ChangedSince> {
  const { connection, job, way, from, since } = given;
  if (way === ChangeWay.WHOLE) {
    const { at } = await readBegin(connection, []);
    return { tells: 'nothing', shows: at, statements: [], connection, check: async () => undefined };
  }
  const { table } = job.changes!;
  if (!from || !since) throw new LegacyToS3Error('INTERNAL', `${job.subject} is compared without a mark`);
  const ways = changesOf(way, table);
  if (way === ChangeWay.CDC) return capturedSince(given, ways, since);
  const to = await ways.mark(connection, await readBegin(connection, [way]));
  refuseOther(given, to);
  await ways.check(connection, since);
  return { ...told(ways, since, to), tells: way === ChangeWay.CHANGE_TRACKING ? 'all' : 'rows', connection, check: async () => ways.check(connection, since) };
}

/**
 * Capture lags behind, so that the transaction shows changes that are not captured yet; and its own view of the change table stands still. So
 * that is read aside, up to an LSN which capture reached when it had passed the moment at which the transaction had its view.
 */
async function capturedSince(given: ChangedGiven, ways: TableChanges, since: ChangeMark): Promise<ChangedSince> {
  const { connection, job, clock, signal, captureWaitMs } = given;
  // The view is of the first read ("SET TRANSACTION ISOLATION LEVEL", SNAPSHOT): all that it shows was committed before the clock is asked.
  await connection.query(`SELECT TOP (1) 1 AS one FROM ${quoteTable(job.schema, job.table)}`, `begin the view of ${job.subject}`);
  const { at } = await readBegin(connection, []);
  const aside = await given.aside();
  const until = clock.now() + captureWaitMs;
  for (let wait = LOOK_MS.first; !await ways.hasPassed!(aside, at); wait = Math.min(LOOK_MS.most, 2 * wait)) {
    if (clock.now() >= until) {
      throw new LegacyToS3Error('CHANGES_REFUSED', `${job.subject} cannot be compared now: capture has not passed ${at}, at which its rows are read, within ${Math.round(captureWaitMs / 1000)} s; `
        + 'look whether SQL Server Agent and the capture job run');
    }
    await clock.sleep(wait, signal);
  }
  const to = await ways.mark(aside);
  refuseOther(given, to);
  await ways.check(aside, since);
  return { ...told(ways, since, to), tells: 'all', connection: aside, check: async () => ways.check(aside, since) };
}

function told(ways: TableChanges, since: ChangeMark, to: ChangeMark): Pick<ChangedSince, 'shows' | 'statements'> {
  const { keys, deletes } = ways.statements(since, to);
  return { shows: to.order, statements: [...keys ? [{ role: 'keys' as const, statement: keys }] : [], ...deletes ? [{ role: 'deletes' as const, statement: deletes }] : []] };
}

/** @throws LegacyToS3Error of code CHANGES_GAP */
function refuseOther({ job, from }: ChangedGiven, to: ChangeMark): void {
  const { table } = job.changes!;
  if (!isOneLineage(from!, to)) throw gap(table, from!, `the landed table is of ${from!.lineage}, and the source is ${to.lineage} now`);
  if (to.order < from!.order.split('.')[0]) throw gap(table, from!, `the source is at ${to.order} now, and went back`);
}
