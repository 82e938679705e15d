import sql from 'mssql';
import { startStandIn, type StandIn } from '../../../tools/stand-in';

let standIn: StandIn;
const pools: sql.ConnectionPool[] = [];

beforeAll(async () => {
  standIn = await startStandIn({
    transactions: 10,
    logins: [{ user: 'reader', password: 'r', viewServerState: false, alterAnyConnection: false }],
  });
});
afterAll(async () => {
  await Promise.all(pools.map(async (pool) => pool.close()));
  await standIn.stop();
});

/** A client of one connection. */
async function connect(appName: string, user = standIn.user, password = standIn.password): Promise<sql.ConnectionPool> {
  const { host, port, database } = standIn;
  const options = { encrypt: false, appName };
  const pool = await new sql.ConnectionPool({ server: host, port, user, password, database, pool: { min: 0, max: 1 }, options }).connect();
  pool.on('error', () => undefined);
  pools.push(pool);
  // The pool connects when it is first asked.
  await pool.query('SELECT 1');
  return pool;
}

const spidOf = async (pool: sql.ConnectionPool): Promise<number> => (await pool.query('SELECT @@SPID AS spid')).recordset[0].spid;
const programs = async (pool: sql.ConnectionPool): Promise<string[]> => (await pool.query('SELECT program_name FROM sys.dm_exec_sessions ORDER BY session_id')).recordset
  .map(({ program_name: name }) => name);

test('who is logged in is seen, by those who may see it, until it is gone', async () => {
  const [one, two, reader] = [await connect('one'), await connect('two'), await connect('three', 'reader', 'r')];
  expect(await programs(one)).toEqual(expect.arrayContaining(['one', 'two', 'three']));
  expect(await programs(reader)).toEqual(['three']);
  const { recordset: [row] } = await one.query('SELECT * FROM sys.dm_exec_sessions WHERE session_id = @@SPID');
  expect(row).toEqual({
    session_id: await spidOf(one),
    login_time: expect.any(Date),
    host_name: expect.any(String),
    program_name: 'one',
    login_name: standIn.user,
    is_user_process: true,
    original_login_name: standIn.user,
    database_id: expect.any(Number),
  });
  expect(Math.abs(row.login_time.getTime() - Date.now())).toBeLessThan(60_000);
  await two.close();
  expect(await programs(one)).not.toContain('two');
});

test('KILL ends another session, and says what it cannot end', async () => {
  const [killer, victim, reader] = [await connect('killer'), await connect('victim'), await connect('reader', 'reader', 'r')];
  const spid = await spidOf(victim);
  await expect(reader.query(`KILL ${spid}`)).rejects.toMatchObject({ number: 6102 });
  await expect(killer.query(`KILL ${await spidOf(killer)}`)).rejects.toMatchObject({ number: 6104 });
  await expect(killer.query('KILL 32767')).rejects.toMatchObject({ number: 6106, message: 'Process ID 32767 is not an active process ID.' });
  const running = victim.query('WAITFOR DELAY \'00:01:00\'').catch((error: { code?: string }) => error.code);
  expect(await programs(killer)).toContain('victim');
  await killer.query(`KILL ${spid}`);
  expect(await running).toMatch(/^(ESOCKET|ECONNCLOSED|ECONNRESET)$/);
  expect(await programs(killer)).not.toContain('victim');
});

test('what a login may do is told', async () => {
  const ask = async (pool: sql.ConnectionPool) => (await pool.query(`SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS sees,
    HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY CONNECTION') AS kills`)).recordset[0];
  expect(await ask(await connect('all'))).toEqual({ sees: 1, kills: 1 });
  expect(await ask(await connect('none', 'reader', 'r'))).toEqual({ sees: 0, kills: 0 });
});
