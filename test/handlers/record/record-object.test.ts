import { randomBytes } from 'node:crypto';
import { HANDLER_ENV, runSnapshotsKey, tableLocation, toUserMetadata } from '../../../src/contract';
import { RecorderFixture } from '../recorder-fixture';

let fixture: RecorderFixture;
beforeAll(async () => { fixture = await RecorderFixture.start(); });
afterAll(async () => fixture?.stop());

const unique = () => randomBytes(4).toString('hex');

test('a landed object becomes one item with all that S3 says of it', async () => {
  const key = `in/${unique()}/accounts.csv`;
  const event = await fixture.put(fixture.plain, key, 'Id\n1\n', { ContentType: 'text/csv', ChecksumAlgorithm: 'SHA256' });
  const { error, result } = await fixture.invoke(event);
  expect(error).toBeUndefined();
  expect(result).toEqual({ records: 1, written: 1, ignored: 0 });
  const head = await fixture.head(fixture.plain, key);
  expect(await fixture.item(key)).toEqual({
    objectKey: key,
    versionId: 'null',
    itemType: 'object',
    state: 'PRESENT',
    bucket: fixture.plain,
    fileName: 'accounts.csv',
    sizeBytes: 5,
    eTag: head.ETag!.replace(/"/g, ''),
    checksum: `SHA256:${head.ChecksumSHA256}`,
    contentType: 'text/csv',
    lastModified: head.LastModified!.toISOString(),
    recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    sequencer: event.Records[0].s3.object.sequencer.padEnd(32, '0'),
    revision: 1,
  });
});

const uuid = '0b6f4a1c-3d52-4c7e-9a60-1f2e3d4c5b6a';

describe.each([
  'landing-state/run=r1/chunk-00000-00000.json', '_state/run=r1/lease-000001.json', '_state/check-4711.json',
  `_tables/ledger_dbo_accounts-${uuid}/metadata/00001-${uuid}.metadata.json`, `landing-tables/ledger_dbo_accounts-${uuid}/metadata/snap-1-1-${uuid}.avro`,
  `${tableLocation('', 'ledger_dbo_accounts', uuid)}data/delete-1.parquet`, runSnapshotsKey('', 'r1'),
])('%s is no landed object', (key) => {
  const bridged = (type: string) => ({ 'source': 'aws.s3', 'detail-type': type, 'detail': { bucket: { name: fixture.plain }, object: { key, sequencer: '01' } } });
  const queued = (event: unknown) => ({
    Records: [{ messageId: 'm1', receiptHandle: 'h1', eventSource: 'aws:sqs', body: JSON.stringify(event), attributes: { ApproximateReceiveCount: '1' } }],
  });
  const ignored = { records: 1, written: 0, ignored: 1 };

  test.each<[string, () => Promise<unknown>, object]>([
    ['S3 notification', async () => fixture.put(fixture.plain, key, '{}'), ignored],
    ['S3 notification of its deletion', async () => fixture.delete(fixture.plain, key), ignored],
    ['EventBridge', async () => bridged('Object Created'), ignored],
    ['EventBridge, of its deletion', async () => bridged('Object Deleted'), ignored],
    ['a buffer', async () => queued(await fixture.put(fixture.plain, key, '{}')), { batchItemFailures: [] }],
  ])('by %s', async (_way, event, result) => {
    const buffered = {
      [HANDLER_ENV.bufferQueueUrl]: 'https://sqs.invalid/buffer',
      [HANDLER_ENV.failureQueueUrl]: 'https://sqs.invalid/failures',
      [HANDLER_ENV.bufferAttempts]: '3',
      [HANDLER_ENV.bufferRetrySeconds]: '1',
    };
    const lambda = await fixture.newLambda(buffered);
    try {
      const answer = await lambda.invoke(await event());
      expect(answer.error).toBeUndefined();
      expect(answer.result).toEqual(result);
      expect(await fixture.item(key)).toBeUndefined();
    } finally {
      await lambda.stop();
    }
  });
});

test('each version of a versioned bucket is an item of its own', async () => {
  const key = `in/${unique()}.csv`;
  const first = await fixture.put(fixture.versioned, key, 'a');
  const second = await fixture.put(fixture.versioned, key, 'bb');
  await fixture.invoke(second);
  await fixture.invoke(first);
  const [one, two] = [first, second].map((event) => event.Records[0].s3.object.versionId);
  expect(one).not.toEqual(two);
  expect(await fixture.item(key, one)).toMatchObject({ sizeBytes: 1, versionId: one, state: 'PRESENT' });
  expect(await fixture.item(key, two)).toMatchObject({ sizeBytes: 2, versionId: two, state: 'PRESENT' });
  expect(await fixture.item(key)).toBeUndefined();
});

test('what the extractor says in the metadata is decoded into attributes', async () => {
  const key = `in/${unique()}/part-00000-0000.csv.gz`;
  const says = {
    runId: '20260131T235959123Z-4f9a1c', database: 'Größe 100%', schema: 'dbo', table: '取引', part: '0-0', format: 'csv', compression: 'gzip', schemaFingerprint: 'f00d',
  };
  await fixture.invoke(await fixture.put(fixture.plain, key, 'x', { Metadata: toUserMetadata(says) }));
  expect(await fixture.item(key)).toMatchObject({ ...says, dataset: 'Größe 100%/dbo/取引' });
});

test('without metadata the key tells run and dataset', async () => {
  const run = `20260131T235959123Z-${unique().slice(0, 6)}`;
  const key = `lake/database=My%20Ledger/schema=dbo/table=A%2FB/run=${run}/part-00000-0000.csv`;
  await fixture.invoke(await fixture.put(fixture.plain, key, 'x', { Metadata: { 'run-id': '' } }));
  expect(await fixture.item(key)).toMatchObject({ runId: run, database: 'My Ledger', schema: 'dbo', table: 'A/B', dataset: 'My Ledger/dbo/A/B' });
});

test.each(['a b+c.csv', 'ünïcode/取引 1.csv', '100%/%41.csv', 'a&b=c?d#e;f.csv', "quote'\"<>.csv", 'folder/'])('the key %j is taken as it is', async (name) => {
  const key = `keys/${unique()}/${name}`;
  const { error } = await fixture.invoke(await fixture.put(fixture.plain, key, 'x'));
  expect(error).toBeUndefined();
  expect(await fixture.item(key)).toMatchObject({ objectKey: key, fileName: key.split('/').pop(), state: 'PRESENT', sizeBytes: 1 });
});
