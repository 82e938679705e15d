import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startStandIns, type StandIns } from '../../tools/demo/stand-ins';
import { environmentOf, nextSteps } from '../../tools/local/environment';
import { codeBlocks } from '../docs/markdown-files';
import { TARBALL } from '../support/packages/packed-package';

const ROOT = path.resolve(__dirname, '..', '..');

let standIns: StandIns;
let folder: string;
let env: NodeJS.ProcessEnv;

/** The README's block that holds a text. */
function blockWith(found: string): string {
  const text = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  return codeBlocks({ file: 'README.md', text }).find(({ code }) => code.includes(found))!.code;
}

/** The commands that the README has a user type in a second terminal, without the first, which reads the environment. */
function commandsOfReadme(): string[] {
  const [first, ...others] = blockWith('.tmp/local/env.sh').trim().split('\n');
  expect(first).toBe('. path/to/clone/.tmp/local/env.sh');
  return others;
}

async function shell(command: string, changes: NodeJS.ProcessEnv = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...await promisify(execFile)('sh', ['-c', command], { cwd: folder, env: { ...env, ...changes } }) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'readme-walk-'));
  standIns = await startStandIns({ transactions: 1000, app: 'examples/quickstart/app.ts' });
  env = { ...process.env, ...environmentOf(standIns, TARBALL), npm_config_prefer_offline: 'true' };
}, 120_000);

afterAll(async () => {
  await standIns?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('what npm run local prints is what the README says', () => {
  const printed = nextSteps('path/to/clone/.tmp/local/env.sh', 'LegacyLedger').replace(/\\\n\s+/g, '').split('\n').map((line) => line.trim());
  for (const command of commandsOfReadme()) expect(printed).toContain(command);
});

test('the README\'s commands lead from an empty folder to landed Parquet and a live dashboard', async () => {
  const [install, extract, dashboard, ...rest] = commandsOfReadme();
  expect(rest).toEqual([]);
  expect(await shell(install)).toMatchObject({ code: 0 });
  const landed = await shell(extract);
  expect(landed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^run \S+: [\d,]+ rows of 9 tables in 9 objects[\s\S]*manifest s3:/) });
  const [, run] = /^run (\S+):/.exec(landed.stdout)!;
  expect(await shell(blockWith('verify RUN').replace('RUN', run))).toMatchObject({ code: 0, stdout: expect.stringMatching(/equals its manifest: 9 objects/) });
  // A shell of its own group, as a terminal's Ctrl-C would end it.
  const page = spawn('sh', ['-c', dashboard], { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => page.once('exit', resolve));
  try {
    const url = await urlOf(page);
    await expect(viewOf(url)).resolves.toMatchObject({ title: 'LegacyLedger', runs: [{ state: 'COMPLETE', tables: 9 }] });
  } finally {
    process.kill(-page.pid!, 'SIGINT');
    await ended;
  }
}, 240_000);

async function urlOf(page: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    page.stdout!.once('data', (text: Buffer) => resolve(/http:\S+/.exec(String(text))![0]));
    page.once('exit', (code) => reject(new Error(`the dashboard ended with ${code}`)));
  });
}

/** The page's data once it shows a run: run completion takes a moment. */
async function viewOf(url: string): Promise<unknown> {
  for (let left = 60; ; left -= 1) {
    const view = await (await fetch(`${url}api/view`)).json() as { runs: unknown[] };
    if (view.runs.length > 0 || left === 0) return view;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

describe('each wrong turn is one line that says what to do', () => {
  const turn = async (change: (command: string) => string, changes: NodeJS.ProcessEnv = {}) => shell(change(commandsOfReadme()[1]), changes);

  test.each<[string, (command: string) => string, NodeJS.ProcessEnv, number, RegExp]>([
    ['a wrong password', (command) => command, { LEGACY_TO_S3_PASSWORD: 'wrong-secret' }, 3, /^error LOGIN_FAILED: .*Login failed for user.*18456\); check login and password/],
    ['another database', (command) => command.replace('"$SQL_DATABASE"', 'Nowhere'), {}, 3, /^error LOGIN_FAILED: .*check the name of the database/],
    ['no password', (command) => `unset LEGACY_TO_S3_PASSWORD; ${command}`, {}, 2, /set the environment variable LEGACY_TO_S3_PASSWORD/],
    ['no table matched', (command) => `${command} --tables 'dbo.Acounts'`, {}, 3, /^error NO_TABLE_MATCHED: no table matches 'dbo\.Acounts'.*dbo\.Accounts/],
    ['another stack', (command) => command.replace('LegacyLedger', 'LegacyLodger'), {}, 4, /^error TARGET_NOT_FOUND: there is no stack 'LegacyLodger'/],
    ['a bucket that is not there', (command) => command.replace('--stack LegacyLedger', '--to s3://no-such-bucket/landing'), {}, 4, /^error TARGET_NOT_FOUND: .*no bucket 'no-such-bucket'/],
    ['an option misspelt', (command) => command.replace('--stack', '--stak'), {}, 2, /^error INVALID_CONFIG: unknown option '--stak'[\s\S]*--stack/],
    ['no authority', (command) => command.replace('--ca-file "$SQL_CA_FILE"', ''), {}, 3, /^error TLS_UNTRUSTED: .*--ca-file/],
    ['a port where nobody listens', (command) => command.replace('"$SQL_PORT"', '1'), {}, 3, /^error SOURCE_UNREACHABLE: .*check server, port and firewall/],
  ])('%s', async (_what, change, changes, code, line) => {
    const result = await turn(change, changes);
    expect(result).toMatchObject({ code, stderr: expect.stringMatching(line) });
    expect(result.stderr).not.toMatch(/^\s+at |wrong-secret/m);
  }, 60_000);
});
