import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXTRACTOR_METRICS, METRICS } from '../../../src/contract';
import { emfMetrics, extractEvents, ExtractFormat, resumeEvents, type ExtractEvent, type ExtractorProps } from '../../../src/extractor/doors/public';
import { embeddedMetrics } from '../../../tools/local-cloud/observer/embedded-metrics';
import { PacedSource } from '../../support/source/paced-source';

let paced: PacedSource;
let folder: string;

beforeAll(async () => { paced = await PacedSource.start({ chunks: 6, rowsPerChunk: 50, pieces: 2, pieceDelayMs: 1 }); });
afterAll(async () => paced.stop());
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'events-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const props = async (): Promise<ExtractorProps> => ({
  source: paced.source, target: pathToFileURL(folder).href, format: ExtractFormat.csv(), plan: await paced.plan(), readers: 1,
});
const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

test('a loop over the events sees each of them in order, the result last', async () => {
  const events: ExtractEvent[] = [];
  for await (const event of extractEvents(await props())) events.push(event);
  expect(events[0]).toMatchObject({ type: 'run-started', tables: 1 });
  expect(events[1]).toEqual({ type: 'run-planned', tables: 1, chunks: 6, finishedChunks: 0, readers: 1, estimatedRows: 50, estimatedBytes: 8192 });
  const verified = events.filter((event) => event.type === 'chunk-verified');
  expect(verified.map(({ chunk }) => chunk).sort()).toEqual([0, 1, 2, 3, 4, 5]);
  for (const event of verified) expect(event).toMatchObject({ table: 'Paced', rows: 50, sourceRows: 50, differences: 0, seconds: expect.any(Number) });
  expect(events.at(-2)).toMatchObject({ type: 'run-verified', state: 'verified', detail: expect.stringContaining('COUNT_BIG') });
  expect(events.filter(({ type }) => type === 'chunk-finished')).toHaveLength(6);
  expect(events.find(({ type }) => type === 'run-progress')).toMatchObject({ chunks: 6, rowsPerSecond: expect.any(Number) });
  expect(events.at(-1)).toMatchObject({ type: 'run-finished', result: { rows: 300 } });
});

test('leaving the loop stops the run, whose checkpoint another loop goes on from', async () => {
  let runId = '';
  for await (const event of extractEvents(await props())) {
    if (event.type === 'run-started') ({ runId } = event);
    if (event.type === 'chunk-finished') break;
  }
  expect(files()).not.toContain('_manifest.json');
  expect(files()).toContain('run.json');
  const resumed: ExtractEvent[] = [];
  for await (const event of resumeEvents(await props(), runId)) resumed.push(event);
  expect(resumed.filter(({ type }) => type === 'chunk-finished').length).toBeLessThan(6);
  expect(resumed.find(({ type }) => type === 'run-planned')).toMatchObject({ chunks: 6, finishedChunks: expect.any(Number) });
  expect(resumed.at(-1)).toMatchObject({ type: 'run-finished', result: { runId, rows: 300 } });
});

test('a failure and an abort are thrown by the loop', async () => {
  const all = async (given: ExtractorProps, signal?: AbortSignal) => {
    for await (const event of extractEvents(given, { signal })) void event;
  };
  await expect(all({ ...await props(), readers: 0 })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  await expect(all(await props(), AbortSignal.abort())).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

test('the events as metrics: what CloudWatch reads from the lines, in the pipeline\'s namespace', async () => {
  const lines: string[] = [];
  const count = emfMetrics({ pipelineName: 'Ledger', writeLine: (line) => lines.push(line), now: () => 5000 });
  for await (const event of extractEvents(await props())) count(event);
  count({ type: 'target-retry', what: 'write the manifest', attempt: 1, delaySeconds: 1, code: 'TARGET_UNREACHABLE', message: 'no answer' });
  const metrics = lines.flatMap((message) => embeddedMetrics({ message, timestamp: 0 } as Parameters<typeof embeddedMetrics>[0]));
  expect(metrics.map(({ namespace, datum }) => [namespace, datum.MetricName, datum.Unit, datum.Value])).toEqual([
    ['CdkLegacyToS3/Ledger', 'RowsExtracted', 'Count', 300],
    ['CdkLegacyToS3/Ledger', 'BytesRead', 'Bytes', expect.any(Number)],
    ['CdkLegacyToS3/Ledger', 'BytesWritten', 'Bytes', expect.any(Number)],
    ['CdkLegacyToS3/Ledger', 'ExtractDuration', 'Milliseconds', expect.any(Number)],
    ['CdkLegacyToS3/Ledger', 'ExtractRetries', 'Count', 1],
  ]);
  for (const { datum } of metrics) expect(datum.Dimensions).toEqual([{ Name: 'service', Value: 'extractor' }]);
  expect(JSON.parse(lines[0])).toMatchObject({ table: 'Paced', runId: expect.any(String), _aws: { Timestamp: 5000 } });
  expect(Object.values(METRICS)).not.toEqual(expect.arrayContaining(Object.values(EXTRACTOR_METRICS)));
});
