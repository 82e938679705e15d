import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { metadataOf, runId } from './landed-table';
import {
  CHANGE_COLUMNS, CHANGE_FIELD_IDS, changeFileName, ChangeMark, ChangeRole, ChangeWay, datasetRunFolder, ManifestBase, ManifestColumn, manifestKey,
  ManifestObject, TABLE_PROPERTIES,
} from '../../../src/contract';
import { FolderTables } from '../../../src/iceberg/catalogs/folder-tables';
import { addSnapshot } from '../../../src/iceberg/commit/add-snapshot';
import { endAttempt, noteAttempt, sweepAttempts } from '../../../src/iceberg/commit/attempts';
import { changeTable, commitMetadata, laterThan, loadTable } from '../../../src/iceberg/commit/change-table';
import { CommitOptions, commitRun } from '../../../src/iceberg/commit/commit-run';
import { SNAPSHOT_BELOW } from '../../../src/iceberg/commit/foreign-rows';
import { liveEntries, liveManifests } from '../../../src/iceberg/commit/snapshot-files';
import { TableRun } from '../../../src/iceberg/commit/table-run';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { FolderFiles } from '../../../src/iceberg/files/folder-files';
import { positionDeletesOf } from '../../../src/iceberg/rows/position-deletes';
import { readRows, scanOf } from '../../../src/iceberg/rows/read-rows';
import { textKey } from '../../../src/iceberg/rows/values';
import { ParquetRows } from '../../../src/iceberg/rows/write-parquet';
import { DataFile, dataFile, FileContent } from '../../../src/iceberg/spec/data-file';
import { readFooter } from '../../../src/iceberg/spec/parquet-footer';
import { evolveFields, Field, landedFields } from '../../../src/iceberg/spec/schema';
import { currentSchema, currentSnapshot, TableMetadata, withFields, withProperties } from '../../../src/iceberg/spec/table-metadata';

/** A column as a test has it: its type in the manifest. */
export type TestColumn = readonly [name: string, outputType: string, fieldId: number];

/** A column of each type, with field ids that are not their places. */
export const EVERY_TYPE: readonly TestColumn[] = [
  ['big', 'INT64', 20], ['small', 'INT32', 3], ['flag', 'BOOLEAN', 5], ['single', 'FLOAT', 4], ['precise', 'DOUBLE', 6], ['d9', 'DECIMAL(9,2)', 7],
  ['d18', 'DECIMAL(18,4)', 8], ['d38', 'DECIMAL(38,10)', 9], ['day', 'DATE', 10], ['clock', 'TIME(MICROS)', 11], ['moment', 'TIMESTAMP(MICROS)', 12],
  ['instant', 'TIMESTAMP(MICROS,UTC)', 13], ['note', 'STRING', 14], ['raw', 'BINARY', 15], ['uid', 'UUID', 16],
];

/** Rows of {@link EVERY_TYPE}: edges of each type first and last, NULLs in between, texts beyond UTF-16's first plane. */
export function everyTypeRows(from: number, to: number): string {
  const columns: readonly string[] = [
    'i::BIGINT', 'CASE i % 5 WHEN 0 THEN \'2147483647\'::INT WHEN 1 THEN \'-2147483648\'::INT WHEN 2 THEN NULL ELSE i::INT END', 'CASE i % 3 WHEN 0 THEN true WHEN 1 THEN false END',
    'CASE i % 4 WHEN 0 THEN \'-0.0\'::FLOAT WHEN 1 THEN 0::FLOAT WHEN 2 THEN \'3.4028235e38\'::FLOAT ELSE (i / 7)::FLOAT END',
    'CASE i % 5 WHEN 0 THEN \'-0.0\'::DOUBLE WHEN 1 THEN 0::DOUBLE WHEN 2 THEN \'5e-324\'::DOUBLE WHEN 3 THEN NULL ELSE i / 7 END',
    'CASE i % 4 WHEN 0 THEN -9999999.99 WHEN 1 THEN 9999999.99 WHEN 2 THEN NULL ELSE i / 8 END::DECIMAL(9,2)',
    'CASE i % 4 WHEN 0 THEN \'-99999999999999.9999\' WHEN 1 THEN \'99999999999999.9999\' WHEN 2 THEN NULL ELSE i::VARCHAR END::DECIMAL(18,4)',
    'CASE i % 4 WHEN 0 THEN \'-9999999999999999999999999999.9999999999\' WHEN 1 THEN \'9999999999999999999999999999.9999999999\' WHEN 2 THEN NULL ELSE i::VARCHAR END::DECIMAL(38,10)',
    'CASE i % 3 WHEN 0 THEN DATE \'0001-01-01\' WHEN 1 THEN DATE \'9999-12-31\' ELSE DATE \'2020-02-29\' + i::INT END',
    'CASE i % 3 WHEN 0 THEN TIME \'00:00:00\' WHEN 1 THEN TIME \'23:59:59.999999\' END',
    'CASE i % 3 WHEN 0 THEN TIMESTAMP \'0001-01-01 00:00:00.000001\' WHEN 1 THEN TIMESTAMP \'9999-12-31 23:59:59.999999\' ELSE TIMESTAMP \'2020-01-01\' + to_microseconds(i) END',
    'CASE i % 3 WHEN 0 THEN TIMESTAMPTZ \'0001-01-02 00:00:00.000001+00\' WHEN 1 THEN TIMESTAMPTZ \'9999-12-30 23:59:59.999999+00\' END',
    'CASE i % 5 WHEN 0 THEN \'\' WHEN 1 THEN chr(128512) || repeat(\'x\', 40) WHEN 2 THEN chr(65535 - 3) || \' \' WHEN 3 THEN NULL ELSE \'text \' || i END',
    'CASE i % 4 WHEN 0 THEN \'\'::BLOB WHEN 1 THEN \'\\x00\\xFF\'::BLOB WHEN 2 THEN NULL ELSE i::VARCHAR::BLOB END',
    'CASE i % 2 WHEN 0 THEN md5(i::VARCHAR)::UUID END',
  ];
  return `SELECT ${columns.map((sql, at) => `${sql} AS ${EVERY_TYPE[at][0]}`).join(', ')} FROM range(${from}, ${to}) t(i)`;
}

const DATASET = { database: 'Bank', schema: 'dbo', table: 'Changed' };

/** Name in the catalog. */
export const CHANGED = 'bank_dbo_changed';

/** A landed table in a folder whose Parquet files another program writes: DuckDB, which is asked what rows are right too. */
export class ChangedTable {
  public static async make(): Promise<ChangedTable> {
    const instance = await DuckDBInstance.create(':memory:');
    return new ChangedTable(mkdtempSync(path.join(tmpdir(), 'changed-')), instance, await instance.connect());
  }

  public readonly workplace: Workplace;
  private runs = 0;
  private columns: readonly TestColumn[] = [];
  private written = 0;

  private constructor(public readonly folder: string, private readonly instance: DuckDBInstance, private readonly duckdb: DuckDBConnection) {
    const files = new FolderFiles();
    this.workplace = { files, catalog: new FolderTables(files, `file://${folder}/_tables/`), root: `file://${folder}/` };
  }

  public close(): void {
    this.duckdb.closeSync();
    this.instance.closeSync();
    rmSync(this.folder, { recursive: true, force: true });
  }

  public async metadata(): Promise<TableMetadata> {
    return metadataOf(this.workplace, CHANGED);
  }

  /** Files of the snapshot that readers see. */
  public async live(): Promise<DataFile[]> {
    return (await liveManifests(this.workplace.files, currentSnapshot(await this.metadata()))).flatMap(liveEntries).map(({ entry }) => entry.file);
  }

  /** Its rows by our reader, each a text, in order. */
  public async rows(): Promise<string[]> {
    const found = [];
    for await (const { values } of readRows(this.workplace.files, await scanOf(this.workplace.files, await this.metadata()))) found.push(values.map(textKey).join(' '));
    return found.sort();
  }

  /** Rows as DuckDB answers them, every value a text. */
  public async sql(query: string): Promise<(string | null)[][]> {
    const reader = await this.duckdb.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM (${query})`);
    return reader.getRows() as (string | null)[][];
  }

  /** Lands a full run of files, each the rows of a query, and commits it. */
  public async land(columns: readonly TestColumn[], queries: readonly string[], options = '', committing: CommitOptions = {}, way: ChangeWay = 'changeTracking'): Promise<TableRun> {
    this.columns = columns;
    const id = runId(++this.runs);
    const objects: Array<TableRun['table']['objects'][number] & { readonly rows: number }> = [];
    for (const [chunk, query] of queries.entries()) {
      const key = `${datasetRunFolder('', DATASET, id)}part-${chunk}-0.parquet`;
      const { footer, sizeBytes } = await this.write(key, query, columns, options);
      objects.push({ key, part: `${chunk}-0`, rows: footer.rows, sizeBytes, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: '' } as const });
    }
    const run = tableRunOf(id, columns, objects, objects.reduce((sum, { rows }) => sum + rows, 0), { mark: markOf(this.runs, way), exact: true });
    await commitRun(this.workplace, run, committing);
    return run;
  }

  /** The table has other columns from now on, as after a run whose columns are others. */
  public async evolve(columns: readonly TestColumn[]): Promise<void> {
    this.columns = columns;
    await changeTable(this.workplace, CHANGED, ({ metadata }) => {
      const landed = landedFields(columns.map(columnOf));
      const evolution = evolveFields(metadata.schemas, metadata['last-column-id'], landed);
      if (evolution.kind === 'breaks') throw new Error(evolution.why);
      return withFields(metadata, evolution.fields, []);
    });
  }

  /** Commits a run of changes: rows by one query, keys of deleted rows by another, by the columns named. */
  public async change({ rows, keys, by = [], deletes = 'equality', options = '' }: {
    readonly rows?: string; readonly keys?: string; readonly by?: readonly string[]; readonly deletes?: 'equality' | 'position'; readonly options?: string;
  }): Promise<void> {
    const id = runId(++this.runs);
    const metadata = await this.metadata();
    const { fields } = currentSchema(metadata)!;
    const added: DataFile[] = [];
    if (rows !== undefined) added.push(await this.entry(id, 'changes', rows, fields, options));
    if (keys !== undefined) {
      const keyFields = by.map((name) => fields.find((field) => field.name === name)!);
      const equality: DataFile = { ...await this.entry(id, 'keys', `SELECT ${by.join(', ')} FROM (${keys})`, keyFields, options), content: FileContent.equalityDeletes, equalityIds: keyFields.map((field) => field.id) };
      if (deletes === 'equality') added.push(equality);
      else added.push(...await positionDeletesOf(this.workplace, { metadata, attempt: '00000000-0000-4000-8000-00000000000' + this.runs, equality: [equality] }));
    }
    await commitChanges(this.workplace, CHANGED, id, added);
  }

  /**
   * Lands a run of changes as the extractor does: rows by one query, keys of deleted rows by another; it is not applied.
   *
   * @param spellings further keys that the source holds equal to a changed or deleted one
   * @param committedAt of all changes
   * @param since runs whose changes it has too
   */
  public async changes({ rows, gone, spellings, by, committedAt, since = 0, way = 'changeTracking' }: {
    readonly rows?: string;
    readonly gone?: string;
    readonly spellings?: string;
    readonly by: readonly string[];
    readonly committedAt?: string;
    readonly since?: number;
    readonly way?: ChangeWay;
  }): Promise<TableRun> {
    const previous = runId(this.runs);
    const id = runId(++this.runs);
    const objects: ManifestObject[] = [];
    const told = `'U' AS __op, '1' AS __version, ${committedAt === undefined ? 'NULL' : `'${committedAt}'`}::TIMESTAMP AS __committed_at`;
    const column = (name: string) => this.columns.find(([each]) => each === name)!;
    const ofChanges = CHANGE_COLUMNS.map((name): TestColumn => [name, name === '__committed_at' ? 'TIMESTAMP(MICROS)' : 'STRING', CHANGE_FIELD_IDS[name]]);
    const land = async (role: ChangeRole, query: string, columns: readonly TestColumn[]) => {
      const key = `${datasetRunFolder('', DATASET, id)}${changeFileName(role, 0, 0, 'parquet')}`;
      const { footer, sizeBytes } = await this.write(key, query, columns, '');
      objects.push({ key, part: '0-0', rows: footer.rows, sizeBytes, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: '' }, role });
      return footer.rows;
    };
    const keys = by.map(column);
    const updates = rows === undefined ? 0 : await land('changes', `SELECT *, ${told} FROM (${rows})`, [...this.columns, ...ofChanges]);
    const keyed = [rows, spellings].flatMap((query) => (query === undefined ? [] : [`SELECT ${by.join(', ')} FROM (${query})`]));
    const keyRows = keyed.length === 0 ? 0 : await land('keys', keyed.join(' UNION ALL '), keys);
    const deletes = gone === undefined ? 0 : await land('deletes', `SELECT ${by.join(', ')}, ${told} FROM (${gone})`, [...keys, ...ofChanges]);
    const run = tableRunOf(id, this.columns, objects, updates);
    return {
      ...run,
      table: {
        ...run.table,
        changes: {
          way,
          previousRun: previous,
          from: markOf(this.runs - 1 - since, way),
          to: markOf(this.runs, way),
          keyColumns: by,
          inserts: 0,
          updates,
          deletes,
          deletesSeen: true,
          ...(keyRows !== updates && { keyRows }),
        },
      },
    };
  }

  private async entry(id: string, role: string, query: string, fields: readonly Field[], options: string): Promise<DataFile> {
    const key = `${datasetRunFolder('', DATASET, id)}${role}-0-${this.written++}.parquet`;
    const file = await this.write(key, query, fields.map(({ name, id: fieldId }) => [name, '', fieldId] as const), options);
    return dataFile(file, fields, fields.map(({ name }) => name));
  }

  private async write(key: string, query: string, columns: readonly TestColumn[], options: string) {
    const file = path.join(this.folder, key);
    await mkdir(path.dirname(file), { recursive: true });
    const ids = columns.map(([name, , id]) => `"${name}": ${id}`).join(', ');
    await this.duckdb.run(`COPY (${query}) TO '${file}' (FORMAT parquet${options.includes('COMPRESSION') ? '' : ', COMPRESSION zstd'}, FIELD_IDS {${ids}}${options})`);
    const uri = `file://${file}`;
    return { uri, sizeBytes: statSync(file).size, footer: readFooter(await readFile(file), uri) };
  }
}

/** Adds files to a table by one snapshot, as a run of changes does. */
export async function commitChanges(workplace: Workplace, name: string, id: string, added: readonly DataFile[]): Promise<void> {
  const { table, metadata: before } = await loadTable(workplace, name);
  const attempt = await noteAttempt(workplace, before.location, id, table.metadataLocation);
  const { metadata, sequenceNumber } = await addSnapshot(workplace.files, before, {
    runId: id,
    attempt,
    now: laterThan(workplace, before),
    added,
    present: await liveManifests(workplace.files, currentSnapshot(before)),
    stays: () => true,
    operation: 'overwrite',
    summary: { [SNAPSHOT_BELOW]: JSON.stringify({ rows: false, anew: false }) },
  });
  const next = withProperties(metadata, { [TABLE_PROPERTIES.appliedRun]: id, [TABLE_PROPERTIES.appliedSequence]: String(sequenceNumber) });
  if (!await commitMetadata(workplace, next, { name, base: table, before, attempt })) throw new Error('another writer was faster');
  await endAttempt(workplace, before.location, attempt);
  await sweepAttempts(workplace, name, before.location);
}

/** Adds a file without rows, as a run of changes has it: of several small files a compaction makes one. */
export async function commitNothing(workplace: Workplace, name: string): Promise<void> {
  const { metadata } = await loadTable(workplace, name);
  const { fields } = currentSchema(metadata)!;
  const bytes = new ParquetRows(fields).finish();
  const id = runId(300);
  const uri = `${workplace.root}${datasetRunFolder('landing/', DATASET, id)}changes-00000-0000.parquet`;
  await workplace.files.replace(uri, bytes);
  const file = { uri, sizeBytes: bytes.length, footer: readFooter(bytes, uri) };
  await commitChanges(workplace, name, id, [dataFile(file, fields, fields.map((field) => field.name))]);
}

/** A minute for each run. */
export function markOf(run: number, way: ChangeWay = 'changeTracking'): ChangeMark {
  return { way, lineage: 'object 1', order: String(run).padStart(20, '0'), at: new Date(Date.UTC(2026, 0, 1, 0, run)).toISOString() };
}

function tableRunOf(id: string, columns: readonly TestColumn[], objects: readonly ManifestObject[], rows: number, base?: ManifestBase): TableRun {
  return {
    manifest: {
      runId: id, prefix: '', finishedAt: '2026-01-01T00:00:00.000Z', source: { kind: 'tables', server: 'legacy', database: 'Bank' }, verification: { state: 'counted', detail: '' },
    },
    manifestKey: manifestKey('', id),
    manifestETag: `etag-${id}`,
    table: {
      ...DATASET, columns: columns.map(columnOf), schemaFingerprint: 'f', rows, sizeBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), objects, ...(base && { base }),
    },
  };
}

function columnOf([name, outputType, fieldId]: TestColumn, at: number): ManifestColumn {
  return { name, ordinal: at + 1, sourceType: outputType.toLowerCase(), nullable: true, outputType, glueType: 'x', fieldId };
}
