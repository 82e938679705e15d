import type sql from 'mssql';
import { Watermark } from '../../../src/extractor/changes/watermark';
import type { SqlServerConnection } from '../../../src/extractor/source/connection/sql-server-connection';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { ChangeReplica } from '../../support/source/change-replica';
import { changedTable, openConnection } from '../../support/source/changing-table';
import { connectClient } from '../../support/source/stand-in-client';

let server: StandIn;
let client: sql.ConnectionPool;
let connection: SqlServerConnection;

const run = async (statement: string) => client.batch(`USE Marked; ${statement}`);

beforeAll(async () => {
  server = await startStandIn({ transactions: 10 });
  client = await connectClient(server);
  await client.batch('CREATE DATABASE Marked; ALTER DATABASE Marked SET ALLOW_SNAPSHOT_ISOLATION ON');
  connection = await openConnection(server, 'Marked');
});
afterAll(async () => {
  await connection.close();
  await client.close();
  await server.stop();
});

/** A table with a row of each of its first three values. */
async function replicaOf(
  name: string, type: string, values: readonly string[], settings: { readonly [name: string]: string } = {}, rowFilter?: string,
): Promise<ChangeReplica> {
  await run(`CREATE TABLE dbo.${name} (Id int NOT NULL PRIMARY KEY, Seen ${type} NULL, Name nvarchar(20) NULL);
    INSERT dbo.${name} (Id, Seen, Name) VALUES ${values.map((value, id) => `(${id}, ${value}, N'first')`).join(', ')}`);
  const table = await changedTable(connection, name, { column: 'Seen', type, ...settings }, rowFilter);
  return new ChangeReplica(connection, table, new Watermark(table));
}

describe.each([
  ['datetime2(7)', "'2024-01-01 00:00:00.0000001'", "'2024-01-01 00:00:00.0000002'", "'2024-01-01 00:00:00.0000003'"],
  ['datetime', "'2024-01-01 00:00:00.003'", "'2024-01-01 00:00:00.007'", "'2024-01-01 00:00:00.010'"],
  ['datetimeoffset(7)', "'2024-01-01 02:00:00.0000001 +02:00'", "'2024-01-01 00:00:00.0000002 +00:00'", "'2023-12-31 23:00:00.0000003 -01:00'"],
  ['date', "'2024-01-01'", "'2024-01-02'", "'2024-01-03'"],
  ['bigint', '-9007199254740993', '9007199254740993', '9007199254740994'],
  ['decimal(38,2)', '0.01', '0.02', '123456789012345678901234567890123456.78'],
])('of %s', (type, first, second, third) => {
  const name = `Of${type.replace(/\W/g, '')}`;

  test('rows from the last value on are read again, those below are not', async () => {
    const replica = await replicaOf(name, type, [first, second]);
    await replica.base();
    expect(await replica.step()).toMatchObject({ changes: [{ Id: 1, __op: 'U' }], keys: [{ Id: 1 }], deletes: [], counts: [0, 1, 0] });
    await run(`INSERT dbo.${name} VALUES (3, ${third}, N'added'), (4, ${second}, N'late'); UPDATE dbo.${name} SET Name = N'untold' WHERE Id = 0`);
    const step = await replica.step();
    expect(step.changes.map(({ Id }) => Id).sort()).toEqual([1, 3, 4]);
    expect(step.counts).toEqual([0, 3, 0]);
    // An update that leaves the watermark is what its owner promised not to make.
    await run(`UPDATE dbo.${name} SET Name = N'first' WHERE Id = 0`);
    expect(replica.told()).toEqual(await replica.source());
  });
});

test('an overlap finds what was committed late, and no more; seconds of times, units of numbers', async () => {
  const replica = await replicaOf('Late', 'datetime2(3)', ["'2024-01-01T00:01:00'"], { overlap: '30' });
  await replica.base();
  await run("INSERT dbo.Late VALUES (5, '2024-01-01T00:00:30', N'just'), (6, '2024-01-01T00:00:29.999', N'too late')");
  expect((await replica.step()).changes.map(({ Id }) => Id).sort()).toEqual([0, 5]);
  const numbered = await replicaOf('LateNumber', 'int', ['100'], { overlap: '10' });
  await numbered.base();
  await run("INSERT dbo.LateNumber VALUES (5, 90, N'just'), (6, 89, N'too late')");
  expect((await numbered.step()).changes.map(({ Id }) => Id).sort()).toEqual([0, 5]);
});

test('rows that are only added are never read twice', async () => {
  const replica = await replicaOf('Added', 'int', ['1', '2'], { rows: 'append' });
  await replica.base();
  expect(await replica.step()).toMatchObject({ changes: [], keys: [], counts: [0, 0, 0] });
  await run("INSERT dbo.Added VALUES (5, 3, N'new')");
  expect(await replica.step()).toMatchObject({ changes: [{ Id: 5, __op: 'I', __version: '3' }], keys: [], counts: [1, 0, 0] });
  expect(replica.told()).toEqual(await replica.source());
  const table = await changedTable(connection, 'Added', { column: 'Seen', type: 'int', rows: 'append', overlap: '1' });
  expect(() => new Watermark(table)).toThrow(/cannot have an overlap/);
  expect(() => new Watermark({ ...table, settings: { ...table.settings, rows: '', overlap: '1; DROP' } })).toThrow(/not '1; DROP'/);
});

test('a table that had no value, and then has; rows without one are refused, or accepted by name', async () => {
  const replica = await replicaOf('Empty', 'int', ['1']);
  await run('DELETE dbo.Empty');
  expect((await replica.base()).value).toBeUndefined();
  expect((await replica.step()).counts).toEqual([0, 0, 0]);
  await run("INSERT dbo.Empty VALUES (1, -5, N'a')");
  await replica.step();
  expect(replica.told()).toEqual(await replica.source());
  await run("INSERT dbo.Empty VALUES (2, NULL, N'b'), (3, NULL, N'c')");
  await expect(replica.step()).rejects.toMatchObject({ code: 'CHANGES_REFUSED', message: expect.stringContaining('2 rows have no value') });
  const table = await changedTable(connection, 'Empty', { column: 'Seen', type: 'int', nulls: 'unseen' });
  await expect(new Watermark(table).mark(connection)).resolves.toMatchObject({ value: '-5' });
});

test('rows above the mark, and rows without a value, are not of the window', async () => {
  const replica = await replicaOf('Bounded', 'int', ['NULL'], { nulls: 'unseen' });
  const base = await replica.base();
  expect(base.value).toBeUndefined();
  await run("INSERT dbo.Bounded VALUES (1, 5, N'a'), (2, NULL, N'b'), (3, 6, N'c')");
  const { sql: statement, parameters } = replica.way.statements(base, { ...base, value: '5' }).changes;
  expect((await connection.query(statement, 'read up to a mark', parameters)).map(({ Id }) => Id)).toEqual([1]);
  expect((await replica.step()).changes.map(({ Id }) => Id).sort()).toEqual([1, 3]);
});

test('a filter holds of the values too; a table made again is a gap', async () => {
  const replica = await replicaOf('Filtered', 'int', ['1', '2', '99'], {}, 'Id < 2 -- the rest\n');
  expect((await replica.base()).value).toBe('2');
  expect((await replica.step()).changes.map(({ Id }) => Id)).toEqual([1]);
  await run('DROP TABLE dbo.Filtered; CREATE TABLE dbo.Filtered (Id int NOT NULL PRIMARY KEY, Seen int NULL, Name nvarchar(20) NULL)');
  await expect(replica.step()).rejects.toMatchObject({ code: 'CHANGES_GAP', message: expect.stringContaining('[dbo].[Filtered]: its changes since the mark') });
});
