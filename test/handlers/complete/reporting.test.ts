import { Readable } from 'node:stream';
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { Manifest, RunItem } from '../../../src/contract';
import { CompletionServices, completeRun } from '../../../src/handlers/complete/complete-run';
import { RunStore } from '../../../src/handlers/complete/run-store';
import { runLineWriter } from '../../../src/handlers/complete/write-run-line';
import { ItemStore } from '../../../src/handlers/shared/item-store';

const s3 = mockClient(S3Client);
const dynamo = mockClient(DynamoDBClient);
const key = '_runs/run=r/_manifest.json';
const manifest = {
  manifestVersion: 1,
  runId: 'r',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  source: { kind: 'tables', server: 'legacy', database: 'Ledger' },
  consistency: { mode: 'snapshot', guarantee: 'g' },
  verification: { state: 'counted', detail: 'd' },
  format: { name: 'parquet', compression: 'zstd' },
  prefix: '',
  tables: [],
  totals: { tables: 0, objects: 0, rows: 0, sizeBytes: 0 },
} as unknown as Manifest;

let steps: string[];
let previous: Partial<RunItem> | undefined;
let failing: string[];
let waiting: { [name: string]: Promise<void> };
let told: readonly string[] | undefined;
let noted: object;

function services(): CompletionServices {
  const client = new DynamoDBClient();
  const step = (name: string) => async () => {
    steps.push(name);
    await waiting[name];
    if (failing.includes(name)) throw new Error(`${name} is down`);
  };
  const telemetry = { metric: (name: string) => steps.push(`metric ${name}`), info: () => {}, warn: () => {}, failure: () => {} };
  return {
    s3: new S3Client(),
    objects: new ItemStore(client, 't'),
    runs: new RunStore(client, 't'),
    telemetry: telemetry as unknown as CompletionServices['telemetry'],
    reporters: [{ name: 'catalog', report: step('catalog') }, { name: 'line', report: step('line') }],
    announce: async ({ unreported }) => {
      told = unreported;
      await step('event')();
    },
  };
}

beforeEach(() => {
  steps = [];
  previous = undefined;
  failing = [];
  waiting = {};
  told = undefined;
  s3.reset();
  dynamo.reset();
  s3.on(GetObjectCommand).callsFake(() => ({ Body: Readable.from([Buffer.from(JSON.stringify(manifest))]), ETag: '"e"' }));
  s3.on(ListObjectsV2Command).resolves({});
  dynamo.on(PutItemCommand).callsFake(() => {
    steps.push('item');
    return { Attributes: previous && marshall(previous) };
  });
  dynamo.on(UpdateItemCommand).callsFake(({ ExpressionAttributeValues }) => {
    steps.push('note');
    const { ':announced': announced, ':unreported': unreported } = unmarshall(ExpressionAttributeValues);
    noted = { announced, unreported };
    return {};
  });
});

const measured = ['runsComplete', 'rowsLanded', 'runObjects', 'runBytes', 'endToEndLatency'].map((name) => `metric ${name}`);

test('the item is written first, then others are told, the event last and noted', async () => {
  await completeRun(services(), 'b', key);
  expect(told).toEqual([]);
  expect(steps).toEqual(['item', ...measured, 'catalog', 'line', 'event', 'note']);
});

test('a repeated event tells nobody twice, but brings catalog and line up to date', async () => {
  previous = { runState: 'COMPLETE', manifestETag: 'e', announced: 'COMPLETE e' };
  await completeRun(services(), 'b', key);
  expect(steps).toEqual(['item', 'catalog', 'line', 'note']);
});

const outcome = { announced: 'COMPLETE e', unreported: undefined };

test('a catalog that refuses keeps neither the line nor the event back, and is tried again alone', async () => {
  failing = ['catalog'];
  await expect(completeRun(services(), 'b', key)).rejects.toMatchObject({
    code: 'RUN_NOT_REPORTED', message: "run 'r' is COMPLETE and was announced; not told, and tried again: catalog: Error: catalog is down",
  });
  expect(steps).toEqual(['item', ...measured, 'catalog', 'line', 'event', 'note']);
  expect(told).toEqual(['catalog']);
  expect(noted).toEqual({ ...outcome, unreported: ['catalog'] });
  steps = [];
  failing = [];
  previous = { runState: 'COMPLETE', manifestETag: 'e', announced: 'COMPLETE e', unreported: ['catalog'] };
  await completeRun(services(), 'b', key);
  expect(steps).toEqual(['item', 'catalog', 'note']);
  expect(noted).toEqual(outcome);
});

test('an event that was not taken is tried again alone', async () => {
  failing = ['event'];
  await expect(completeRun(services(), 'b', key)).rejects.toThrow('was not announced; not told, and tried again: event: Error: event is down');
  expect(noted).toEqual({ announced: undefined, unreported: ['event'] });
  steps = [];
  failing = [];
  previous = { runState: 'COMPLETE', manifestETag: 'e', unreported: ['event'] };
  await completeRun(services(), 'b', key);
  expect(steps).toEqual(['item', 'event', 'note']);
});

test('all that fail are named, whichever they are', async () => {
  failing = ['catalog', 'line', 'event'];
  await expect(completeRun(services(), 'b', key)).rejects.toThrow(/catalog: Error: catalog is down; line: Error: line is down; event: Error: event is down$/);
});

test('another outcome is told to all, whoever was not told of the one before', async () => {
  previous = { runState: 'INCOMPLETE', manifestETag: 'e', announced: 'INCOMPLETE e', unreported: ['catalog'] };
  await completeRun(services(), 'b', key);
  expect(steps).toEqual(['item', ...measured, 'catalog', 'line', 'event', 'note']);
});

test('the event waits for a slow catalog for half of the time that is left, and the note is brought up to date', async () => {
  let done = () => {};
  waiting.catalog = new Promise((resolve) => { done = resolve; });
  let announced = () => {};
  const event = new Promise<void>((resolve) => { announced = resolve; });
  const slow = services();
  const completed = completeRun({
    ...slow,
    announce: async (run, landed) => {
      await slow.announce(run, landed);
      announced();
    },
  }, 'b', key, () => 0);
  await event;
  expect(told).toEqual(['catalog']);
  done();
  await completed;
  expect(steps.slice(-4)).toEqual(['line', 'event', 'note', 'note']);
  expect(noted).toEqual(outcome);
});

test('another outcome of the same manifest is told', async () => {
  previous = { runState: 'INCOMPLETE', manifestETag: 'e', announced: 'INCOMPLETE e' };
  await completeRun(services(), 'b', key);
  expect(steps).toEqual(['item', ...measured, 'catalog', 'line', 'event', 'note']);
});

test('the line has one JSON object with the run\'s figures', async () => {
  s3.on(PutObjectCommand).resolves({});
  const run = await completeRun(services(), 'b', key);
  await runLineWriter(new S3Client(), 'lake/')(run!, { manifest, bucket: 'b', key, versionId: 'null', eTag: 'e' });
  const { Bucket, Key, Body } = s3.commandCalls(PutObjectCommand)[0].args[0].input;
  expect([Bucket, Key]).toEqual(['b', 'lake/runs/run=r.json']);
  expect(String(Body)).toMatch(/^\{[^\n]*\}\n$/);
  expect(JSON.parse(String(Body))).toEqual({
    run_id: 'r',
    state: 'COMPLETE',
    started_at: manifest.startedAt,
    finished_at: manifest.finishedAt,
    checked_at: run!.recordedAt,
    server: 'legacy',
    source_database: 'Ledger',
    consistency: 'snapshot',
    verification: 'counted',
    format: 'parquet',
    compression: 'zstd',
    tables: 0,
    objects: 0,
    rows_landed: 0,
    size_bytes: 0,
    manifest_key: key,
    datasets: [],
    problems: [],
  });
});
