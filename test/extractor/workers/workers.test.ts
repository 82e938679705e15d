import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EXTRACTION_ENV, type BeginAnswer, type BeginStep, type CompleteAnswer, type WorkItem } from '../../../src/contract';
import { control, work } from '../../../src/extractor/workers';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { FakeS3Server } from '../../support/cloud/fake-s3-server';

let server: StandIn;
let s3: FakeS3Server;
let states: Server;
let redriveCount = 0;
let written: string[];
const environment = { ...process.env };
const invocation = { awsRequestId: 'request', getRemainingTimeInMillis: () => 900_000 };

beforeAll(async () => {
  server = await startStandIn({ transactions: 100 });
  s3 = await FakeS3Server.start('landing');
  states = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify({ status: 'RUNNING', redriveCount, startDate: 1 }));
  });
  await new Promise<void>((resolve) => { states.listen(0, '127.0.0.1', resolve); });
  const { port, database, user, password } = server;
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_SFN: `http://127.0.0.1:${(states.address() as AddressInfo).port}`,
    [EXTRACTION_ENV.name]: 'Nightly',
    [EXTRACTION_ENV.metricsNamespace]: 'CdkLegacyToS3/ledger',
    [EXTRACTION_ENV.source]: JSON.stringify({ server: '127.0.0.1', port, database, user, password, encrypt: false }),
    [EXTRACTION_ENV.landing]: JSON.stringify({ target: 's3://landing/sql', endpointUrl: s3.endpoint }),
    [EXTRACTION_ENV.reading]: '{"readers":2}',
  });
});
afterAll(async () => {
  process.env = environment;
  states.close();
  await s3.stop();
  await server.stop();
});

beforeEach(() => {
  written = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => {
    written.push(String(line));
    return true;
  });
});
afterEach(() => jest.restoreAllMocks());

/** Metrics of the lines so far, with their units, as CloudWatch would take them. */
function metrics(): { [name: string]: [value: number, unit: string] } {
  const found = written.map((line) => JSON.parse(line)).filter((line) => line._aws !== undefined);
  expect(found.every((line) => line.service === 'Nightly' && line._aws.CloudWatchMetrics[0].Namespace === 'CdkLegacyToS3/ledger')).toBe(true);
  return Object.fromEntries(found.flatMap((line) => {
    const [{ Metrics }] = line._aws.CloudWatchMetrics as Array<{ readonly Metrics: Array<{ readonly Name: string; readonly Unit: string }> }>;
    return Metrics.map(({ Name, Unit }) => [Name, [line[Name], Unit]]);
  }));
}

async function run(name: string, input: object): Promise<CompleteAnswer> {
  const execution = { arn: `arn:aws:states:eu-central-1:111122223333:execution:Nightly:${name}`, startTime: new Date().toISOString() };
  const step: BeginStep = {
    step: 'begin', execution, input, settings: { tables: ['dbo.Transactions'] }, overlap: 'skip', limits: { maxConcurrency: 2, bytesPerSecond: 20e6 },
  };
  const { run: ofRun, items } = await control(step, invocation) as Extract<BeginAnswer, { outcome: 'begun' }>;
  for (const line of s3.objects.get(items.key)!.body.toString().split('\n').filter(Boolean)) {
    const item = JSON.parse(line) as WorkItem;
    while (!(await work({ step: 'work', execution, run: ofRun, item }, invocation)).finished);
  }
  return await control({ step: 'complete', execution, run: ofRun }, invocation) as CompleteAnswer;
}

const any = expect.any(Number);

test('an execution that was scheduled tells what landed, how long it waited and how late it began; another one waits for it', async () => {
  const answer = await run('scheduled', { scheduledAt: new Date(Date.now() - 90_000).toISOString() });
  expect(answer).toMatchObject({ finished: true, rows: 100 });
  const told = metrics();
  expect(told).toEqual({
    ScheduleLagSeconds: [any, 'Seconds'],
    ExtractedRows: [100, 'Count'],
    ExtractedBytes: [answer.sizeBytes, 'Bytes'],
    ExtractedChunks: [1, 'Count'],
    ChunkRetries: [0, 'Count'],
    ExtractionSeconds: [any, 'Seconds'],
    SourceWaitSeconds: [any, 'Seconds'],
    TargetWaitSeconds: [any, 'Seconds'],
  });
  expect(told.ScheduleLagSeconds[0]).toBeGreaterThanOrEqual(90);
  expect(told.ScheduleLagSeconds[0]).toBeLessThan(100);
  // The emulated Step Functions says that the first one runs for ever.
  written = [];
  await expect(control({
    step: 'begin',
    execution: { arn: 'arn:aws:states:eu-central-1:111122223333:execution:Nightly:second', startTime: new Date().toISOString() },
    input: { scheduledAt: '2026-01-31T01:00:00Z' },
    settings: {},
    overlap: 'skip',
    limits: { maxConcurrency: 2, bytesPerSecond: 20e6 },
  }, invocation)).resolves.toMatchObject({ outcome: 'skipped' });
  expect(metrics()).toEqual({ ExtractionsSkipped: [1, 'Count'] });
});

describe('the ratio to earlier runs', () => {
  const key = 'sql-state/extraction=Nightly/durations.json';
  // Each of these is the execution that the extraction is held by, so that it is not skipped.
  const again = async (input: object = {}) => run('scheduled', input);

  test('is told of a run, unless the execution was redriven', async () => {
    const { selection } = JSON.parse(s3.objects.get(key)!.body.toString());
    const seconds = [180, 240, 600];
    const manifests = () => [...s3.objects.keys()].filter((each) => each.includes('/_runs/'));
    s3.objects.set(key, { ...s3.objects.get(key)!, body: Buffer.from(JSON.stringify({ selection, seconds })) });
    await again();
    expect(metrics()).toMatchObject({ DurationRatio: [0.25, 'None'] });
    expect(metrics()).not.toHaveProperty('ScheduleLagSeconds');
    expect(manifests()).toHaveLength(2);
    [redriveCount, written] = [1, []];
    await again();
    expect(metrics()).toMatchObject({ ExtractedRows: [100, 'Count'] });
    expect(metrics()).not.toHaveProperty('DurationRatio');
  });
});
