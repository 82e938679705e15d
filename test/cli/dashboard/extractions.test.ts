import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { Browser, Page } from 'playwright-core';
import type { Execution } from '../../../src/cli/account/executions-client';
import { type DashboardView, ExecutionSource, serveDashboard, type ServedDashboard } from '../../../src/cli/dashboard';
import { type ExtractEvent, LegacyToS3Error, type RunCounts, type RunWatch, type WatchOptions } from '../../../src/extractor/doors/public';
import { launchBrowser, openDashboard } from '../../../tools/browser/screenshot';

const MACHINE = 'arn:aws:states:eu-central-1:111122223333:stateMachine:Nightly';
const NOW = Date.UTC(2026, 0, 31, 3);
const at = (minutes: number) => new Date(NOW + minutes * 60_000);

function execution(name: string, rest: Partial<Execution> = {}): Execution {
  const status = rest.status ?? 'SUCCEEDED';
  return {
    arn: `arn:aws:states:eu-central-1:111122223333:execution:Nightly:${name}`, name, isRunning: status === 'RUNNING', startedAt: at(-10), redrivable: false, ...rest, status,
  };
}

const table = (name: string) => ({ database: 'Ledger', schema: 'dbo', table: name });
const LOADED: ExtractEvent[] = [
  { type: 'table-started', ...table('Orders'), estimatedRows: 4000 },
  { type: 'table-started', ...table('Items<b>'), estimatedRows: 2000 },
  { type: 'chunk-finished', ...table('Orders'), chunk: 0, chunks: 3, rows: 1000, objects: 1, sizeBytes: 2_000_000, seconds: 2 },
  { type: 'chunk-finished', ...table('Items<b>'), chunk: 0, chunks: 1, rows: 2100, objects: 1, sizeBytes: 1_000_000, seconds: 2 },
  { type: 'table-finished', ...table('Items<b>'), rows: 2100, objects: 1, sizeBytes: 1_000_000, wireBytes: 1, seconds: 2 },
  { type: 'run-progress', rows: 3100, wireBytes: 9e6, finishedChunks: 2, chunks: 5, seconds: 2, rowsPerSecond: 1550, bytesPerSecond: 4.5e6, etaSeconds: 150 },
];
const COUNTS: RunCounts = { tables: 3, chunks: 5, finishedChunks: 2, failedChunks: 0, rows: 3100, objects: 2, sizeBytes: 3_000_000 };

/** A run whose looks are scripted: events and counts of each; the last one stays. */
class ScriptedWatch implements RunWatch {
  public static readonly opened: ScriptedWatch[] = [];
  public looks = 0;
  public closed = false;
  public readonly runId: string;

  public constructor(
    of: Execution, private readonly options: WatchOptions,
    private readonly script: ReadonlyArray<{ readonly events?: ExtractEvent[]; readonly counts?: RunCounts }>,
  ) {
    this.runId = `run-of-${of.name}`;
    ScriptedWatch.opened.push(this);
  }

  public async look(): Promise<RunCounts | undefined> {
    const step = this.script[Math.min(this.looks, this.script.length - 1)];
    if (this.looks++ < this.script.length) step.events?.forEach((event) => this.options.onEvent?.(event));
    return step.counts;
  }

  public async result(): Promise<undefined> {
    return undefined;
  }

  public async close(): Promise<void> {
    this.closed = true;
  }
}

let listed: Execution[];
let problem: Error | undefined;
let script: ConstructorParameters<typeof ScriptedWatch>[2];

const sourceOf = (name = 'Nightly') => new ExecutionSource({
  name,
  machineArn: MACHINE,
  now: () => NOW,
  executions: {
    list: async () => {
      if (problem) throw problem;
      return listed;
    },
    childError: async () => ({ error: 'LOGIN_FAILED', cause: '{"errorMessage": "the login failed"}' }),
    close: () => undefined,
  },
  watch: (of, options) => new ScriptedWatch(of, options, script),
});

const RUNNING = execution('night-31', { status: 'RUNNING', startedAt: at(-2) });
const FAILED = execution('night-30', { status: 'FAILED', stoppedAt: at(-5), error: 'States.ExceedToleratedFailureThreshold' });
const DONE = execution('night-29', {
  stoppedAt: at(-4), output: JSON.stringify({ runId: '20260129T010000000Z-abcdef', manifestKey: 'k', rows: 12_345, sizeBytes: 5e6, objects: 3, verification: 'verified' }),
});
const FOLLOWED = execution('night-29', {
  stoppedAt: at(-4),
  output: JSON.stringify({
    runId: '20260129T010000000Z-abcdef',
    manifestKey: 'k',
    rows: 15,
    sizeBytes: 5e3,
    objects: 3,
    verification: 'counted',
    changes: { inserts: 12, updates: 3, deletes: 1, changedTables: 2, wholeTables: 0, lagSeconds: 4 },
  }),
});
const UNCHANGED = execution('night-30', { stoppedAt: at(-3), output: JSON.stringify({ outcome: 'unchanged', reason: 'nothing changed since run r', since: 'r' }) });
const SKIPPED = execution('night-28', { stoppedAt: at(-10), output: JSON.stringify({ outcome: 'skipped', reason: 'execution night-27 is at work' }) });

beforeEach(() => {
  ScriptedWatch.opened.length = 0;
  listed = [RUNNING, FAILED, DONE, SKIPPED];
  problem = undefined;
  script = [{ events: LOADED, counts: COUNTS }];
});

describe('executions', () => {
  test('each with what is known of it, and the progress of the one that runs', async () => {
    const { executions, url } = await sourceOf().view();
    expect(url).toBe(`https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/statemachines/view/${MACHINE}`);
    expect(executions.map(({ name, state, seconds, rows, cause }) => [name, state, seconds, rows, cause])).toEqual([
      ['night-31', 'running', 120, 3100, undefined], ['night-30', 'failed', 300, 3100, 'the login failed'], ['night-29', 'succeeded', 360, 12_345, undefined],
      ['night-28', 'skipped', 0, undefined, 'execution night-27 is at work'],
    ]);
    expect(executions[0].progress).toEqual({
      tables: [
        { name: 'dbo.Orders', rows: 1000, sizeBytes: 2_000_000, share: 0.25, finishedChunks: 1, chunks: 3 },
        { name: 'dbo.Items<b>', rows: 2100, sizeBytes: 1_000_000, share: 1, finishedChunks: 1, chunks: 1 },
      ],
      waitingTables: 1,
      doneTables: 1,
      moreTables: 0,
      failedChunks: 0,
      isRead: false,
      rowsPerSecond: 1550,
      bytesPerSecond: 4.5e6,
      etaSeconds: 150,
    });
    expect(executions.slice(1).some(({ progress }) => progress)).toBe(false);
  });

  test('those of changes with what they brought, or that nothing changed, of which no run is looked for', async () => {
    listed = [UNCHANGED, FOLLOWED];
    const { executions } = await sourceOf().view();
    expect(executions.map(({ name, state, runId, rows, cause, changes }) => [name, state, runId, rows, cause, changes])).toEqual([
      ['night-30', 'unchanged', undefined, undefined, 'nothing changed since run r', undefined],
      ['night-29', 'succeeded', '20260129T010000000Z-abcdef', 15, undefined, '12 inserts, 3 updates, 1 delete in 2 tables; as of 4 s before the manifest'],
    ]);
    expect(ScriptedWatch.opened).toEqual([]);
  });

  test('a run is watched on: what was read is not read again, and of a run that is over nothing is', async () => {
    const source = sourceOf();
    await source.view();
    await source.view();
    expect(ScriptedWatch.opened.map(({ runId, looks, closed }) => [runId, looks, closed])).toEqual([['run-of-night-31', 2, false], ['run-of-night-30', 1, false]]);
    // It is redriven, and another one fell off the list.
    listed = [RUNNING, { ...FAILED, status: 'RUNNING', isRunning: true, redrivenAt: at(-1) }];
    await source.view();
    expect(ScriptedWatch.opened.map(({ runId, looks, closed }) => [runId, looks, closed])).toEqual([
      ['run-of-night-31', 3, false], ['run-of-night-30', 1, true], ['run-of-night-30', 1, false],
    ]);
    await source.close();
    expect(ScriptedWatch.opened.every(({ closed }) => closed)).toBe(true);
  });

  test('one that has not planned has no progress, and one whose run may not be read neither', async () => {
    script = [{}];
    expect((await sourceOf().view()).executions[0]).not.toHaveProperty('progress');
    jest.spyOn(ScriptedWatch.prototype, 'look').mockRejectedValueOnce(new LegacyToS3Error('TARGET_ACCESS_DENIED', 'no'));
    expect((await sourceOf().view()).executions[0]).toMatchObject({ state: 'running', runId: 'run-of-night-31' });
  });

  test('a problem is told, and takes nothing else along', async () => {
    problem = new LegacyToS3Error('TARGET_ACCESS_DENIED', 'states:ListExecutions is not allowed');
    expect(await sourceOf().view()).toMatchObject({ executions: [], problem: 'states:ListExecutions is not allowed' });
  });

  test('the console of China has another address', async () => {
    const source = new ExecutionSource({
      name: 'N',
      machineArn: MACHINE.replace('arn:aws:', 'arn:aws-cn:'),
      executions: { list: async () => [], childError: async () => undefined, close: () => undefined },
      watch: () => { throw new Error('nothing is watched'); },
    });
    expect((await source.view()).url).toMatch(/^https:\/\/eu-central-1\.console\.amazonaws\.cn\/states\//);
  });
});

describe('page', () => {
  let served: ServedDashboard;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => { browser = await launchBrowser(); });
  afterAll(async () => browser?.close());
  beforeEach(async () => {
    const config = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
    const text = (y: number, markdown: string) => ({ type: 'text', x: 0, y, width: 24, height: 2, properties: { markdown } });
    served = await serveDashboard({
      cloudwatch: new CloudWatchClient(config),
      logs: new CloudWatchLogsClient(config),
      extractions: [sourceOf(), sourceOf('Hourly')],
      body: { widgets: [text(0, '# Heading'), text(2, 'below')] },
      refreshSeconds: 0.2,
    });
    page = await openDashboard(browser, { url: served.url, file: '', theme: 'light', scale: 1 });
  });
  afterEach(async () => {
    await page.close();
    await served.close();
  });

  const nightly = () => page.locator('section.extraction').first();
  const rowOf = (name: string) => nightly().locator('tbody > tr', { has: page.locator('button', { hasText: name }) });

  test('a section for each extraction below the heading', async () => {
    expect(await page.locator('#grid > section').evaluateAll((all) => all.map(({ className }) => className)))
      .toEqual(['widget text', 'widget runs extraction', 'widget runs extraction', 'widget text']);
    const boxes = await Promise.all([0, 1, 2, 3].map(async (each) => page.locator('#grid > section').nth(each).boundingBox()));
    for (let each = 1; each < 4; each++) expect(boxes[each]!.y).toBeGreaterThanOrEqual(boxes[each - 1]!.y + boxes[each - 1]!.height);
    expect(await rowOf('night-31').innerText()).toMatch(/Running.*2 min.*run-of-night-31.*2 of 5.*3,100.*3 MB/s);
    expect(await rowOf('night-29').innerText()).toMatch(/Succeeded.*6 min.*20260129T010000000Z-abcdef.*–.*12,345.*5 MB/s);
  });

  test('the one that runs shows tables, pace and time left, and they move on in place', async () => {
    const detail = nightly().locator('tr.detail:visible');
    expect(await detail.innerText()).toMatch(/2 of 5 chunks, 3,100 rows, 1,550 rows\/s, 4\.5 MB\/s read, about 2\.5 min left/);
    expect(await detail.locator('.table-progress').allInnerTexts()).toEqual([
      expect.stringMatching(/dbo\.Orders\s+1,000 rows, 2 MB, 1 of 3 chunks/), expect.stringMatching(/dbo\.Items<b>\s+2,100 rows, 1 MB, 1 of 1 chunk/),
    ]);
    expect(await detail.locator('[role=progressbar]').evaluateAll((all) => all.map((one) => one.getAttribute('aria-valuenow')))).toEqual(['40', '25', '100']);
    expect(await detail.innerText()).toMatch(/1 table done, 1 table not begun/);
    expect(await page.locator('#extracting').innerText()).toBe('2 extractions running');
    await page.evaluate("document.querySelectorAll('.rail').forEach((one) => { one.kept = true; })");
    listed = [{ ...RUNNING, startedAt: at(-3) }, FAILED];
    await rowOf('night-31').locator('td', { hasText: '3 min' }).waitFor();
    expect(await page.evaluate("[...document.querySelectorAll('.rail')].every((one) => one.kept)")).toBe(true);
  });

  test('an execution that failed says why when it is opened, one that ends while it is watched by itself', async () => {
    await rowOf('night-30').locator('button').focus();
    await page.keyboard.press('Enter');
    expect(await nightly().locator('tr.detail:visible .problem').innerText()).toBe('LOGIN_FAILED: the login failed');
    await page.keyboard.press('Enter');
    await nightly().locator('tr.detail:visible .problem').waitFor({ state: 'detached' });
    listed = [{ ...RUNNING, status: 'FAILED', isRunning: false, stoppedAt: at(0), error: 'COUNT_MISMATCH', cause: '{"errorMessage": "rows differ"}' }];
    await nightly().locator('tr.detail:visible .problem', { hasText: 'COUNT_MISMATCH: rows differ' }).waitFor();
    expect(await page.locator('#extracting').isVisible()).toBe(false);
  });

  test('progress has the width of the page, and what runs alone is named in the header', async () => {
    expect((await nightly().locator('.progress').boundingBox())!.width).toBeGreaterThan(1000);
    const alone = await serveDashboard({
      cloudwatch: new CloudWatchClient({ endpoint: 'http://127.0.0.1:1', region: 'us-east-1' }),
      logs: new CloudWatchLogsClient({ region: 'us-east-1' }),
      extractions: [sourceOf()],
      body: { widgets: [] },
    });
    await page.goto(alone.url);
    await page.waitForSelector('body[data-ready="true"]');
    expect(await page.locator('#extracting').innerText()).toBe('Nightly running, 40 %');
    expect(await page.locator('#grid > section').count()).toBe(1);
    await alone.close();
  });

  test('what was read stays while Step Functions does not answer', async () => {
    problem = new Error('the service does not answer');
    await nightly().locator('.problem:visible', { hasText: 'the executions cannot be read: the service does not answer' }).waitFor();
    expect(await rowOf('night-29').count()).toBe(1);
    const { extractions } = await (await fetch(new URL('/api/view', served.url))).json() as DashboardView;
    expect(extractions).toHaveLength(2);
  });

  test('before the first execution it says how to start one', async () => {
    listed = [];
    await nightly().locator('.hint:visible', { hasText: 'No execution yet' }).waitFor();
  });
});
