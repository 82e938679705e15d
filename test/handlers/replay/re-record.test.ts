import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListObjectsV2Command, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { ReplayResult } from '../../../src/contract';
import { Deadline } from '../../../src/handlers/replay/deadline';
import { reRecord } from '../../../src/handlers/replay/re-record';
import { toObjectEvent } from '../../../src/handlers/shared/s3-events';
import { listingOf } from '../s3-listing';

const s3 = mockClient(S3Client);
const lambda = mockClient(LambdaClient);
const services = { s3: new S3Client(), lambda: new LambdaClient(), bucket: 'b', landingPrefix: 'in/', recorder: 'recorder' };
const forever = new Deadline(() => 900_000);

class TimeForOnePage extends Deadline {
  private pages = 1;

  public allows(): boolean {
    return this.pages-- > 0;
  }
}

/** The bucket: keys with the version of each, in the order S3 lists them. */
let bucket: { readonly Key: string; readonly VersionId: string }[];
let given: { readonly key: string; readonly versionId?: string; readonly sequencer?: string; readonly eventTime?: string }[][];
let poison: string | undefined;

beforeEach(() => {
  s3.reset();
  lambda.reset();
  given = [];
  poison = undefined;
  s3.on(ListObjectVersionsCommand).callsFake(({ Prefix, KeyMarker, VersionIdMarker }) => {
    const all = bucket.filter(({ Key }) => Key.startsWith(Prefix));
    const from = KeyMarker ? all.findIndex(({ Key, VersionId }) => Key === KeyMarker && VersionId === VersionIdMarker) + 1 : 0;
    const page = all.slice(from, from + 1000);
    const last = page[page.length - 1];
    const IsTruncated = from + page.length < all.length;
    return { Versions: page, IsTruncated, ...IsTruncated && { NextKeyMarker: last.Key, NextVersionIdMarker: last.VersionId } };
  });
  s3.on(ListObjectsV2Command).callsFake((input) => listingOf(bucket.map(({ Key }) => Key), input));
  lambda.on(InvokeCommand).callsFake(({ Payload }) => {
    const events = JSON.parse(Buffer.from(Payload).toString()).Records.map(toObjectEvent);
    if (events.some(({ key }: { key: string }) => key === poison)) {
      return { FunctionError: 'Unhandled', Payload: Buffer.from(JSON.stringify({ errorType: 'E', errorMessage: 'no' })) };
    }
    given.push(events);
    return {};
  });
});

const keysGiven = () => given.flat().map(({ key }) => key).sort();

test('every version under the prefix is given to the recorder, without sequencer and time, and no other', async () => {
  bucket = [{ Key: 'in/a b+ü.csv', VersionId: '2' }, { Key: 'in/a b+ü.csv', VersionId: '1' }, { Key: 'in/c', VersionId: 'null' }, { Key: 'inner/x', VersionId: '1' }];
  expect(await reRecord(services, { action: 'objects' }, forever)).toEqual({ action: 'objects', attempted: 3, succeeded: 3, failed: 0, failures: [] });
  expect(given.flat().map(({ key, versionId, sequencer, eventTime }) => [key, versionId, sequencer, eventTime])).toEqual([
    ['in/a b+ü.csv', '2', undefined, undefined], ['in/a b+ü.csv', '1', undefined, undefined], ['in/c', 'null', undefined, undefined],
  ]);
});

test('many objects are given in batches of a hundred over pages', async () => {
  bucket = Array.from({ length: 2_345 }, (_, index) => ({ Key: `in/${String(index).padStart(5, '0')}`, VersionId: '1' }));
  expect((await reRecord(services, { action: 'objects', prefix: 'in/' }, forever)).succeeded).toBe(2_345);
  expect(keysGiven()).toEqual(bucket.map(({ Key }) => Key));
  expect(Math.max(...given.map((batch) => batch.length))).toBe(100);
});

test('when time runs short the token goes on where it ended', async () => {
  bucket = Array.from({ length: 2_500 }, (_, index) => ({ Key: `in/${String(index).padStart(5, '0')}`, VersionId: '1' }));
  let token: string | undefined;
  let rounds = 0;
  do {
    const result: ReplayResult = await reRecord(services, { action: 'objects', token }, new TimeForOnePage(() => 60_000));
    token = result.token;
    rounds += 1;
  } while (token !== undefined && rounds < 10);
  expect(rounds).toBe(3);
  expect(keysGiven()).toEqual(bucket.map(({ Key }) => Key));
});

test('an object that fails is named, the others of its batch are recorded', async () => {
  bucket = Array.from({ length: 30 }, (_, index) => ({ Key: `in/${index}`, VersionId: 'v' }));
  poison = 'in/7';
  expect(await reRecord(services, { action: 'objects' }, forever))
    .toEqual({ action: 'objects', attempted: 30, succeeded: 29, failed: 1, failures: [{ subject: 'in/7 version v', message: 'E: no' }] });
  expect(keysGiven()).toHaveLength(29);
});

describe('a run', () => {
  const part = (table: string, run: string) => ({ Key: `in/database=L/schema=dbo/table=${table}/run=${run}/part-0`, VersionId: '1' });
  const manifest = (run: string) => ({ Key: `in/_runs/run=${run}/_manifest.json`, VersionId: '1' });
  beforeEach(() => { bucket = [manifest('r'), manifest('q'), part('A', 'q'), part('A', 'r'), part('B', 'q'), part('C', 'r')]; });

  test('its parts of every table and then its manifest are given, and nothing of others', async () => {
    expect((await reRecord(services, { action: 'run', runId: 'r', prefix: 'in/' }, forever)).succeeded).toBe(3);
    expect(given.flat().map(({ key }) => key)).toEqual([part('A', 'r').Key, part('C', 'r').Key, manifest('r').Key]);
  });

  test('that is not there is nothing to do', async () => {
    expect(await reRecord(services, { action: 'run', runId: 'x' }, forever)).toMatchObject({ attempted: 0 });
  });
});

test.each([
  [{ action: 'objects', prefix: 'other/' }, /expected a prefix that begins with 'in\/'.*got 'other\/'/],
  [{ action: 'objects', token: '%%%' }, /expected a token of an earlier answer/],
  [{ action: 'objects', token: Buffer.from('{"folder":"gone/"}').toString('base64url') }, /the token is of another request/],
] as const)('%j is refused', async (request, message) => {
  bucket = [];
  await expect(reRecord(services, request, forever)).rejects.toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringMatching(message) });
});
