import { startStandIn, type Fault, type StandIn } from '../../../tools/stand-in';
import { removeCliBundle } from '../../support/packages/cli-bundle';
import { runCli } from '../spawn-cli';

let server: StandIn;
beforeAll(async () => { server = await startStandIn({ transactions: 10 }); });
afterAll(async () => {
  await server.stop();
  removeCliBundle();
});
afterEach(() => { server.faults.onRequest = undefined; });

/** Runs `tables`; the first logins are refused. */
function tables(fault: Fault, times: number, ...options: string[]) {
  let logins = 0;
  server.faults.onRequest = ({ kind }) => (kind === 'login' && logins++ < times ? fault : undefined);
  const { port, user, database, password } = server;
  return runCli(['tables', '--server', `tcp:127.0.0.1,${port}`, '--user', user, '--database', database, '--encrypt', 'false', '--tables', 'Branches', ...options],
    { LEGACY_TO_S3_PASSWORD: password });
}

const PAUSED: Fault = { kind: 'error', number: 40613, message: "Database 'LegacyLedger' on server 'x' is not currently available." };

test('a paused database: a line for the attempt that failed, then the tables', async () => {
  const { code, stdout, stderr } = await tables(PAUSED, 1);
  expect(stderr).toMatch(/^warning: attempt 1 to connect failed with SOURCE_UNREACHABLE: 127\.0\.0\.1:\d+ is not available now .*\(error 40613\); .*; the next comes in \d\.\d s\n$/);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('ledger.Branches') });
});

test.each<[string, Fault, RegExp]>([
  ['one that stays paused', PAUSED, /^error SOURCE_UNREACHABLE: .*\(error 40613\); a serverless database that was paused/],
  ['a wrong password', { kind: 'error', number: 18456, state: 8 }, /^error LOGIN_FAILED: .*\(error 18456, state 8\); the password is wrong\n$/],
  ['a firewall', { kind: 'error', number: 40615, message: "Client with IP address '192.0.2.7' is not allowed." }, /^error LOGIN_FAILED: .*192\.0\.2\.7.*\(error 40615\); .*firewall/],
])('%s ends with 3 and says what it is', async (_, fault, line) => {
  expect(await tables(fault, 9, '--connect-retry', '0')).toMatchObject({ code: 3, stderr: expect.stringMatching(line) });
});

test.each([
  ['127.0.0.1:1433', /write '127\.0\.0\.1,1433'/],
  ['np:\\\\.\\pipe\\sql\\query', /named pipes/],
])('--server %s is refused with what is allowed', async (address, message) => {
  const args = ['tables', '--server', address, '--user', 'u', '--database', 'd'];
  const { code, stderr } = await runCli(args, { LEGACY_TO_S3_PASSWORD: 'x' });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
});

test('a port given twice differently is refused', async () => {
  const args = ['tables', '--server', 'db,1444', '--port', '1445', '--user', 'u', '--database', 'd'];
  expect(await runCli(args, { LEGACY_TO_S3_PASSWORD: 'x' })).toMatchObject({ code: 2, stderr: expect.stringContaining('name two ports') });
});
