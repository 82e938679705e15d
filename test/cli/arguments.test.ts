import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from './spawn-cli';
import { formatBytes, parseSize } from '../../src/cli/config/byte-size';
import { EXIT_CODES } from '../../src/cli/process/exit-codes';
import { cliBundle, removeCliBundle } from '../support/packages/cli-bundle';

const REQUIRED = ['--server', '127.0.0.1', '--user', 'reader', '--database', 'Ledger', '--to', 'file:///tmp/x'];

afterAll(removeCliBundle);

test('--help needs no engine and answers within 300 ms', () => {
  const folder = mkdtempSync(join(tmpdir(), 'help-'));
  try {
    for (const part of ['bin', 'assets/cli']) cpSync(join(cliBundle(), part), join(folder, part), { recursive: true });
    const best = (...args: string[]) => Math.min(...Array.from({ length: 5 }, () => {
      const started = performance.now();
      execFileSync(process.execPath, args, { stdio: 'pipe' });
      return performance.now() - started;
    }));
    // On a machine so busy that Node alone takes 100 ms and more to start, its time is the measure.
    expect(best(join(folder, 'bin', 'cdk-legacy-to-s3.js'), '--help')).toBeLessThan(Math.max(300, 3 * best('-e', '0')));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('--help names every option and ends with 0', async () => {
  const { code, stdout, stderr } = await runCli(['extract', '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const option of ['server', 'port', 'user', 'database', 'encrypt', 'ca-file', 'trust-server-certificate', 'tables', 'exclude-tables', 'query', 'as',
    'format', 'compression', 'to', 'region', 'endpoint-url', 'json', 'quiet', 'debug', 'target-file-size']) {
    expect(stdout).toContain(`--${option}`);
  }
  const headings = [...stdout.matchAll(/^(\S.*):$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(['Options', 'Source', 'Target', 'Tables and chunks', 'Query, format and types', 'Reading', 'Examples']);
  expect(stdout).toMatch(/^Exit codes: 0 done, 2 wrong options, /m);
});

test.each<[string, string[], RegExp]>([
  ['an unknown command', ['extrct'], /unknown command 'extrct'.*\n?.*extract/],
  ['an unknown option', ['extract', ...REQUIRED, '--table', 'x'], /unknown option '--table'[\s\S]*--tables/],
  ['what a shell made of a pattern', ['extract', ...REQUIRED, '--tables', 'a.txt', 'b.txt'], /'extract' does not know what to do with 'b.txt'; .*need quotes/],
  ['a missing option', ['extract', '--server', 'x', '--to', 'file:///tmp/x'], /no database: pass --database, or set source\.database in the config file/],
  ['a wrong format', ['extract', ...REQUIRED, '--format', 'xml'], /--format <format>.*expected one of csv, jsonl, parquet/],
  ['a wrong port', ['extract', ...REQUIRED, '--port', 'x1'], /--port.*expected a whole number/],
  ['an option as a value', ['extract', '--user', '--database', 'd'], /--user <login>.*'--database' is invalid\. expected a text, not an option/],
  ['a period that CloudWatch lacks', ['dashboard', '--stack', 's', '--period', '7s'], /--period.*expected 1s, 5s, 10s, 30s or whole minutes/],
  ['a wrong size', ['extract', ...REQUIRED, '--target-file-size', 'big'], /--target-file-size.*256MiB/],
  ['a query without a name', ['extract', ...REQUIRED, '--query', 'SELECT 1'], /query and name belong together: --query .* --as name/],
  ['a wrong codec', ['extract', ...REQUIRED, '--compression', 'lzo'], /Parquet compression must be one of zstd, snappy, gzip, none/],
  ['no target', ['extract', '--server', 'x', '--user', 'u', '--database', 'd'], /no target: pass --to .*or --stack/],
  ['two targets', ['extract', ...REQUIRED, '--stack', 's'], /--to and --stack exclude each other/],
  ['a wrong target', ['extract', ...REQUIRED, '--to', 'x'], /target must be s3:\/\/bucket\/prefix or file:\/\/\/folder/],
  ['what is of the deployment, with --remote', ['extract', '--remote', '--stack', 's', '--server', 'x', '--format', 'csv', '--pipeline', 'p'],
    /--server, --format, --pipeline cannot be given here: with --remote an execution takes --tables, --consistency, --plan and --resume, all else is of the deployment/],
  ['--remote without a stack', ['extract', '--remote'], /no extraction: --remote needs --stack/],
  ['an execution\'s options without --remote', ['extract', '--detach', '--follow', 'x'], /--detach, --follow cannot be given without --remote/],
  ['options beside --follow', ['extract', '--remote', '--stack', 's', '--follow', 'x', '--detach', '--tables', 'a'], /--follow shows an execution that is at work: --tables, --detach cannot/],
  ['options beside --resume', ['extract', '--remote', '--stack', 's', '--resume', 'r', '--tables', 'a'], /--resume goes on with a run as it began, without --tables/],
  ['an extraction without its stack', ['status', '--to', 'file:///tmp/x', '--extraction', 'x'], /--extraction needs --stack/],
  ['a redrive without a stack', ['redrive'], /required option '--stack <name>' not specified/],
  ['a missing password', ['extract', ...REQUIRED], /LEGACY_TO_S3_PASSWORD/],
])('%s: one clear line with INVALID_CONFIG, exit code 2', async (_, args, message) => {
  const { code, stdout, stderr } = await runCli(args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^error INVALID_CONFIG: /);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('--debug adds the stack', async () => {
  const { stderr } = await runCli(['extract', ...REQUIRED, '--debug']);
  expect(stderr).toMatch(/^\s+at /m);
});

test('--json adds the error as the last line of standard output', async () => {
  const { code, stdout } = await runCli(['extract', ...REQUIRED, '--json']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toMatchObject({ type: 'error', code: 'INVALID_CONFIG' });
});

test.each([['1024', 1024], ['256MiB', 268_435_456], ['1.5 GB', 1.5e9], ['2kib', 2048], ['x', undefined], ['5 bananas', undefined], ['-1', undefined]])(
  'size %s is %s bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

test.each([[0, '0 B'], [999, '999 B'], [1500, '1.5 kB'], [2.5e9, '2.5 GB']])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('every error code ends the process with a code other than 0', () => {
  expect(Object.values(EXIT_CODES).filter((code) => code === 0)).toEqual([]);
});
