import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { extract, ExtractFormat } from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { removeCliBundle } from '../../support/packages/cli-bundle';
import { runCli } from '../spawn-cli';

let server: StandIn;
let folder: string;

beforeAll(async () => { server = await startStandIn({ transactions: 3000 }); });
afterAll(async () => {
  await server?.stop();
  removeCliBundle();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'commands-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const url = () => pathToFileURL(join(folder, 'landing')).href;
const source = () => ['--server', server.host, '--port', String(server.port), '--database', server.database, '--user', server.user, '--ca-file', server.caFile];
const env = () => ({ LEGACY_TO_S3_PASSWORD: server.password });

test('from nothing to a landed run: init writes a config file, check passes, extract reads it, status shows the run', async () => {
  const config = join(folder, 'legacy.yaml');
  const init = await runCli(['init', '--out', config, ...source(), '--to', url(), '--tables', 'Transactions,ledger.Branches', '--format', 'csv']);
  expect(init).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Next: set LEGACY_TO_S3_PASSWORD') });
  expect(parse(readFileSync(config, 'utf8'))).toEqual({
    source: { server: server.host, port: server.port, database: server.database, user: server.user, caFile: server.caFile },
    target: url(),
    tables: ['Transactions', 'ledger.Branches'],
    format: { name: 'csv' },
  });
  const check = await runCli(['check', '--config', config], env());
  expect(check).toMatchObject({ code: 0, stderr: '' });
  for (const name of ['node', 'connection', 'clock', 'tables', 'target', 'checkpoint']) expect(check.stdout).toMatch(new RegExp(`^${name} +ok `, 'm'));
  expect(await runCli(['extract', '--config', config, '--quiet'], env())).toMatchObject({ code: 0, stderr: '' });
  const status = await runCli(['status', '--config', config]);
  expect(status.stdout).toMatch(/^RUN +STATE +DATABASE +TABLES +ROWS +SIZE +CONSISTENCY\n\S+ +complete, \w+ +LegacyLedger +2 +[\d,]+ +[\d.]+ kB +snapshot\n$/);
  const json = await runCli(['status', '--to', url(), '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject([{ state: 'complete', tables: 2, database: 'LegacyLedger' }]);
});

test('init asks where there is a terminal, says which options are missing where there is none, and writes over nothing', async () => {
  const config = join(folder, 'c.yaml');
  expect(await runCli(['init', '--out', config, '--server', 'db'])).toMatchObject({
    code: 2, stderr: 'error INVALID_CONFIG: there is no terminal to ask on: pass --database, --user, --to\n',
  });
  writeFileSync(config, 'mine');
  const args = ['init', '--out', config, '--server', 'db', '--database', 'd', '--user', 'u', '--to', 's3://b'];
  expect(await runCli(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already; pass --force') });
  expect(readFileSync(config, 'utf8')).toBe('mine');
  expect(await runCli([...args, '--force'])).toMatchObject({ code: 0 });
});

test('check goes on after what fails, says what to do, and ends with 2', async () => {
  mkdirSync(join(folder, 'landing'));
  const { code, stdout, stderr } = await runCli(['check', ...source(), '--to', url(), '--json'], { LEGACY_TO_S3_PASSWORD: 'wrong-one' });
  expect(code).toBe(2);
  const [line] = stdout.split('\n');
  const items = JSON.parse(line) as Array<{ name: string; state: string; detail: string; advice?: string }>;
  expect(items.find(({ name }) => name === 'connection')).toMatchObject({ state: 'fail', detail: expect.stringContaining('LOGIN_FAILED'), advice: expect.stringContaining('password') });
  expect(items.find(({ name }) => name === 'target')).toMatchObject({ state: 'ok' });
  expect(stderr).toMatch(/^error CHECK_FAILED: 1 of \d+ checks failed: connection$/m);
  expect(stdout + stderr).not.toContain('wrong-one');
});

test('tables lists what would be read', async () => {
  const { code, stdout, stderr } = await runCli(['tables', ...source(), '--exclude-tables', 'Branches'], env());
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^TABLE +ROWS \(ABOUT\) +SIZE +COLUMNS +PRIMARY KEY\n/);
  expect(stdout).toMatch(/^dbo\.Transactions +3,000 +.* \d+ +\w+$/m);
  expect(stdout).not.toContain('ledger.Branches');
  const json = await runCli(['tables', ...source(), '--tables', 'Transactions', '--json'], env());
  expect(JSON.parse(json.stdout)).toMatchObject([{ schema: 'dbo', table: 'Transactions', rows: 3000 }]);
});

test('status shows a run that can be gone on with, and an empty target', async () => {
  const empty = await runCli(['status', '--to', url()]);
  expect(empty).toMatchObject({ code: 0, stdout: 'no run has landed there\n' });
  const stop = new AbortController();
  const running = extract({
    source: { server: server.host, port: server.port, database: server.database, user: server.user, password: server.password, encrypt: false },
    target: url(),
    format: ExtractFormat.csv(),
    tables: ['Transactions'],
    targetChunkRows: 500,
    readers: 1,
  }, { signal: stop.signal, onEvent: ({ type }) => { if (type === 'chunk-finished') stop.abort(); } });
  await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
  const { stdout } = await runCli(['status', '--to', url()]);
  expect(stdout).toMatch(/ unfinished, 1 of 6 chunks /);
  expect(stdout).toMatch(/go on with an unfinished or incomplete run by extract … --resume \S+, or give it up by abort/);
});
