import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { HANDLER_ENV, METRICS } from '../../../src/contract';
import { metricValues, RecorderFixture, together } from '../recorder-fixture';

let fixture: RecorderFixture;
beforeAll(async () => { fixture = await RecorderFixture.start(); });
afterAll(async () => fixture?.stop());

test('a poison record holds up no other, and the error names what failed', async () => {
  const events = [];
  for (const name of ['a', 'b', 'c']) events.push(await fixture.put(fixture.plain, `batch/${name}.csv`, name));
  const poison = fixture.event(fixture.plain, 'x', { key: '%' });
  const malformed = fixture.event(fixture.plain, 'x', { key: '%E0%A4%A' });
  const nameless = { Records: [{ eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: {} } }, null] };
  const invocation = await fixture.invoke(together(events[0], poison, events[1], malformed, nameless, events[2]));
  expect(invocation.error!.errorType).toBe('BatchNotHandledError');
  expect(invocation.error!.errorMessage).toMatch(/^4 of 7 event records could not be handled: /);
  for (const told of ["got '%'", "got '%E0%A4%A'", 'got b and no key', 'got null']) {
    expect(invocation.error!.errorMessage).toContain(told);
  }
  for (const name of ['a', 'b', 'c']) expect(await fixture.item(`batch/${name}.csv`)).toMatchObject({ state: 'PRESENT' });
  expect(metricValues(invocation, METRICS.recordAttempts)).toHaveLength(7);
  expect(metricValues(invocation, METRICS.recordSuccesses)).toHaveLength(3);
});

test('the error of a large batch names some and counts the rest', async () => {
  const bad = fixture.event(fixture.plain, 'x', { key: '%' });
  const { error } = await fixture.invoke(together(...Array.from({ length: 50 }, () => bad)));
  expect(error!.errorMessage).toMatch(/^50 of 50 .*; and 30 more$/);
  expect(JSON.stringify(error).length).toBeLessThan(100_000);
});

test.each([
  ['nothing', null, /got null/],
  ['a text', 'hello', /got hello/],
  ['another service\'s event', { source: 'aws.ec2', detail: {} }, /got an object with source, detail/],
])('%s instead of an event is refused', async (_what, event, message) => {
  const { error, lines } = await fixture.invoke(event);
  expect(error).toMatchObject({ errorType: 'InvalidEventError', errorMessage: expect.stringMatching(message) });
  const [line] = lines.map((text) => JSON.parse(text)).filter((entry) => entry.level === 'ERROR');
  expect(line.error).toMatchObject({ name: 'InvalidEventError', code: 'INVALID_EVENT' });
});

test('the message S3 sends when notifications are set up is no record', async () => {
  const { error, result, lines } = await fixture.invoke({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' });
  expect(error).toBeUndefined();
  expect(result).toEqual({ records: 0, written: 0, ignored: 0 });
  expect(lines).toEqual([]);
});

test('an event of EventBridge is recorded like a notification', async () => {
  const key = 'bridge/a b+ü%20.csv';
  const event = await fixture.put(fixture.plain, key, 'abc');
  const { sequencer, eTag } = event.Records[0].s3.object;
  const { error } = await fixture.invoke({
    'version': '0',
    'source': 'aws.s3',
    'detail-type': 'Object Created',
    'time': '2026-01-31T23:59:59Z',
    'detail': { version: '0', bucket: { name: fixture.plain }, object: { key, size: 3, etag: eTag, sequencer }, reason: 'PutObject' },
  });
  expect(error).toBeUndefined();
  expect(await fixture.item(key)).toMatchObject({ objectKey: key, sizeBytes: 3, eTag, sequencer: sequencer.padEnd(32, '0') });
});

test('a bucket that is gone is a failure and no deletion', async () => {
  const event = fixture.event('no-such-bucket', 'kept.csv', { size: 3 });
  expect((await fixture.invoke(event)).error!.errorMessage).toMatch(/s3:\/\/no-such-bucket\/kept\.csv: NoSuchBucket \(HTTP 404\)/);
  expect(await fixture.item('kept.csv')).toBeUndefined();
  expect((await fixture.complete(fixture.event('no-such-bucket', '_runs/run=r/_manifest.json', {}))).error!.errorMessage).toContain('NoSuchBucket (HTTP 404)');
});

test.each([
  ['by SNS', (text: string) => ({ Records: [{ EventSource: 'aws:sns', Sns: { Type: 'Notification', Message: text } }] })],
  ['by SNS and a queue', (text: string) => ({
    Records: [{ eventSource: 'aws:sqs', messageId: 'm', body: JSON.stringify({ Type: 'Notification', Message: text }) }],
  })],
  ['by SNS and a queue, raw', (text: string) => ({ Records: [{ eventSource: 'aws:sqs', messageId: 'm', body: text }] })],
])('an event passed on %s is recorded', async (way, wrapped) => {
  const key = `passed-on/${way}.csv`;
  const { error } = await fixture.invoke(wrapped(JSON.stringify(await fixture.put(fixture.plain, key, 'abc'))));
  expect(error).toBeUndefined();
  expect(await fixture.item(key)).toMatchObject({ sizeBytes: 3, state: 'PRESENT' });
});

test.each([
  ['missing', undefined, 'got none'], ['empty', '', 'got an empty one'],
])('a %s table name is told by name', async (_what, name, got) => {
  const lambda = await fixture.newLambda({ [HANDLER_ENV.tableName]: name });
  const { error, lines } = await lambda.invoke(await fixture.put(fixture.plain, 'in/x.csv', 'x'));
  await lambda.stop();
  expect(error!.errorMessage).toBe(`expected the environment variable ${HANDLER_ENV.tableName}, ${got}`);
  expect(lines.some((line) => line.includes('"level":"ERROR"') && line.includes('INVALID_CONFIG'))).toBe(true);
});

describe('against a service that answers', () => {
  let server: Server;
  let answers: (() => { readonly status: number; readonly headers?: Record<string, string> })[];
  let requests: number;
  beforeAll(async () => {
    server = createServer((_request, response) => {
      requests += 1;
      const { status, headers } = (answers.length > 1 ? answers.shift()! : answers[0])();
      response.writeHead(status, headers).end();
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  });
  afterAll(() => { server.closeAllConnections(); server.close(); });
  beforeEach(() => { requests = 0; });

  async function invoke(event: unknown) {
    const lambda = await fixture.newLambda({ AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    try {
      return await lambda.invoke(event);
    } finally {
      await lambda.stop();
    }
  }
  const found = () => ({ status: 200, headers: { 'Content-Length': '7', 'ETag': '"e"', 'Last-Modified': new Date(0).toUTCString() } });

  test('503 twice and then the object, the object is recorded', async () => {
    answers = [() => ({ status: 503 }), () => ({ status: 503 }), found];
    const { error } = await invoke(fixture.event('b', 'retried.csv', {}));
    expect(error).toBeUndefined();
    expect(requests).toBe(3);
    expect(await fixture.item('retried.csv')).toMatchObject({ sizeBytes: 7, state: 'PRESENT' });
  });

  test('503 all the time, the event fails after five tries', async () => {
    answers = [() => ({ status: 503 })];
    const { error } = await invoke(fixture.event('b', 'down.csv', {}));
    expect(requests).toBe(5);
    expect(error!.errorMessage).toMatch(/s3:\/\/b\/down\.csv: .*\(HTTP 503\)/);
    expect(await fixture.item('down.csv')).toBeUndefined();
  });

  test('403, it is a failure at once and not a gone object', async () => {
    answers = [() => ({ status: 403 })];
    const { error } = await invoke(fixture.event('b', 'denied.csv', {}));
    expect(requests).toBe(1);
    expect(error!.errorMessage).toContain('(HTTP 403)');
    expect(await fixture.item('denied.csv')).toBeUndefined();
  });

  test.each([404, 405])('%i, the object is gone', async (status) => {
    // After a 404 the bucket is asked for.
    answers = [() => ({ status }), () => ({ status: 200 })];
    const { error } = await invoke(fixture.event('b', `gone-${status}.csv`, { size: 3 }));
    expect(error).toBeUndefined();
    expect(await fixture.item(`gone-${status}.csv`)).toMatchObject({ state: 'GONE', sizeBytes: 3 });
  });
});
