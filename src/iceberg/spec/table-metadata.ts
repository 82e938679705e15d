import { parse, stringify } from 'lossless-json';
import { IcebergError } from './errors';
import { Long, sameLong, toLong } from './long';
import { Field, MappedField, sameFields, Schema } from './schema';

/** A snapshot (Iceberg spec, "Snapshots"). */
export interface Snapshot {
  readonly 'snapshot-id': Long;
  readonly 'parent-snapshot-id'?: Long | null;
  readonly 'sequence-number': Long;
  readonly 'timestamp-ms': number;
  readonly 'manifest-list': string;
  readonly 'summary': { readonly operation: string; readonly [key: string]: string };
  readonly 'schema-id'?: number;
}

/** A branch or tag (Iceberg spec, "Snapshot References"). */
export interface SnapshotRef {
  readonly 'snapshot-id': Long;
  readonly 'type': 'branch' | 'tag';
  readonly 'max-ref-age-ms'?: Long;
}

/** A file of statistics of a snapshot. */
export interface StatisticsFile {
  readonly 'snapshot-id': Long;
  readonly 'statistics-path': string;
}

/** Metadata of a table, format version 2 (Iceberg spec, "Table Metadata Fields"); what is not named here is kept as it is. */
export interface TableMetadata {
  readonly 'format-version': number;
  readonly 'table-uuid': string;
  readonly 'location': string;
  readonly 'last-sequence-number': Long;
  readonly 'last-updated-ms': number;
  readonly 'last-column-id': number;
  readonly 'current-schema-id': number;
  readonly 'schemas': readonly Schema[];
  readonly 'default-spec-id': number;
  readonly 'partition-specs': ReadonlyArray<{ readonly 'spec-id': number; readonly 'fields': readonly unknown[] }>;
  readonly 'last-partition-id': number;
  readonly 'default-sort-order-id': number;
  readonly 'sort-orders': readonly unknown[];
  readonly 'properties'?: { readonly [name: string]: string };
  readonly 'current-snapshot-id'?: Long | null;
  readonly 'refs'?: { readonly [name: string]: SnapshotRef };
  readonly 'snapshots'?: readonly Snapshot[];
  readonly 'snapshot-log'?: ReadonlyArray<{ readonly 'snapshot-id': Long; readonly 'timestamp-ms': number }>;
  /** Statistics that others have made (Iceberg spec, "Table Statistics", "Partition Statistics"). */
  readonly 'statistics'?: readonly StatisticsFile[];
  readonly 'partition-statistics'?: readonly StatisticsFile[];
  readonly 'metadata-log'?: ReadonlyArray<{ readonly 'metadata-file': string; readonly 'timestamp-ms': number }>;
}

/** Branch that readers see. */
export const MAIN = 'main';

/** Former metadata files that the log names; older ones are deleted. */
export const KEPT_METADATA_FILES = 20;

/** Property with the name mapping (Iceberg spec, "Name Mapping Serialization"). */
const NAME_MAPPING = 'schema.name-mapping.default';

/** A hundred years: longer than engines may take for granted. */
const NEVER_SECONDS = 100 * 365 * 86_400;

/**
 * Properties of every table of ours. Retention is not left to engines: expiring snapshots would delete landed files, which manifests
 * of runs still name (`gc.enabled` and `history.expire.*`, Iceberg, "Table properties"; `vacuum_*`, Athena, "VACUUM").
 */
const OWN_PROPERTIES = {
  'gc.enabled': 'false',
  'history.expire.max-snapshot-age-ms': String(NEVER_SECONDS * 1000),
  'vacuum_max_snapshot_age_seconds': String(NEVER_SECONDS),
  'write.metadata.previous-versions-max': String(KEPT_METADATA_FILES),
  'write.metadata.delete-after-commit.enabled': 'true',
};

/** A table without a snapshot. */
export function newTable(uuid: string, location: string, now: number): TableMetadata {
  return {
    'format-version': 2,
    'table-uuid': uuid,
    location,
    'last-sequence-number': 0,
    'last-updated-ms': now,
    'last-column-id': 0,
    'current-schema-id': -1,
    'schemas': [],
    'default-spec-id': 0,
    'partition-specs': [{ 'spec-id': 0, 'fields': [] }],
    'last-partition-id': 999,
    'default-sort-order-id': 0,
    'sort-orders': [{ 'order-id': 0, 'fields': [] }],
    'properties': OWN_PROPERTIES,
    'current-snapshot-id': -1,
    'refs': {},
    'snapshots': [],
    'snapshot-log': [],
    'metadata-log': [],
  };
}

/** Its text. Ids of 63 bits stay exact. */
export function writeMetadata(metadata: TableMetadata): string {
  const text = exactText(metadata);
  remember(text, metadata);
  return text;
}

/** JSON's own writer is many times faster, and refuses what it has not. */
function exactText(metadata: TableMetadata): string {
  try {
    return JSON.stringify(metadata);
  } catch (error) {
    if (error instanceof TypeError) return stringify(metadata)!;
    throw error;
  }
}

/** What was read or written last: a commit reads a table's metadata several times, which has a megabyte where many snapshots are kept. */
const known = new Map<string, TableMetadata>();
const MAX_KNOWN = 3;

function remember(text: string, metadata: TableMetadata): void {
  known.delete(text);
  known.set(text, metadata);
  if (known.size > MAX_KNOWN) known.delete(known.keys().next().value!);
}

/**
 * Reads it.
 *
 * @param name of the file, for errors
 * @throws IcebergError TABLE_UNREADABLE when it is none, or not of format version 2
 */
export function readMetadata(text: string, name: string): TableMetadata {
  let metadata = known.get(text);
  try {
    metadata ??= exactValue(text) as TableMetadata;
  } catch (error) {
    throw new IcebergError('TABLE_UNREADABLE', `'${name}' is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (metadata?.['format-version'] !== 2) {
    throw new IcebergError('TABLE_UNREADABLE', `'${name}' is of format version ${String(metadata?.['format-version'])}; tables of version 2 are read and written`);
  }
  remember(text, metadata);
  return metadata;
}

/** JSON's own reader is many times faster, and exact where no number, or what looks like one, is long. */
function exactValue(text: string): unknown {
  for (const [digits] of text.matchAll(/\d{16,}/g)) {
    if (Number.isSafeInteger(Number(digits))) continue;
    return parse(text, undefined, { parseNumber: (number: string) => (/^-?\d+$/.test(number) ? toLong(number) : Number(number)) });
  }
  return JSON.parse(text);
}

/** The schema that readers see. */
export function currentSchema(metadata: TableMetadata): Schema | undefined {
  return metadata.schemas.find((schema) => schema['schema-id'] === metadata['current-schema-id']);
}

/** The snapshot that readers see; undefined where there is none. */
export function currentSnapshot(metadata: TableMetadata): Snapshot | undefined {
  return snapshotById(metadata, metadata.refs?.[MAIN]?.['snapshot-id'] ?? metadata['current-snapshot-id']);
}

/** The snapshot of an id. */
export function snapshotById(metadata: TableMetadata, id: Long | null | undefined): Snapshot | undefined {
  return metadata.snapshots?.find((snapshot) => sameLong(snapshot['snapshot-id'], id));
}

/** A snapshot and those before it, newest first, as far as they are kept. */
export function lineage(metadata: TableMetadata, snapshot: Snapshot | undefined): Snapshot[] {
  const byId = new Map((metadata.snapshots ?? []).map((each) => [String(each['snapshot-id']), each]));
  const line: Snapshot[] = [];
  for (let at = snapshot; at; at = byId.get(String(at['parent-snapshot-id'] ?? ''))) line.push(at);
  return line;
}

/** The current name mapping. */
export function nameMappingOf(metadata: TableMetadata): MappedField[] {
  const text = metadata.properties?.[NAME_MAPPING];
  return text === undefined ? [] : JSON.parse(text);
}

/** Makes fields the current schema: one that was there before keeps its id. */
export function withFields(metadata: TableMetadata, fields: readonly Field[], mapping: readonly MappedField[], maxColumnId = 0): TableMetadata {
  const same = metadata.schemas.find((schema) => sameFields(schema.fields, fields) && !schema['identifier-field-ids']?.length);
  const schema: Schema = same ?? { 'type': 'struct', 'schema-id': Math.max(-1, ...metadata.schemas.map((each) => each['schema-id'])) + 1, fields };
  return {
    ...metadata,
    'schemas': same ? metadata.schemas : [...metadata.schemas, schema],
    'current-schema-id': schema['schema-id'],
    'last-column-id': Math.max(metadata['last-column-id'], maxColumnId, ...fields.map(({ id }) => id)),
    'properties': { ...metadata.properties, [NAME_MAPPING]: JSON.stringify(mapping) },
  };
}

/** Adds a snapshot and lets `main` show it. */
export function withSnapshot(metadata: TableMetadata, snapshot: Snapshot): TableMetadata {
  return withMain({
    ...metadata,
    'last-sequence-number': snapshot['sequence-number'],
    'snapshots': [...metadata.snapshots ?? [], snapshot],
  }, snapshot['snapshot-id'], snapshot['timestamp-ms']);
}

/** Lets `main` show a snapshot that is there. */
export function withMain(metadata: TableMetadata, id: Long, now: number): TableMetadata {
  return {
    ...metadata,
    'last-updated-ms': now,
    'current-snapshot-id': id,
    'refs': { ...metadata.refs, [MAIN]: { ...metadata.refs?.[MAIN], 'snapshot-id': id, 'type': 'branch' } },
    'snapshot-log': [...metadata['snapshot-log'] ?? [], { 'snapshot-id': id, 'timestamp-ms': now }],
  };
}

/** Sets properties; undefined removes one. */
export function withProperties(metadata: TableMetadata, changes: { readonly [name: string]: string | undefined }): TableMetadata {
  const properties = Object.fromEntries(Object.entries({ ...metadata.properties, ...changes }).filter(([, value]) => value !== undefined));
  return { ...metadata, properties: properties as { [name: string]: string } };
}

/** Sets tags; undefined removes one. */
export function withRefs(metadata: TableMetadata, changes: { readonly [name: string]: SnapshotRef | undefined }): TableMetadata {
  const refs = Object.fromEntries(Object.entries({ ...metadata.refs, ...changes }).filter(([, value]) => value !== undefined));
  return { ...metadata, refs: refs as { [name: string]: SnapshotRef } };
}

/** Without these snapshots, and what names them. */
export function withoutSnapshots(metadata: TableMetadata, ids: readonly Long[], now: number): TableMetadata {
  const gone = new Set(ids.map(String));
  const stays = (each: { readonly 'snapshot-id': Long }) => !gone.has(String(each['snapshot-id']));
  const log = metadata['snapshot-log'] ?? [];
  // What was shown before a snapshot that is gone is no history any more (Iceberg spec, "snapshot-log").
  const from = log.map(stays).lastIndexOf(false) + 1;
  return {
    ...metadata,
    'last-updated-ms': now,
    'refs': Object.fromEntries(Object.entries(metadata.refs ?? {}).filter(([, ref]) => stays(ref))),
    'snapshots': (metadata.snapshots ?? []).filter(stays),
    'snapshot-log': log.slice(from),
    ...(metadata.statistics && { statistics: metadata.statistics.filter(stays) }),
    ...(metadata['partition-statistics'] && { 'partition-statistics': metadata['partition-statistics'].filter(stays) }),
  };
}

/** Notes the file that the metadata follows; the log keeps the latest. */
export function withPrevious(metadata: TableMetadata, file: string, writtenAt: number): TableMetadata {
  return { ...metadata, 'metadata-log': [...metadata['metadata-log'] ?? [], { 'metadata-file': file, 'timestamp-ms': writtenAt }].slice(-KEPT_METADATA_FILES) };
}
