import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runTag } from '../../../src/contract';
import { extract } from '../../../src/extractor/doors/public';
import { RestTables } from '../../../src/iceberg/catalogs/rest-tables';
import type { CommitOutcome } from '../../../src/iceberg/commit/commit-run';
import { expireTable } from '../../../src/iceberg/commit/expire';
import { rollbackTable } from '../../../src/iceberg/commit/rollback';
import { metadataAt, type Workplace } from '../../../src/iceberg/commit/workplace';
import { currentSchema } from '../../../src/iceberg/spec/table-metadata';
import { type Cell, RestCatalog, sortedBy, type TableVersion, WorkerEngine } from '../../../tools/engines';
import { Lake } from '../../../tools/lake/lake';
import { type LocalCloud, startLocalCloud } from '../../../tools/local-cloud';
import { type StandIn, startStandIn } from '../../../tools/stand-in';
import { describeWith } from '../../support/engines';
import { connectClient, sourceOf } from '../../support/source/stand-in-client';

const NAMESPACE = 'ledger';
const TABLE = 'legacyledger_dbo_rested';

/** Runs committed to Apache's own server of the REST catalog API, and read through it. */
describeWith(['rest', 'pyiceberg'], 'a landed table in a REST catalog', () => {
  let cloud: LocalCloud;
  let server: StandIn;
  let lake: Lake;
  let folder: string;
  let rest: RestCatalog;
  let pyiceberg: WorkerEngine;
  let workplace: Workplace;
  const runs: Array<CommitOutcome & { readonly runId: string }> = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'iceberg-rest-'));
    cloud = await startLocalCloud({ enforceIam: false });
    server = await startStandIn({ transactions: 10 });
    lake = await Lake.open(cloud, folder);
    rest = await RestCatalog.start(cloud);
    pyiceberg = await WorkerEngine.start('pyiceberg', cloud);
    workplace = { ...lake.inCloud, catalog: new RestTables({ uri: rest.uri, namespace: NAMESPACE }, lake.inCloud.files) };
  }, 120_000);
  afterAll(async () => {
    await rest?.stop();
    await pyiceberg?.stop();
    lake?.close();
    await server?.stop();
    await cloud?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function land(...statements: readonly string[]): Promise<{ readonly manifestKey: string; readonly runId: string }> {
    const client = await connectClient(server);
    for (const statement of statements) await client.batch(statement);
    await client.close();
    return extract({ source: sourceOf(server), target: pathToFileURL(folder).href, tables: ['Rested'], readers: 1, threads: 1 });
  }

  async function run(...statements: readonly string[]): Promise<CommitOutcome> {
    const { manifestKey, runId } = await land(...statements);
    const [outcome] = await lake.commit(manifestKey, {}, undefined, workplace);
    runs.push({ ...outcome, runId });
    return outcome;
  }

  async function seen(version?: TableVersion, name = TABLE): Promise<ReadonlyArray<readonly Cell[]>> {
    const read = await pyiceberg.rowsByRest(rest.uri, { database: NAMESPACE, name }, { version });
    return [read.names, ...sortedBy(read, 'id')];
  }

  async function fieldIds(): Promise<ReadonlyArray<readonly [number, string]>> {
    const { metadataLocation } = (await workplace.catalog.load(TABLE))!;
    return currentSchema(await metadataAt(workplace, metadataLocation!))!.fields.map(({ id, name }) => [id, name] as const);
  }

  test('the first run is registered, with the field ids of its files', async () => {
    expect(await run(
      'CREATE TABLE dbo.Rested (Id int NOT NULL PRIMARY KEY, Gone int NULL, A int NULL)', 'ALTER TABLE dbo.Rested DROP COLUMN Gone', 'INSERT INTO dbo.Rested VALUES (1, -5)',
    )).toMatchObject({ state: 'COMMITTED', provenRows: 1 });
    expect(await seen()).toEqual([['id', 'a'], ['1', '-5']]);
    expect(await fieldIds()).toEqual([[1, 'id'], [3, 'a']]);
    expect(await workplace.catalog.names('legacy')).toEqual([TABLE]);
  });

  test('the second is a change of it: schema, snapshot, tag, properties', async () => {
    expect(await run(
      'ALTER TABLE dbo.Rested ADD B nvarchar(40) NULL', 'ALTER TABLE dbo.Rested ALTER COLUMN A bigint NULL', 'INSERT INTO dbo.Rested VALUES (2, 9223372036854775807, N\'Ω😀\')',
    )).toMatchObject({ state: 'COMMITTED', provenRows: 2 });
    expect(await seen()).toEqual([['id', 'a', 'b'], ['1', '-5', null], ['2', '9223372036854775807', 'Ω😀']]);
    expect(await fieldIds()).toEqual([[1, 'id'], [3, 'a'], [4, 'b']]);
    expect(await seen({ tag: runTag(runs[0].runId) })).toEqual([['id', 'a'], ['1', '-5']]);
  });

  test('back to the first run, and on to the third', async () => {
    expect(await rollbackTable(workplace, TABLE, { runId: runs[0].runId })).toMatchObject({ changed: true });
    expect(await seen()).toEqual([['id', 'a'], ['1', '-5']]);
    expect(await run('INSERT INTO dbo.Rested VALUES (3, 3, N\'3\')')).toMatchObject({ state: 'COMMITTED' });
    expect((await seen()).map(([id]) => id)).toEqual(['id', '1', '2', '3']);
  });

  test('the oldest run expires, its files with it', async () => {
    expect(await expireTable(workplace, TABLE, { keepRuns: 2 })).toMatchObject({ runs: [runs[0].runId], files: 1 });
    await expect(seen({ tag: runTag(runs[0].runId) })).rejects.toThrow();
    expect((await seen({ tag: runTag(runs[1].runId) })).map(([id]) => id)).toEqual(['id', '1', '2']);
    expect((await seen()).map(([id]) => id)).toEqual(['id', '1', '2', '3']);
  });

  test('runs that are committed at once: the newest is shown, none is lost', async () => {
    const landed = [await land('INSERT INTO dbo.Rested VALUES (4, 4, N\'4\')'), await land('INSERT INTO dbo.Rested VALUES (5, 5, N\'5\')')];
    const outcomes = (await Promise.all(landed.map(async ({ manifestKey }) => lake.commit(manifestKey, {}, undefined, workplace)))).flat();
    expect(outcomes[1].state).toBe('COMMITTED');
    expect((await seen()).map(([id]) => id)).toEqual(['id', '1', '2', '3', '4', '5']);
    if (outcomes[0].state === 'COMMITTED') expect(await seen({ tag: runTag(landed[0].runId) })).toHaveLength(5);
  });

  test('a table that was made anew has the name, the older one another', async () => {
    expect(await run('DROP TABLE dbo.Rested', 'CREATE TABLE dbo.Rested (Id int NOT NULL PRIMARY KEY, Other int NULL)', 'INSERT INTO dbo.Rested VALUES (7, 7)'))
      .toMatchObject({ state: 'COMMITTED', began: expect.stringMatching(/made again|anew/) });
    expect(await seen()).toEqual([['id', 'other'], ['7', '7']]);
    expect((await seen(undefined, `${TABLE}_g1`)).map(([id]) => id)).toEqual(['id', '1', '2', '3', '4', '5']);
  });
});
