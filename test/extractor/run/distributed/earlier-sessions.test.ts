import sql from 'mssql';
import { ExtractFormat, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../../tools/stand-in';
import { FakeS3Server } from '../../../support/cloud/fake-s3-server';
import { InProcessExecution } from '../../../support/runs/in-process-execution';
import { makeKillTables } from '../../../support/runs/kill-tables';
import { connectClient } from '../../../support/source/stand-in-client';

let server: StandIn;
let s3: FakeS3Server;
const pools: sql.ConnectionPool[] = [];
const environment = { ...process.env };

const LOGINS = {
  all: { user: 'all', password: 'a' },
  blind: { user: 'blind', password: 'b', viewServerState: false },
  meek: { user: 'meek', password: 'm', alterAnyConnection: false },
};

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  server = await startStandIn({ transactions: 100, logins: Object.values(LOGINS) });
  const client = await connectClient(server);
  await makeKillTables(client);
  await client.close();
});
afterAll(async () => {
  await server.stop();
  process.env = environment;
});
beforeEach(async () => { s3 = await FakeS3Server.start('landing'); });
afterEach(async () => {
  server.faults.onRequest = undefined;
  await Promise.all(pools.splice(0).map(async (pool) => pool.close()));
  await s3.stop();
});

function execution({ user, password }: { readonly user: string; readonly password: string }): InProcessExecution {
  const props: ExtractorProps = {
    source: { server: '127.0.0.1', port: server.port, database: server.database, user, password, encrypt: false },
    target: 's3://landing/sql',
    endpointUrl: s3.endpoint,
    readers: 2,
  };
  return new InProcessExecution('zombies', s3, { props, settings: { tables: ['dbo.Kill*'], format: ExtractFormat.csv(), targetChunkRows: 250 } });
}

const sessionsOf = (program: string) => server.engine.sessions.all().filter(({ programName }) => programName === program);
const workers = () => [...new Set(server.engine.sessions.all().map(({ programName }) => programName).filter((name) => /^cdk-legacy-to-s3 \S+ 1 /.test(name)))];

/** Another program, which is connected until the end of the test. */
async function connect(appName: string, user = server.user, password = server.password): Promise<void> {
  const { host, port, database } = server;
  const pool = await new sql.ConnectionPool({ server: host, port, user, password, database, options: { encrypt: false, appName } }).connect();
  pool.on('error', () => undefined);
  pools.push(pool);
  await pool.query('SELECT 1');
}

/** A worker that reads two chunks of an item and hangs there, and what another one of the same item does. */
async function takeOver(login: { readonly user: string; readonly password: string }) {
  const run = execution(login);
  const begun = await run.begin();
  const [item] = run.items(begun).sort((a, b) => JSON.stringify(b).length - JSON.stringify(a).length);
  let reads = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  const hung = new Promise<void>((resolve) => {
    server.faults.onRequest = async ({ sql: text }) => {
      if (!/^SELECT \[.*FROM \[dbo\]\.\[Kill/.test(text)) return undefined;
      reads += 1;
      if (reads === 2) resolve();
      if (reads <= 2) await held;
      return undefined;
    };
  });
  const zombie = run.work(begun, item).then(() => undefined, (error: { readonly code: string }) => error.code);
  await hung;
  const [name] = workers();
  // The same name of another login, and the same login by nearly the same name.
  await connect(name);
  await connect(`${name}0`, login.user, login.password);
  await connect(name.slice(0, -1), login.user, login.password);
  const before = { sessions: sessionsOf(name).length, reads };
  await run.work(begun, item);
  const own = sessionsOf(name).filter(({ loginName }) => loginName === login.user).length;
  const after = { own, others: sessionsOf(name).length - own };
  const near = sessionsOf(`${name}0`).length + sessionsOf(name.slice(0, -1)).length;
  const warnings = run.events.flatMap((event) => (event.type === 'warning' && event.message.includes('workers before') ? [event.message] : []));
  release();
  const code = await zombie;
  const readsInAll = reads;
  for (const each of run.items(begun)) await run.work(begun, each);
  const { rows } = await run.complete(begun);
  run.end();
  const chunks = item.tables.flatMap((table) => table.chunks).length;
  return { name, before, after, near, warnings, code, rows, again: readsInAll - chunks };
}

test('who repeats a chunk ends the sessions that read it before: those of the worker, and no other', async () => {
  const { name, before, after, near, warnings, code, rows, again } = await takeOver(LOGINS.all);
  expect(name).toMatch(/^cdk-legacy-to-s3 \d{8}T\d{9}Z-[0-9a-f]{6} 1 [0-9a-f]{16}$/);
  expect(name.length).toBeLessThanOrEqual(128);
  expect(before.sessions).toBe(3);
  expect({ after, near }).toEqual({ after: { own: 0, others: 1 }, near: 2 });
  expect(warnings).toEqual(['ended 2 sessions of workers before, which still read at the source']);
  // It lost its chunks, and asked for none of them again.
  expect({ code, again, rows }).toEqual({ code: 'RUN_IN_USE', again: 2, rows: 4410 });
});

test.each<[keyof typeof LOGINS, string]>([['blind', 'VIEW SERVER STATE'], ['meek', 'ALTER ANY CONNECTION']])(
  'a login that may not (%s) is told once what it has not, and lands the same', async (login, missing) => {
    const { after, near, warnings, code, rows } = await takeOver(LOGINS[login]);
    expect({ after, near }).toEqual({ after: { own: 2, others: 1 }, near: 2 });
    expect(warnings).toEqual([`sessions of workers before may still read at the source, since they cannot be ended from here: the login has not ${missing}`]);
    expect({ code, rows }).toEqual({ code: 'RUN_IN_USE', rows: 4410 });
  },
);

test('what a claim says names no session but of the run\'s own workers', async () => {
  const run = execution(LOGINS.all);
  const begun = await run.begin();
  const { run: { runId } } = begun as Extract<typeof begun, { outcome: 'begun' }>;
  const names = ['sqlcmd', `cdk-legacy-to-s3 ${runId} 1 \u0027) OR 1=1 --`, 'cdk-legacy-to-s3 20260131T235959123Z-4f9a1c 1 0123456789abcdef'];
  for (const name of names) await connect(name, LOGINS.all.user, LOGINS.all.password);
  const [item] = run.items(begun);
  const [{ index, chunks: [{ chunk }] }] = item.tables;
  const five = (number: number) => String(number).padStart(5, '0');
  for (const [at, session] of names.entries()) {
    s3.objects.set(`sql-state/run=${runId}/claim-${five(index)}-${five(chunk)}-00${at + 1}.json`, { body: Buffer.from(JSON.stringify({ session })) } as never);
  }
  await run.work(begun, item);
  expect(run.events.filter((event) => event.type === 'warning' && event.message.includes('workers before'))).toEqual([]);
  expect(names.map((name) => sessionsOf(name).length)).toEqual([1, 1, 1]);
  run.end();
});
