import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runTag } from '../../../src/contract';
import { extract } from '../../../src/extractor/doors/public';
import type { CommitOptions, CommitOutcome } from '../../../src/iceberg/commit/commit-run';
import { metadataAt } from '../../../src/iceberg/commit/workplace';
import { DataFile, dataFile, FileContent } from '../../../src/iceberg/spec/data-file';
import { readFooter } from '../../../src/iceberg/spec/parquet-footer';
import { currentSchema } from '../../../src/iceberg/spec/table-metadata';
import { PyIcebergWriter, sortedBy, Trino, WorkerEngine } from '../../../tools/engines';
import { BUCKET, DATABASE, Lake } from '../../../tools/lake/lake';
import { type LocalCloud, startLocalCloud } from '../../../tools/local-cloud';
import { type StandIn, startStandIn } from '../../../tools/stand-in';
import { describeWith } from '../../support/engines';
import { commitChanges } from '../../support/iceberg/changed-table';
import { connectClient, sourceOf } from '../../support/source/stand-in-client';

const PYTHON = path.join(__dirname, '..', '..', '..', '.engines', 'venv', 'bin', 'python');
/** Rows of each run; a page of Trino's answer has fewer. */
const ROWS = 20_000;
const TRINO_NAME = (table: string) => `glue.${DATABASE}.legacyledger_dbo_${table.toLowerCase()}`;

/** Writes columns of whole numbers, the first with field id 1. */
const WITH_FIELD_IDS = `import json, sys, pyarrow as pa, pyarrow.parquet as pq
columns = json.loads(sys.argv[2])
fields = [pa.field(name, pa.int32(), metadata={'PARQUET:field_id': str(at + 1)}) for at, name in enumerate(columns)]
pq.write_table(pa.table([pa.array(each, pa.int32()) for each in columns.values()], schema=pa.schema(fields)), sys.argv[1])`;

/** Readers that are slow, writers that know nothing of runs, and what cleans up, beside runs of ours. */
describeWith(['trino', 'pyiceberg'], 'others at work on landed tables', () => {
  let cloud: LocalCloud;
  let server: StandIn;
  let lake: Lake;
  let folder: string;
  let trino: Trino;
  let pyiceberg: WorkerEngine;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'iceberg-others-'));
    cloud = await startLocalCloud({ enforceIam: false });
    server = await startStandIn({ transactions: 10 });
    lake = await Lake.open(cloud, folder);
    trino = await Trino.start(cloud);
    pyiceberg = await WorkerEngine.start('pyiceberg', cloud);
  }, 240_000);
  afterAll(async () => {
    await trino?.stop();
    await pyiceberg?.stop();
    lake?.close();
    await server?.stop();
    await cloud?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const batch = async (...statements: readonly string[]) => {
    const client = await connectClient(server);
    for (const statement of statements) await client.batch(statement);
    await client.close();
  };
  /** A table of rows (Id, Run), all of the same run. */
  const make = async (table: string, rows: number, run: number) => batch(
    `IF OBJECT_ID('dbo.${table}') IS NULL CREATE TABLE dbo.${table} (Id int NOT NULL PRIMARY KEY, Run int NULL)`,
    `DELETE FROM dbo.${table}`,
    `INSERT INTO dbo.${table} SELECT value, ${run} FROM GENERATE_SERIES(1, ${rows})`,
  );
  const land = async (table: string) => extract({
    source: sourceOf(server), target: pathToFileURL(folder).href, tables: [table], readers: 1, threads: 1, targetChunkRows: 7000,
  });
  const run = async (table: string, options?: CommitOptions): Promise<CommitOutcome & { readonly tag: string }> => {
    const { manifestKey, runId } = await land(table);
    return { ...(await lake.commit(manifestKey, options))[0], tag: runTag(runId) };
  };
  const counts = async (table: string, version = '') => (
    await trino.query(`SELECT run, count(*) FROM ${TRINO_NAME(table)}${version} GROUP BY run ORDER BY run`)).rows;

  test('a reader that began before a run keeps its answer', async () => {
    await make('Slow', ROWS, 1);
    const first = await run('Slow');
    const pages = trino.pages(`SELECT id, run FROM ${TRINO_NAME('Slow')}`);
    const seen = [...(await pages.next()).value!];
    await make('Slow', ROWS + 1, 2);
    await run('Slow');
    expect(await counts('Slow')).toEqual([['2', String(ROWS + 1)]]);
    const before = seen.length;
    for await (const page of pages) seen.push(...page);
    expect(before).toBeLessThan(ROWS);
    expect(new Set(seen.map(([, of]) => of))).toEqual(new Set(['1']));
    expect(new Set(seen.map(([id]) => id)).size).toBe(ROWS);
    expect(await counts('Slow', ` FOR VERSION AS OF '${first.tag}'`)).toEqual([['1', String(ROWS)]]);
  }, 120_000);

  describe.each([
    ['INSERT of Trino', 'ByTrino', async (table: string) => void await trino.query(`INSERT INTO ${TRINO_NAME(table)} VALUES (-1, -1), (-2, -1)`)],
    ['append of PyIceberg', 'ByPyIceberg', async (table: string) => {
      const file = path.join(folder, 'foreign.parquet');
      execFileSync(PYTHON, ['-c', `import pyarrow as pa, pyarrow.parquet as pq
pq.write_table(pa.table({'id': pa.array([-1, -2], pa.int32()), 'run': pa.array([-1, -1], pa.int32())}), '${file}')`]);
      await new PyIcebergWriter(pyiceberg).append({ database: DATABASE, name: `legacyledger_dbo_${table.toLowerCase()}` }, file);
    }],
  ])('%s between two runs', (_, table, insert) => {
    test('is refused, kept or dropped by the next, as it was asked', async () => {
      await make(table, 100, 1);
      await run(table);
      await insert(table);
      await make(table, 100, 2);
      await expect(run(table)).rejects.toMatchObject({ code: 'FOREIGN_ROWS' });
      expect(await counts(table)).toEqual([['-1', '2'], ['1', '100']]);
      expect(await run(table, { foreignRows: 'keep' })).toMatchObject({ state: 'COMMITTED', provenRows: 100 });
      expect(await counts(table)).toEqual([['-1', '2'], ['2', '100']]);
      await insert(table);
      const { tag } = await run(table, { foreignRows: 'drop' });
      expect(await counts(table)).toEqual([['2', '100']]);
      expect(sortedBy(await pyiceberg.rows((await lake.address(`legacyledger_dbo_${table.toLowerCase()}`)), { version: { tag } }), 'id')).toHaveLength(100);
    }, 120_000);
  });

  test('a row delta of ours: keys of before are gone, rows of now are there once, and the run before is as it was', async () => {
    await make('Delta', 100, 1);
    const { tag } = await run('Delta');
    const name = 'legacyledger_dbo_delta';
    const { fields } = currentSchema(await metadataAt(lake.inCloud, (await lake.address(name)).metadataLocation))!;
    const change = async (file: string, columns: { readonly [column: string]: readonly number[] }): Promise<DataFile> => {
      const local = path.join(folder, file);
      execFileSync(PYTHON, ['-c', WITH_FIELD_IDS, local, JSON.stringify(columns)]);
      const bytes = readFileSync(local);
      const uri = `s3://${BUCKET}/landing/changes/${file}`;
      await lake.inCloud.files.replace(uri, bytes);
      const names = Object.keys(columns);
      return dataFile({ uri, sizeBytes: bytes.length, footer: readFooter(bytes, uri) }, fields.slice(0, names.length), names);
    };
    const added = [
      await change('rows.parquet', { Id: [1, 2, 101], Run: [2, 2, 2] }),
      { ...await change('deletes.parquet', { Id: [1, 2, 3] }), content: FileContent.equalityDeletes, equalityIds: [fields[0].id] },
    ];
    await commitChanges(lake.inCloud, name, '29990101T000000000Z-abcdef', added);
    const changed = await trino.query(`SELECT id, run FROM ${TRINO_NAME('Delta')} WHERE id < 5 OR id > 99 ORDER BY id`);
    expect(changed.rows).toEqual([['1', '2'], ['2', '2'], ['4', '1'], ['100', '1'], ['101', '2']]);
    expect(await counts('Delta')).toEqual([['1', '97'], ['2', '3']]);
    expect(await counts('Delta', ` FOR VERSION AS OF '${tag}'`)).toEqual([['1', '100']]);
  }, 120_000);

  describe('what cleans up', () => {
    const landed = async () => (await lake.keys('landing/')).filter((key) => key.endsWith('.parquet')).sort();

    let first: string;

    beforeAll(async () => {
      await make('Kept', 100, 1);
      first = (await run('Kept')).tag;
      await make('Kept', 100, 2);
      await run('Kept');
      // A run that nobody committed.
      const { manifestKey } = await land('Kept');
      await lake.upload(lake.manifest(manifestKey));
    }, 120_000);

    test('Trino\'s remove_orphan_files removes nothing that landed, nor what tags name', async () => {
      const before = await landed();
      await trino.query(`ALTER TABLE ${TRINO_NAME('Kept')} EXECUTE remove_orphan_files(retention_threshold => '0d')`, { 'glue.remove_orphan_files_min_retention': '0d' });
      expect(await landed()).toEqual(before);
      expect([await counts('Kept'), await counts('Kept', ` FOR VERSION AS OF '${first}'`)]).toEqual([[['2', '100']], [['1', '100']]]);
    }, 60_000);

    test('Trino\'s expire_snapshots is refused, and where somebody allowed it tags keep every run', async () => {
      const before = await landed();
      const expire = async () => trino.query(`ALTER TABLE ${TRINO_NAME('Kept')} EXECUTE expire_snapshots(retention_threshold => '0d')`, { 'glue.expire_snapshots_min_retention': '0d' });
      await expect(expire()).rejects.toThrow('GC is disabled');
      await pyiceberg.call('set_properties', { table: { database: DATABASE, name: 'legacyledger_dbo_kept' }, properties: { 'gc.enabled': 'true' } });
      await expire();
      expect(await landed()).toEqual(before);
      expect([await counts('Kept'), await counts('Kept', ` FOR VERSION AS OF '${first}'`)]).toEqual([[['2', '100']], [['1', '100']]]);
    }, 60_000);
  });
});
