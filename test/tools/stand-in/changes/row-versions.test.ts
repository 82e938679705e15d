import mssql from 'mssql';
import { errorOf, rows, scalar, sessions } from './sessions';
import { running } from '../running';

const own = running({ transactions: 10 }, 1);
const session = sessions(own);
let one: mssql.ConnectionPool;
let two: mssql.ConnectionPool;

const run = async (sql: string, pool = one) => { await pool.request().batch(sql); };
const number = async (what: string, pool = one) => Number(await scalar(pool, `SELECT CAST(${what} AS bigint)`));
const versions = async () => (await rows(one, 'SELECT Id, CAST(V AS bigint) FROM dbo.Rows ORDER BY Id')).map(([id, version]) => [id, Number(version)]);

beforeAll(async () => {
  await own.pool.request().batch('CREATE DATABASE Versions');
  [one, two] = [await session({ database: 'Versions' }), await session({ database: 'Versions' })];
  await run('CREATE TABLE dbo.Rows (Id int NOT NULL PRIMARY KEY, N int NULL, a2 int NULL, rid int NULL, V rowversion)');
});

test('every insert and update of a row raises its rowversion, a rollback takes none back (rowversion, @@DBTS)', async () => {
  const start = await number('@@DBTS');
  await run('INSERT dbo.Rows (Id, N) VALUES (1, 1), (2, 2), (3, 3)');
  expect(await versions()).toEqual([[1, start + 1], [2, start + 2], [3, start + 3]]);
  await run('UPDATE dbo.Rows SET N = N WHERE Id = 1; DELETE dbo.Rows WHERE Id = 3');
  expect([await versions(), await number('@@DBTS')]).toEqual([[[1, start + 4], [2, start + 2]], start + 4]);
  await run('BEGIN TRAN; UPDATE dbo.Rows SET N = 0; ROLLBACK; UPDATE dbo.Rows SET N = 5, rid = a2, a2 = rid WHERE Id = 2');
  expect([await versions(), await number('@@DBTS')]).toEqual([[[1, start + 4], [2, start + 7]], start + 7]);
  await run('ALTER TABLE dbo.Rows ADD More int NOT NULL DEFAULT 1');
  expect(await versions()).toEqual([[1, start + 4], [2, start + 7]]);
  await run('CREATE TABLE dbo.Late (Id int NOT NULL); INSERT dbo.Late VALUES (1), (2); ALTER TABLE dbo.Late ADD V rowversion');
  expect((await rows(one, 'SELECT CAST(V AS bigint) FROM dbo.Late ORDER BY Id')).map(([version]) => Number(version))).toEqual([start + 8, start + 9]);
});

test('what is not committed bounds MIN_ACTIVE_ROWVERSION, until its transaction or its session ends', async () => {
  const next = await number('@@DBTS') + 1;
  expect(await number('MIN_ACTIVE_ROWVERSION()')).toBe(next);
  await run('BEGIN TRAN; UPDATE dbo.Rows SET N = 9 WHERE Id = 1', two);
  await run('INSERT dbo.Rows (Id) VALUES (10)');
  expect([await number('@@DBTS'), await number('MIN_ACTIVE_ROWVERSION()')]).toEqual([next + 1, next]);
  await run('COMMIT', two);
  expect(await number('MIN_ACTIVE_ROWVERSION()')).toBe(next + 2);
  await run('BEGIN TRAN; UPDATE dbo.Rows SET N = 9 WHERE Id = 77', two);
  expect(await number('MIN_ACTIVE_ROWVERSION()')).toBe(next + 2);
  await run('UPDATE dbo.Rows SET N = 9 WHERE Id = 1', two);
  expect([await number('@@DBTS'), await number('MIN_ACTIVE_ROWVERSION()')]).toEqual([next + 2, next + 2]);
  const spid = Number(await scalar(two, 'SELECT @@SPID'));
  two.on('error', () => undefined);
  await run(`KILL ${spid}`);
  for (let tries = 0; tries < 500 && await number('MIN_ACTIVE_ROWVERSION()') === next + 2; tries++);
  expect(await number('MIN_ACTIVE_ROWVERSION()')).toBe(next + 3);
});

test('definitions wait for transactions that changed rows of their table, and writers for them (schema locks)', async () => {
  const [writer, other] = [await session({ database: 'Versions' }), await session({ database: 'Versions' })];
  await run('BEGIN TRAN; UPDATE dbo.Rows SET N = 1 WHERE Id = 1', writer);
  expect(await errorOf(other, 'SET LOCK_TIMEOUT 20; TRUNCATE TABLE dbo.Rows')).toBe(1222);
  const altered = errorOf(other, 'SET LOCK_TIMEOUT -1; ALTER TABLE dbo.Rows ADD Extra int NOT NULL DEFAULT 3');
  await run('UPDATE dbo.Rows SET N = 2 WHERE Id = 1; COMMIT', writer);
  expect(await altered).toBeUndefined();
  expect(await rows(one, 'SELECT N, Extra FROM dbo.Rows WHERE Id = 1')).toEqual([[2, 3]]);
});
