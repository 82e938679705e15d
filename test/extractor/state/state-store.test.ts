import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { createS3Client } from '../../../src/extractor/landing/s3/s3-client';
import { FolderStore } from '../../../src/extractor/state/folder-store';
import { IN_FLIGHT } from '../../../src/extractor/state/in-flight';
import { S3Store } from '../../../src/extractor/state/s3-store';
import { readTexts, type StateStore } from '../../../src/extractor/state/state-store';
import { FakeS3Server } from '../../support/cloud/fake-s3-server';

let folder: string;
let s3: FakeS3Server;
let client: S3Client;

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  s3 = await FakeS3Server.start('bucket');
  client = createS3Client({ endpointUrl: s3.endpoint, region: 'eu-central-1' });
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'state-')); });
afterEach(() => {
  rmSync(folder, { recursive: true });
  s3.objects.clear();
  s3.requests.length = 0;
  s3.fault = () => undefined;
  s3.keyFault = () => undefined;
  s3.plain = false;
});

describe.each<[string, () => StateStore]>([
  ['a folder', () => new FolderStore(folder)],
  ['a bucket', () => new S3Store({ client, bucket: 'bucket', prefix: 'landing-state/' })],
])('%s', (_, open) => {
  test('keeps texts under keys', async () => {
    const store = open();
    await store.put('run=1/a.json', 'first');
    await store.put('run=1/a.json', 'größer');
    await store.put('run=2/b.json', '{}');
    expect(await store.read('run=1/a.json')).toBe('größer');
    expect(await store.read('run=2/b.json')).toBe('{}');
    expect(await store.read('run=1/other.json')).toBeUndefined();
    expect(await store.list('run=')).toEqual(['run=1/a.json', 'run=2/b.json']);
    expect(await store.list('run=2')).toEqual(['run=2/b.json']);
    await store.remove(['run=1/a.json', 'run=1/never-there.json']);
    expect(await store.list('')).toEqual(['run=2/b.json']);
  });

  test('reads and deletes many', async () => {
    const store = open();
    const keys = Array.from({ length: 200 }, (__, at) => `run=1/chunk-${String(at).padStart(5, '0')}.json`);
    await Promise.all(keys.map((key) => store.put(key, `text of ${key}`)));
    const asked = [...keys.slice(100), 'run=1/never-there.json', ...keys.slice(0, 100)];
    const read = [];
    for await (const text of readTexts(store, asked)) read.push(text);
    expect(read).toEqual(asked.map((key) => ({ key, text: key.includes('never') ? undefined : `text of ${key}` })));
    await store.remove([...keys.slice(1), 'run=1/never-there.json']);
    expect(await store.list('')).toEqual([keys[0]]);
  });

  test('an empty one has no keys', async () => {
    expect(await open().list('run=')).toEqual([]);
  });

  test('of many that create the same key one succeeds, and its text stays', async () => {
    const store = open();
    const texts = Array.from({ length: 20 }, (__, at) => `writer ${at}`);
    const created = await Promise.all(texts.map((text) => store.create('run=1/lease.json', text)));
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await store.read('run=1/lease.json')).toBe(texts[created.indexOf(true)]);
  });
});

test('a folder: what a killed process was writing is no key', async () => {
  const store = new FolderStore(folder);
  await store.put('run.json', 'x');
  writeFileSync(join(folder, 'run.json.tmp-0a0b0c0d'), 'ha');
  expect(await store.list('')).toEqual(['run.json']);
  await store.put('other.json', 'y');
  expect(readdirSync(folder).sort()).toEqual(['other.json', 'run.json', 'run.json.tmp-0a0b0c0d']);
});

test('a bucket: a create whose answer was lost has succeeded', async () => {
  let lost = 0;
  s3.fault = ({ operation }) => (operation === 'PutObject' && lost++ === 0 ? 'lost-answer' : undefined);
  const store = new S3Store({ client, bucket: 'bucket', prefix: '' });
  expect(await store.create('lease.json', 'mine')).toBe(true);
  expect(await store.create('lease.json', 'yours')).toBe(false);
});

test('a bucket: a failure names the text, and is no answer', async () => {
  s3.fault = ({ operation }) => (operation === 'GetObject' ? { status: 403, code: 'AccessDenied' } : undefined);
  const store = new S3Store({ client, bucket: 'bucket', prefix: 'landing-state/' });
  await expect(store.read('run=1/run.json')).rejects.toMatchObject({
    code: 'TARGET_ACCESS_DENIED', message: expect.stringContaining('read the checkpoint s3://bucket/landing-state/run=1/run.json'),
  });
});

test('a bucket: texts are read on as many connections as the client has, and no more', async () => {
  const store = new S3Store({ client, bucket: 'bucket', prefix: '' });
  const keys = Array.from({ length: 3 * IN_FLIGHT }, (_, at) => `${at}.json`);
  await Promise.all(keys.map((key) => store.put(key, key)));
  let [open, most] = [0, 0];
  let let64Pass = () => undefined as void;
  const there = new Promise<void>((resolve) => { let64Pass = resolve; });
  // Nobody is answered before all of them are there.
  s3.fault = async () => {
    most = Math.max(most, ++open);
    if (open === IN_FLIGHT) let64Pass();
    await there;
    open -= 1;
  };
  const read: string[] = [];
  for await (const { text } of readTexts(store, keys)) read.push(text!);
  expect(read).toEqual(keys);
  expect(most).toBe(IN_FLIGHT);
});

describe('a bucket: many are deleted', () => {
  const open = () => new S3Store({ client, bucket: 'bucket', prefix: 'landing-state/' });
  const fill = (count: number) => Array.from({ length: count }, (_, at) => {
    s3.objects.set(`landing-state/${at}&.json`, { body: Buffer.alloc(0), checksum: '', algorithm: 'sha256', headers: {}, eTag: '"e"' });
    return `${at}&.json`;
  });

  test.each([['S3', false], ['a store that knows Content-MD5 alone', true]])('a thousand at once, of %s', async (_, plain) => {
    s3.plain = plain;
    await open().remove(fill(2500));
    expect(s3.objects.size).toBe(0);
    expect(s3.operations()).toEqual(['DeleteObjects', 'DeleteObjects', 'DeleteObjects']);
    expect(s3.requests.map(({ body }) => body.toString().split('<Key>').length - 1)).toEqual([1000, 1000, 500]);
    expect(s3.requests.every(({ headers }) => headers['x-amz-checksum-crc32'] && headers['content-md5'])).toBe(true);
  });

  test('one by its own request, and none by none', async () => {
    await open().remove([]);
    await open().remove(fill(1));
    expect(s3.operations()).toEqual(['DeleteObject']);
  });

  test.each([501, 405, 400])('one by one where the store answers %i to DeleteObjects, which is asked once', async (status) => {
    s3.fault = ({ operation }) => (operation === 'DeleteObjects' ? { status, code: 'NotImplemented' } : undefined);
    const store = open();
    await store.remove(fill(70));
    await store.remove(fill(3));
    expect(s3.objects.size).toBe(0);
    expect(s3.operations()).toEqual(['DeleteObjects', ...Array<string>(73).fill('DeleteObject')]);
  });

  test('a key that failed is tried again by itself', async () => {
    s3.keyFault = (key) => (key === 'landing-state/7&.json' ? 'InternalError' : undefined);
    await open().remove(fill(20));
    expect(s3.objects.size).toBe(0);
    expect(s3.requests.map(({ operation, key }) => `${operation} ${key}`)).toEqual(['DeleteObjects ', 'DeleteObject landing-state/7&.json']);
  });

  test('a key that may not be deleted is named, and the others are', async () => {
    s3.keyFault = (key) => (key === 'landing-state/7&.json' ? 'AccessDenied' : undefined);
    s3.fault = ({ operation }) => (operation === 'DeleteObject' ? { status: 403, code: 'AccessDenied' } : undefined);
    await expect(open().remove(fill(20))).rejects.toMatchObject({
      code: 'TARGET_ACCESS_DENIED', message: expect.stringContaining('delete the checkpoint s3://bucket/landing-state/7&.json'),
    });
    expect([...s3.objects.keys()]).toEqual(['landing-state/7&.json']);
  });

  test('a store that refuses all says so of the first', async () => {
    s3.fault = () => ({ status: 403, code: 'AccessDenied' });
    await expect(open().remove(fill(20))).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED', message: expect.stringContaining('landing-state/0&.json') });
    expect(s3.operations()).toEqual(['DeleteObjects']);
  });
});
