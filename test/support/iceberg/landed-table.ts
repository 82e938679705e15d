import { EndColumn, parquetEnd, plain } from './parquet-end';
import { datasetRunFolder, ManifestColumn, manifestKey, partFileName, runIdAt, tablesFolder, TableIdentity } from '../../../src/contract';
import { listedManifests, liveEntries } from '../../../src/iceberg/commit/snapshot-files';
import { TableRun } from '../../../src/iceberg/commit/table-run';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { TableFiles } from '../../../src/iceberg/files/table-files';
import { readManifest, ManifestEntry } from '../../../src/iceberg/spec/manifest';
import { currentSnapshot, readMetadata, Snapshot, TableMetadata } from '../../../src/iceberg/spec/table-metadata';

/** What is landed in a test. */
export interface LandedOptions {
  /** Number of the run: its day. */
  readonly run?: number;
  /** Rows of each object. @default 3 and 2 */
  readonly rows?: readonly number[];
  /** Name, Parquet type and field id. @default `Id INT32` */
  readonly columns?: ReadonlyArray<readonly [name: string, outputType: string, fieldId?: number]>;
  readonly identity?: TableIdentity;
  readonly eTag?: string;
  readonly table?: string;
  /** In key form. @default landing/ */
  readonly prefix?: string;
  readonly root?: string;
}

/** Id of run number `day`. */
export const runId = (day: number) => runIdAt(new Date(Date.UTC(2026, 0, 1) + day * 86_400_000), 'abcdef');

const PHYSICAL: { readonly [outputType: string]: EndColumn['physical'] } = {
  INT32: 'INT32', DATE: 'INT32', INT64: 'INT64', FLOAT: 'FLOAT', DOUBLE: 'DOUBLE', BOOLEAN: 'BOOLEAN', UUID: 'FIXED_LEN_BYTE_ARRAY',
};

function endColumn([name, outputType, fieldId]: readonly [string, string, number?], groups: number): EndColumn {
  const precision = /^DECIMAL\((\d+)/.exec(outputType)?.[1];
  const physical = precision !== undefined ? (Number(precision) <= 9 ? 'INT32' : Number(precision) <= 18 ? 'INT64' : 'FIXED_LEN_BYTE_ARRAY')
    : PHYSICAL[outputType] ?? (outputType.startsWith('TIM') ? 'INT64' : 'BYTE_ARRAY');
  const numeric = physical === 'INT32' || physical === 'INT64' || physical === 'FLOAT' || physical === 'DOUBLE';
  const statistics = Array.from({ length: groups }, () => (
    numeric ? { min: plain(physical, 1), max: plain(physical, 9), nulls: 0 } : { min: Buffer.from('a'), max: Buffer.from('z'), nulls: 0 }));
  return { name, physical, statistics, ...(fieldId !== undefined && { fieldId }) };
}

const columnOf = ([name, outputType, fieldId]: readonly [string, string, number?], at: number): ManifestColumn => ({
  name, ordinal: at + 1, sourceType: outputType.toLowerCase(), nullable: true, outputType, glueType: 'x', ...(fieldId !== undefined && { fieldId }),
});

/** Lands a table's run: its files, and what its manifest says. */
export function landRun(put: (uri: string, bytes: Buffer) => void, options: LandedOptions = {}): TableRun {
  const { run: day = 1, rows = [3, 2], columns = [['Id', 'INT32']], table = 'Accounts', prefix = 'landing/', root = 's3://lake/' } = options;
  const dataset = { database: 'Bank', schema: 'dbo', table };
  const id = runId(day);
  const objects = rows.map((count, chunk) => {
    const key = datasetRunFolder(prefix, dataset, id) + partFileName(chunk, 0, 'parquet');
    const bytes = parquetEnd(columns.map((column) => endColumn(column, count === 0 ? 0 : 1)), count === 0 ? [] : [count], 100 + day);
    put(root + key, bytes);
    return { key, part: `${chunk}-0`, rows: count, sizeBytes: bytes.length, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: '' } as const };
  });
  const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);
  return {
    manifest: {
      runId: id,
      prefix,
      finishedAt: '2026-01-01T00:00:00.000Z',
      source: { kind: 'tables', server: 'legacy', database: 'Bank' },
      verification: { state: 'counted', detail: '' },
    },
    manifestKey: manifestKey(prefix, id),
    manifestETag: options.eTag ?? `etag-${day}`,
    table: {
      ...dataset,
      columns: columns.map(columnOf),
      schemaFingerprint: 'f',
      rows: sum(rows),
      sizeBytes: sum(objects.map(({ sizeBytes }) => sizeBytes)),
      objects,
      ...(options.identity && { identity: options.identity }),
    },
  };
}

/** The table of {@link landRun}. */
export const TABLE = 'bank_dbo_accounts';

/** Metadata of a table, as the catalog has it now. */
export async function metadataOf({ files, catalog }: Pick<Workplace, 'files' | 'catalog'>, name = TABLE): Promise<TableMetadata> {
  const { metadataLocation } = (await catalog.load(name))!;
  return readMetadata(String(await files.read(metadataLocation!)), metadataLocation!);
}

/** Entries of a snapshot's manifests; those that it only passes on have their inherited numbers. */
export async function entriesOf(files: TableFiles, snapshot: Snapshot): Promise<{ readonly all: ManifestEntry[]; readonly live: ManifestEntry[] }> {
  const manifests = await Promise.all((await listedManifests(files, snapshot)).map(async (listed) => (
    { listed, content: readManifest((await files.read(listed.path))!, listed.path) })));
  return { all: manifests.flatMap(({ content }) => [...content.entries]), live: manifests.flatMap(liveEntries).map(({ entry }) => entry) };
}

/** Paths of the rows that readers see. */
export async function livePaths(workplace: Pick<Workplace, 'files' | 'catalog'>, name = TABLE): Promise<string[]> {
  const snapshot = currentSnapshot(await metadataOf(workplace, name));
  return snapshot ? (await entriesOf(workplace.files, snapshot)).live.map(({ file }) => file.filePath).sort() : [];
}

/** URIs of a run's objects. */
export const pathsOf = (run: TableRun, root = 's3://lake/') => run.table.objects.map(({ key }) => root + key).sort();

/** Folder of the tables' metadata. */
export const TABLES = `s3://lake/${tablesFolder('landing/')}`;

/** URIs of the objects that a run would land. */
export const pathsOfRun = (options?: LandedOptions) => pathsOf(landRun(() => undefined, options));
