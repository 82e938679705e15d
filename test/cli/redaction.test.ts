import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCli } from './spawn-cli';
import type { ReplayServer } from '../../tools/replay-server/replay-server';
import { done, error, packetize } from '../../tools/replay-server/tds-packets';
import { FakeS3Server } from '../support/cloud/fake-s3-server';
import { removeCliBundle } from '../support/packages/cli-bundle';
import { startScriptedDatabase } from '../support/source/scripted-database';

/** Planted wherever a secret can come from. */
const SECRET = 'pLanted-Secret-7';

let database: ReplayServer;
let chatty: ReplayServer;
let s3: FakeS3Server;
let folder: string;
let passwordFile: string;

beforeAll(async () => {
  const table = { schema: 'dbo', table: 'Accounts', columns: ['Id'], rows: [[1]] };
  database = await startScriptedDatabase({ tables: [table] });
  // A server that says the secret itself.
  chatty = await startScriptedDatabase({ tables: [table], override: () => [packetize(Buffer.concat([error(50_000, `who is ${SECRET}?`), done(2)]), 4096, true)] });
  s3 = await FakeS3Server.start('bucket');
  folder = mkdtempSync(join(tmpdir(), 'redaction-'));
  passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${SECRET}\n`);
});
afterAll(async () => {
  await database.stop();
  await chatty.stop();
  await s3.stop();
  rmSync(folder, { recursive: true });
  removeCliBundle();
});

const source = (port: number) => ['--server', '127.0.0.1', '--port', String(port), '--user', 'reader', '--database', 'Ledger', '--encrypt', 'false'];
const toFolder = () => ['--to', pathToFileURL(join(folder, 'landed')).href];
const toS3 = () => ['--to', 's3://absent/x', '--endpoint-url', s3.endpoint, '--region', 'eu-west-1'];
const inEnv = { LEGACY_TO_S3_PASSWORD: SECRET, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: SECRET };
const connection = (text: string) => ({ CS: text });
const fromString = ['--connection-string-from-env', 'CS'];

test.each<[string, () => readonly string[], NodeJS.ProcessEnv]>([
  ['a server that tells the password', () => ['extract', ...source(chatty.port), ...toFolder()], inEnv],
  ['the same, planning', () => ['plan', ...source(chatty.port)], inEnv],
  ['the same, password in a file', () => ['extract', ...source(chatty.port), ...toFolder(), '--password-file', passwordFile], {}],
  ['the same, password in a connection string', () => ['plan', ...fromString],
    { get CS() { return `Server=127.0.0.1,${chatty.port};Database=Ledger;User ID=reader;Password=${SECRET};Encrypt=False`; } }],
  ['nobody listens', () => ['extract', ...source(1), ...toFolder()], inEnv],
  ['no table matches', () => ['extract', ...source(database.port), ...toFolder(), '--tables', 'Nope'], inEnv],
  ['no bucket', () => ['extract', ...source(database.port), ...toS3()], inEnv],
  ['a run that is not there', () => ['verify', '20260101T000000000Z-abcdef', ...toS3()], inEnv],
  ['abort of a run that is not there', () => ['abort', '20260101T000000000Z-abcdef', ...toS3()], inEnv],
  ['prune without a bucket', () => ['prune', ...toS3()], inEnv],
  ['a connection string with an unknown key', () => ['plan', ...fromString], connection(`Server=x;Passwort=${SECRET}`)],
  ['a connection string with a semicolon in the password', () => ['plan', ...fromString], connection(`Server=x;Password=a;${SECRET}=b`)],
  ['a connection string that is none', () => ['plan', ...fromString], connection(SECRET)],
  ['an incomplete connection string', () => ['plan', ...fromString], connection(`Server=x;Password=${SECRET}`)],
  ['a proxy with a password that is no URL', () => ['extract', ...source(database.port), ...toFolder(), '--proxy-url', `ftp://u:${SECRET}@proxy`], inEnv],
])('%s: the command fails and prints no secret', async (_, args, env) => {
  for (const more of [[], ['--debug'], ...(args()[0] === 'extract' ? [['--json', '--debug']] : [])]) {
    const { code, stdout, stderr } = await runCli([...args(), ...more], { ...env });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^(?:.*\n)*?error [A-Z_0-9]+: /);
    expect(stdout + stderr).not.toContain(SECRET);
  }
});

test('a run that succeeds writes no secret, neither in its output nor into what lands', async () => {
  const { code, stdout, stderr } = await runCli(['extract', ...source(database.port), ...toFolder(), '--format', 'csv', '--json'], inEnv);
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain(SECRET);
  const files = readdirSync(join(folder, 'landed'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(1);
  for (const { parentPath, path, name } of files) expect(readFileSync(join(parentPath ?? path, name), 'latin1')).not.toContain(SECRET);
});
