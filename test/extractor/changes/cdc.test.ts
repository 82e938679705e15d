import type sql from 'mssql';
import { isOneLineage } from '../../../src/contract';
import { ChangeDataCapture } from '../../../src/extractor/changes/cdc';
import { readChangeFacts } from '../../../src/extractor/changes/change-facts';
import { chooseWay } from '../../../src/extractor/changes/choose-way';
import type { ChangingTable } from '../../../src/extractor/changes/judge-ways';
import { readTables } from '../../../src/extractor/source/catalog/read-catalog';
import { readFeatures } from '../../../src/extractor/source/catalog/source-features';
import type { SqlServerConnection } from '../../../src/extractor/source/connection/sql-server-connection';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { ChangeReplica } from '../../support/source/change-replica';
import { changedTable, openConnection } from '../../support/source/changing-table';
import { connectClient } from '../../support/source/stand-in-client';

let server: StandIn;
let client: sql.ConnectionPool;
let connection: SqlServerConnection;

const run = async (statement: string) => client.batch(`USE Captured; ${statement}`);
const database = () => server.engine.catalog.database('Captured')!;
const capture = async (commits?: number) => server.engine.runCapture(database(), commits);
const enable = async (table: string, more = '') => run(`EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'${table}', @role_name = NULL${more}`);

beforeAll(async () => {
  server = await startStandIn({ transactions: 10 });
  client = await connectClient(server);
  await client.batch('CREATE DATABASE Captured; ALTER DATABASE Captured SET ALLOW_SNAPSHOT_ISOLATION ON');
  connection = await openConnection(server, 'Captured');
});
afterAll(async () => {
  await connection.close();
  await client.close();
  await server.stop();
});

async function choiceOf(name: string) {
  const features = await readFeatures(connection);
  const facts = await readChangeFacts(connection, features);
  return chooseWay((await readTables(connection, features)).find(({ table }) => table === name) as unknown as ChangingTable, facts);
}

/** The way that is chosen for a table. */
async function replicaOf(name: string): Promise<ChangeReplica> {
  const { way, settings, why } = await choiceOf(name);
  expect([way, why]).toEqual(['cdc', expect.anything()]);
  const table = await changedTable(connection, name, settings);
  return new ChangeReplica(connection, table, new ChangeDataCapture(table));
}

const order = (lsn: bigint) => lsn.toString(16).padStart(20, '0');

test('the statements that are told enable it', async () => {
  await run('CREATE TABLE dbo.Enabled (Id int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL, Body nvarchar(max) NULL)');
  const features = await readFeatures(connection);
  const facts = await readChangeFacts(connection, features);
  const table = (await readTables(connection, features)).find(({ table: name }) => name === 'Enabled') as unknown as ChangingTable;
  const untracked = { ...facts, changeTracking: 'absent' as const };
  for (const statement of chooseWay(table, untracked).enable) await run(statement);
  await capture();
  const replica = await replicaOf('Enabled');
  await replica.base();
  await run("INSERT dbo.Enabled VALUES (1, N'one', REPLICATE(CAST(N'x' AS nvarchar(max)), 9000)), (2, N'two', N'short'); UPDATE dbo.Enabled SET Name = N'ONE' WHERE Id = 1");
  expect((await replica.step()).counts).toEqual([2, 0, 0]);
  expect(replica.told()).toEqual(await replica.source());
});

describe('while capture lags', () => {
  beforeAll(async () => {
    await run('CREATE TABLE dbo.Moves (Id int NOT NULL PRIMARY KEY, Name varchar(20) COLLATE Latin1_General_CI_AS NULL, Amount decimal(19,4) NULL)');
    await run("INSERT dbo.Moves VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
    await enable('Moves');
    await capture();
    database().changes.capture!.automatic = false;
  });
  afterAll(() => { database().changes.capture!.automatic = true; });

  const WRITES = [
    "INSERT dbo.Moves VALUES (4, 'd', 4)",
    'UPDATE dbo.Moves SET Amount = 10 WHERE Id = 1',
    'UPDATE dbo.Moves SET Id = 30 WHERE Id = 3',
    "BEGIN TRAN; INSERT dbo.Moves VALUES (5, 'e', 5); UPDATE dbo.Moves SET Amount = -5 WHERE Id = 5; DELETE dbo.Moves WHERE Id = 2; COMMIT",
    "BEGIN TRAN; DELETE dbo.Moves WHERE Id = 4; INSERT dbo.Moves VALUES (4, 'anew', 44); COMMIT",
    "BEGIN TRAN; INSERT dbo.Moves VALUES (6, 'f', 6); DELETE dbo.Moves WHERE Id = 6; COMMIT",
    'UPDATE dbo.Moves SET Id = Id + 1',
    'UPDATE dbo.Moves SET Name = UPPER(Name)',
    'DELETE dbo.Moves WHERE Amount < 0',
  ];

  test('after each window the table equals the source as of its end, whatever the source has meanwhile', async () => {
    const replica = await replicaOf('Moves');
    await replica.base();
    const states: string[][] = [];
    for (const write of WRITES) {
      await run(write);
      states.push(await replica.source());
    }
    expect((await replica.step()).counts).toEqual([0, 0, 0]);
    for (const [at, state] of states.entries()) {
      await capture(1);
      await replica.step();
      expect([WRITES[at], replica.told()]).toEqual([WRITES[at], state]);
    }
  });

  test('a window over several commits has each key once, and the same end', async () => {
    await run("DELETE dbo.Moves; INSERT dbo.Moves VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
    await capture();
    const replica = await replicaOf('Moves');
    await replica.base();
    for (const write of WRITES) await run(write);
    await capture();
    const { changes, deletes } = await replica.step();
    const keys = [...changes, ...deletes].map(({ Id }) => Id);
    expect(new Set(keys).size).toBe(keys.length);
    expect(replica.told()).toEqual(await replica.source());
  });

  test('a base that is newer than its mark converges: what came and went meanwhile is taken away, once capture has passed it', async () => {
    const replica = await replicaOf('Moves');
    await run("INSERT dbo.Moves VALUES (70, 'gone', 0), (71, 'kept', 0)");
    const base = await replica.base();
    expect(replica.told()).toEqual(await replica.source());
    await run('DELETE dbo.Moves WHERE Id = 70; UPDATE dbo.Moves SET Amount = 71 WHERE Id = 71');
    const way = replica.way as ChangeDataCapture;
    await expect(way.hasPassed(connection, base.at)).resolves.toBe(false);
    await capture();
    // Its entry is of now: only what capture writes later has passed a time after that.
    await expect(way.hasPassed(connection, new Date(Date.parse(base.at) + 3_600_000).toISOString())).resolves.toBe(false);
    await expect(way.hasPassed(connection, new Date(Date.parse(base.at) - 3_600_000).toISOString())).resolves.toBe(true);
    expect((await replica.step()).counts[2]).toBeGreaterThan(0);
    expect(replica.told()).toEqual(await replica.source());
  });
});

test('keys of several spellings: the one that landed is taken away', async () => {
  await run("CREATE TABLE dbo.Spelled (Code varchar(20) COLLATE Latin1_General_CI_AI NOT NULL PRIMARY KEY, V int NULL); INSERT dbo.Spelled VALUES ('abc', 1), ('blank', 2), ('cafe', 3)");
  await enable('Spelled');
  await capture();
  const replica = await replicaOf('Spelled');
  await replica.base();
  await run("UPDATE dbo.Spelled SET Code = 'ABC' WHERE V = 1; UPDATE dbo.Spelled SET Code = 'blank  ' WHERE V = 2; DELETE dbo.Spelled WHERE V = 3; INSERT dbo.Spelled VALUES ('CAFÉ', 33)");
  await capture();
  await replica.step();
  expect(replica.told()).toEqual(await replica.source());
  expect(replica.rows).toHaveLength(3);
});

test('gaps: what was cleaned up, LSNs that went back; the first LSN that is needed is the one behind the mark', async () => {
  await run('CREATE TABLE dbo.Cleaned (Id int NOT NULL PRIMARY KEY, V int NULL); INSERT dbo.Cleaned VALUES (1, 1)');
  await enable('Cleaned');
  const replica = await replicaOf('Cleaned');
  // Enabled a moment ago: nothing of it is captured yet, and nothing is missed.
  const base = await replica.base();
  await replica.way.check(connection, base);
  for (let n = 0; n < 3; n++) await run('UPDATE dbo.Cleaned SET V += 1');
  await capture();
  await run("DECLARE @low binary(10) = sys.fn_cdc_get_max_lsn(); EXEC sys.sp_cdc_cleanup_change_table @capture_instance = 'dbo_Cleaned', @low_water_mark = @low, @threshold = 5000");
  const [{ least }] = await connection.query("SELECT CONVERT(varchar(20), sys.fn_cdc_get_min_lsn('dbo_Cleaned'), 2) AS least", 'ask');
  const from = (by: bigint) => ({ ...base, order: order(BigInt(`0x${least}`) + by) });
  await expect(replica.way.check(connection, from(-1n))).resolves.toBeUndefined();
  await expect(replica.way.check(connection, from(-2n))).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringContaining('[dbo].[Cleaned]: its changes since the mark') });
  await expect(replica.step()).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringContaining('cleaned up') });
  await expect(replica.way.check(connection, { ...base, order: 'ffff0000000000000000' })).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringContaining('went back') });
});

test('another lineage: enabled again, switched; no mark of an instance that is gone', async () => {
  await run('CREATE TABLE dbo.Switched (Id int NOT NULL PRIMARY KEY, V int NULL); CREATE TABLE dbo.Aside (Id int NOT NULL PRIMARY KEY, V int NULL); INSERT dbo.Switched VALUES (1, 1)');
  await enable('Switched');
  await capture();
  const replica = await replicaOf('Switched');
  const mark = await replica.way.mark(connection);
  expect(isOneLineage(mark, await replica.way.mark(connection))).toBe(true);
  await run('ALTER TABLE dbo.Switched SWITCH TO dbo.Aside');
  expect(isOneLineage(mark, await replica.way.mark(connection))).toBe(false);
  await run("EXEC sys.sp_cdc_disable_table @source_schema = 'dbo', @source_name = 'Switched', @capture_instance = 'dbo_Switched'");
  await expect(replica.way.mark(connection)).rejects.toMatchObject({ code: 'CHANGES_REFUSED' });
  await expect(replica.way.check(connection, mark)).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringContaining('is gone') });
});

test('columns that came later: the first instance goes on for those it has, then the second', async () => {
  await run('CREATE TABLE dbo.Widened (Id int NOT NULL PRIMARY KEY, V int NULL); INSERT dbo.Widened VALUES (1, 1)');
  await enable('Widened');
  await run("ALTER TABLE dbo.Widened ADD Kind varchar(5) NOT NULL DEFAULT 'k'");
  expect(await choiceOf('Widened')).toMatchObject({ way: 'whole', missing: expect.arrayContaining([expect.stringContaining("'dbo_Widened' does not have 'Kind'")]) });
  await enable('Widened', ", @capture_instance = N'Widened_2'");
  await capture();
  expect((await choiceOf('Widened')).settings).toMatchObject({ instance: 'Widened_2' });
  const replica = await replicaOf('Widened');
  await replica.base();
  await run("INSERT dbo.Widened VALUES (2, 2, 'q')");
  await capture();
  await replica.step();
  expect(replica.told()).toEqual(await replica.source());
});
