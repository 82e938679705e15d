import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { cliBundle, removeCliBundle } from '../../support/packages/cli-bundle';
import { startScriptedDatabase } from '../../support/source/scripted-database';
import { startCli, type CliResult } from '../spawn-cli';

let database: ReplayServer;
let folder: string;

beforeAll(async () => {
  database = await startScriptedDatabase({ tables: [{ schema: 'dbo', table: 'Accounts', columns: ['Id'], rows: [[1], [2]] }] });
});
afterAll(async () => {
  await database.stop();
  removeCliBundle();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'cli-closed-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const env = { LEGACY_TO_S3_PASSWORD: 'hunter2' };
const source = () => ['--server', '127.0.0.1', '--port', String(database.port), '--user', 'reader', '--database', 'Ledger', '--encrypt', 'false'];
const target = () => ['--to', pathToFileURL(folder).href];
const manifests = () => readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('_manifest.json'));

/** Starts the command line with outputs that nobody reads. */
async function unread(args: readonly string[], ...outputs: ReadonlyArray<'stdout' | 'stderr'>): Promise<CliResult> {
  const { process: child, ended } = startCli(args, env);
  for (const output of outputs) child[output]!.destroy();
  return ended;
}

test.each<[string, () => string[]]>([
  ['help', () => ['--help']],
  ['help of a command', () => ['extract', '--help']],
  ['the version', () => ['--version']],
  ['tables', () => ['tables', ...source()]],
  ['a plan', () => ['plan', ...source(), '--json']],
  ['check', () => ['check', ...source(), ...target()]],
  ['status', () => ['status', ...target()]],
])('%s into a closed pipe ends quietly with 0', async (_, args) => {
  expect(await unread(args(), 'stdout')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('a run goes on when its outputs are closed, at once or on the way, and lands', async () => {
  const args = ['extract', ...source(), ...target(), '--json'];
  expect(await unread(args, 'stdout')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await unread(args.slice(0, -1), 'stdout', 'stderr')).toEqual({ code: 0, stdout: '', stderr: '' });
  const { process: child, ended, seen } = startCli(args, env);
  await seen('run-started');
  child.stdout!.destroy();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
  expect(manifests()).toHaveLength(3);
});

test('a failure keeps its exit code and its line', async () => {
  const failing = ['extract', ...source(), ...target(), '--tables', 'Nope', '--json'];
  expect(await unread(failing, 'stdout')).toMatchObject({ code: 3, stderr: expect.stringMatching(/^error NO_TABLE_MATCHED: .*\n$/) });
  expect(await unread(failing, 'stdout', 'stderr')).toMatchObject({ code: 3 });
});

test('an output on a full disk is told: what was printed is not whole', () => {
  const bin = join(cliBundle(), 'bin', 'cdk-legacy-to-s3.js');
  const { status, stderr } = spawnSync('sh', ['-c', '"$0" "$1" extract --help > /dev/full', process.execPath, bin], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringMatching(/^error TARGET_FULL: cannot write to standard output: .*ENOSPC/) });
});
