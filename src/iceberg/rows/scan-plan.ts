import { liveEntries, ReadManifest } from './live-files';
import { isBelow, mayHold, mayOverlap, toldValues } from './statistics';
import { DELETED_AT_FIELD_ID, parsePartKey } from '../../contract';
import { canonicalUri } from '../files/table-files';
import { DataFile, FileContent } from '../spec/data-file';
import { IcebergError } from '../spec/errors';
import { Field } from '../spec/schema';
import { nameMappingOf, Snapshot, TableMetadata } from '../spec/table-metadata';

/** A live file with its data sequence number, which decides what deletes it. */
export interface SequencedFile {
  readonly file: DataFile;
  readonly sequence: bigint;
}

/** A file of equality deletes. */
export interface EqualityDeletes extends SequencedFile {
  /** Columns by which rows are equal. */
  readonly fields: readonly Field[];
}

/** A data file and the delete files that may touch it, as far as sequence numbers and statistics tell. */
export interface ScannedFile extends SequencedFile {
  readonly equalityDeletes: readonly EqualityDeletes[];
  readonly positionDeletes: readonly SequencedFile[];
}

/** What is to be read of a snapshot (Iceberg spec, "Scan Planning"). */
export interface ScanPlan {
  readonly metadata: TableMetadata;
  /** Columns as the snapshot's schema has them. */
  readonly fields: readonly Field[];
  readonly files: readonly ScannedFile[];
  /** All delete files of the snapshot, those that touch nothing among them. */
  readonly deleteFiles: readonly SequencedFile[];
}

/** Reserved field ids of position delete files (Iceberg spec, "Reserved Field IDs"). */
export const POSITION_DELETE_FIELDS = {
  path: { id: 2_147_483_546, name: 'file_path', required: true, type: 'string' },
  position: { id: 2_147_483_545, name: 'pos', required: true, type: 'long' },
} as const satisfies { readonly [name: string]: Field };

/**
 * Plans the reading of a snapshot.
 *
 * Equality deletes touch data files whose sequence number is lower than theirs, position deletes those of the same too; where statistics
 * say that no key, or no path, can be in a file, they do not.
 *
 * @param snapshot undefined for a table without one
 * @throws IcebergError TABLE_UNREADABLE for equality deletes of a partition, and by columns that engines compare in different ways
 */
export function planScan(metadata: TableMetadata, snapshot: Snapshot | undefined, manifests: readonly ReadManifest[]): ScanPlan {
  const live = manifests.flatMap((manifest) => liveEntries(manifest).map(({ entry }) => (
    { file: entry.file, sequence: BigInt(entry.sequenceNumber!), spec: manifest.listed.partitionSpecId })));
  const equality = live.filter(({ file }) => file.content === FileContent.equalityDeletes).map(({ file, sequence, spec }): EqualityDeletes => {
    if (metadata['partition-specs'].find((each) => each['spec-id'] === spec)?.fields.length) {
      throw new IcebergError('TABLE_UNREADABLE', `'${file.filePath}' deletes rows of one partition; tables of ours have none, and such deletes are not read`);
    }
    return { file, sequence, fields: equalityFields(metadata, file) };
  });
  const position = live.filter(({ file }) => file.content === FileContent.positionDeletes);
  return {
    metadata,
    fields: fieldsOf(metadata, snapshot),
    files: live.filter(({ file }) => file.content === FileContent.data).map(({ file, sequence }) => ({
      file,
      sequence,
      equalityDeletes: equality.filter((each) => sequence < each.sequence && mayTouch(each, file)),
      positionDeletes: position.filter((each) => sequence <= each.sequence && mayName(each.file, file)),
    })),
    deleteFiles: [...equality, ...position],
  };
}

/** The columns of a snapshot: its own schema's, else the current one's. */
export function fieldsOf(metadata: TableMetadata, snapshot: Snapshot | undefined): readonly Field[] {
  const id = snapshot?.['schema-id'] ?? metadata['current-schema-id'];
  return metadata.schemas.find((schema) => schema['schema-id'] === id)?.fields ?? [];
}

/**
 * The columns by which an equality delete file deletes; one that was dropped since still does.
 *
 * @throws IcebergError TABLE_UNREADABLE where there are none, or engines compare them in different ways: float and double
 */
export function equalityFields({ schemas }: TableMetadata, { filePath, equalityIds = [] }: DataFile): Field[] {
  if (equalityIds.length === 0) throw new IcebergError('TABLE_UNREADABLE', `'${filePath}' is of equality deletes, and its manifest names no columns`);
  return equalityIds.map((id) => {
    // The latest type: it reads those of before.
    const field = [...schemas].reverse().flatMap(({ fields }) => fields).find((each) => each.id === id);
    if (!field) throw new IcebergError('TABLE_UNREADABLE', `'${filePath}' deletes by a column with field id ${id}, which the table never had`);
    if (field.type === 'float' || field.type === 'double') {
      throw new IcebergError('TABLE_UNREADABLE', `'${filePath}' deletes by the column '${field.name}', which is ${field.type}: engines differ in which of its values are equal`);
    }
    return field;
  });
}

/** The column that tells which rows of a table with soft deletes are deleted; undefined where it has none. */
export function deletedAtOf({ fields }: Pick<ScanPlan, 'fields'>): Field | undefined {
  return fields.find(({ id }) => id === DELETED_AT_FIELD_ID);
}

/** Rows of a file that are softly deleted, by its statistics; undefined where these do not tell. Landed files have none. */
export function toldSoftDeleted(file: DataFile): number | undefined {
  return parsePartKey(file.filePath) === undefined ? toldValues(file, DELETED_AT_FIELD_ID) : 0;
}

/** Field id of a column name, for files that carry no ids (Iceberg spec, "Column Projection"). */
export function mappedIds(metadata: TableMetadata): ReadonlyMap<string, number> {
  return new Map(nameMappingOf(metadata).flatMap((field) => field.names.map((name) => [name, field['field-id']] as const)));
}

/** Whether a key of the deletes may be in a file. */
export function mayTouch({ file, fields }: EqualityDeletes, rows: DataFile): boolean {
  return fields.every(({ id, type }) => mayOverlap(type, id, file, rows));
}

function mayName(deletes: DataFile, { filePath }: DataFile): boolean {
  const { id } = POSITION_DELETE_FIELDS.path;
  const [lower, upper] = [deletes.lowerBounds.get(id), deletes.upperBounds.get(id)];
  const path = Buffer.from(filePath);
  if (!mayHold(deletes, id)) return false;
  // Another spelling of the same path has another place in the order.
  if (canonicalUri(filePath) !== filePath || [lower, upper].some((bound) => bound && canonicalUri(String(bound)) !== String(bound))) return true;
  return !(lower && isBelow('string', path, lower)) && !(upper && isBelow('string', upper, path));
}
