import type sql from 'mssql';
import { holdsWithoutMissing, parseManifest, TABLE_PROPERTIES, type CompleteAnswer, type Manifest } from '../../../../src/contract';
import { OnTableError, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { commitTables } from '../../../../src/handlers/tables/commit-tables';
import { readRows, scanOf } from '../../../../src/iceberg/rows/read-rows';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';
import { FakeS3Server } from '../../../support/cloud/fake-s3-server';
import { InProcessExecution } from '../../../support/runs/in-process-execution';
import { connectClient, sourceOf } from '../../../support/source/stand-in-client';
import { BUCKET, MemoryTables, ROOT } from '../../../support/tables/memory-tables';
import { shownTable } from '../../../support/tables/table-folder';

/** Executions that follow their source and go on without a table that fails, and completions of their runs. */

let server: StandIn;
let client: sql.ConnectionPool;
let s3: FakeS3Server;
let tables: MemoryTables;
const environment = { ...process.env };
const batch = async (text: string) => client.batch(text);

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  server = await startStandIn({ transactions: 10 });
  client = await connectClient(server);
  await batch(`ALTER DATABASE [${server.database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF)`);
});
afterAll(async () => {
  await client.close();
  await server.stop();
  process.env = environment;
});
beforeEach(async () => {
  s3 = await FakeS3Server.start('landing');
  tables = new MemoryTables();
  for (const table of ['Good', 'Poor']) {
    await batch(`DROP TABLE IF EXISTS dbo.${table}`);
    await batch(`CREATE TABLE dbo.${table} (Id int NOT NULL PRIMARY KEY, V nvarchar(20) NULL); ALTER TABLE dbo.${table} ENABLE CHANGE_TRACKING`);
    await batch(`INSERT INTO dbo.${table} VALUES (1, 'old'), (2, 'old'), (3, 'old')`);
  }
});
afterEach(async () => s3.stop());

const props = (): ExtractorProps => ({ source: sourceOf(server), target: 's3://landing/sql', endpointUrl: s3.endpoint, readers: 1 });

let number = 0;
async function execute(input: unknown = {}, onTableError = OnTableError.CONTINUE): Promise<Manifest> {
  number += 1;
  const settings = { tables: ['dbo.Good', 'dbo.Poor'], onTableError };
  const answer: CompleteAnswer = await new InProcessExecution(`missing-${number}`, s3, { props: props(), settings, changes: {} }).whole(input);
  return parseManifest(s3.objects.get(answer.manifestKey)!.body.toString());
}

/** As run completion does that has looked at the run, and found its objects. */
async function complete(manifest: Manifest): Promise<void> {
  const { runId } = manifest;
  const [key] = [...s3.objects.keys()].filter((each) => each.endsWith('/_manifest.json') && each.includes(runId));
  for (const each of manifest.tables.flatMap(({ objects }) => objects)) tables.files.set(ROOT + each.key, s3.objects.get(each.key)!.body);
  const { eTag } = s3.objects.get(key)!;
  const { missingTables } = manifest;
  const outcome = missingTables ? { runState: 'INCOMPLETE', ...(holdsWithoutMissing(manifest) && { tablesHold: true }) } : { runState: 'COMPLETE' };
  const checked = { recordedAt: new Date().toISOString(), tables: manifest.tables.length };
  const run = { runId, ...outcome, ...checked, bucket: BUCKET, manifestETag: eTag } as never;
  tables.runs.set(runId, run);
  await (await commitTables(tables.services(), run, { manifest, bucket: BUCKET, key, versionId: 'null', eTag }))?.();
}

async function shown(table: string): Promise<string[]> {
  const { workplaceOf } = tables.services();
  const { files } = workplaceOf(BUCKET);
  const metadata = await shownTable(workplaceOf(BUCKET), `legacyledger_dbo_${table.toLowerCase()}`);
  const rows: string[] = [];
  if (metadata) for await (const { values } of readRows(files, await scanOf(files, metadata), ['id', 'v'])) rows.push(values.join(' '));
  return rows.sort();
}

const source = async (table: string) => ((await client.query(`SELECT Id, V FROM dbo.${table}`)).recordset as Array<{ Id: number; V: string }>)
  .map(({ Id, V }) => `${Id} ${V}`).sort();
const expectShown = async (table: string) => expect({ table, rows: await shown(table) }).toEqual({ table, rows: await source(table) });
const snapshots = async (table: string) => {
  const metadata = await shownTable(tables.services().workplaceOf(BUCKET), `legacyledger_dbo_${table.toLowerCase()}`);
  return [metadata!.snapshots!.length, metadata!.properties![TABLE_PROPERTIES.appliedMark]] as const;
};

/** A value that is refused, since half of a character is none. */
const spoil = async () => batch('UPDATE dbo.Poor SET V = NCHAR(0xD800) WHERE Id = 2');
const mend = async () => batch("UPDATE dbo.Poor SET V = N'mended' WHERE Id = 2");

test('while a table fails, run after run, the others are applied; once it is mended it catches up, and equals its source', async () => {
  await complete(await execute());
  const before = await shown('Poor');
  const incomplete: Manifest[] = [];
  for (const [at, id] of [2, 3].entries()) {
    if (at === 0) await spoil();
    await batch(`UPDATE dbo.Good SET V = 'run ${id}' WHERE Id = ${id}; DELETE FROM dbo.Good WHERE Id = 1; INSERT INTO dbo.Poor VALUES (${id + 10}, 'more'); DELETE FROM dbo.Poor WHERE Id = 1`);
    const manifest = await execute();
    expect(manifest).toMatchObject({ manifestVersion: 4, follows: true, missingTables: [{ table: 'Poor', code: 'INVALID_VALUE' }], tables: [{ table: 'Good' }] });
    incomplete.push(manifest);
    await complete(manifest);
    await expectShown('Good');
    expect(await shown('Poor')).toEqual(before);
  }
  expect(tables.waiting.size).toBe(0);
  // What they lack is read by the next run; nothing is kept of them.
  await mend();
  const last = await execute();
  expect([...s3.objects.keys()].filter((key) => key.startsWith('sql-state/run='))).toEqual([]);
  expect(last.tables.map(({ table, changes }) => [table, changes?.previousRun === undefined])).toEqual([['Poor', false]]);
  await complete(last);
  await expectShown('Poor');
  await expect(execute({ resume: incomplete[0].runId })).rejects.toMatchObject({ code: 'RUN_COMPLETE', message: expect.stringMatching(/has ended without dbo\.Poor: the next syncs read what it lacks/) });
  // However late and often they are told.
  const known = [await snapshots('Good'), await snapshots('Poor')];
  for (const manifest of [incomplete[1], last, incomplete[0]]) await complete(manifest);
  expect([await snapshots('Good'), await snapshots('Poor')]).toEqual(known);
});

test('a run that is gone on with before the next one lands what it lacked, and applies what it had once', async () => {
  await complete(await execute());
  await spoil();
  await batch("UPDATE dbo.Good SET V = 'new' WHERE Id = 2; DELETE FROM dbo.Poor WHERE Id = 1");
  const manifest = await execute();
  await complete(manifest);
  const good = await snapshots('Good');
  await mend();
  await batch("UPDATE dbo.Good SET V = 'later' WHERE Id = 3");
  const whole = await execute({ resume: manifest.runId });
  expect(whole.missingTables).toBeUndefined();
  await complete(whole);
  await expectShown('Poor');
  expect(await snapshots('Good')).toEqual(good);
  await complete(manifest);
  await complete(whole);
  await complete(await execute());
  await expectShown('Good');
  await expectShown('Poor');
});

test('so it is of a first load: the tables that it has are followed, and the others come with a later run', async () => {
  await spoil();
  const first = await execute();
  expect(first).toMatchObject({ manifestVersion: 3, follows: true, missingTables: [{ table: 'Poor' }] });
  await complete(first);
  await expectShown('Good');
  await batch("UPDATE dbo.Good SET V = 'new' WHERE Id = 2");
  await complete(await execute());
  await expectShown('Good');
  await mend();
  const last = await execute();
  expect(last.tables).toMatchObject([{ table: 'Poor', base: { why: 'it is new' } }]);
  await complete(last);
  await expectShown('Poor');
});
