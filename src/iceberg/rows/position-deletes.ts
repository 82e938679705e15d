import { isTouched } from './count-rows';
import { Deletes } from './deleted-rows';
import { liveManifests } from './live-files';
import { ownFile } from './own-files';
import { EqualityDeletes, equalityFields, mayTouch, planScan, POSITION_DELETE_FIELDS, ScanPlan } from './scan-plan';
import { ParquetRows } from './write-parquet';
import { TableFiles } from '../files/table-files';
import { dataFile, DataFile, FileContent } from '../spec/data-file';
import { readFooter } from '../spec/parquet-footer';
import { currentSnapshot, TableMetadata } from '../spec/table-metadata';

/** Deletes of a run on their way into a table. */
export interface PositionDeletesRun {
  /** Metadata that the commit is made on: positions are of its current snapshot's files and of no other's. */
  readonly metadata: TableMetadata;
  /** Part of the files' names. */
  readonly attempt: string;
  /** The run's equality deletes, by keys that are compared as bytes. */
  readonly equality: readonly DataFile[];
}

/**
 * Turns equality deletes that are not committed yet into position deletes of the rows that they would delete: for readers that have no
 * equality deletes (Snowflake, PyIceberg). Key columns of files that statistics leave are read; rows that are deleted already are not
 * named again. The files are written, and are the caller's to commit on the same metadata, or to delete.
 *
 * @returns entries of the files; none where no row is deleted
 * @throws IcebergError TABLE_UNREADABLE
 */
export async function positionDeletesOf(
  { files }: { readonly files: TableFiles }, { metadata, attempt, equality }: PositionDeletesRun,
): Promise<DataFile[]> {
  const snapshot = currentSnapshot(metadata);
  const plan = planScan(metadata, snapshot, await liveManifests(files, snapshot));
  // Later than all there is, as the commit will be.
  const sequence = BigInt(metadata['last-sequence-number']) + 1n;
  const deletes = equality.filter(({ recordCount }) => recordCount > 0)
    .map((file): EqualityDeletes => ({ file, sequence, fields: equalityFields(metadata, file) }));
  const now: ScanPlan = {
    ...plan,
    files: plan.files.map((each) => ({ ...each, equalityDeletes: deletes.filter((of) => mayTouch(of, each.file)), positionDeletes: [] })),
  };
  const fresh = await Deletes.read(files, now);
  const found: { readonly path: string; readonly positions: Uint32Array }[] = [];
  let before: Deletes | undefined;
  for (const [at, scanned] of now.files.entries()) {
    if (scanned.equalityDeletes.length === 0) continue;
    let { positions } = await fresh.of(scanned);
    const earlier = plan.files[at];
    if (positions.length > 0 && isTouched(earlier)) {
      before ??= await Deletes.read(files, plan);
      const gone = new Set((await before.of(earlier)).positions);
      positions = positions.filter((position) => !gone.has(position));
    }
    if (positions.length > 0) found.push({ path: scanned.file.filePath, positions });
  }
  return found.length === 0 ? [] : [await writePositions(files, metadata.location, attempt, found)];
}

/** Writes positions by path, then by position (Iceberg spec, "Position Delete Files"). */
export async function writePositions(
  files: TableFiles, location: string, attempt: string, deleted: ReadonlyArray<{ readonly path: string; readonly positions: Uint32Array }>,
): Promise<DataFile> {
  const fields = [POSITION_DELETE_FIELDS.path, POSITION_DELETE_FIELDS.position];
  const rows = new ParquetRows(fields);
  const sorted = [...deleted].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  for (const { path, positions } of sorted) rows.add([new Array<string>(positions.length).fill(path), Array.from(positions, BigInt)]);
  const bytes = rows.finish();
  const uri = ownFile(location, 'positions', attempt, 0);
  await files.replace(uri, bytes);
  const entry = dataFile({ uri, sizeBytes: bytes.length, footer: readFooter(bytes, uri) }, fields, fields.map(({ name }) => name));
  const bound = (bounds: ReadonlyMap<number, Buffer>, path: string) => new Map([...bounds, [POSITION_DELETE_FIELDS.path.id, Buffer.from(path)]]);
  return {
    ...entry,
    content: FileContent.positionDeletes,
    // Whole: paths of a table have long beginnings in common.
    lowerBounds: bound(entry.lowerBounds, sorted[0].path),
    upperBounds: bound(entry.upperBounds, sorted[sorted.length - 1].path),
  };
}
