import { Schema as AvroSchema } from 'avsc';
import { readAvro, writeAvro } from './avro-file';
import { DataFile } from './data-file';
import { Long } from './long';
import { Schema } from './schema';

/** What became of a file (Iceberg spec, "Manifest Entry Fields"). */
export const EntryStatus = { existing: 0, added: 1, deleted: 2 } as const;

/** A file in a manifest. Of an added one, snapshot and sequence numbers are null: readers take those of the manifest. */
export interface ManifestEntry {
  readonly status: 0 | 1 | 2;
  readonly snapshotId: Long | null;
  readonly sequenceNumber: Long | null;
  readonly fileSequenceNumber: Long | null;
  readonly file: DataFile;
}

/** A manifest's content (Iceberg spec, "Manifests"). */
export interface ManifestContent {
  readonly content: 'data' | 'deletes';
  /** Of a spec with fields only where others have written. */
  readonly partitionSpecId: number;
  readonly entries: readonly ManifestEntry[];
  /** As it stands in the file's head; kept when others' manifests are written anew. */
  readonly head?: { readonly schema: AvroSchema; readonly metadata: { readonly [key: string]: string }; readonly records: readonly RawEntry[] };
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type RawEntry = any;

const mapOf = (key: number, value: number, type: string): AvroSchema => ({
  type: 'array',
  logicalType: 'map',
  items: {
    type: 'record',
    name: `k${key}_v${value}`,
    fields: [{ 'name': 'key', 'type': 'int', 'field-id': key }, { 'name': 'value', type, 'field-id': value }],
  },
} as unknown as AvroSchema);

const optional = (name: string, id: number, type: AvroSchema) => ({ name, 'type': ['null', type], 'default': null, 'field-id': id });

const listOf = (element: number, type: string): AvroSchema => ({ 'type': 'array', 'items': type, 'element-id': element } as unknown as AvroSchema);

/** Of format version 2, of an unpartitioned table. */
const ENTRY_SCHEMA = {
  type: 'record',
  name: 'manifest_entry',
  fields: [
    { 'name': 'status', 'type': 'int', 'field-id': 0 },
    optional('snapshot_id', 1, 'long'),
    optional('sequence_number', 3, 'long'),
    optional('file_sequence_number', 4, 'long'),
    {
      'name': 'data_file',
      'field-id': 2,
      'type': {
        type: 'record',
        name: 'r2',
        fields: [
          { 'name': 'content', 'type': 'int', 'field-id': 134 },
          { 'name': 'file_path', 'type': 'string', 'field-id': 100 },
          { 'name': 'file_format', 'type': 'string', 'field-id': 101 },
          { 'name': 'partition', 'type': { type: 'record', name: 'r102', fields: [] }, 'field-id': 102 },
          { 'name': 'record_count', 'type': 'long', 'field-id': 103 },
          { 'name': 'file_size_in_bytes', 'type': 'long', 'field-id': 104 },
          optional('column_sizes', 108, mapOf(117, 118, 'long')),
          optional('value_counts', 109, mapOf(119, 120, 'long')),
          optional('null_value_counts', 110, mapOf(121, 122, 'long')),
          optional('nan_value_counts', 137, mapOf(138, 139, 'long')),
          optional('lower_bounds', 125, mapOf(126, 127, 'bytes')),
          optional('upper_bounds', 128, mapOf(129, 130, 'bytes')),
          optional('key_metadata', 131, 'bytes'),
          optional('split_offsets', 132, listOf(133, 'long')),
          // An int: Java readers cast, and longs fail.
          optional('equality_ids', 135, listOf(136, 'int')),
          optional('sort_order_id', 140, 'int'),
        ],
      },
    },
  ],
} as unknown as AvroSchema;

/** Bytes of a manifest file. */
export function writeManifest(schema: Schema, { content, partitionSpecId, entries, head }: ManifestContent): Buffer {
  if (head) return writeAvro(head.schema, { metadata: head.metadata, records: entries.map((entry, at) => changedRaw(head.records[at], entry)) });
  return writeAvro(ENTRY_SCHEMA, {
    metadata: {
      'schema': JSON.stringify(schema),
      'schema-id': String(schema['schema-id']),
      'partition-spec': '[]',
      'partition-spec-id': String(partitionSpecId),
      'format-version': '2',
      content,
    },
    records: entries.map(rawEntry),
  });
}

/** Reads a manifest file, others' too. */
export function readManifest(bytes: Buffer, name: string): ManifestContent {
  const { metadata, records } = readAvro(bytes, name);
  return {
    content: metadata.content === 'deletes' ? 'deletes' : 'data',
    partitionSpecId: Number(metadata['partition-spec-id'] ?? 0),
    entries: records.map(entryOf),
    head: { schema: JSON.parse(metadata['avro.schema']), metadata, records },
  };
}

/** The manifest with these entries alone, which may differ from its own in status and numbers. */
export function narrowed(manifest: ManifestContent, entries: ReadonlyArray<{ readonly at: number; readonly entry: ManifestEntry }>): ManifestContent {
  const { head } = manifest;
  return {
    ...manifest,
    entries: entries.map(({ entry }) => entry),
    ...(head && { head: { ...head, records: entries.map(({ at }) => head.records[at]) } }),
  };
}

/** The manifest with other paths of files; all else stays. */
export function withPaths(manifest: ManifestContent, pathOf: (path: string) => string): ManifestContent {
  const { head } = manifest;
  const moved = (raw: RawEntry): RawEntry => {
    const { data_file: file } = raw;
    const { file_path: path, referenced_data_file: of } = file;
    return { ...raw, data_file: { ...file, file_path: pathOf(path), ...(typeof of === 'string' && { referenced_data_file: pathOf(of) }) } };
  };
  return {
    ...manifest,
    entries: manifest.entries.map((entry) => ({ ...entry, file: { ...entry.file, filePath: pathOf(entry.file.filePath) } })),
    ...(head && { head: { ...head, records: head.records.map(moved) } }),
  };
}

function rawEntry({ status, snapshotId, sequenceNumber, fileSequenceNumber, file }: ManifestEntry): RawEntry {
  const pairs = <T>(map: ReadonlyMap<number, T>) => [...map].map(([key, value]) => ({ key, value }));
  return {
    status,
    snapshot_id: snapshotId,
    sequence_number: sequenceNumber,
    file_sequence_number: fileSequenceNumber,
    data_file: {
      content: file.content,
      file_path: file.filePath,
      file_format: 'PARQUET',
      partition: {},
      record_count: file.recordCount,
      file_size_in_bytes: file.fileSizeBytes,
      column_sizes: pairs(file.columnSizes),
      value_counts: pairs(file.valueCounts),
      null_value_counts: pairs(file.nullValueCounts),
      nan_value_counts: null,
      lower_bounds: pairs(file.lowerBounds),
      upper_bounds: pairs(file.upperBounds),
      key_metadata: null,
      split_offsets: file.splitOffsets ? [...file.splitOffsets] : null,
      equality_ids: file.equalityIds ? [...file.equalityIds] : null,
      sort_order_id: file.content === 0 ? 0 : null,
    },
  };
}

function changedRaw(raw: RawEntry, { status, snapshotId, sequenceNumber, fileSequenceNumber }: ManifestEntry): RawEntry {
  return { ...raw, status, snapshot_id: snapshotId, sequence_number: sequenceNumber, file_sequence_number: fileSequenceNumber };
}

function entryOf(raw: RawEntry): ManifestEntry {
  const { data_file: file } = raw;
  const map = <T>(pairs: ReadonlyArray<{ readonly key: number; readonly value: T }> | null | undefined) => (
    new Map((pairs ?? []).map(({ key, value }) => [key, value])));
  return {
    status: raw.status,
    snapshotId: raw.snapshot_id ?? null,
    sequenceNumber: raw.sequence_number ?? null,
    fileSequenceNumber: raw.file_sequence_number ?? null,
    file: {
      content: file.content ?? 0,
      filePath: file.file_path,
      recordCount: Number(file.record_count),
      fileSizeBytes: Number(file.file_size_in_bytes),
      columnSizes: map(file.column_sizes),
      valueCounts: map(file.value_counts),
      nullValueCounts: map(file.null_value_counts),
      lowerBounds: map(file.lower_bounds),
      upperBounds: map(file.upper_bounds),
      ...(file.split_offsets && { splitOffsets: file.split_offsets }),
      ...(file.equality_ids && { equalityIds: file.equality_ids }),
    },
  };
}
