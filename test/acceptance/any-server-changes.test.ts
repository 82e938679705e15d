import { randomBytes } from 'node:crypto';
import sql from 'mssql';
import { type AnyServer, SERVERS } from '../support/source/any-server';

/**
 * What the stand-in says of changes, said by any server. A real one must have its agent running, whose capture job is waited for, and the
 * login must be of sysadmin.
 */
describe.each(SERVERS)('changes of %s', (_, there, start) => {
  const when = there ? test : test.skip;
  const database = `legacy_to_s3_changes_${randomBytes(6).toString('hex')}`;
  const clients: sql.ConnectionPool[] = [];
  let server: AnyServer;
  let one: sql.ConnectionPool;
  let two: sql.ConnectionPool;

  /** One session. */
  const connect = async (name: string) => {
    const { host, port, user, password } = server;
    const options = { encrypt: true, trustServerCertificate: true };
    const client = await new sql.ConnectionPool({ server: host, port, user, password, database: name, pool: { max: 1 }, options }).connect();
    clients.push(client);
    return client;
  };
  const run = async (statement: string, client = one) => { await client.request().batch(statement); };
  const rows = async (statement: string, client = one): Promise<unknown[][]> => {
    const request = client.request();
    request.arrayRowMode = true;
    return (await request.query(statement)).recordset as unknown as unknown[][];
  };
  const current = async (client = one) => Number((await rows('SELECT CHANGE_TRACKING_CURRENT_VERSION()', client))[0][0]);
  const changes = async (since: number, table = 'Items', key = 'Id') => rows(
    `SELECT RTRIM(SYS_CHANGE_OPERATION), ${key} FROM CHANGETABLE(CHANGES dbo.${table}, ${since}) AS c ORDER BY ${key}`);

  beforeAll(async () => {
    if (!there) return;
    server = await start();
    const master = await connect('master');
    await run(`CREATE DATABASE [${database}]`, master);
    await run(`ALTER DATABASE [${database}] SET ALLOW_SNAPSHOT_ISOLATION ON`, master);
    await run(`ALTER DATABASE [${database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)`, master);
    [one, two] = [await connect(database), await connect(database)];
    await run('CREATE TABLE dbo.Items (Id int NOT NULL PRIMARY KEY, Name varchar(20) NULL, Price int NULL)');
    await run('ALTER TABLE dbo.Items ENABLE CHANGE_TRACKING');
  });
  afterAll(async () => {
    if (!there) return;
    await Promise.all(clients.splice(1).map(async (client) => client.close()));
    await run(`ALTER DATABASE [${database}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE`, clients[0]).catch(() => undefined);
    await run(`DROP DATABASE [${database}]`, clients[0]);
    await clients[0].close();
    await server.stop();
  });
  beforeEach(async () => {
    if (!there) return;
    await run('DELETE dbo.Items');
    await run("INSERT dbo.Items (Id, Name, Price) VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
  });

  when('Change Tracking tells net operations, relative to a version', async () => {
    const before = await current();
    await run('INSERT dbo.Items (Id) VALUES (4); UPDATE dbo.Items SET Price = 5 WHERE Id IN (1, 4); UPDATE dbo.Items SET Id = 30 WHERE Id = 3');
    await run('DELETE dbo.Items WHERE Id = 2; INSERT dbo.Items (Id) VALUES (2)');
    expect(await changes(before)).toEqual([['U', 1], ['U', 2], ['D', 3], ['I', 4], ['I', 30]]);
    const later = await current();
    await run('UPDATE dbo.Items SET Price = 6 WHERE Id = 4');
    expect(await changes(later)).toEqual([['U', 4]]);
    await run('BEGIN TRAN; DELETE dbo.Items; ROLLBACK');
    expect(await current()).toBe(later + 1);
  });

  when('a SNAPSHOT transaction has version, changes and rows of one moment', async () => {
    const before = await current();
    await run('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN');
    try {
      expect(await current()).toBe(before);
      await rows('SELECT Id FROM dbo.Items');
      await run('UPDATE dbo.Items SET Price = 100 WHERE Id = 1', two);
      expect([await current(), await changes(before), await current(two)]).toEqual([before, [], before + 1]);
      expect(await rows('SELECT Price FROM dbo.Items WHERE Id = 1')).toEqual([[1]]);
    } finally {
      await run('COMMIT; SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
    }
    expect(await changes(before)).toEqual([['U', 1]]);
  });

  when('TRUNCATE and tracking begun anew make earlier versions invalid', async () => {
    const valid = async () => Number((await rows("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('dbo.Items'))"))[0][0]);
    const before = await current();
    expect(await valid()).toBeLessThanOrEqual(before);
    await run('TRUNCATE TABLE dbo.Items');
    expect([await valid() > before, await changes(0)]).toEqual([true, []]);
    await run('ALTER TABLE dbo.Items DISABLE CHANGE_TRACKING');
    await run('INSERT dbo.Items (Id) VALUES (1)');
    await run('ALTER TABLE dbo.Items ENABLE CHANGE_TRACKING');
    expect(await changes(0)).toEqual([]);
  });

  when('rowversions of open transactions bound MIN_ACTIVE_ROWVERSION', async () => {
    const number = async (what: string) => BigInt(String((await rows(`SELECT CAST(CAST(${what} AS bigint) AS varchar(20))`))[0][0]));
    await run('CREATE TABLE dbo.Versions (Id int NOT NULL PRIMARY KEY, N int NULL, V rowversion); INSERT dbo.Versions (Id) VALUES (1), (2)');
    const last = await number('@@DBTS');
    expect(await number('MIN_ACTIVE_ROWVERSION()')).toBe(last + 1n);
    await run('BEGIN TRAN; UPDATE dbo.Versions SET N = 1 WHERE Id = 1', two);
    await run('UPDATE dbo.Versions SET N = 1 WHERE Id = 2');
    expect([await number('@@DBTS'), await number('MIN_ACTIVE_ROWVERSION()')]).toEqual([last + 2n, last + 1n]);
    await run('COMMIT', two);
    expect(await number('MIN_ACTIVE_ROWVERSION()')).toBe(last + 3n);
  });

  when('Change Data Capture tells all and net changes, and answers a range it has not with error 313', async () => {
    await run('EXEC sys.sp_cdc_enable_db');
    await run('CREATE TABLE dbo.Captured (Id int NOT NULL PRIMARY KEY, Price int NULL, Twice AS Price * 2, Body nvarchar(max) NULL)');
    await run("EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'Captured', @role_name = NULL, @supports_net_changes = 1");
    await run("INSERT dbo.Captured (Id, Price, Body) VALUES (1, 1, N'x'), (2, 2, N'y')");
    await run('UPDATE dbo.Captured SET Price = 5 WHERE Id = 1');
    const [[clock]] = await rows("SELECT CONVERT(varchar(40), SYSDATETIME(), 126) WAITFOR DELAY '00:00:00.020'");
    await run('DELETE dbo.Captured WHERE Id = 2');
    while (Number((await rows('SELECT COUNT(*) FROM cdc.dbo_Captured_CT'))[0][0]) < 5) await run("WAITFOR DELAY '00:00:00.200'");
    const range = "DECLARE @from binary(10) = sys.fn_cdc_get_min_lsn('dbo_Captured'), @to binary(10) = sys.fn_cdc_get_max_lsn();";
    const columns = '__$operation, Id, Price, Twice, Body';
    expect(await rows(`${range} SELECT ${columns} FROM cdc.fn_cdc_get_all_changes_dbo_Captured(@from, @to, N'all update old')
      ORDER BY __$start_lsn, __$seqval, __$operation`)).toEqual([
      [2, 1, 1, null, 'x'], [2, 2, 2, null, 'y'], [3, 1, 1, null, null], [4, 1, 5, null, 'x'], [1, 2, 2, null, 'y'],
    ]);
    expect(await rows(`${range} SELECT __$operation, Id, Price FROM cdc.fn_cdc_get_net_changes_dbo_Captured(@from, @to, N'all')`)).toEqual([[2, 1, 5]]);
    await expect(rows(`${range} SELECT Id FROM cdc.fn_cdc_get_all_changes_dbo_Captured(sys.fn_cdc_increment_lsn(@to), @to, N'all')`)).rejects.toMatchObject({ number: 313 });
    // Commits have their times by the clock that the server tells: rows that were counted are told from those that came later by it.
    expect(await rows(`SELECT c.__$operation, CASE WHEN m.tran_end_time > DATEADD(millisecond, 10, CONVERT(datetime2(3), '${String(clock)}')) THEN 1 ELSE 0 END
      FROM cdc.dbo_Captured_CT AS c JOIN cdc.lsn_time_mapping AS m ON m.start_lsn = c.__$start_lsn ORDER BY c.__$start_lsn, c.__$seqval, c.__$operation`))
      .toEqual([[2, 0], [2, 0], [3, 0], [4, 0], [1, 1]]);
    await run('EXEC sys.sp_cdc_disable_db');
  });
});
