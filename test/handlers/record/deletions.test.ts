import { randomBytes } from 'node:crypto';
import { RecorderFixture, together } from '../recorder-fixture';

let fixture: RecorderFixture;
beforeAll(async () => { fixture = await RecorderFixture.start(); });
afterAll(async () => fixture?.stop());

const newKey = () => `in/${randomBytes(4).toString('hex')}.csv`;

test('an object already deleted is recorded as gone with what its event says', async () => {
  const key = newKey();
  const event = await fixture.put(fixture.plain, key, 'abc');
  await fixture.delete(fixture.plain, key);
  expect((await fixture.invoke(event)).error).toBeUndefined();
  const { eTag } = event.Records[0].s3.object;
  expect(await fixture.item(key)).toMatchObject({ state: 'GONE', sizeBytes: 3, eTag, lastModified: event.Records[0].eventTime, fileName: key.slice(3) });
});

test('a version already deleted is recorded as gone, the others are not', async () => {
  const key = newKey();
  const first = await fixture.put(fixture.versioned, key, 'a');
  const second = await fixture.put(fixture.versioned, key, 'bb');
  const [one, two] = [first, second].map((event) => event.Records[0].s3.object.versionId);
  await fixture.delete(fixture.versioned, key, one);
  await fixture.invoke(together(first, second));
  expect(await fixture.item(key, one)).toMatchObject({ state: 'GONE', sizeBytes: 1 });
  expect(await fixture.item(key, two)).toMatchObject({ state: 'PRESENT', sizeBytes: 2 });
});

test('a late event of a deleted object does not undo the record of its newer upload', async () => {
  const key = newKey();
  const first = await fixture.put(fixture.plain, key, 'a');
  await fixture.delete(fixture.plain, key);
  const second = await fixture.put(fixture.plain, key, 'bb');
  await fixture.invoke(second);
  const late = await fixture.invoke(first);
  expect(late.result).toEqual({ records: 1, written: 0, ignored: 1 });
  expect(await fixture.item(key)).toMatchObject({ state: 'PRESENT', sizeBytes: 2 });
});

test('a deletion marks the record and keeps what was known of the object', async () => {
  const key = newKey();
  const created = await fixture.put(fixture.plain, key, 'abc', { ContentType: 'text/csv' });
  await fixture.invoke(created);
  const before = await fixture.item(key);
  await fixture.invoke(await fixture.delete(fixture.plain, key));
  expect(await fixture.item(key)).toMatchObject({
    state: 'GONE', sizeBytes: 3, contentType: 'text/csv', lastModified: before!.lastModified, contentSequencer: before!.sequencer,
  });
});

test('a deletion that comes before the creation it ended stays a deletion', async () => {
  const key = newKey();
  const created = await fixture.put(fixture.plain, key, 'abc');
  const deleted = await fixture.delete(fixture.plain, key);
  await fixture.invoke(deleted);
  expect(await fixture.item(key)).toMatchObject({ state: 'GONE', sizeBytes: 0 });
  await fixture.invoke(created);
  expect(await fixture.item(key)).toMatchObject({ state: 'GONE', sizeBytes: 3, sequencer: deleted.Records[0].s3.object.sequencer.padEnd(32, '0') });
});

test('a delete marker of a versioned bucket removes no version', async () => {
  const key = newKey();
  const created = await fixture.put(fixture.versioned, key, 'abc');
  const { versionId } = created.Records[0].s3.object;
  await fixture.invoke(created);
  const marker = fixture.event(fixture.versioned, key, { versionId: 'marker' }, 'ObjectRemoved:DeleteMarkerCreated');
  expect((await fixture.invoke(marker)).result).toEqual({ records: 1, written: 0, ignored: 1 });
  expect(await fixture.item(key, versionId)).toMatchObject({ state: 'PRESENT' });
  expect(await fixture.item(key, 'marker')).toBeUndefined();
});

test('an observation without sequencer brings an item up to date with S3, and changes nothing when it is', async () => {
  const key = newKey();
  const event = await fixture.put(fixture.plain, key, 'a');
  await fixture.invoke(event);
  const unordered = structuredClone(event);
  delete unordered.Records[0].s3.object.sequencer;
  expect((await fixture.invoke(unordered)).result.ignored).toBe(1);
  await fixture.put(fixture.plain, key, 'bb');
  await fixture.invoke(unordered);
  expect(await fixture.item(key)).toMatchObject({ state: 'PRESENT', sizeBytes: 2, sequencer: event.Records[0].s3.object.sequencer.padEnd(32, '0') });
  await fixture.delete(fixture.plain, key);
  await fixture.invoke(unordered);
  expect(await fixture.item(key)).toMatchObject({ state: 'GONE', sizeBytes: 2 });
});
