import { DeltaFiles } from './change-files';
import { CHANGE_FIELD_IDS, DELETED_AT_FIELD_ID, deletedAtName, ManifestChanges, TABLE_PROPERTIES } from '../../../contract';
import { isTouched } from '../../rows/count-rows';
import { Key, keysOf } from '../../rows/delete-keys';
import { Deletes } from '../../rows/deleted-rows';
import { ownFile } from '../../rows/own-files';
import { scanOf } from '../../rows/read-rows';
import { equalityFields, mappedIds, mayTouch, ScannedFile, toldSoftDeleted } from '../../rows/scan-plan';
import { GroupColumn, openFile } from '../../rows/table-columns';
import { RowValue } from '../../rows/values';
import { ParquetRows } from '../../rows/write-parquet';
import { DataFile, dataFile } from '../../spec/data-file';
import { readFooter } from '../../spec/parquet-footer';
import { Field } from '../../spec/schema';
import { currentSchema, TableMetadata } from '../../spec/table-metadata';
import { TableRun } from '../table-run';
import { forEachAtOnce, Workplace } from '../workplace';

/*
 * Soft deletes: rows that a run of changes deletes stay in the table, with the time of their deletion in a column of its own. They are
 * written anew beside the run's rows, in the same snapshot, so that the run's deletes, which take away the rows of before, leave them.
 */

/** How a table stands to soft deletes after a run. */
export interface SoftDeletes {
  /** Whether it has the column. One that was switched off has it as long as rows of then may be there. */
  readonly hasColumn: boolean;
  /** Whether the run keeps the rows that it deletes. */
  readonly keeps: boolean;
  /** Value of the table's property, `softDeletesSince`; undefined where they are off. */
  readonly since?: string;
}

/** Value of the property where they are on, and no run saw deletes so far. */
const PENDING = 'pending';

/**
 * How a table stands to soft deletes after a run. A run that reads it whole begins them anew: which rows are gone it does not tell.
 *
 * @param asked undefined goes on as the table is
 */
export function softDeletesOf({ table }: TableRun, before: TableMetadata | undefined, asked: boolean | undefined): SoftDeletes {
  const { columns, changes, base } = table;
  const known = before?.properties?.[TABLE_PROPERTIES.softDeletesSince];
  const isOn = asked ?? known !== undefined;
  const seesDeletes = changes ? changes.deletesSeen && changes.keyColumns.length > 0 : base?.mark.way === 'changeTracking' || base?.mark.way === 'cdc';
  const keeps = isOn && seesDeletes && columns.every(({ fieldId }) => fieldId !== undefined);
  const begun = changes && known !== PENDING ? known : undefined;
  const since = begun ?? (keeps ? (changes?.from ?? base!.mark).at : PENDING);
  return { keeps, hasColumn: keeps || (changes !== undefined && hasDeletedAt(before)), ...(isOn && { since }) };
}

function hasDeletedAt(metadata: TableMetadata | undefined): boolean {
  return (metadata && currentSchema(metadata))?.fields.some(({ id }) => id === DELETED_AT_FIELD_ID) ?? false;
}

/** The fields of a table with the column that tells of deleted rows, last. */
export function withDeletedAt(fields: readonly Field[], { hasColumn }: SoftDeletes): readonly Field[] {
  if (!hasColumn) return fields;
  const name = deletedAtName(fields.map((field) => field.name));
  return [...fields, { id: DELETED_AT_FIELD_ID, name, required: false, type: 'timestamptz', doc: 'when the row was deleted in the source; NULL: it is there' }];
}

/** Rows that a run deleted, and that were written anew. */
export interface SoftDeleted {
  readonly files: readonly DataFile[];
  readonly rows: number;
}

/** What a run deletes. */
export interface SoftDeleting {
  /** Metadata that the commit is made on, with the columns that it will have. */
  readonly metadata: TableMetadata;
  /** Part of the files' names. */
  readonly attempt: string;
  readonly changes: ManifestChanges;
  readonly delta: DeltaFiles;
}

/** Files whose keys are compared at the same time. */
const FILES_AT_ONCE = 4;

/** Bytes at which a file ends; held in memory until then. */
const TARGET_BYTES = 64 * 1024 * 1024;

/** Rows of a file, by position in it from 0, and when each was deleted (microseconds since 1970). */
interface FoundRows {
  readonly scanned: ScannedFile;
  readonly positions: number[];
  readonly times: bigint[];
}

/** A row that was deleted before, and its key. */
interface EarlierRow {
  readonly position: number;
  readonly time: bigint;
  readonly key: Key;
}

/**
 * Writes rows that a table shows and that a run deletes, with the time of their deletion: those whose key, as it landed, is among the run's
 * deletes and no row of the run has. What was deleted before, and is by this run once more, keeps its time. Key columns of files that
 * statistics leave are read, then the other columns of the row groups that have such rows. The files are the caller's to commit on the same
 * metadata, or to delete.
 *
 * @throws IcebergError TABLE_UNREADABLE
 */
export async function softDeletedRows({ files }: Pick<Workplace, 'files'>, deleting: SoftDeleting): Promise<SoftDeleted> {
  const { metadata, attempt } = deleting;
  const named = filesOfDeleted(deleting);
  if (named.length === 0) return { files: [], rows: 0 };
  const keys = equalityFields(metadata, named[0]);
  const deleted = await deletedKeys(files, deleting, keys);
  const plan = await scanOf(files, metadata);
  const mayHit = plan.files.filter(({ file }) => named.some((each) => mayTouch({ file: each, sequence: 0n, fields: keys }, file)));
  const live = new Set<Key>();
  let deletes: Promise<Deletes> | undefined;
  const looked = await forEachAtOnce(mayHit, async (scanned) => {
    const found = await hitsOf(files, metadata, scanned, keys, deleted);
    if (found.length === 0 || !isTouched(scanned)) return { scanned, found };
    deletes ??= Deletes.read(files, plan);
    const gone = new Set((await (await deletes).of(scanned)).positions);
    return { scanned, found: found.filter(({ position }) => !gone.has(position)) };
  }, FILES_AT_ONCE);
  for (const { found } of looked) for (const { key, time } of found) if (time === undefined) live.add(key);
  const kept = looked.map(({ scanned, found }): FoundRows => {
    // A row that came back and is deleted again takes the place of the one of then.
    const rows = found.filter(({ key, time }) => time === undefined || !live.has(key));
    return { scanned, positions: rows.map(({ position }) => position), times: rows.map(({ key, time }) => time ?? deleted.get(key)!) };
  }).filter(({ positions }) => positions.length > 0);
  return writeRows(files, metadata, attempt, kept);
}

/** The run's files with keys of rows to look for. */
export function filesOfDeleted({ changes, delta }: Pick<SoftDeleting, 'changes' | 'delta'>): readonly DataFile[] {
  // Files of keys have others than those of the run's rows where keys land in several spellings.
  return [...delta.deletes, ...(changes.keyRows === undefined ? [] : delta.keys)].filter(({ recordCount }) => recordCount > 0);
}

/** Keys that the run deletes, and when each was deleted (microseconds since 1970). */
async function deletedKeys(files: Workplace['files'], { metadata, changes, delta }: SoftDeleting, fields: readonly Field[]): Promise<ReadonlyMap<Key, bigint>> {
  const timeOf = deletionTime(changes);
  const deleted = new Map<Key, bigint>();
  const each = async (of: readonly DataFile[], more: readonly Field[], take: (key: Key, committed: RowValue) => void) => {
    for (const file of of.filter(({ recordCount }) => recordCount > 0)) {
      const { parquet, group } = await openFile(files, file, [...fields, ...more], mappedIds(metadata));
      for (const [at, rows] of parquet.groups.entries()) {
        const columns = await group(at);
        const key = keysOf(columns.slice(0, fields.length));
        const [committed] = columns.slice(fields.length);
        for (let row = 0; row < rows; row++) take(key(row), committed?.values && committed.to ? committed.to(committed.values[row]) : null);
      }
    }
  };
  if (changes.keyRows !== undefined) {
    await each(delta.keys, [], (key) => deleted.set(key, timeOf(null)));
    await each(delta.rows, [], (key) => deleted.delete(key));
  }
  await each(delta.deletes, [COMMITTED_AT], (key, committed) => deleted.set(key, timeOf(committed)));
  return deleted;
}

const COMMITTED_AT: Field = { id: CHANGE_FIELD_IDS.__committed_at, name: '__committed_at', required: false, type: 'timestamp' };

/** How far apart two clocks of one server may tell one time (microseconds). */
const CLOCK_GRACE = 60_000_000n;

/**
 * When a row was deleted: when that was committed, where the source tells; else, and at the latest, when the run's mark was taken. Of which
 * time zone Change Tracking's times are, its pages do not say: one that does not lie between the run's marks is not taken.
 */
function deletionTime({ way, from, to }: ManifestChanges): (committed: RowValue) => bigint {
  const [begin, end] = [from.at, to.at].map((at) => BigInt(Date.parse(at)) * 1000n);
  const isTaken = (time: bigint) => way !== 'changeTracking' || (time >= begin - CLOCK_GRACE && time <= end + CLOCK_GRACE);
  return (committed) => (typeof committed === 'bigint' && isTaken(committed) ? committed : end);
}

/** Rows of a file with a deleted key. @returns of those that were deleted softly before, when */
async function hitsOf(
  files: Workplace['files'], metadata: TableMetadata, { file }: ScannedFile, keys: readonly Field[], deleted: ReadonlyMap<Key, bigint>,
): Promise<Array<Pick<EarlierRow, 'position' | 'key'> & Partial<EarlierRow>>> {
  const found = [];
  const deletedAt = toldSoftDeleted(file) === 0 ? [] : [currentSchema(metadata)!.fields.find(({ id }) => id === DELETED_AT_FIELD_ID)!];
  const nullable = keys.map((field) => ({ ...field, required: false }));
  const { parquet, group } = await openFile(files, file, [...nullable, ...deletedAt], mappedIds(metadata));
  let first = 0;
  for (const [at, rows] of parquet.groups.entries()) {
    const columns = await group(at);
    const keyOf = keysOf(columns.slice(0, keys.length));
    const marks = columns[keys.length];
    for (let row = 0; row < rows; row++) {
      const key = keyOf(row);
      if (!deleted.has(key)) continue;
      const time = marks?.values && marks.to ? marks.to(marks.values[row]) : null;
      found.push({ position: first + row, key, ...(time !== null && { time: time as bigint }) });
    }
    first += rows;
  }
  return found;
}

async function writeRows(files: Workplace['files'], metadata: TableMetadata, attempt: string, found: readonly FoundRows[]): Promise<SoftDeleted> {
  const { fields } = currentSchema(metadata)!;
  const others = fields.filter(({ id }) => id !== DELETED_AT_FIELD_ID);
  const written: DataFile[] = [];
  let rows = new ParquetRows(fields);
  const finish = async () => {
    const bytes = rows.finish();
    const uri = ownFile(metadata.location, 'deleted', attempt, written.length);
    await files.replace(uri, bytes);
    written.push(dataFile({ uri, sizeBytes: bytes.length, footer: readFooter(bytes, uri) }, fields, fields.map(({ name }) => name)));
    rows = new ParquetRows(fields);
  };
  for (const { scanned, positions, times } of found) {
    const { parquet, group } = await openFile(files, scanned.file, others, mappedIds(metadata));
    let [first, next] = [0, 0];
    for (const [at, size] of parquet.groups.entries()) {
      const from = next;
      while (next < positions.length && positions[next] < first + size) next += 1;
      if (next > from) {
        const columns = await group(at);
        const places = positions.slice(from, next).map((position) => position - first);
        const valuesOf = ({ values, to }: GroupColumn) => places.map((row): RowValue => (values && to ? to(values[row]) : null));
        const values = columns.map((column) => [column.field.id, valuesOf(column)] as const);
        const byId = new Map<number, readonly RowValue[]>([...values, [DELETED_AT_FIELD_ID, times.slice(from, next)]]);
        rows.add(fields.map(({ id }) => byId.get(id)!));
        if (rows.sizeBytes >= TARGET_BYTES) await finish();
      }
      first += size;
    }
  }
  if (rows.rows > 0) await finish();
  return { files: written, rows: written.reduce((sum, { recordCount }) => sum + recordCount, 0) };
}
