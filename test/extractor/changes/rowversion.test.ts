import sql from 'mssql';
import { Rowversion } from '../../../src/extractor/changes/rowversion';
import type { SqlServerConnection } from '../../../src/extractor/source/connection/sql-server-connection';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { ChangeReplica } from '../../support/source/change-replica';
import { changedTable, openConnection } from '../../support/source/changing-table';
import { connectClient } from '../../support/source/stand-in-client';

let server: StandIn;
let client: sql.ConnectionPool;
let writer: sql.ConnectionPool;
let connection: SqlServerConnection;

const run = async (statement: string) => client.batch(`USE Versioned; ${statement}`);

beforeAll(async () => {
  server = await startStandIn({ transactions: 10 });
  client = await connectClient(server);
  await client.batch('CREATE DATABASE Versioned; ALTER DATABASE Versioned SET ALLOW_SNAPSHOT_ISOLATION ON');
  writer = await connectClient({ ...server, database: 'Versioned' });
  connection = await openConnection(server, 'Versioned');
});
afterAll(async () => {
  await connection.close();
  await writer.close();
  await client.close();
  await server.stop();
});

async function replicaOf(name: string, settings: { readonly [name: string]: string } = {}): Promise<ChangeReplica> {
  await run(`CREATE TABLE dbo.${name} (Id int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL, V rowversion);
    INSERT dbo.${name} (Id, Name) VALUES (1, N'one'), (2, N'two')`);
  const table = await changedTable(connection, name, { column: 'V', ...settings });
  return new ChangeReplica(connection, table, new Rowversion(table));
}

test('what changed since the mark, each row in its last state; nothing is read twice, nothing of the base again', async () => {
  const replica = await replicaOf('Plain');
  const base = await replica.base();
  expect(base.order).toMatch(/^[0-9a-f]{16}$/);
  expect((await replica.step()).counts).toEqual([0, 0, 0]);
  await run("INSERT dbo.Plain (Id, Name) VALUES (3, N'three'); UPDATE dbo.Plain SET Name = N'TWO' WHERE Id = 2; UPDATE dbo.Plain SET Name = N'2' WHERE Id = 2");
  const step = await replica.step();
  expect(step.changes.map(({ Id, __op: op }) => [Id, op]).sort()).toEqual([[2, 'U'], [3, 'U']]);
  expect(step.changes.every(({ __version: version }) => /^[0-9a-f]{16}$/.test(String(version)) && String(version) > base.order)).toBe(true);
  expect([step.counts, step.keys.length, step.deletes]).toEqual([[0, 2, 0], 2, []]);
  expect(replica.told()).toEqual(await replica.source());
  expect((await replica.step()).counts).toEqual([0, 0, 0]);
  // Deletes are not seen, which the way says.
  await run('DELETE dbo.Plain WHERE Id = 1');
  expect((await replica.step()).counts).toEqual([0, 0, 0]);
  expect(replica.way.deletesSeen).toBe(false);
});

test('a transaction that was open when the mark was taken, and commits behind others, is not missed', async () => {
  const replica = await replicaOf('Late');
  const transaction = new sql.Transaction(writer);
  await transaction.begin();
  // The first of its values is the least that is active: the bound lies right below it.
  await new sql.Request(transaction).batch("UPDATE dbo.Late SET Name = N'late' WHERE Id = 1");
  await run("INSERT dbo.Late (Id, Name) VALUES (3, N'committed before')");
  const base = await replica.base();
  await transaction.commit();
  const step = await replica.step();
  expect(step.changes.map(({ Id }) => Id).sort()).toEqual([1, 3]);
  expect(replica.told()).toEqual(await replica.source());
  expect(step.to.order > base.order).toBe(true);
  expect((await replica.step()).counts).toEqual([0, 0, 0]);
});

test('a row whose newest version is above the mark is read in that version: the table is as of the transaction', async () => {
  const replica = await replicaOf('Newer');
  await replica.base();
  await run("UPDATE dbo.Newer SET Name = N'older' WHERE Id = 2");
  const transaction = new sql.Transaction(writer);
  await transaction.begin();
  await new sql.Request(transaction).batch("INSERT dbo.Newer (Id, Name) VALUES (9, N'open')");
  await run("UPDATE dbo.Newer SET Name = N'newest' WHERE Id = 2");
  const step = await replica.step();
  expect(step.changes).toMatchObject([{ Id: 2, Name: 'newest' }]);
  expect(String(step.changes[0].__version) > step.to.order).toBe(true);
  expect(replica.told()).toEqual(await replica.source());
  await transaction.commit();
  await replica.step();
  expect(replica.told()).toEqual(await replica.source());
});

test('rows that are only added are read once, also where a transaction that began before them is open still', async () => {
  const replica = await replicaOf('Added', { rows: 'append' });
  const mark = await replica.base();
  await expect(replica.way.isExact!(connection, mark)).resolves.toBe(true);
  const transaction = new sql.Transaction(writer);
  await transaction.begin();
  await new sql.Request(transaction).batch("INSERT dbo.Added (Id, Name) VALUES (3, N'open')");
  await run("INSERT dbo.Added (Id, Name) VALUES (4, N'behind it')");
  const held = await replica.step();
  expect(held.changes).toEqual([]);
  // Rows that a base of now would have, and the next run too.
  await expect(replica.way.isExact!(connection, held.to)).resolves.toBe(false);
  await transaction.commit();
  expect((await replica.step()).changes.map(({ Id }) => Id).sort()).toEqual([3, 4]);
  expect((await replica.step()).counts).toEqual([0, 0, 0]);
  expect(replica.told()).toEqual(await replica.source());
});

test('what commits between the mark and the first row that is read is in the base or in the next changes', async () => {
  const replica = await replicaOf('Between');
  await replica.base(async () => run("UPDATE dbo.Between SET Name = N'meanwhile' WHERE Id = 1"));
  await replica.step();
  expect(replica.told()).toEqual(await replica.source());
});

test('gaps: rowversions that went back, a table made again; no mark without the bound of its transaction', async () => {
  const replica = await replicaOf('Restored');
  await replica.base();
  const mark = replica.mark!;
  const [{ last }] = await connection.query('SELECT CONVERT(varchar(16), CAST(@@DBTS AS binary(8)), 2) AS last', 'ask');
  const ahead = (by: bigint) => ({ ...mark, order: (BigInt(`0x${last}`) + by).toString(16).padStart(16, '0') });
  await expect(replica.way.check(connection, ahead(0n))).resolves.toBeUndefined();
  await expect(replica.way.check(connection, ahead(1n))).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringContaining('[dbo].[Restored]') });
  await run('DROP TABLE dbo.Restored; CREATE TABLE dbo.Restored (Id int NOT NULL PRIMARY KEY, Name nvarchar(20) NULL, V rowversion)');
  await expect(replica.step()).rejects.toMatchObject({ code: 'CHANGES_GAP' });
  await expect(replica.way.mark(connection, { at: mark.at })).rejects.toMatchObject({ code: 'CHANGES_REFUSED' });
});
