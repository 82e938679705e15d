import { Deletes } from './deleted-rows';
import { liveManifests } from './live-files';
import { deletedAtOf, mappedIds, planScan, ScannedFile, ScanPlan, toldSoftDeleted } from './scan-plan';
import { GroupColumn, openFile } from './table-columns';
import { RowValue } from './values';
import { RangeFiles, TableFiles } from '../files/table-files';
import { IcebergError } from '../spec/errors';
import { Field } from '../spec/schema';
import { currentSnapshot, Snapshot, TableMetadata } from '../spec/table-metadata';

/** Rows of one row group that are not deleted. */
export interface RowBatch {
  readonly scanned: ScannedFile;
  readonly fields: readonly Field[];
  /** Rows, and the position in the file of each. */
  readonly positions: Uint32Array;
  /** By field, then by row. */
  readonly columns: ReadonlyArray<readonly RowValue[]>;
}

/** A row and where it is. */
export interface TableRow {
  readonly values: readonly RowValue[];
  readonly file: string;
  /** From 0, in the file. */
  readonly position: number;
}

/** Plans the reading of a snapshot. @throws IcebergError TABLE_UNREADABLE */
export async function scanOf(
  files: TableFiles, metadata: TableMetadata, snapshot: Snapshot | undefined = currentSnapshot(metadata),
): Promise<ScanPlan> {
  return planScan(metadata, snapshot, await liveManifests(files, snapshot));
}

/** The columns of a plan by name, all where none is named. @throws IcebergError NOT_THERE */
export function fieldsNamed({ fields }: ScanPlan, names: readonly string[] | undefined): readonly Field[] {
  return names?.map((name) => {
    const field = fields.find((each) => each.name === name);
    if (!field) throw new IcebergError('NOT_THERE', `the table has no column '${name}'; it has ${fields.map((each) => each.name).join(', ')}`);
    return field;
  }) ?? fields;
}

/**
 * Reads the rows of a plan, file by file, one row group in memory at a time.
 *
 * @param deletes as they were read for the plan
 * @param only which files are read; all
 */
export async function* readBatches(
  files: TableFiles, plan: ScanPlan, { fields = plan.fields, deletes, only = plan.files }: {
    readonly fields?: readonly Field[]; readonly deletes?: Deletes; readonly only?: readonly ScannedFile[];
  } = {},
): AsyncGenerator<RowBatch> {
  const deleted = deletes ?? await Deletes.read(files, { ...plan, files: only });
  for (const scanned of only) {
    const { positions } = await deleted.of(scanned);
    yield* batchesOf(files, plan, scanned, fields, positions);
  }
}

/**
 * Reads the rows of a plan without those that are softly deleted.
 *
 * @param fields but for the column that tells of these; all others
 */
export async function* readLiveBatches(
  files: TableFiles, plan: ScanPlan, { fields = plan.fields, deletes }: { readonly fields?: readonly Field[]; readonly deletes?: Deletes } = {},
): AsyncGenerator<RowBatch> {
  const deletedAt = deletedAtOf(plan);
  if (!deletedAt) return yield* readBatches(files, plan, { fields, deletes });
  const wanted = fields.filter(({ id }) => id !== deletedAt.id);
  const deleted = deletes ?? await Deletes.read(files, plan);
  for (const scanned of plan.files) {
    if (toldSoftDeleted(scanned.file) === 0) {
      yield* readBatches(files, plan, { fields: wanted, deletes: deleted, only: [scanned] });
      continue;
    }
    for await (const batch of readBatches(files, plan, { fields: [...wanted, deletedAt], deletes: deleted, only: [scanned] })) {
      const marks = batch.columns[wanted.length];
      const live = marks.flatMap((mark, row) => (mark === null ? [row] : []));
      if (live.length === 0) continue;
      const columns = batch.columns.slice(0, wanted.length).map((values) => live.map((row) => values[row]));
      yield { scanned, fields: wanted, positions: Uint32Array.from(live, (row) => batch.positions[row]), columns };
    }
  }
}

/** Reads the rows of one file but for deleted ones. @param deleted positions, ascending */
export async function* batchesOf(
  files: RangeFiles, { metadata }: Pick<ScanPlan, 'metadata'>, scanned: ScannedFile, fields: readonly Field[], deleted: Uint32Array,
): AsyncGenerator<RowBatch> {
  const { parquet, group } = await openFile(files, scanned.file, fields, mappedIds(metadata));
  let [first, next] = [0, 0];
  for (const [at, rows] of parquet.groups.entries()) {
    const kept = new Uint32Array(rows);
    let count = 0;
    for (let row = first; row < first + rows; row++) {
      if (deleted[next] === row) next += 1;
      else kept[count++] = row;
    }
    const positions = kept.subarray(0, count);
    if (count > 0) yield { scanned, fields, positions, columns: (await group(at)).map((column) => valuesAt(column, positions, first)) };
    first += rows;
  }
}

function valuesAt({ values, to }: GroupColumn, positions: Uint32Array, first: number): RowValue[] {
  const kept = new Array<RowValue>(positions.length);
  for (let at = 0; at < positions.length; at++) kept[at] = values && to ? to(values[positions[at] - first]) : null;
  return kept;
}

/** Reads rows one by one. @param columns names; all where none is given @throws IcebergError TABLE_UNREADABLE, NOT_THERE */
export async function* readRows(files: TableFiles, plan: ScanPlan, columns?: readonly string[]): AsyncGenerator<TableRow> {
  for await (const { scanned, positions, columns: values } of readBatches(files, plan, { fields: fieldsNamed(plan, columns) })) {
    for (let row = 0; row < positions.length; row++) {
      yield { values: values.map((column) => column[row]), file: scanned.file.filePath, position: positions[row] };
    }
  }
}
