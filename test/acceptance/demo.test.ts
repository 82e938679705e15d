import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { DemoSummary } from '../../tools/demo/run-demo';
import type { DistributedSummary } from '../../tools/demo/run-distributed';
import type { TrinoSummary } from '../../tools/demo/trino/run-trino';
import { describeWith } from '../support/engines';

const root = path.resolve(__dirname, '..', '..');
const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');

/** The demo as `npm run demo` starts it, after the build. */
async function demo(args: readonly string[], tmp: string): Promise<{ stdout: string }> {
  if (!existsSync(path.join(root, 'lib', 'index.js'))) throw new Error('lib/ is missing: run npm test, which compiles it');
  return promisify(execFile)(process.execPath, [tsx, path.join(root, 'tools', 'demo', 'main.ts'), ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: tmp, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    maxBuffer: 16 * 1024 * 1024,
  });
}

describe('the demo, with a small source', () => {
  let folder: string;
  let stdout: string;
  let summary: DemoSummary;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'demo-test-'));
    const file = path.join(folder, 'summary.json');
    ({ stdout } = await demo(['--transactions', '2000', '--summary', file], folder));
    summary = JSON.parse(readFileSync(file, 'utf8')) as DemoSummary;
  }, 180_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('source, extractor and landed objects agree on the rows', () => {
    expect(summary.rowsInSource).toBeGreaterThan(2000);
    expect(summary.rowsExtracted).toBe(summary.rowsInSource);
    expect(summary.rowsLanded).toBe(summary.rowsInSource);
    expect(summary.csv.rowsLanded).toBe(summary.csv.rowsInSource);
  });

  test('every object is recorded and the runs are complete', () => {
    expect(summary.objectsLanded).toBeGreaterThan(10);
    expect(summary.objectsRecorded).toBe(summary.objectsLanded);
    expect(summary.runStatus).toBe('COMPLETE');
  });

  test('every table of the source is an Iceberg table that shows the run', () => {
    expect(summary.tables).toBe(9);
    expect(summary.icebergTables).toBe(summary.tables);
    expect(summary.rowsInSnapshots).toBe(summary.rowsInSource);
    expect(stdout).toMatch(/legacyledger_dbo_alltypes +Iceberg +(\S+) +\d+ +247\n/);
  });

  test('the broken manifest reaches the failure queue and the alarm', () => {
    expect(summary.failureQueueMessages).toBe(1);
    expect(summary.alarmState).toBe('ALARM');
    expect(stdout).toMatch(/INVALID_MANIFEST/);
    expect(stdout).toMatch(/SNS message .*FailureQueueNotEmpty.* is ALARM/);
  });

  test('shows no secret and leaves nothing behind', () => {
    expect(stdout).not.toMatch(/password/i);
    // tsx keeps its own cache there.
    expect(readdirSync(folder).filter((name) => !name.startsWith('tsx-'))).toEqual(['summary.json']);
  });
});

test('a wrong argument is one clear line and exit code 2', async () => {
  await expect(demo(['--transactions', 'many'], tmpdir())).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^demo: --transactions must be a whole number from 1000 to 10000000, got 'many'\n/),
  });
});

test('the distributed demo: a state machine and its workers land what the source has', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'demo-test-'));
  try {
    const file = path.join(folder, 'summary.json');
    const { stdout } = await demo(['--distributed', '--transactions', '2000', '--summary', file], folder);
    const summary = JSON.parse(readFileSync(file, 'utf8')) as DistributedSummary;
    expect(summary).toMatchObject({ rowsExtracted: summary.rowsInSource, rowsLanded: summary.rowsInSource, verification: 'verified', runStatus: 'COMPLETE' });
    expect(summary.rowsInSource).toBeGreaterThan(2000);
    expect(stdout).toMatch(/items: (\d+) of \1 done, 0 at work/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);

describeWith(['trino'], 'the demo with Trino', () => {
  test('two full runs are what the source was, and a reader that began before the second keeps its answer', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'demo-test-'));
    try {
      const file = path.join(folder, 'summary.json');
      const { stdout } = await demo(['--trino', '--transactions', '1000', '--summary', file], folder);
      const summary = JSON.parse(readFileSync(file, 'utf8')) as TrinoSummary;
      expect(summary).toMatchObject({ tables: 9, tablesChanged: 4, differences: [] });
      expect(summary.compared).toBeGreaterThan(1000);
      // Nine tables three times, and two readers.
      expect(stdout.match(/✓$/gm)).toHaveLength(29);
      expect(readdirSync(folder).filter((name) => !name.startsWith('tsx-'))).toEqual(['summary.json']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);
});
