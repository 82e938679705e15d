import { randomBytes } from 'node:crypto';
import { LEVEL_FIELD, LOG_KEYWORDS, METRICS, SERVICE_DIMENSION, SERVICES } from '../../../src/contract';
import { metricValues, NAMESPACE, RecorderFixture, together } from '../recorder-fixture';
import { changed, landManifest, landRun } from '../run-fixture';

let fixture: RecorderFixture;
beforeAll(async () => { fixture = await RecorderFixture.start(); });
afterAll(async () => fixture?.stop());

const KEYWORD = new RegExp(Object.values(LOG_KEYWORDS).join('|'));
const metricLines = (lines: readonly string[]) => lines.map((line) => JSON.parse(line)).filter((line) => line._aws);
const logLines = (lines: readonly string[]) => lines.map((line) => JSON.parse(line)).filter((line) => !line._aws);

test('the first invocation of an environment counts a cold start, the next do not', async () => {
  const lambda = await fixture.newLambda();
  const event = await fixture.put(fixture.plain, 'in/cold.csv', 'x');
  const [first, second] = [await lambda.invoke(event), await lambda.invoke(event)];
  await lambda.stop();
  expect(metricValues(first, METRICS.coldStarts)).toEqual([1]);
  const [duration] = metricValues(first, METRICS.coldStartDuration);
  expect(duration).toBeGreaterThan(10);
  expect(duration).toBeLessThan(30_000);
  expect(metricValues(second, METRICS.coldStarts)).toEqual([]);
  expect(metricValues(second, METRICS.coldStartDuration)).toEqual([]);
});

test('an environment made ahead of its invocations has no cold start', async () => {
  const lambda = await fixture.newLambda({ AWS_LAMBDA_INITIALIZATION_TYPE: 'provisioned-concurrency' });
  const invocation = await lambda.invoke(await fixture.put(fixture.plain, 'in/warm.csv', 'x'));
  await lambda.stop();
  expect(metricValues(invocation, METRICS.objectsRecorded)).toEqual([1]);
  expect(metricValues(invocation, METRICS.coldStarts)).toEqual([]);
});

test('a recorded object is counted with its bytes and latencies, a repeated event as ignored', async () => {
  const event = await fixture.put(fixture.plain, `in/${randomBytes(4).toString('hex')}.csv`, 'abcde');
  event.Records[0].eventTime = new Date(Date.now() - 5_000).toISOString();
  const first = await fixture.invoke(event);
  for (const [name, value] of [
    [METRICS.recordAttempts, 1], [METRICS.recordSuccesses, 1], [METRICS.objectsRecorded, 1], [METRICS.bytesLanded, 5],
  ] as const) expect(metricValues(first, name)).toEqual([value]);
  expect(metricValues(first, METRICS.eventsIgnored)).toEqual([]);
  const [latency] = metricValues(first, METRICS.recordLatency);
  expect(latency).toBeGreaterThanOrEqual(5_000);
  expect(latency).toBeLessThan(35_000);
  // The environment's first write is told apart from the others.
  expect([METRICS.firstPutItemLatency, METRICS.putItemLatency].map((name) => metricValues(first, name).length)).toEqual([1, 0]);
  const next = await fixture.invoke(await fixture.put(fixture.plain, `in/${randomBytes(4).toString('hex')}.csv`, 'abcde'));
  expect([METRICS.firstPutItemLatency, METRICS.putItemLatency].map((name) => metricValues(next, name).length)).toEqual([0, 1]);

  const second = await fixture.invoke(event);
  expect(metricValues(second, METRICS.eventsIgnored)).toEqual([1]);
  expect(metricValues(second, METRICS.recordSuccesses)).toEqual([1]);
  for (const name of [METRICS.objectsRecorded, METRICS.bytesLanded, METRICS.recordLatency]) expect(metricValues(second, name)).toEqual([]);
});

test('metrics stand under the pipeline\'s namespace and the service, with the contract\'s names only', async () => {
  const { lines } = await fixture.invoke(await fixture.put(fixture.plain, 'in/names.csv', 'x'));
  const [line] = metricLines(lines);
  const [directive] = line._aws.CloudWatchMetrics;
  expect(directive.Namespace).toBe(NAMESPACE);
  expect(directive.Dimensions).toEqual([[SERVICE_DIMENSION]]);
  expect(line[SERVICE_DIMENSION]).toBe(SERVICES.recorder);
  const known: readonly string[] = Object.values(METRICS);
  for (const { Name } of directive.Metrics) expect(known).toContain(Name);
});

test('no line of an invocation that goes well has a keyword of the metric filters, whatever the objects are called', async () => {
  const prefix = 'Failure/Error/%45rror/';
  const lines: string[] = [];
  for (const bucket of [fixture.plain, fixture.versioned]) {
    const names = ['Error-2024.csv', 'Failure', 'ErrorFailure.csv', 'ErrorError', 'a\nError: b', '"level":"ERROR"', 'FaiFailurelure'];
    const events = [];
    for (const name of names) events.push(await fixture.put(bucket, prefix + name, 'x', { ContentType: 'text/Error', Metadata: { table: 'Failure', database: 'Error', schema: 'Error' } }));
    const run = await landRun(fixture, bucket, prefix);
    const good = await landManifest(fixture, bucket, run.key, run.manifest);
    const other = await landRun(fixture, bucket, prefix);
    const bad = await landManifest(fixture, bucket, other.key, changed(other.manifest, (m) => { m.tables[0].objects[0].key += 'Error'; }));
    const gone = await fixture.put(bucket, `${prefix}gone-Error.csv`, 'x');
    await fixture.delete(bucket, `${prefix}gone-Error.csv`, gone.Records[0].s3.object.versionId);
    const removed = fixture.event(bucket, `${prefix}removed-Failure.csv`, {}, 'ObjectRemoved:Delete');
    for (const event of [together(...events), together(...events), ...run.parts.map((part) => part.event), good, good, bad, gone, removed]) {
      const invocation = await fixture.invoke(event);
      expect(invocation.error).toBeUndefined();
      lines.push(...invocation.lines);
    }
  }
  expect(logLines(lines).filter((line) => line.message === 'object recorded').length).toBeGreaterThanOrEqual(2 * 12);
  expect(logLines(lines).filter((line) => line.message === 'run complete')).toHaveLength(4);
  expect(logLines(lines).filter((line) => line.message === 'run incomplete')).toHaveLength(2);
  expect(lines.filter((line) => KEYWORD.test(line))).toEqual([]);
  expect(logLines(lines).filter((line) => !['INFO', 'WARN'].includes(line[LEVEL_FIELD]))).toEqual([]);
  // Names are still told, in a form that can be decoded.
  const keys = logLines(lines).map((line) => line.objectKey && decodeURIComponent(line.objectKey));
  expect(keys).toContain(`${prefix}Error-2024.csv`);
});

test('a record that cannot be handled is one line of level ERROR with both keywords and the stack trace', async () => {
  const { error, lines } = await fixture.complete(await fixture.put(fixture.plain, 'in/_manifest.json', 'not a manifest'));
  const errors = logLines(lines).filter((line) => line[LEVEL_FIELD] === 'ERROR');
  expect(errors).toHaveLength(1);
  expect(errors[0].message).toMatch(/^Failure: .*Error/);
  expect(errors[0].error).toMatchObject({ name: 'RecordNotHandledError', code: 'RECORD_NOT_HANDLED', cause: { name: 'InvalidManifestError', code: 'INVALID_MANIFEST' } });
  expect(errors[0].error.stack).toMatch(/\n\s+at /);
  expect(errors[0].error.cause.stack).toMatch(/\n\s+at /);
  expect(metricLines(lines).filter((line) => KEYWORD.test(JSON.stringify(line)))).toEqual([]);
  // What Lambda passes to the failure queue tells the same.
  expect(error!.errorMessage).toContain('1 of 1 event records could not be handled: s3://landing-plain/in/_manifest.json: INVALID_MANIFEST');
  expect(error!.trace.join('\n')).toMatch(/Caused by: RecordNotHandledError.*\n[^]*Caused by: InvalidManifestError.*\n\s+at /);
});

test('no credential stands in a line or an error', async () => {
  const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCY';
  const lambda = await fixture.newLambda({ AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: 'token-of-the-session', METADATA_TABLE_NAME: 'no-such-table' });
  const { error, lines } = await lambda.invoke(await fixture.put(fixture.plain, 'in/secret.csv', 'x'));
  await lambda.stop();
  expect(error).toBeDefined();
  const written = [...lines, JSON.stringify(error)].join('\n');
  expect(written).not.toContain(secret);
  expect(written).not.toContain('token-of-the-session');
});
