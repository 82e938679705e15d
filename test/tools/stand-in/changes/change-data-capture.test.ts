import mssql from 'mssql';
import { errorOf, rows, scalar, sessions } from './sessions';
import { running } from '../running';

const own = running({ transactions: 10 }, 1);
const session = sessions(own);
let one: mssql.ConnectionPool;
let two: mssql.ConnectionPool;

const database = () => own.standIn.engine.catalog.database('Captured')!;
const run = async (sql: string, pool = one) => { await pool.request().batch(sql); };
const enable = async (table: string, more = '') => run(`EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'${table}', @role_name = NULL${more}`);
const RANGE = (instance: string) => `DECLARE @from binary(10) = sys.fn_cdc_get_min_lsn('${instance}'), @to binary(10) = sys.fn_cdc_get_max_lsn();`;
const all = async (instance: string, columns: string, option = 'all', pool = one) => rows(pool, `${RANGE(instance)}
  SELECT __$operation, ${columns} FROM cdc.fn_cdc_get_all_changes_${instance}(@from, @to, N'${option}') ORDER BY __$start_lsn, __$seqval, __$operation`);
const net = async (instance: string, columns: string, option = 'all') => rows(one, `${RANGE(instance)}
  SELECT __$operation, ${columns} FROM cdc.fn_cdc_get_net_changes_${instance}(@from, @to, N'${option}') ORDER BY Id`);

beforeAll(async () => {
  await own.pool.request().batch('CREATE DATABASE Captured');
  [one, two] = [await session({ database: 'Captured' }), await session({ database: 'Captured' })];
  await run('CREATE TABLE dbo.Early (Id int NOT NULL PRIMARY KEY)');
  expect(await errorOf(one, "EXEC sys.sp_cdc_enable_table @source_schema = 'dbo', @source_name = 'Early', @role_name = NULL")).toBe(22901);
  expect(await scalar(one, 'SELECT sys.fn_cdc_get_max_lsn()')).toBeNull();
  await run('EXEC sys.sp_cdc_enable_db');
});

/** A table anew, captured, with rows 1 to 3 from before. */
beforeEach(async () => {
  await run(`DROP TABLE IF EXISTS dbo.Items;
    CREATE TABLE dbo.Items (Id int NOT NULL PRIMARY KEY, Name varchar(20) NULL, Price int NULL, Twice AS Price * 2, Body nvarchar(max) NULL, Old text NULL);
    INSERT dbo.Items (Id, Name, Price, Body, Old) VALUES (1, 'a', 1, N'one', 'x'), (2, 'b', 2, N'two', 'y'), (3, 'c', 3, N'three', 'z')`);
  await enable('Items');
});

test('the catalog tells what is captured (sys.sp_cdc_enable_table, cdc.change_tables)', async () => {
  expect(await rows(one, 'SELECT is_cdc_enabled FROM sys.databases WHERE database_id = DB_ID()')).toEqual([[true]]);
  expect(await rows(one, "SELECT name, is_tracked_by_cdc, is_ms_shipped FROM sys.tables WHERE name IN ('Items', 'Early', 'dbo_Items_CT') ORDER BY name"))
    .toEqual([['dbo_Items_CT', false, true], ['Early', false, false], ['Items', true, false]]);
  expect(await rows(one, 'SELECT capture_instance, supports_net_changes, OBJECT_NAME(source_object_id), OBJECT_NAME(object_id) FROM cdc.change_tables'))
    .toEqual([['dbo_Items', true, 'Items', 'dbo_Items_CT']]);
  expect(await rows(one, 'SELECT column_name, column_ordinal, is_computed FROM cdc.captured_columns ORDER BY column_ordinal')).toEqual(
    ['Id', 'Name', 'Price', 'Twice', 'Body', 'Old'].map((name, at) => [name, at + 1, name === 'Twice']));
  expect(await rows(one, 'SELECT column_name, index_ordinal FROM cdc.index_columns')).toEqual([['Id', 1]]);
  const { recordset: [help] } = await one.request().query('EXEC sys.sp_cdc_help_change_data_capture');
  expect(help).toMatchObject({ source_schema: 'dbo', source_table: 'Items', capture_instance: 'dbo_Items', index_column_list: '[Id]', supports_net_changes: true });
  expect(await errorOf(one, 'TRUNCATE TABLE dbo.Items')).toBe(4711);
});

test('all changes: what each operation tells and leaves NULL (cdc.fn_cdc_get_all_changes_<capture_instance>, Remarks)', async () => {
  await run("INSERT dbo.Items (Id, Name, Price, Body, Old) VALUES (4, 'd', 4, N'four', 'w')");
  await run("UPDATE dbo.Items SET Price = 10 WHERE Id = 1; UPDATE dbo.Items SET Body = N'new', Old = 'o' WHERE Id = 2");
  await run('UPDATE dbo.Items SET Price = Price; DELETE dbo.Items WHERE Id = 3');
  const expected = [
    [2, 4, 'd', 4, null, 'four', 'w'],
    [3, 1, 'a', 1, null, null, null],
    [4, 1, 'a', 10, null, 'one', 'x'],
    [3, 2, 'b', 2, null, 'two', null],
    [4, 2, 'b', 2, null, 'new', 'o'],
    [1, 3, 'c', 3, null, 'three', null],
  ];
  const columns = 'Id, Name, Price, Twice, Body, Old';
  expect(await all('dbo_Items', columns, 'all update old')).toEqual(expected);
  expect(await all('dbo_Items', columns)).toEqual(expected.filter(([operation]) => operation !== 3));
  expect(await rows(one, 'SELECT __$operation, Id, __$update_mask FROM cdc.dbo_Items_CT ORDER BY __$start_lsn, __$seqval, __$operation')).toEqual(
    [[2, 4, 0x3f], [3, 1, 0x04], [4, 1, 0x04], [3, 2, 0x30], [4, 2, 0x30], [1, 3, 0x3f]]
      .map(([operation, id, mask]) => [operation, id, Buffer.from([mask])]));
  expect(await scalar(one, "SELECT sys.fn_cdc_is_bit_set(sys.fn_cdc_get_column_ordinal('dbo_Items', 'Price'), 0x04)")).toBe(true);
});

test('one commit has one LSN, in the order of the commits; a changed key is a delete and an insert', async () => {
  await run('BEGIN TRAN; UPDATE dbo.Items SET Price = 5 WHERE Id = 1; UPDATE dbo.Items SET Id = 30 WHERE Id = 3');
  await run('UPDATE dbo.Items SET Price = 6 WHERE Id = 2', two);
  await run('COMMIT; BEGIN TRAN; DELETE dbo.Items; ROLLBACK');
  expect(await all('dbo_Items', 'Id, Price')).toEqual([[4, 2, 6], [4, 1, 5], [1, 3, 3], [2, 30, 3]]);
  expect(await rows(one, 'SELECT COUNT(DISTINCT __$start_lsn), COUNT(DISTINCT __$seqval) FROM cdc.dbo_Items_CT')).toEqual([[2, 4]]);
  expect(await rows(one, `SELECT CASE WHEN sys.fn_cdc_map_lsn_to_time(start_lsn) = tran_end_time THEN 1 END,
    CASE WHEN sys.fn_cdc_map_time_to_lsn('largest less than or equal', tran_end_time) >= start_lsn THEN 1 END
    FROM cdc.lsn_time_mapping WHERE start_lsn = sys.fn_cdc_get_max_lsn()`)).toEqual([[1, 1]]);
});

test('net changes: one row a key, relative to the range (cdc.fn_cdc_get_net_changes_<capture_instance>)', async () => {
  await run("INSERT dbo.Items (Id) VALUES (5); UPDATE dbo.Items SET Name = 'five' WHERE Id = 5; INSERT dbo.Items (Id) VALUES (6); DELETE dbo.Items WHERE Id = 6");
  await run("UPDATE dbo.Items SET Name = 'x' WHERE Id = 1; UPDATE dbo.Items SET Price = 9 WHERE Id = 1");
  await run("DELETE dbo.Items WHERE Id = 2; INSERT dbo.Items (Id, Name) VALUES (2, 'anew'); DELETE dbo.Items WHERE Id = 3");
  const mask = '__$update_mask';
  expect(await net('dbo_Items', `Id, Name, ${mask}`)).toEqual([[4, 1, 'x', null], [4, 2, 'anew', null], [1, 3, 'c', null], [2, 5, 'five', null]]);
  expect(await net('dbo_Items', `Id, ${mask}`, 'all with mask')).toEqual([[4, 1, Buffer.from([6])], [4, 2, Buffer.from([0x3f])], [1, 3, null], [2, 5, null]]);
  expect(await net('dbo_Items', 'Id', 'all with merge')).toEqual([[5, 1], [5, 2], [1, 3], [5, 5]]);
});

test('ranges outside of the instance, and a wrong option, are arguments too few (error 313)', async () => {
  await run('UPDATE dbo.Items SET Price = 5 WHERE Id = 1');
  const ask = async (from: string, to: string, option = 'all') => errorOf(one, `${RANGE('dbo_Items')} SELECT * FROM cdc.fn_cdc_get_all_changes_dbo_Items(${from}, ${to}, N'${option}')`);
  expect(await ask('@from', '@to')).toBeUndefined();
  expect(await ask('sys.fn_cdc_decrement_lsn(@from)', '@to')).toBe(313);
  expect(await ask('@from', 'sys.fn_cdc_increment_lsn(@to)')).toBe(313);
  expect(await ask('sys.fn_cdc_increment_lsn(@to)', '@to')).toBe(313);
  expect(await ask('NULL', '@to')).toBe(313);
  expect(await ask('@from', '@to', 'every')).toBe(313);
  expect(await scalar(one, "SELECT sys.fn_cdc_get_min_lsn('dbo_None')")).toEqual(Buffer.alloc(10));
});

test('the capture job lags, and takes over as many commits as it is told; a SNAPSHOT transaction does not see what it does', async () => {
  const { engine } = own.standIn;
  await run('UPDATE dbo.Items SET Price = 0 WHERE Id = 1');
  database().changes.capture!.automatic = false;
  try {
    await run('UPDATE dbo.Items SET Price = 1 WHERE Id = 1', two);
    await run('UPDATE dbo.Items SET Price = 2 WHERE Id = 1', two);
    expect(await all('dbo_Items', 'Price')).toEqual([[4, 0]]);
    await engine.runCapture(database(), 1);
    expect(await all('dbo_Items', 'Price')).toEqual([[4, 0], [4, 1]]);
    await run('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN; SELECT COUNT(*) FROM dbo.Items');
    await run('EXEC sys.sp_cdc_scan', two);
    expect(await all('dbo_Items', 'Price')).toEqual([[4, 0], [4, 1]]);
    await run('COMMIT; SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
    expect(await all('dbo_Items', 'Price')).toEqual([[4, 0], [4, 1], [4, 2]]);
    await engine.runCapture(database());
    expect(await rows(one, 'SELECT tran_id, CASE WHEN start_lsn > (SELECT MAX(__$start_lsn) FROM cdc.dbo_Items_CT) THEN 1 END FROM cdc.lsn_time_mapping WHERE start_lsn = sys.fn_cdc_get_max_lsn()'))
      .toEqual([[Buffer.from([0]), 1]]);
  } finally {
    database().changes.capture!.automatic = true;
  }
});

test('clean-up moves the low endpoint (sys.sp_cdc_cleanup_change_table)', async () => {
  await run('UPDATE dbo.Items SET Price = 7 WHERE Id = 1');
  await run('UPDATE dbo.Items SET Price = 8 WHERE Id = 1');
  await run("DECLARE @low binary(10) = sys.fn_cdc_get_max_lsn(); EXEC sys.sp_cdc_cleanup_change_table @capture_instance = 'dbo_Items', @low_water_mark = @low, @threshold = 5000");
  expect(await all('dbo_Items', 'Price')).toEqual([[4, 8]]);
  expect(await rows(one, "SELECT CASE WHEN sys.fn_cdc_get_min_lsn('dbo_Items') = sys.fn_cdc_get_max_lsn() THEN 1 END")).toEqual([[1]]);
});

test('a second instance has the columns of after, the first goes on without them; no third (Change Data Capture, Handling changes to source tables)', async () => {
  await run("ALTER TABLE dbo.Items ADD Kind varchar(5) NOT NULL DEFAULT 'k'; ALTER TABLE dbo.Items DROP COLUMN Name");
  expect(await all('dbo_Items', 'Id').catch(() => [])).toEqual([]);
  await enable('Items', ", @capture_instance = N'Items_2', @captured_column_list = N'[Id], Price, [Kind]', @supports_net_changes = 1");
  await run("INSERT dbo.Items (Id, Price, Kind) VALUES (8, 8, 'q')");
  expect(await all('dbo_Items', 'Id, Name, Price')).toEqual([[2, 8, null, 8]]);
  expect(await all('Items_2', 'Id, Price, Kind')).toEqual([[2, 8, 8, 'q']]);
  expect(await rows(one, 'SELECT ddl_command FROM cdc.ddl_history WHERE source_object_id = OBJECT_ID(\'dbo.Items\') ORDER BY ddl_lsn'))
    .toEqual([['ALTER TABLE [dbo].[Items] ADD Kind'], ['ALTER TABLE [dbo].[Items] DROP COLUMN Name']]);
  const third = "EXEC sys.sp_cdc_enable_table @source_schema = 'dbo', @source_name = 'Items', @role_name = NULL, @capture_instance = 'x'";
  expect(await errorOf(one, third)).toBe(22962);
  await run("EXEC sys.sp_cdc_disable_table @source_schema = 'dbo', @source_name = 'Items', @capture_instance = 'dbo_Items'");
  expect(await errorOf(one, 'SELECT * FROM cdc.dbo_Items_CT')).toBe(208);
  expect(await errorOf(one, "EXEC sys.sp_cdc_enable_table @source_schema = 'dbo', @source_name = 'Early', @role_name = NULL, @capture_instance = 'Items_2'")).toBe(22926);
});

test('partition switches are not captured, and refused where Change Tracking is on', async () => {
  await run(`DROP TABLE IF EXISTS dbo.Parts, dbo.Out_;
    CREATE TABLE dbo.Parts (Id int NOT NULL PRIMARY KEY, V int); CREATE TABLE dbo.Out_ (Id int NOT NULL PRIMARY KEY, V int); INSERT dbo.Parts VALUES (1, 1), (2, 2)`);
  await enable('Parts');
  await run('INSERT dbo.Parts VALUES (3, 3)');
  await run('ALTER TABLE dbo.Parts SWITCH TO dbo.Out_');
  expect(await rows(one, 'SELECT (SELECT COUNT(*) FROM dbo.Parts), (SELECT COUNT(*) FROM dbo.Out_)')).toEqual([[0, 3]]);
  expect(await all('dbo_Parts', 'Id')).toEqual([[2, 3]]);
  await run('ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON; ALTER TABLE dbo.Out_ ENABLE CHANGE_TRACKING');
  expect(await errorOf(one, 'ALTER TABLE dbo.Parts SWITCH TO dbo.Out_')).toBe(22113);
  await run('DROP TABLE dbo.Parts; ALTER TABLE dbo.Out_ DISABLE CHANGE_TRACKING; ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF');
  expect(await rows(one, "SELECT capture_instance FROM cdc.change_tables WHERE capture_instance = 'dbo_Parts'")).toEqual([]);
});

test('a database without capture has none of it', async () => {
  await run('CREATE DATABASE Short; USE Short; EXEC sys.sp_cdc_enable_db; CREATE TABLE dbo.T (Id int NOT NULL PRIMARY KEY, V rowversion)', two);
  await run("EXEC sys.sp_cdc_enable_table 'dbo', 'T', @role_name = NULL; INSERT dbo.T (Id) VALUES (1)", two);
  expect(await rows(two, 'SELECT __$operation, Id, CASE WHEN V = @@DBTS THEN 1 END FROM cdc.dbo_T_CT')).toEqual([[2, 1, 1]]);
  await run('EXEC sys.sp_cdc_disable_db', two);
  expect(await rows(two, "SELECT COUNT(*) FROM sys.schemas WHERE name = 'cdc'")).toEqual([[0]]);
  await run('INSERT dbo.T (Id) VALUES (2); USE Captured', two);
});
