import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, type GetObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import type { Browser, Page } from 'playwright-core';
import { type DashboardView, RunSource, serveDashboard, type ServedDashboard } from '../../../src/cli/dashboard';
import type { RunTablesView } from '../../../src/cli/dashboard/model/view-model';
import { type RunItem, runItemKey } from '../../../src/contract';
import { launchBrowser, openDashboard } from '../../../tools/browser/screenshot';
import { smallRun, type SmallRun } from '../../support/runs/small-run';

const dynamodbMock = mockClient(DynamoDBClient);
const s3Mock = mockClient(S3Client);
const made = [3, 2, 1].map((hour) => smallRun({ at: new Date(Date.UTC(2026, 0, 1, hour)), table: `Table${hour}`, parts: hour }));
const [newest, broken, oldest] = made;
let items: RunItem[];
let served: ServedDashboard;
let browser: Browser;
let page: Page;

const textWidget = (y: number, markdown: string) => ({ type: 'text', x: 0, y, width: 24, height: 2, properties: { markdown } });

function itemOf({ runId, manifestKey, manifest }: SmallRun, problems?: string[]): RunItem {
  return {
    objectKey: runItemKey(runId),
    versionId: 'run',
    itemType: 'run',
    runId,
    dataset: '#runs',
    lastModified: manifest.finishedAt,
    runState: problems ? 'INCOMPLETE' : 'COMPLETE',
    manifestKey,
    manifestVersionId: 'null',
    manifestETag: 'etag',
    bucket: 'landing',
    startedAt: manifest.startedAt,
    finishedAt: manifest.finishedAt,
    recordedAt: manifest.finishedAt,
    ...manifest.totals,
    database: 'Bank',
    verification: 'verified',
    consistency: 'snapshot',
    problems,
  };
}

function bodyOf(text: string) {
  return { Body: { transformToString: async () => text }, ContentLength: Buffer.byteLength(text) };
}

beforeAll(async () => {
  items = [itemOf(newest), itemOf(broken, ['part 0-0 is missing']), itemOf(oldest)];
  dynamodbMock.on(QueryCommand).callsFake(() => ({ Items: items.map((item) => marshall(item, { removeUndefinedValues: true })) }));
  s3Mock.on(GetObjectCommand).callsFake(({ Key }: GetObjectCommandInput) => {
    const run = made.find(({ manifestKey }) => manifestKey === Key);
    if (!run) throw new Error('AccessDenied');
    return bodyOf(JSON.stringify(run.manifest));
  });
  const config = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  served = await serveDashboard({
    cloudwatch: new CloudWatchClient(config),
    logs: new CloudWatchLogsClient(config),
    runs: new RunSource(new DynamoDBClient(config), new S3Client(config), 'table'),
    body: { widgets: [textWidget(0, '# Heading'), textWidget(2, 'below')] },
    refreshSeconds: 0.2,
  });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await served?.close();
});

beforeEach(async () => {
  page = await openDashboard(browser, { url: served.url, file: '', theme: 'light', scale: 1 });
});
afterEach(async () => page.close());

const getJson = async <T>(at: string): Promise<T> => await (await fetch(new URL(at, served.url))).json() as T;
const row = (run: SmallRun) => page.locator('#runs tbody > tr', { has: page.locator('button', { hasText: run.runId }) });

describe('server', () => {
  test('runs come from one query of the index, newest first', async () => {
    const { runs } = await getJson<DashboardView>('/api/view');
    expect(runs?.map(({ runId, state, rows, objects }) => [runId, state, rows, objects])).toEqual([
      [newest.runId, 'COMPLETE', 6, 3], [broken.runId, 'INCOMPLETE', 4, 2], [oldest.runId, 'COMPLETE', 2, 1],
    ]);
    expect(dynamodbMock.commandCalls(QueryCommand)[0].args[0].input).toMatchObject({ TableName: 'table', IndexName: 'by-dataset', ScanIndexForward: false });
  });

  test('the tables of a run come from its manifest, read once', async () => {
    const asked = s3Mock.commandCalls(GetObjectCommand).length;
    for (let time = 0; time < 2; time += 1) {
      expect(await getJson<RunTablesView>(`/api/run?id=${oldest.runId}`)).toMatchObject({
        manifestUrl: `s3://landing/${oldest.manifestKey}`, verification: 'rows counted', tables: [{ name: 'dbo.Table1', rows: 2, objects: 1 }],
      });
    }
    expect(s3Mock.commandCalls(GetObjectCommand).length - asked).toBe(1);
  });

  test('only runs that are listed are read', async () => {
    expect((await fetch(new URL('/api/run?id=../../secret', served.url))).status).toBe(404);
  });
});

describe('page', () => {
  test('a table of runs between the heading and the rest, with state and verification', async () => {
    expect(await page.locator('#grid > section').evaluateAll((all) => all.map(({ className }) => className))).toEqual(['widget text', 'widget runs', 'widget text']);
    expect(await row(newest).innerText()).toMatch(/Complete\s+Verified\s+Bank/);
    expect(await row(broken).innerText()).toMatch(/Incomplete/);
    expect(await page.locator('#last-run').innerText()).toBe('Last run complete, verified');
  });

  test('a run opens to its tables by keyboard, and stays open over refreshes', async () => {
    await row(broken).locator('button').focus();
    await page.keyboard.press('Enter');
    const detail = page.locator('tr.detail:visible');
    await detail.locator('text=dbo.Table2').waitFor();
    expect(await detail.innerText()).toMatch(/part 0-0 is missing/);
    expect(await row(broken).locator('button').getAttribute('aria-expanded')).toBe('true');
    await page.waitForResponse('**/api/view*');
    await page.waitForResponse('**/api/view*');
    expect(await detail.count()).toBe(1);
    await page.keyboard.press('Enter');
    expect(await detail.count()).toBe(0);
  });

  test('a new run comes in at the top; no row is made anew', async () => {
    await page.evaluate("document.querySelectorAll('#runs tr').forEach((one) => { one.kept = true; })");
    const next = smallRun({ at: new Date(Date.UTC(2026, 0, 1, 4)) });
    items = [itemOf(next), ...items];
    await row(next).waitFor();
    expect(await page.locator('#runs tbody > tr').first().innerText()).toContain(next.runId);
    expect(await page.evaluate("[...document.querySelectorAll('#runs tbody > tr')].filter((one) => one.kept).length")).toBe(6);
    items = items.slice(1);
    await row(next).waitFor({ state: 'detached' });
  });

  test('more than a few runs fold', async () => {
    const many = Array.from({ length: 8 }, (_each, minute) => smallRun({ at: new Date(Date.UTC(2025, 0, 1, 0, 59 - minute)) }));
    const before = items;
    items = many.map((run) => itemOf(run));
    const shown = page.locator('#runs button.open:visible');
    await page.locator('button.more', { hasText: 'show all 8' }).click();
    expect(await shown.count()).toBe(8);
    await page.locator('button.more').click();
    expect(await shown.count()).toBe(5);
    items = before;
  });

  test('runs that cannot be read leave what was read, and say why', async () => {
    dynamodbMock.on(QueryCommand).rejects(new Error('no table of that name'));
    await page.locator('#runs > .problem', { hasText: 'no table of that name' }).waitFor();
    expect(await row(newest).count()).toBe(1);
    dynamodbMock.on(QueryCommand).callsFake(() => ({ Items: items.map((item) => marshall(item, { removeUndefinedValues: true })) }));
    await page.locator('#runs > .problem').waitFor({ state: 'hidden' });
  });

  test('a manifest that cannot be read says so in its place', async () => {
    const lost = smallRun({ at: new Date(Date.UTC(2026, 0, 1, 5)) });
    items = [itemOf(lost), ...items];
    await row(lost).locator('button').click();
    await page.locator('tr.detail .problem', { hasText: 'the manifest cannot be read' }).waitFor();
    items = items.slice(1);
  });
});
