import mssql from 'mssql';
import { errorOf, rows, scalar, sessions } from './sessions';
import { running } from '../running';

const own = running({ transactions: 10, logins: [{ user: 'reader', password: 'r', denyChangeTracking: ['dbo.Items'], viewServerState: false }] }, 1);
const session = sessions(own);
let one: mssql.ConnectionPool;
let two: mssql.ConnectionPool;

const database = () => own.standIn.engine.catalog.database('Tracked')!;
const current = async (pool = one) => Number(await scalar(pool, 'SELECT CHANGE_TRACKING_CURRENT_VERSION()'));
const minValid = async (pool = one) => Number(await scalar(pool, "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('dbo.Items'))"));
const changes = async (since: number | 'NULL', pool = one) => rows(pool,
  `SELECT SYS_CHANGE_OPERATION, Id, CAST(SYS_CHANGE_VERSION AS int) FROM CHANGETABLE(CHANGES dbo.Items, ${since}) AS c ORDER BY Id`);
const run = async (sql: string, pool = one) => { await pool.request().batch(sql); };

beforeAll(async () => {
  await own.pool.request().batch('CREATE DATABASE Tracked');
  [one, two] = [await session({ database: 'Tracked' }), await session({ database: 'Tracked' })];
});

/** A table anew, tracked, with rows 1 to 3. */
beforeEach(async () => {
  await run(`IF (SELECT COUNT(*) FROM sys.change_tracking_databases WHERE database_id = DB_ID()) = 0
    ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 HOURS, AUTO_CLEANUP = OFF)`);
  await run(`DROP TABLE IF EXISTS dbo.Items;
    CREATE TABLE dbo.Items (Id int NOT NULL PRIMARY KEY, Name varchar(20) NULL, Price int NULL, Twice AS Price * 2);
    INSERT dbo.Items (Id, Name, Price) VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3);
    ALTER TABLE dbo.Items ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)`);
});

test('switches are refused in the wrong order (Enable and Disable Change Tracking)', async () => {
  expect(await errorOf(one, 'ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF')).toBe(22115);
  expect(await errorOf(one, 'ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON')).toBe(5088);
  expect(await errorOf(one, 'ALTER TABLE dbo.Items ENABLE CHANGE_TRACKING')).toBe(4996);
  expect(await errorOf(one, 'CREATE TABLE dbo.Keyless (a int); ALTER TABLE dbo.Keyless ENABLE CHANGE_TRACKING')).toBe(4997);
  expect(await errorOf(one, 'ALTER TABLE dbo.Keyless DISABLE CHANGE_TRACKING')).toBe(4998);
  expect(await errorOf(one, 'SELECT * FROM CHANGETABLE(CHANGES dbo.Keyless, 0) AS c')).toBe(22105);
  expect(await errorOf(one, 'SELECT * FROM CHANGETABLE(CHANGES dbo.Items, 0)')).toBe(22104);
  await run('DROP TABLE dbo.Keyless; ALTER TABLE dbo.Items DISABLE CHANGE_TRACKING; ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF');
  expect(await errorOf(one, 'ALTER DATABASE CURRENT SET CHANGE_TRACKING (AUTO_CLEANUP = ON)')).toBe(5089);
  expect(await errorOf(one, 'ALTER TABLE dbo.Items ENABLE CHANGE_TRACKING')).toBe(22105);
  expect(await scalar(one, 'SELECT CHANGE_TRACKING_CURRENT_VERSION()')).toBeNull();
  expect(await scalar(one, "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('dbo.Items'))")).toBeNull();
  await run('ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON');
  expect(await rows(one, 'SELECT is_auto_cleanup_on, retention_period, retention_period_units_desc FROM sys.change_tracking_databases')).toEqual([[1, 2, 'DAYS']]);
});

test('a version for each transaction that changed tracked rows, in the order of the commits', async () => {
  const before = await current();
  await run('UPDATE dbo.Items SET Price = 9 WHERE Id = 99');
  expect(await current()).toBe(before);
  await run('BEGIN TRAN; UPDATE dbo.Items SET Price = 5 WHERE Id = 1; INSERT dbo.Items (Id) VALUES (10)');
  await run('INSERT dbo.Items (Id) VALUES (11)', two);
  expect(await current(two)).toBe(before + 1);
  expect(await changes(before, two)).toEqual([['I', 11, before + 1]]);
  await run('COMMIT');
  expect(await changes(before)).toEqual([['U', 1, before + 2], ['I', 10, before + 2], ['I', 11, before + 1]]);
  await run('BEGIN TRAN; DELETE dbo.Items; ROLLBACK');
  expect([await current(), (await changes(before)).length]).toEqual([before + 2, 3]);
  const [[version, at]] = await rows(one, 'SELECT TOP (1) CAST(commit_ts AS int), commit_time FROM sys.dm_tran_commit_table ORDER BY commit_ts DESC');
  expect(version).toBe(before + 2);
  expect(Math.abs((at as Date).getTime() - Date.now())).toBeLessThan(60_000);
});

test('operations are relative to the baseline (CHANGETABLE, Remarks)', async () => {
  const v0 = await current();
  await run('INSERT dbo.Items (Id) VALUES (4)');
  const v1 = await current();
  await run('UPDATE dbo.Items SET Price = 4 WHERE Id = 4');
  expect(await changes(v0)).toEqual([['I', 4, v1 + 1]]);
  expect(await changes(v1)).toEqual([['U', 4, v1 + 1]]);
  await run('DELETE dbo.Items WHERE Id IN (1, 4)');
  expect(await changes(v0)).toEqual([['D', 1, v1 + 2], ['D', 4, v1 + 2]]);
  // "If you delete a row and then insert a row that has the old primary key, the change is seen as an update to all columns".
  await run("INSERT dbo.Items (Id, Name) VALUES (1, 'again')");
  expect(await rows(one, `SELECT SYS_CHANGE_OPERATION, SYS_CHANGE_COLUMNS FROM CHANGETABLE(CHANGES dbo.Items, ${v0}) AS c WHERE Id = 1`)).toEqual([['U', null]]);
  expect(await changes(v1 + 2)).toEqual([['I', 1, v1 + 3]]);
  expect((await changes('NULL')).length).toBe(2);
});

test('a changed key is a delete and an insert (CHANGETABLE, Remarks), keys that change places are updates', async () => {
  const before = await current();
  await run('UPDATE dbo.Items SET Id = 30 WHERE Id = 3');
  expect(await changes(before)).toEqual([['D', 3, before + 1], ['I', 30, before + 1]]);
  await run('UPDATE dbo.Items SET Id = 3 - Id WHERE Id < 3');
  expect(await changes(before + 1)).toEqual([['U', 1, before + 2], ['U', 2, before + 2]]);
  expect(await rows(one, 'SELECT Id, Name FROM dbo.Items ORDER BY Id')).toEqual([[1, 'b'], [2, 'a'], [30, 'c']]);
});

test('keys are enforced, as the collation compares them', async () => {
  await run(`DROP TABLE IF EXISTS dbo.Texts; CREATE TABLE dbo.Texts (K varchar(10) NOT NULL, N int NOT NULL, V int, PRIMARY KEY (K, N));
    ALTER TABLE dbo.Texts ENABLE CHANGE_TRACKING; INSERT dbo.Texts VALUES ('abc', 1, 1)`);
  expect(await errorOf(one, "INSERT dbo.Texts VALUES ('ABC ', 1, 2)")).toBe(2627);
  const before = await current();
  await run("UPDATE dbo.Texts SET K = 'ABC '");
  expect(await rows(one, `SELECT SYS_CHANGE_OPERATION, K, N FROM CHANGETABLE(CHANGES dbo.Texts, ${before}) AS c`)).toEqual([['U', 'ABC ', 1]]);
  await run("UPDATE dbo.Texts SET K = 'b'; INSERT dbo.Texts VALUES ('abc', 1, 3)");
  expect(await rows(one, `SELECT SYS_CHANGE_OPERATION, K FROM CHANGETABLE(CHANGES dbo.Texts, ${before}) AS c ORDER BY K`)).toEqual([['U', 'abc'], ['I', 'b']]);
  expect(await errorOf(one, "BEGIN TRAN; UPDATE dbo.Texts SET K = 'B'")).toBe(2627);
  await run('COMMIT');
  expect(await rows(one, 'SELECT K, V FROM dbo.Texts ORDER BY V')).toEqual([['b', 1], ['abc', 3]]);
});

test('columns of updates are told (CHANGE_TRACKING_IS_COLUMN_IN_MASK), and contexts (WITH CHANGE_TRACKING_CONTEXT)', async () => {
  const before = await current();
  const inMask = (column: string) => `CAST(CHANGE_TRACKING_IS_COLUMN_IN_MASK(COLUMNPROPERTY(OBJECT_ID('dbo.Items'), '${column}', 'ColumnId'), SYS_CHANGE_COLUMNS) AS int)`;
  const told = async () => rows(one, `SELECT Id, ${inMask('Name')}, ${inMask('Price')} FROM CHANGETABLE(CHANGES dbo.Items, ${before}) AS c ORDER BY Id`);
  await run("UPDATE dbo.Items SET Price = Price WHERE Id = 1; UPDATE dbo.Items SET Name = 'x', Price = 0 WHERE Id = 2");
  expect(await told()).toEqual([[1, 0, 1], [2, 1, 1]]);
  await run("WITH CHANGE_TRACKING_CONTEXT (0xCAFE) UPDATE dbo.Items SET Name = 'y' WHERE Id = 1");
  expect(await told()).toEqual([[1, 1, 1], [2, 1, 1]]);
  expect(await rows(one, `SELECT Id, SYS_CHANGE_CONTEXT FROM CHANGETABLE(CHANGES dbo.Items, ${before}) AS c ORDER BY Id`)).toEqual([[1, Buffer.from('cafe', 'hex')], [2, null]]);
  expect(await rows(one, `SELECT i.Id, CAST(v.SYS_CHANGE_VERSION AS int), v.SYS_CHANGE_CONTEXT FROM dbo.Items i
    OUTER APPLY CHANGETABLE(VERSION dbo.Items, (Id), (i.Id)) AS v ORDER BY i.Id`)).toEqual([[1, before + 3, Buffer.from('cafe', 'hex')], [2, before + 2, null], [3, null, null]]);
});

test('a SNAPSHOT transaction sees version, changes and rows as of its snapshot, and clean-up at once', async () => {
  const before = await current();
  await run('UPDATE dbo.Items SET Price = 10 WHERE Id = 1');
  await run('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN');
  // The snapshot is that of the first access, not of BEGIN.
  await run('UPDATE dbo.Items SET Price = 20 WHERE Id = 2', two);
  expect(await current()).toBe(before + 2);
  await run('DELETE dbo.Items WHERE Id = 3; INSERT dbo.Items (Id) VALUES (7)', two);
  expect([await current(), await current(two)]).toEqual([before + 2, before + 4]);
  expect(await changes(before)).toEqual([['U', 1, before + 1], ['U', 2, before + 2]]);
  expect(await rows(one, 'SELECT Id, Price FROM dbo.Items ORDER BY Id')).toEqual([[1, 10], [2, 20], [3, 3]]);
  database().cleanUpChanges(before + 1);
  expect([await minValid(), await current()]).toEqual([before + 1, before + 2]);
  expect(await changes(before)).toEqual([['U', 2, before + 2]]);
  expect(await rows(one, 'SELECT CAST(min_valid_version AS int), CAST(cleanup_version AS int) FROM sys.change_tracking_tables WHERE object_id = OBJECT_ID(\'dbo.Items\')'))
    .toEqual([[before + 1, before + 1]]);
  await run('COMMIT; SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
  expect(await changes(before)).toEqual([['U', 2, before + 2], ['D', 3, before + 3], ['I', 7, before + 4]]);
});

test('TRUNCATE and tracking begun anew make earlier versions invalid, in the middle of a SNAPSHOT transaction too', async () => {
  const begun = async () => rows(one, "SELECT CAST(begin_version AS int), CAST(min_valid_version AS int) FROM sys.change_tracking_tables WHERE object_id = OBJECT_ID('dbo.Items')");
  await run('UPDATE dbo.Items SET Price = 1 WHERE Id = 1');
  const before = await current();
  await run('BEGIN TRAN; TRUNCATE TABLE dbo.Items; ROLLBACK');
  expect([await minValid() < before, await current()]).toEqual([true, before]);
  await run('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN');
  expect(await current()).toBe(before);
  await run('TRUNCATE TABLE dbo.Items', two);
  expect([await minValid(), await current()]).toEqual([before + 1, before]);
  await run('COMMIT; SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
  expect([await begun(), await changes(0)]).toEqual([[[before + 1, before + 1]], []]);
  await run('INSERT dbo.Items (Id) VALUES (1); ALTER TABLE dbo.Items DISABLE CHANGE_TRACKING; INSERT dbo.Items (Id) VALUES (2); ALTER TABLE dbo.Items ENABLE CHANGE_TRACKING');
  expect([await begun(), await changes(0)]).toEqual([[[before + 2, before + 2]], []]);
});

test('a restored database has another recovery fork, and its version goes back and on', async () => {
  const fork = async () => scalar(one, 'SELECT recovery_fork_guid FROM sys.database_recovery_status WHERE database_id = DB_ID()');
  const [before, earlier] = [await current(), await fork()];
  await run('UPDATE dbo.Items SET Price = 5 WHERE Id = 1; UPDATE dbo.Items SET Price = 5 WHERE Id = 2');
  await own.standIn.engine.restoreVersion(database(), before + 1);
  expect([await current(), await changes(before)]).toEqual([before + 1, [['U', 1, before + 1]]]);
  expect(await fork()).not.toBe(earlier);
  await run('DELETE dbo.Items WHERE Id = 3');
  expect(await changes(before)).toEqual([['U', 1, before + 1], ['D', 3, before + 2]]);
});

test('a new column with a default makes no change', async () => {
  const before = await current();
  await run("ALTER TABLE dbo.Items ADD Kind varchar(5) NOT NULL DEFAULT 'k', At datetime2 NULL, Rank int NULL DEFAULT 7, Seen int NULL DEFAULT 8 WITH VALUES");
  expect([await current(), await changes(before)]).toEqual([before, []]);
  expect(await rows(one, 'SELECT Kind, At, Rank, Seen FROM dbo.Items WHERE Id = 1')).toEqual([['k', null, null, 8]]);
});

test('permissions: VIEW CHANGE TRACKING on the table, VIEW DATABASE STATE for the commits', async () => {
  const reader = await session({ database: 'Tracked', user: 'reader', password: 'r' });
  expect(await errorOf(reader, 'SELECT * FROM CHANGETABLE(CHANGES dbo.Items, 0) AS c')).toBe(229);
  expect(await scalar(reader, "SELECT HAS_PERMS_BY_NAME('dbo.Items', 'OBJECT', 'VIEW CHANGE TRACKING')")).toBe(0);
  expect(await scalar(one, "SELECT HAS_PERMS_BY_NAME('dbo.Items', 'OBJECT', 'VIEW CHANGE TRACKING')")).toBe(1);
  expect(await errorOf(reader, 'SELECT * FROM sys.dm_tran_commit_table')).toBe(262);
});

test('a readable secondary refuses Change Tracking, which sessions with read-only intent are on', async () => {
  const reader = await session({ database: 'Tracked', readOnlyIntent: true });
  expect(await errorOf(reader, 'SELECT CHANGE_TRACKING_CURRENT_VERSION()')).toBeUndefined();
  database().readableSecondary = true;
  try {
    expect(await errorOf(reader, 'SELECT CHANGE_TRACKING_CURRENT_VERSION()')).toBe(22117);
    expect(await errorOf(reader, 'SELECT * FROM CHANGETABLE(CHANGES dbo.Items, 0) AS c')).toBe(22117);
    expect(await errorOf(reader, 'DELETE dbo.Items')).toBe(3906);
    expect(await scalar(reader, "SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS varchar(20))")).toBe('READ_ONLY');
    expect(await errorOf(one, 'SELECT CHANGE_TRACKING_CURRENT_VERSION()')).toBeUndefined();
  } finally {
    database().readableSecondary = false;
  }
});

test('writers at once: none of their changes is lost, and a reader\'s changes lead from its rows to the next', async () => {
  await run('DELETE dbo.Items; INSERT dbo.Items (Id, Price) SELECT value, 100 FROM GENERATE_SERIES(1, 20)');
  const writers = await Promise.all([1, 2, 3].map(async () => session({ database: 'Tracked' })));
  let failed = 0;
  const writing = writers.map(async (pool, at) => {
    for (let n = 0; n < 25; n++) {
      const [from, to] = [1 + (n * 7 + at * 3) % 20, 1 + (n * 11 + at * 5 + 1) % 20];
      const statement = n % 5 === 4 ? `INSERT dbo.Items (Id, Price) VALUES (${1000 + at * 100 + n}, 0); UPDATE dbo.Items SET Id = Id + 5000 WHERE Id = ${1000 + at * 100 + n - 5}`
        : `SET XACT_ABORT ON; BEGIN TRAN; UPDATE dbo.Items SET Price -= 1 WHERE Id = ${from}; UPDATE dbo.Items SET Price += 1 WHERE Id = ${to}; COMMIT`;
      const error = await errorOf(pool, statement);
      if (error !== undefined) {
        expect(error).toBe(1205);
        failed += 1;
      }
    }
  });
  const copy = new Map<number, number>();
  let since = 0;
  const read = async () => {
    await run('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN');
    const to = await current();
    for (const [operation, id, price] of await rows(one, `SELECT c.SYS_CHANGE_OPERATION, c.Id, i.Price FROM CHANGETABLE(CHANGES dbo.Items, ${since}) AS c LEFT JOIN dbo.Items AS i ON i.Id = c.Id`)) {
      if (operation === 'D') copy.delete(id as number);
      else copy.set(id as number, price as number);
    }
    const all = await rows(one, 'SELECT Id, Price FROM dbo.Items ORDER BY Id');
    await run('COMMIT; SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
    since = to;
    expect([...copy].sort(([a], [b]) => a - b)).toEqual(all);
    expect(all.reduce((sum, [, price]) => sum + (price as number), 0)).toBe(2000);
  };
  const end = Promise.all(writing).then(() => true);
  await read();
  while (!await Promise.race([end, read().then(() => false)]));
  await read();
  expect(failed).toBeLessThan(75);
});

