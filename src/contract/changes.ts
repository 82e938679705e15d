/*
 * Runs of changes: what changed in the source since an earlier run, landed as files of their own kinds and applied to the landed
 * tables in the order of the source.
 *
 * Of each table with changes a run lands three kinds of files, all Parquet, in the folder of the table's run:
 *
 *   changes-<chunk>-<file>.parquet   newest values of rows that were inserted or updated, and CHANGE_COLUMNS: data files of the landed table
 *   keys-<chunk>-<file>.parquet      keys of these rows: equality deletes of what earlier runs landed of them
 *   deletes-<chunk>-<file>.parquet   keys of deleted rows, and CHANGE_COLUMNS: equality deletes too, and the other half of the history
 *
 * so that a commit names them as they are and copies nothing. Each key is in one of `changes` and `deletes` at most once.
 */

/** What a landed object of a run of changes holds; objects without a role are rows of a full run. */
export type ChangeRole = 'changes' | 'keys' | 'deletes';

/** The roles, in the order in which they are read and listed. */
export const CHANGE_ROLES: readonly ChangeRole[] = ['changes', 'keys', 'deletes'];

/** How changes of a table are learnt. */
export type ChangeWay = 'changeTracking' | 'cdc' | 'rowversion' | 'watermark';

/**
 * A point in the history of one table in its source. Marks of one {@link lineage} are compared by {@link order} as text; those of two
 * lineages are not comparable, and what lies between them is a gap.
 */
export interface ChangeMark {
  readonly way: ChangeWay;
  /**
   * What must be the same for two marks to be comparable: object_id and create date, recovery fork (else the database's create date),
   * and of Change Tracking the begin version, of CDC the capture instance's create date, of a watermark its column.
   */
  readonly lineage: string;
  /**
   * Version of Change Tracking in 20 decimal digits; LSN in 20, rowversion in 16 hexadecimal digits, lower case, and where runs have the same
   * one `.` and a number of 8 digits; of a watermark the source's clock. A mark includes all changes up to and with it.
   */
  readonly order: string;
  /** Of a watermark: its greatest value seen, as the server writes it; absent while there is none. */
  readonly value?: string;
  /** The source's clock when the mark was taken (ISO 8601, UTC). */
  readonly at: string;
}

/** Whether two marks can be compared. */
export function isOneLineage(a: Pick<ChangeMark, 'way' | 'lineage'>, b: Pick<ChangeMark, 'way' | 'lineage'>): boolean {
  return a.way === b.way && a.lineage === b.lineage;
}

/** The lower of marks of one lineage; undefined when one of them is of another, or there is none. */
export function lowestMark(marks: readonly (ChangeMark | undefined)[]): ChangeMark | undefined {
  const [first, ...rest] = marks;
  if (!first) return undefined;
  let lowest = first;
  for (const mark of rest) {
    if (!mark || !isOneLineage(first, mark)) return undefined;
    if (mark.order < lowest.order) lowest = mark;
  }
  return lowest;
}

/** What a run of changes says of one table. Absent where the run read the table whole. */
export interface ManifestChanges {
  readonly way: ChangeWay;
  /** Run whose mark this one begins at. */
  readonly previousRun: string;
  /** Changes after this mark … */
  readonly from: ChangeMark;
  /** … up to and with this one are in the run; equal to `from` where there is none. */
  readonly to: ChangeMark;
  /**
   * Key by which rows are the same: landed columns, companions among them but for offsets, since datetimeoffsets of one instant are one key.
   * `keys` and `deletes` files have all columns of it, as `columnsOfRole()` tells. Empty where rows are added only.
   */
  readonly keyColumns: readonly string[];
  /** Counted by the source, in the transaction that read them. */
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  /**
   * Rows of its files of keys, where they are more than one for each inserted and updated row: of keys that land in several spellings which the
   * source holds equal, every one is deleted. Absent: as many as those.
   */
  readonly keyRows?: number;
  /** Whether deletes are seen at all. */
  readonly deletesSeen: boolean;
  /**
   * COUNT_BIG of the table in the transaction that read the changes, of captured ones what the run before saw and the changes since; absent
   * where it was not asked, or cannot be told.
   */
  readonly sourceRows?: number;
  /** Of captured changes: the table's rows as the transaction showed them, which may be later than the mark. */
  readonly seen?: SeenRows;
}

/** Rows of a table that is ahead of its captured changes: what it had at the mark is known when these were captured too. */
export interface SeenRows {
  /** COUNT_BIG. */
  readonly rows: number;
  /** The server's own clock, without a zone, after the transaction had its view (ISO 8601). */
  readonly clock: string;
}

/** What a run that read a table whole says of the changes that follow. */
export interface ManifestBase {
  /** Lowest mark of its chunks, each taken before the chunk's first row was read: changes are to be replayed from it. */
  readonly mark: ChangeMark;
  /** Whether all rows are as of the mark exactly; else the table equals the source from the first applied run of changes on. */
  readonly exact: boolean;
  /** Why the table was read whole in a run of changes: a gap, or its way. Absent in a full run. */
  readonly why?: string;
  /** COUNT_BIG of the table at the mark; absent where it is not exact. */
  readonly sourceRows?: number;
}

/**
 * Columns that `changes` and `deletes` files have after the table's own, in this order: how the row came to be (`I`, `U`, `D`), the
 * order of its change (as ChangeMark.order, of CDC followed by `:` and the sequence value), and when it was committed where the source tells
 * (milliseconds, by the clock that the source has for it). No column of the landed table has their field ids, so that readers of it leave them out.
 */
export const CHANGE_COLUMNS = ['__op', '__version', '__committed_at'] as const;

/** Field ids of {@link CHANGE_COLUMNS}: above those of companions, below Iceberg's reserved ones. */
export const CHANGE_FIELD_IDS: { readonly [name in typeof CHANGE_COLUMNS[number]]: number } = {
  __op: 2_000_000_000,
  __version: 2_000_000_001,
  __committed_at: 2_000_000_002,
};

/** Whether a column is one of {@link CHANGE_COLUMNS}, by its field id. */
export function isChangeColumn({ fieldId }: { readonly fieldId?: number }): boolean {
  return fieldId !== undefined && fieldId >= CHANGE_FIELD_IDS.__op && fieldId <= CHANGE_FIELD_IDS.__committed_at;
}

/** The objects of a table's run by what they hold; those of a full run are `rows`. */
export function objectsOfRole<T extends { readonly role?: ChangeRole }>(objects: readonly T[], role: ChangeRole | 'rows'): T[] {
  return objects.filter((object) => (object.role ?? 'rows') === role);
}

/** Where a table's files of changes are not those of what the source counted; empty where they agree. */
export function changesContradictions(
  { changes, objects }: { readonly changes?: ManifestChanges; readonly objects: readonly { readonly role?: ChangeRole; readonly rows: number }[] },
): string[] {
  if (!changes) return [];
  const rows = (role: ChangeRole) => objectsOfRole(objects, role).reduce((sum, object) => sum + object.rows, 0);
  const changed = changes.inserts + changes.updates;
  const expected: readonly (readonly [ChangeRole, number])[] = [
    ['changes', changed], ['keys', changes.keyColumns.length === 0 ? 0 : changes.keyRows ?? changed], ['deletes', changes.deletes],
  ];
  const problems = expected.filter(([role, count]) => rows(role) !== count)
    .map(([role, count]) => `its files of ${role} have ${rows(role)} rows, the source counted ${count}`);
  if ((changes.keyRows ?? changed) < changed) problems.push(`it has ${changes.keyRows} keys of ${changed} inserted and updated rows`);
  if (changes.keyColumns.length === 0 && changes.deletes > 0) problems.push(`it has ${changes.deletes} deletes and no key to delete by`);
  return problems;
}

/** Name in the catalog of the table with the history of a landed table. */
export function historyTableName(name: string): string {
  return `${name}_changes`;
}

/** Where a chain of runs of changes stands: in the state folder, one object for each database of a server. */
export interface ChangeChain {
  readonly version: 1;
  /** Newest run of the chain whose manifest is written; runs after it are looked for by their names. */
  readonly runId: string;
  /**
   * What one statement told of the whole database before that run was begun: while it tells the same, nothing has changed. Absent where
   * no statement can tell that of all ways, or tables were left out of the run.
   */
  readonly idle?: string;
  /** By `<schema>.<table>` as JSON `["schema","table"]`. */
  readonly tables: { readonly [table: string]: ChainLink };
}

/** Where one table stands in its chain. */
export interface ChainLink {
  /** Run that landed the table last, whole or its changes. */
  readonly runId: string;
  /** Absent where nothing can follow: the table is read whole each time. */
  readonly mark?: ChangeMark;
  /** Order up to which it was seen to be unchanged since the mark, which is cleaned up though nothing changes; absent: that of the mark. */
  readonly unchangedTo?: string;
  /** Of a run that read it whole: the latest that its rows show, by the source's clock (ISO 8601, UTC). Captured changes are applied from then on. */
  readonly shows?: string;
  /** Hash of what is read of the table and how it lands; a run of another one cannot follow. */
  readonly shape: string;
  /** When its rows were counted last (ISO 8601, UTC). */
  readonly countedAt?: string;
  /** Of its newest run. */
  readonly seen?: SeenRows;
  /** When the source was last asked for the rows it shows (ISO 8601, UTC), whether they could be told as of a mark afterwards or not. */
  readonly seenAt?: string;
  /** Why the next run is to read the table whole, whatever changed: a repair was asked for. */
  readonly reload?: string;
}
