import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { parseManifest } from '../../../src/contract';
import {
  Consistency, extract, ExtractFormat, listRuns, OnTableError, resume, SourceHashes, verifyRun, type ExtractEvent, type ExtractorProps,
} from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { manifestValidator } from '../../support/runs/manifest-schema';
import { connectClient } from '../../support/source/stand-in-client';

const DENIED = { user: 'denied', password: 'denied-Secret-1', denySelect: ['dbo.Customers'] };

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 200, logins: [DENIED] });
  client = await connectClient(server);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'missing-tables-')); });
afterEach(() => {
  server.faults.onRequest = undefined;
  rmSync(folder, { recursive: true });
});

function props(more: Partial<ExtractorProps> = {}, account: { readonly user: string; readonly password: string } = DENIED): ExtractorProps {
  const { host, port, database } = server;
  const { user, password } = account;
  return {
    source: { server: host, port, database, user, password, encrypt: false },
    target: pathToFileURL(folder).href,
    tables: ['dbo.Customers', 'dbo.Transactions', 'dbo.Accounts'],
    readers: 2,
    threads: 0,
    format: ExtractFormat.csv(),
    onTableError: OnTableError.CONTINUE,
    ...more,
  };
}

const manifestOf = (key: string) => readFileSync(join(folder, key), 'utf8');
const files = (name: string) => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && join(entry.parentPath, entry.name).includes(name));

test('a table that fails is missing, said everywhere, and resume lands it', async () => {
  const events: ExtractEvent[] = [];
  const result = await extract(props(), { onEvent: (event) => events.push(event) });
  expect(result.missingTables).toEqual([{
    schema: 'dbo', table: 'Customers', code: 'SOURCE_PERMISSION_DENIED', message: expect.stringContaining('[dbo].[Customers]'),
  }]);
  expect(result.tables.map(({ table }) => table)).toEqual(['Accounts', 'Transactions']);
  expect(result.warnings).toContainEqual(expect.stringContaining(`--resume ${result.runId}`));
  expect(events).toContainEqual(expect.objectContaining({ type: 'table-failed', table: 'Customers', code: 'SOURCE_PERMISSION_DENIED' }));

  const text = manifestOf(result.manifestKey);
  const validate = manifestValidator({ strict: true });
  validate(JSON.parse(text));
  expect(validate.errors).toBeNull();
  expect(parseManifest(text)).toMatchObject({
    manifestVersion: 3, missingTables: [{ schema: 'dbo', table: 'Customers' }], verification: { detail: expect.stringContaining('1 table failed') },
  });
  expect(files('Customers')).toEqual([]);
  expect(await listRuns(props(), 5)).toEqual([expect.objectContaining({ runId: result.runId, state: 'incomplete' })]);
  expect((await verifyRun(props(), result.runId)).problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^dbo\.Customers: the run lacks the table: found SOURCE_PERMISSION_DENIED/),
  ]);

  const whole = await resume(props({}, server), result.runId);
  expect(whole).toMatchObject({ runId: result.runId, missingTables: [], verification: 'verified' });
  expect(whole.tables.map(({ table }) => table)).toEqual(['Accounts', 'Customers', 'Transactions']);
  expect(parseManifest(manifestOf(whole.manifestKey))).toMatchObject({ manifestVersion: 1 });
  expect((await verifyRun(props(), result.runId)).problems).toEqual([]);
  expect(await listRuns(props(), 5)).toEqual([expect.objectContaining({ state: 'complete' })]);
});

test('chunks of the table that were landed before are removed, from the checkpoint too', async () => {
  let seen = 0;
  server.faults.onRequest = ({ sql: text }) => (/SELECT \[TransactionId\]/.test(text ?? '') && ++seen === 3 ? { kind: 'error', number: 8134 } : undefined);
  const result = await extract(props({ targetChunkRows: 40, readers: 1 }, server));
  expect(result.missingTables).toMatchObject([{ table: 'Transactions', code: 'SOURCE_QUERY_FAILED' }]);
  expect(seen).toBe(3);
  expect(files('Transactions')).toEqual([]);
  server.faults.onRequest = undefined;
  const whole = await resume(props({}, server), result.runId);
  expect(whole.tables.find(({ table }) => table === 'Transactions')).toMatchObject({ rows: 200 });
  expect(whole).toMatchObject({ missingTables: [], verification: 'verified' });
});

test('where every table fails the run does, and so does one that is to stop', async () => {
  await expect(extract(props({ tables: ['dbo.Customers'] }))).rejects.toMatchObject({ code: 'SOURCE_PERMISSION_DENIED' });
  await expect(extract(props({ onTableError: undefined }))).rejects.toMatchObject({ code: 'SOURCE_PERMISSION_DENIED' });
  expect(files('_manifest')).toEqual([]);
});

test('what is wrong before anything is read is told at once', async () => {
  await client.batch('CREATE TABLE dbo.Filtered (Id int NOT NULL PRIMARY KEY)');
  await client.batch('CREATE SECURITY POLICY dbo.Mine ADD FILTER PREDICATE dbo.IsMine(Id) ON dbo.Filtered WITH (STATE = ON)');
  await client.batch(`ALTER DATABASE [${server.database}] SET ALLOW_SNAPSHOT_ISOLATION OFF`);
  const run = extract(props({ tables: ['dbo.Filtered'], consistency: Consistency.SNAPSHOT, sourceHashes: SourceHashes.ALL }, server));
  await expect(run).rejects.toMatchObject({
    code: 'SOURCE_ALTERS_DATA', message: expect.stringMatching(/a security policy filters its rows.*; besides INVALID_CONFIG: consistency snapshot is not to be had/s),
  });
  await client.batch(`ALTER DATABASE [${server.database}] SET ALLOW_SNAPSHOT_ISOLATION ON`);
});
