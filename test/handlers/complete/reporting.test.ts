import { Readable } from 'node:stream';
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
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
let failing: string | undefined;

function services(): CompletionServices {
  const client = new DynamoDBClient();
  const step = (name: string) => async () => {
    steps.push(name);
    if (failing === name) throw new Error(`${name} is down`);
  };
  const telemetry = { metric: (name: string) => steps.push(`metric ${name}`), info: () => {}, warn: () => {}, failure: () => {} };
  return {
    s3: new S3Client(),
    objects: new ItemStore(client, 't'),
    runs: new RunStore(client, 't'),
    telemetry: telemetry as unknown as CompletionServices['telemetry'],
    reporters: [step('catalog'), step('line')],
    announce: step('event'),
  };
}

beforeEach(() => {
  steps = [];
  previous = undefined;
  failing = undefined;
  s3.reset();
  dynamo.reset();
  s3.on(GetObjectCommand).callsFake(() => ({ Body: Readable.from([Buffer.from(JSON.stringify(manifest))]), ETag: '"e"' }));
  s3.on(ListObjectsV2Command).resolves({});
  dynamo.on(PutItemCommand).callsFake(() => {
    steps.push('item');
    return { Attributes: previous && marshall(previous) };
  });
  dynamo.on(UpdateItemCommand).callsFake(() => {
    steps.push('note');
    return {};
  });
});

const measured = ['runsComplete', 'rowsLanded', 'runObjects', 'runBytes', 'endToEndLatency'].map((name) => `metric ${name}`);

test('the item is written first, then others are told, the event last and noted', async () => {
  await completeRun(services(), 'b', key);
  expect(steps).toEqual(['item', ...measured, 'catalog', 'line', 'event', 'note']);
});

test('a repeated event tells nobody twice, but brings catalog and line up to date', async () => {
  previous = { runState: 'COMPLETE', manifestETag: 'e', announced: 'COMPLETE e' };
  await completeRun(services(), 'b', key);
  expect(steps).toEqual(['item', 'catalog', 'line', 'note']);
});

test('what failed is made up for by the repeated event, and counted once', async () => {
  failing = 'catalog';
  await expect(completeRun(services(), 'b', key)).rejects.toThrow('catalog is down');
  expect(steps).toEqual(['item', ...measured, 'catalog']);
  steps = [];
  failing = undefined;
  previous = { runState: 'COMPLETE', manifestETag: 'e' };
  await completeRun(services(), 'b', key);
  expect(steps).toEqual(['item', 'catalog', 'line', 'event', 'note']);
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
