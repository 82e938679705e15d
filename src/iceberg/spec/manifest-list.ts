import { Schema as AvroSchema } from 'avsc';
import { readAvro, writeAvro } from './avro-file';
import { Long } from './long';

/** A manifest as a snapshot's list names it (Iceberg spec, "Manifest Lists"). */
export interface ListedManifest {
  readonly path: string;
  readonly lengthBytes: number;
  readonly partitionSpecId: number;
  readonly content: 'data' | 'deletes';
  readonly sequenceNumber: Long;
  readonly minSequenceNumber: Long;
  readonly addedSnapshotId: Long;
  readonly addedFiles: number;
  readonly existingFiles: number;
  readonly deletedFiles: number;
  readonly addedRows: Long;
  readonly existingRows: Long;
  readonly deletedRows: Long;
  /** Bounds of partition fields, which only others' manifests have; passed on as they are. */
  readonly partitions?: unknown;
}

const LIST_SCHEMA = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    { 'name': 'manifest_path', 'type': 'string', 'field-id': 500 },
    { 'name': 'manifest_length', 'type': 'long', 'field-id': 501 },
    { 'name': 'partition_spec_id', 'type': 'int', 'field-id': 502 },
    { 'name': 'content', 'type': 'int', 'field-id': 517 },
    { 'name': 'sequence_number', 'type': 'long', 'field-id': 515 },
    { 'name': 'min_sequence_number', 'type': 'long', 'field-id': 516 },
    { 'name': 'added_snapshot_id', 'type': 'long', 'field-id': 503 },
    { 'name': 'added_files_count', 'type': 'int', 'field-id': 504 },
    { 'name': 'existing_files_count', 'type': 'int', 'field-id': 505 },
    { 'name': 'deleted_files_count', 'type': 'int', 'field-id': 506 },
    { 'name': 'added_rows_count', 'type': 'long', 'field-id': 512 },
    { 'name': 'existing_rows_count', 'type': 'long', 'field-id': 513 },
    { 'name': 'deleted_rows_count', 'type': 'long', 'field-id': 514 },
    {
      'name': 'partitions',
      'type': ['null', {
        'type': 'array',
        'items': {
          type: 'record',
          name: 'r508',
          fields: [
            { 'name': 'contains_null', 'type': 'boolean', 'field-id': 509 },
            { 'name': 'contains_nan', 'type': ['null', 'boolean'], 'default': null, 'field-id': 518 },
            { 'name': 'lower_bound', 'type': ['null', 'bytes'], 'default': null, 'field-id': 510 },
            { 'name': 'upper_bound', 'type': ['null', 'bytes'], 'default': null, 'field-id': 511 },
          ],
        },
        'element-id': 508,
      }],
      'default': null,
      'field-id': 507,
    },
    { 'name': 'key_metadata', 'type': ['null', 'bytes'], 'default': null, 'field-id': 519 },
  ],
} as unknown as AvroSchema;

/** Bytes of a manifest list. */
export function writeManifestList(
  snapshot: { readonly snapshotId: Long; readonly parentId?: Long; readonly sequenceNumber: Long }, manifests: readonly ListedManifest[],
): Buffer {
  return writeAvro(LIST_SCHEMA, {
    metadata: {
      'snapshot-id': String(snapshot.snapshotId),
      'parent-snapshot-id': snapshot.parentId === undefined ? 'null' : String(snapshot.parentId),
      'sequence-number': String(snapshot.sequenceNumber),
      'format-version': '2',
    },
    records: manifests.map((manifest) => ({
      manifest_path: manifest.path,
      manifest_length: manifest.lengthBytes,
      partition_spec_id: manifest.partitionSpecId,
      content: manifest.content === 'deletes' ? 1 : 0,
      sequence_number: manifest.sequenceNumber,
      min_sequence_number: manifest.minSequenceNumber,
      added_snapshot_id: manifest.addedSnapshotId,
      added_files_count: manifest.addedFiles,
      existing_files_count: manifest.existingFiles,
      deleted_files_count: manifest.deletedFiles,
      added_rows_count: manifest.addedRows,
      existing_rows_count: manifest.existingRows,
      deleted_rows_count: manifest.deletedRows,
      partitions: manifest.partitions ?? null,
      key_metadata: null,
    })),
  });
}

/** Reads a manifest list, others' too: some call the counts otherwise (format version 1's names). */
export function readManifestList(bytes: Buffer, name: string): ListedManifest[] {
  return readAvro(bytes, name).records.map((raw) => ({
    path: raw.manifest_path,
    lengthBytes: Number(raw.manifest_length),
    partitionSpecId: raw.partition_spec_id,
    content: raw.content === 1 ? 'deletes' : 'data',
    sequenceNumber: raw.sequence_number ?? 0,
    minSequenceNumber: raw.min_sequence_number ?? 0,
    addedSnapshotId: raw.added_snapshot_id,
    addedFiles: raw.added_files_count ?? raw.added_data_files_count ?? 0,
    existingFiles: raw.existing_files_count ?? raw.existing_data_files_count ?? 0,
    deletedFiles: raw.deleted_files_count ?? raw.deleted_data_files_count ?? 0,
    addedRows: raw.added_rows_count ?? 0,
    existingRows: raw.existing_rows_count ?? 0,
    deletedRows: raw.deleted_rows_count ?? 0,
    ...(raw.partitions && { partitions: raw.partitions }),
  }));
}
