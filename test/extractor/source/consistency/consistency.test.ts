import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sql from 'mssql';
import { parseManifest, type Manifest } from '../../../../src/contract';
import { abortRun, Consistency, extract, ExtractFormat, resume, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';

/**
 * Accounts, in two tables. Each transfer takes from one table what it gives the other, moves an account over and another one
 * back, and marks every account with its number: a state of the database has one sum, as many rows as ever, and one mark.
 */
const ACCOUNTS = 200;
const TOTAL = 2 * ACCOUNTS * 1000;

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  server = await startStandIn({ transactions: 100 });
  const { host, port, user, password, database } = server;
  client = await new sql.ConnectionPool({ server: host, port, user, password, database, options: { encrypt: false }, pool: { max: 4 } }).connect();
  for (const table of ['Left', 'Right']) {
    await client.batch(`CREATE TABLE dbo.[${table}] (Id int NOT NULL PRIMARY KEY, Balance int NOT NULL, Mark int NOT NULL)`);
    for (let id = 0; id < ACCOUNTS; id += 100) {
      await client.batch(`INSERT INTO dbo.[${table}] VALUES ${Array.from({ length: 100 }, (_, at) => `(${id + at}, 1000, 0)`).join(', ')}`);
    }
  }
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'consistency-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const target = () => pathToFileURL(folder).href;
const propsOf = (more: Partial<ExtractorProps> = {}): ExtractorProps => {
  const { port, database, user, password, caFile } = server;
  return {
    source: { server: 'localhost', port, database, user, password, caFile },
    target: target(),
    tables: ['dbo.Left', 'dbo.Right'],
    targetChunkRows: 50,
    format: ExtractFormat.csv({ header: false }),
    ...more,
  };
};

let transfers = 0;

/** One transfer, committed. */
async function transfer(): Promise<void> {
  const mark = ++transfers;
  const account = mark % ACCOUNTS;
  await client.batch(`BEGIN TRANSACTION;
    UPDATE dbo.[Left] SET Balance = Balance - 7, Mark = ${mark};
    UPDATE dbo.[Right] SET Balance = Balance + 7, Mark = ${mark};
    INSERT INTO dbo.[Right] SELECT Id + ${1000 * mark}, Balance, Mark FROM dbo.[Left] WHERE Id = ${account};
    DELETE FROM dbo.[Left] WHERE Id = ${account};
    INSERT INTO dbo.[Left] SELECT ${account}, Balance, Mark FROM dbo.[Right] WHERE Id = ${account};
    DELETE FROM dbo.[Right] WHERE Id = ${account};
    UPDATE dbo.[Right] SET Id = ${account} WHERE Id = ${account + 1000 * mark};
    COMMIT TRANSACTION`);
}

/** Runs while a writer transfers without a pause. */
async function runWhileTransferring(props: ExtractorProps) {
  const before = transfers;
  let over = false;
  const writing = (async () => {
    while (!over) await transfer();
  })();
  const result = await extract(props).finally(() => { over = true; });
  await writing;
  expect(transfers - before).toBeGreaterThan(4);
  return { result, manifest: manifestOf(result.manifestKey) };
}

const manifestOf = (key: string): Manifest => parseManifest(readFileSync(join(folder, key), 'utf8'));

interface LandedAccount {
  readonly balance: number;
  readonly mark: number;
  readonly instant: string;
}

/** The rows that landed, each with the instant of its chunk. */
function accountsOf({ tables }: Manifest): LandedAccount[] {
  return tables.flatMap(({ chunks, objects }) => objects.flatMap(({ key, part }) => {
    const instant = chunks!.find(({ chunk }) => chunk === Number(part.split('-')[0]))!.instant!;
    return readFileSync(join(folder, key), 'utf8').trim().split('\n').filter((line) => line !== '').map((line) => {
      const [, balance, mark] = line.split(',').map(Number);
      return { balance, mark, instant };
    });
  }));
}

const balances = (manifest: Manifest) => accountsOf(manifest).reduce((sum, { balance }) => sum + balance, 0);

const marks = (accounts: readonly LandedAccount[]) => new Set(accounts.map(({ mark }) => mark));

const instants = ({ tables }: Manifest) => new Set(tables.flatMap(({ chunks }) => chunks!.map(({ instant }) => instant)));

const snapshots = async () => (await client.query('SELECT name FROM sys.databases WHERE source_database_id IS NOT NULL')).recordset.map(({ name }) => String(name));

test('databaseSnapshot: four readers and all tables show one instant while others write, and the snapshot is gone afterwards', async () => {
  const { result, manifest } = await runWhileTransferring(propsOf({ consistency: Consistency.DATABASE_SNAPSHOT, readers: 4 }));
  expect(result).toMatchObject({ rows: 2 * ACCOUNTS, consistency: 'databaseSnapshot', verification: 'verified', warnings: [] });
  expect(balances(manifest)).toBe(TOTAL);
  expect(marks(accountsOf(manifest)).size).toBe(1);
  expect(instants(manifest).size).toBe(1);
  expect(manifest.source.database).toBe(server.database);
  expect(await snapshots()).toEqual([]);
});

test('snapshot with one reader: all tables show one instant while others write', async () => {
  const { result, manifest } = await runWhileTransferring(propsOf({ consistency: Consistency.SNAPSHOT, readers: 1 }));
  expect(result).toMatchObject({ rows: 2 * ACCOUNTS, consistency: 'snapshot', verification: 'verified' });
  expect(balances(manifest)).toBe(TOTAL);
  expect(instants(manifest).size).toBe(1);
});

test('snapshot with several readers: what each of them reads is of one state, that of its instant', async () => {
  const { result, manifest } = await runWhileTransferring(propsOf({ consistency: Consistency.SNAPSHOT, readers: 4, targetChunkRows: 10 }));
  expect(result).toMatchObject({ consistency: 'snapshot', verification: 'verified' });
  expect(manifest.consistency.guarantee).toContain('each reader');
  const accounts = accountsOf(manifest);
  expect(instants(manifest).size).toBeGreaterThan(1);
  // Two readers may begin in one millisecond, and a commit come between them: there are never more states than readers.
  const states = new Set(accounts.map(({ instant, mark }) => `${instant} ${mark}`));
  expect(states.size).toBeGreaterThanOrEqual(instants(manifest).size);
  expect(states.size).toBeLessThanOrEqual(4);
  expect(manifest.tables.flatMap(({ chunks }) => chunks!).length).toBeGreaterThan(2 * 4);
});

test('readCommitted shows each chunk at another instant, which the sum tells', async () => {
  const { result, manifest } = await runWhileTransferring(propsOf({ consistency: Consistency.READ_COMMITTED, readers: 1 }));
  expect(result).toMatchObject({ consistency: 'readCommitted' });
  expect(manifest.consistency.guarantee).toContain('may be missing or doubled');
  expect(marks(accountsOf(manifest)).size).toBeGreaterThan(1);
});

test('noLock is asked for by name, and warned of', async () => {
  const { consistency, warnings } = await extract(propsOf({ consistency: Consistency.NO_LOCK }));
  expect(consistency).toBe('noLock');
  expect(warnings).toEqual([expect.stringContaining('rows that were never committed')]);
});

test('a snapshot is kept while the run can be gone on with, and the rest is read from it', async () => {
  const stop = new AbortController();
  const props = propsOf({ consistency: Consistency.DATABASE_SNAPSHOT, readers: 1 });
  let runId = '';
  await expect(extract(props, {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'run-started') runId = event.runId;
      if (event.type === 'chunk-finished') stop.abort();
    },
  })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(await snapshots()).toEqual([`cdk_legacy_to_s3_${runId}`]);
  await transfer();

  const { warnings } = await extract(props);
  expect(warnings).toEqual([expect.stringContaining(`cdk_legacy_to_s3_${runId}`)]);

  const { manifestKey } = await resume(props, runId);
  expect(balances(manifestOf(manifestKey))).toBe(TOTAL);
  expect(instants(manifestOf(manifestKey)).size).toBe(1);
  expect(await snapshots()).toEqual([]);
});

test('abort drops the snapshot, and refuses to give the run up without the source', async () => {
  const stop = new AbortController();
  const props = propsOf({ consistency: Consistency.DATABASE_SNAPSHOT, readers: 1 });
  let runId = '';
  await extract(props, {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === 'run-started') runId = event.runId;
      if (event.type === 'chunk-finished') stop.abort();
    },
  }).catch(() => undefined);
  await expect(abortRun({ target: target() }, runId)).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('--server') });
  expect(await snapshots()).toHaveLength(1);
  await abortRun(props, runId);
  expect(await snapshots()).toEqual([]);
  expect(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
});

test('snapshot where the database does not allow it is refused; without a mode the run says that it reads committed rows', async () => {
  await client.batch(`ALTER DATABASE [${server.database}] SET ALLOW_SNAPSHOT_ISOLATION OFF`);
  try {
    await expect(extract(propsOf({ consistency: Consistency.SNAPSHOT }))).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    expect(await extract(propsOf())).toMatchObject({ consistency: 'readCommitted', warnings: [expect.stringContaining('ALLOW_SNAPSHOT_ISOLATION')] });
    expect(await extract(propsOf({ consistency: Consistency.READ_COMMITTED }))).toMatchObject({ warnings: [] });
  } finally {
    await client.batch(`ALTER DATABASE [${server.database}] SET ALLOW_SNAPSHOT_ISOLATION ON`);
  }
});

describe('database snapshots are refused where there are none, before anything is read or made:', () => {
  afterEach(async () => {
    server.engine.engineEdition = 3;
    await client.batch('DROP DATABASE IF EXISTS rdsadmin');
  });

  test.each<[string, () => Promise<unknown>]>([
    ['Azure SQL Database', async () => { server.engine.engineEdition = 5; }],
    ['Azure SQL Managed Instance', async () => { server.engine.engineEdition = 8; }],
    ['Amazon RDS', async () => client.batch('CREATE DATABASE rdsadmin')],
  ])('%s', async (name, become) => {
    await become();
    const error = await extract(propsOf({ consistency: Consistency.DATABASE_SNAPSHOT })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining(`${name} has no database snapshots; choose snapshot`) });
    expect(await snapshots()).toEqual([]);
    expect(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
  });
});
