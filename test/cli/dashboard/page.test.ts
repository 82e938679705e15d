import { mkdtempSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand, type GetMetricDataCommandInput, GetMetricStatisticsCommand,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import type { Browser, Page } from 'playwright-core';
import { type DashboardView, serveDashboard, type ServedDashboard } from '../../../src/cli/dashboard';
import { launchBrowser, openDashboard, takeScreenshot } from '../../../tools/browser/screenshot';

const ALARM = 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:Stack-Errors';
const widget = (type: string, x: number, y: number, properties: object) => ({ type, x, y, width: 8, height: 5, properties });
const BODY = {
  start: '-PT15M',
  widgets: [
    { ...widget('text', 0, 0, { markdown: '# Hello\n<script>window.hacked = true</script>' }), width: 24, height: 2 },
    widget('metric', 0, 2, { title: 'Unheard of', metrics: [['Made/Up', 'NeverSeen', 'who', 'knows']], yAxis: { left: { label: 'things' } } }),
    widget('metric', 8, 2, {
      title: 'Rate',
      view: 'gauge',
      metrics: [[{ expression: '100 * good / all', id: 'rate', label: 'rate' }], ['N', 'Good', { id: 'good', visible: false }], ['N', 'All', { id: 'all', visible: false }]],
      yAxis: { left: { min: 0, max: 100 } },
      annotations: { horizontal: [{ value: 90, fill: 'above', color: '#00aa00', label: 'fine' }, { value: 90, fill: 'below', color: '#cc0000', label: 'poor' }] },
    }),
    widget('metric', 16, 2, { title: 'Figures', view: 'singleValue', metrics: [['N', 'Bytes'], ['N', 'Nothing']] }),
    widget('log', 0, 7, { title: 'Log', query: "SOURCE 'group' | fields @timestamp, level, @message | filter level = \"ERROR\"" }),
    widget('alarm', 8, 7, { title: 'Alarms', alarms: [ALARM] }),
    widget('explorer', 16, 7, { title: 'Other' }),
  ],
};

const cloudwatchMock = mockClient(CloudWatchClient);
const logsMock = mockClient(CloudWatchLogsClient);
const values: Record<string, number> = { NeverSeen: 42, Good: 95, All: 100, Bytes: 2_500_000 };
let clients: { cloudwatch: CloudWatchClient; logs: CloudWatchLogsClient };
let served: ServedDashboard;
let browser: Browser;

beforeAll(async () => {
  // A service on loopback without metric math, as the emulator is.
  cloudwatchMock.on(GetMetricDataCommand).callsFake(({ MetricDataQueries, EndTime }: GetMetricDataCommandInput) => ({
    MetricDataResults: MetricDataQueries!.map((query) => {
      if (query.Expression) return { Id: query.Id, StatusCode: 'InternalError', Messages: [{ Code: 'Unsupported', Value: '' }] };
      const value = values[query.MetricStat!.Metric!.MetricName!];
      const times = value === undefined ? [] : [120, 60].map((ago) => new Date(EndTime!.getTime() - ago * 1000));
      return { Id: query.Id, Label: query.Id, StatusCode: 'Complete', Timestamps: times, Values: times.map(() => value) };
    }),
  }));
  cloudwatchMock.on(GetMetricStatisticsCommand).callsFake(({ MetricName }: { MetricName: string }) => ({
    Datapoints: MetricName === 'Bytes' ? [{ Unit: 'Bytes' }] : [{ Unit: 'Count' }],
  }));
  cloudwatchMock.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ AlarmName: 'Stack-Errors', StateValue: 'ALARM', StateReason: 'too many' }] });
  logsMock.on(FilterLogEventsCommand).resolves({
    events: [{ timestamp: Date.now(), message: '{"level":"ERROR","x":"<b>bold</b>"}' }, { timestamp: Date.now(), message: '{"level":"INFO"}' }],
  });
  const config = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  clients = { cloudwatch: new CloudWatchClient(config), logs: new CloudWatchLogsClient(config) };
  served = await serveDashboard({ ...clients, body: JSON.stringify(BODY), title: 'Test', refreshSeconds: 0.2 });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await served?.close();
});

const open = async (theme: 'light' | 'dark' = 'light'): Promise<Page> => openDashboard(browser, { url: served.url, file: '', theme, scale: 1 });
const view = async (query = ''): Promise<DashboardView> => await (await fetch(`${served.url}api/view${query}`)).json() as DashboardView;
const titled = (page: Page, title: string) => page.locator('.widget', { has: page.locator('h2', { hasText: title }) });

describe('server', () => {
  test('a view of every widget; metric math is evaluated where the service cannot', async () => {
    const { widgets, range } = await view();
    expect(widgets.map(({ content }) => content.kind)).toEqual(['text', 'lines', 'gauge', 'number', 'table', 'alarms', 'unknown']);
    expect(widgets.flatMap(({ problems }) => problems)).toEqual([]);
    expect(range.end - range.start).toBe(900);
    expect(widgets[2].content).toMatchObject({ values: [{ label: 'rate', value: 95 }], min: 0, max: 100 });
    expect(widgets[3].content).toMatchObject({ values: [{ label: 'Bytes', value: 2_500_000, unit: 'B' }, { label: 'Nothing', value: null }] });
  });

  test('a time range is taken from the query, a foolish one is not', async () => {
    const span = async (query: string) => view(query).then(({ range }) => range.end - range.start);
    expect(await span('?range=60')).toBe(60);
    for (const foolish of ['?range=-1', '?range=x', '?range=1e12']) expect(await span(foolish)).toBe(900);
  });

  test('a widget that fails says why, and the others are drawn', async () => {
    const broken = await serveDashboard({ ...clients, body: { widgets: [widget('log', 0, 0, { query: 'fields x' }), BODY.widgets[1]] } });
    const { widgets } = await (await fetch(`${broken.url}api/view`)).json() as DashboardView;
    await broken.close();
    expect(widgets[0].problems).toEqual(['log query: no log group is named']);
    expect(widgets[1].content.kind).toBe('lines');
  });

  test('only the page\'s own files, only GET, only under a loopback name', async () => {
    const status = async (at: string, init?: RequestInit) => (await fetch(new URL(at, served.url), init)).status;
    expect(await status('/')).toBe(200);
    expect(await status('/server.ts')).toBe(404);
    expect(await status('/constructor')).toBe(404);
    expect(await status('/..%2fserver.ts')).toBe(404);
    expect(await status('/api/view', { method: 'POST' })).toBe(405);
    const foreign = await new Promise((resolve) => {
      request(`${served.url}api/view`, { headers: { host: 'evil.example' } }, (response) => resolve(response.statusCode)).end();
    });
    expect(foreign).toBe(403);
  });
});

describe('page', () => {
  test('draws every widget, a metric it never heard of among them, and loads nothing from elsewhere', async () => {
    const page = await open();
    const unheard = titled(page, 'Unheard of');
    await unheard.locator('canvas').waitFor();
    expect(await unheard.locator('.legend').innerText()).toMatch(/NeverSeen\s*42/);
    expect(await unheard.locator('.empty').count()).toBe(0);
    expect(await titled(page, 'Rate').locator('svg .number').textContent()).toBe('95');
    expect(await titled(page, 'Rate').locator('svg .state').textContent()).toBe('fine');
    expect(await titled(page, 'Figures').locator('.figure').allInnerTexts()).toEqual([expect.stringMatching(/2\.5\s*MB/), '–']);
    expect(await titled(page, 'Log').locator('tbody tr').count()).toBe(1);
    expect(await titled(page, 'Log').locator('tbody td').last().innerText()).toContain('<b>bold</b>');
    expect(await titled(page, 'Alarms').locator('li.ALARM').count()).toBe(1);
    expect(await page.locator('#alarms').innerText()).toBe('1 in alarm');
    expect(await titled(page, 'Other').innerText()).toContain("'explorer' are not drawn here");
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    const loaded = await page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)") as string[];
    expect(loaded).toContain(`${served.url}page.js`);
    expect(loaded.filter((url) => !url.startsWith(served.url) && !url.startsWith('data:'))).toEqual([]);
    await page.close();
  });

  test('new data changes figures in place: no element is made anew', async () => {
    const page = await open();
    await page.evaluate("document.querySelectorAll('.widget, canvas, .gauge svg, table').forEach((one) => { one.kept = true; })");
    values.NeverSeen = 43;
    values.Good = 50;
    await page.locator('.gauge .number', { hasText: /^50$/ }).waitFor();
    expect(await titled(page, 'Unheard of').locator('.legend').innerText()).toMatch(/43/);
    expect(await page.evaluate("[...document.querySelectorAll('.widget, canvas, .gauge svg, table')].every((one) => one.kept)")).toBe(true);
    await page.close();
  });

  test('the theme follows the system and can be switched by keyboard', async () => {
    const page = await open('dark');
    const theme = () => page.evaluate('document.documentElement.dataset.theme');
    expect(await theme()).toBe('dark');
    await page.locator('#theme').focus();
    await page.keyboard.press('Enter');
    expect(await theme()).toBe('light');
    await page.reload();
    await page.waitForSelector('body[data-ready="true"]');
    expect(await theme()).toBe('light');
    await page.close();
  });

  test('without data the page says so', async () => {
    const empty = await serveDashboard({ ...clients, body: { widgets: [widget('metric', 0, 0, { metrics: [['N', 'Nothing']] })] } });
    const page = await openDashboard(browser, { url: empty.url, file: '', theme: 'light' });
    expect(await page.locator('.empty').innerText()).toContain('No data yet');
    await page.close();
    await empty.close();
  });

  test('a lost connection is shown, and found again', async () => {
    const page = await open();
    await page.route('**/api/view*', async (route) => route.abort());
    await page.waitForSelector('.live.lost');
    await page.unroute('**/api/view*');
    await page.waitForSelector('.live:not(.lost)');
    await page.close();
  });

  test('on a narrow screen nothing overflows, and plots keep their height', async () => {
    const page = await openDashboard(browser, { url: served.url, file: '', theme: 'light', width: 400, scale: 1 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
    const box = await titled(page, 'Unheard of').locator('canvas').boundingBox();
    expect(box!.height).toBeGreaterThan(80);
    expect(box!.width).toBeLessThan(400);
    await page.close();
  });

  test('every control is reached by the keyboard, and says what it is', async () => {
    const page = await open();
    const reached: string[] = [];
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab');
      const [tag, name] = await page.evaluate('(({ tagName, ariaLabel, textContent }) => [tagName, (ariaLabel ?? textContent).trim()])(document.activeElement)') as string[];
      if (tag === 'BODY') break;
      reached.push(name);
    }
    expect(reached).toEqual(expect.arrayContaining(['15 min', '1 d', 'Switch between light and dark', 'rows']));
    expect(reached.filter((name) => name === '')).toEqual([]);
    await page.close();
  });

  test('a screenshot is a PNG of the size asked for', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'page-')), 'page.png');
    await takeScreenshot({ url: served.url, file, theme: 'dark', width: 1000, scale: 1 });
    const png = readFileSync(file);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(1000);
  });
});
