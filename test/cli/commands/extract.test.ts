import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { done, error, packetize } from '../../../tools/replay-server/tds-packets';
import { FakeS3Server } from '../../support/cloud/fake-s3-server';
import { removeCliBundle } from '../../support/packages/cli-bundle';
import { startScriptedDatabase, type ScriptedDatabase } from '../../support/source/scripted-database';
import { capturePackets } from '../../support/tds/captures';
import { runCli, startCli } from '../spawn-cli';

const PASSWORD = 'planted-Secret-1';
const DATABASE: ScriptedDatabase = { tables: [{ schema: 'dbo', table: 'Accounts', columns: ['Id'], rows: [[1], [2]] }] };

let database: ReplayServer;
let s3: FakeS3Server;
let folder: string;

beforeAll(async () => {
  database = await startScriptedDatabase(DATABASE);
  s3 = await FakeS3Server.start('bucket');
});
afterAll(async () => {
  await database.stop();
  await s3.stop();
  removeCliBundle();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  s3.fault = () => undefined;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const env = { LEGACY_TO_S3_PASSWORD: PASSWORD, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'planted-Secret-2' };

function args(overrides: Record<string, string | true> = {}, port = database.port): string[] {
  const options: Record<string, string | true> = {
    server: '127.0.0.1', port: String(port), user: 'reader', database: 'Ledger', encrypt: 'false', format: 'csv', to: pathToFileURL(folder).href, ...overrides,
  };
  return ['extract', ...Object.entries(options).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, value]))];
}

const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);
const toS3 = { 'to': 's3://bucket/landing', 'endpoint-url': '' };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('the result is on standard output, progress on standard error', async () => {
  const { code, stdout, stderr } = await runCli(args(), env);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('dbo.Accounts  2 rows in 1 object') });
  expect(stdout).toMatch(/^run \S+: 2 rows of 1 table in 1 object, .*; consistency snapshot, verified \(which took the source 0\.\d s\)\nmanifest file:\/\/\S+_manifest.json\n$/);
  expect(files().sort()).toEqual(['_manifest.json', 'part-00000-0000.csv']);
});

test('a run of one row is told in the singular, by each command', async () => {
  const single = await startScriptedDatabase({ tables: [{ schema: 'dbo', table: 'Accounts', columns: ['Id'], primaryKey: ['Id'], rows: [[7]] }] });
  try {
    const [, ...options] = args({}, single.port);
    const source = options.slice(0, options.indexOf('--format'));
    const landed = await runCli(['extract', ...options], env);
    const [, runId] = /^run (\S+):/.exec(landed.stdout)!;
    const to = ['--to', pathToFileURL(folder).href];
    const told = [landed, await runCli(['plan', ...source], env), await runCli(['verify', runId, ...to], env), await runCli(['check', ...options], env)];
    expect(told.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const text = told.map(({ stdout, stderr }) => stdout + stderr).join('');
    for (const one of ['1 row of 1 table in 1 object', '1 table in 1 chunk', 'about 1 row,', '1 object, 1 row and', '1 table, about 1 row']) expect(text).toContain(one);
    // A rate has its unit.
    expect(text).not.toMatch(/(?<![\w,.])1 [a-z]+s\b(?!\/)/);
  } finally {
    await single.stop();
  }
});

test('--quiet prints nothing', async () => {
  expect(await runCli(args({ quiet: true }), env)).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('--json prints events, the result last', async () => {
  const { code, stdout, stderr } = await runCli(args({ json: true }), env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = stdout.trim().split('\n').map((line) => JSON.parse(line));
  expect(events.map(({ type }) => type).filter((type) => !String(type).endsWith('-progress'))).toEqual([
    // The table's one column may be NULL, which CSV needs a text for.
    'run-started', 'run-planned', 'warning', 'table-started', 'chunk-verified', 'table-finished', 'run-verified', 'run-finished',
  ]);
  expect(events.at(-1).result).toMatchObject({ rows: 2, verification: 'verified' });
});

test('--tables may be given more than once, with commas', async () => {
  const { code, stderr } = await runCli([...args({ tables: 'dbo.A*,[dbo].[Accounts]' }), '--tables', 'Nope'], env);
  expect(code).toBe(3);
  expect(stderr).toContain("no table matches 'Nope'");
});

test('S3 gets the objects and the manifest last', async () => {
  const { code, stdout } = await runCli(args({ ...toS3, 'endpoint-url': s3.endpoint }), env);
  expect(code).toBe(0);
  expect(stdout).toMatch(/manifest s3:\/\/bucket\/landing\/_runs\/run=\S+\/_manifest.json\n$/);
  const landed = [...s3.objects.keys()];
  expect(landed.at(-1)).toMatch(/_manifest.json$/);
  expect(landed).toHaveLength(2);
  expect(s3.uploads.size).toBe(0);
});

test.each<[string, number, string, RegExp, () => Promise<[string[], NodeJS.ProcessEnv?]>]>([
  ['an unreachable server', 3, 'SOURCE_UNREACHABLE', /connection refused/, async () => [args({}, await freePort())]],
  ['an unknown host', 3, 'SOURCE_UNREACHABLE', /no-such-host.invalid:\d+/, async () => [args({ server: 'no-such-host.invalid' })]],
  ['a server without encryption', 3, 'TLS_UNTRUSTED', /offers no encryption/, async () => [args({ encrypt: 'true' })]],
  ['an unknown table', 3, 'NO_TABLE_MATCHED', /did you mean 'dbo.Accounts'/, async () => [args({ tables: 'dbo.Acounts' })]],
  ['a missing CA file', 2, 'INVALID_CONFIG', /cannot read the CA file/, async () => [args({ 'ca-file': '/nowhere/ca.pem' })]],
  ['a missing bucket', 4, 'TARGET_NOT_FOUND', /there is no bucket 'nowhere'/, async () => [args({ 'to': 's3://nowhere/x', 'endpoint-url': s3.endpoint })]],
  ['a store that is not there', 4, 'TARGET_UNREACHABLE', /ECONNREFUSED/, async () => [args({ ...toS3, 'endpoint-url': `http://127.0.0.1:${await freePort()}` })]],
  ['a bucket that may not be written', 4, 'TARGET_ACCESS_DENIED', /access denied/, async () => {
    s3.fault = () => ({ status: 403, code: 'AccessDenied' });
    return [args({ ...toS3, 'endpoint-url': s3.endpoint })];
  }],
  ['a folder through a file', 4, 'TARGET_NOT_FOUND', /not a folder/, async () => [args({ to: 'file:///dev/null/x' })]],
  ['a checksum that differs', 5, 'CHECKSUM_MISMATCH', /S3 states checksum/, async () => {
    s3.fault = ({ operation }) => (operation === 'PutObject' ? 'wrong-checksum' : undefined);
    return [args({ ...toS3, 'endpoint-url': s3.endpoint })];
  }],
])('%s: exit code %d and one line with %s', async (_, exitCode, code, message, prepare) => {
  s3.objects.clear();
  const [commandLine] = await prepare();
  const result = await runCli([...commandLine, '--quiet'], env);
  expect(result).toMatchObject({ code: exitCode, stdout: '' });
  expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(result.stderr).toMatch(new RegExp(`^error ${code}: `));
  expect(result.stderr).toMatch(message);
  expect(files().filter((name) => name !== 'part-00000-0000.csv')).toEqual([]);
  expect([...s3.objects.keys()].filter((key) => key.endsWith('_manifest.json'))).toEqual([]);
  expect(s3.uploads.size).toBe(0);
});

test('no output holds a secret, with --debug and --json as well', async () => {
  const failing: Array<Record<string, string>> = [
    { tables: PASSWORD }, { encrypt: 'true' }, { ...toS3, 'endpoint-url': `http://user:${PASSWORD}@127.0.0.1:1` },
  ];
  for (const extra of failing) {
    const { code, stdout, stderr } = await runCli(args({ ...extra, debug: true, json: true }), env);
    expect(code).not.toBe(0);
    expect(stdout + stderr).not.toMatch(/planted-Secret/);
  }
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s stops cleanly: exit code 130, no manifest, no upload left', async (signal) => {
  const slow = await startScriptedDatabase({
    ...DATABASE,
    override: (sql) => (/^SELECT \[Id\]/.test(sql) ? endless() : undefined),
  });
  try {
    const cli = startCli(args({}, slow.port), env);
    await cli.seen('run ');
    while (!slow.requests.some((sql) => /^SELECT \[Id\]/.test(sql))) await new Promise((resolve) => setImmediate(resolve));
    cli.process.kill(signal);
    const { code, stderr } = await cli.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringMatching(/error INTERRUPTED: stopped; no manifest/) });
    expect(files()).toEqual([]);
  } finally {
    await slow.stop();
  }
});

/** The first packets of a long response, and then silence until the client is gone. */
async function* endless(): AsyncGenerator<Buffer> {
  yield capturePackets('transactions-2000').subarray(0, 50_000);
  await new Promise((resolve) => setTimeout(resolve, 2 ** 30).unref());
}

test('a run that lacks a table ends with an exit code of its own, and names it', async () => {
  const tables = ['Accounts', 'Broken'].map((table) => ({ schema: 'dbo', table, columns: ['Id'], rows: [[1], [2]] }));
  const broken = await startScriptedDatabase({
    tables,
    override: (sql) => (/SELECT \[Id\] FROM \[dbo\]\.\[Broken\]/.test(sql)
      ? [packetize(Buffer.concat([error(8134, 'Divide by zero error encountered.'), done(2)]), 4096, true)] : undefined),
  });
  try {
    const { code, stdout, stderr } = await runCli(args({ 'on-table-error': 'continue' }, broken.port), env);
    expect({ code, stdout }).toMatchObject({ code: 6, stdout: expect.stringContaining('2 rows of 1 table') });
    expect(stderr).toContain('dbo.Broken is missing from the run: SOURCE_QUERY_FAILED');
    expect(stderr).toMatch(/error TABLES_MISSING: run \S+ lacks dbo\.Broken \(SOURCE_QUERY_FAILED\); .*--resume/);
  } finally {
    await broken.stop();
  }
});
