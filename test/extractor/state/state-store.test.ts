import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { FolderStore } from '../../../src/extractor/state/folder-store';
import { S3Store } from '../../../src/extractor/state/s3-store';
import type { StateStore } from '../../../src/extractor/state/state-store';
import { FakeS3Server } from '../../support/cloud/fake-s3-server';

let folder: string;
let s3: FakeS3Server;
let client: S3Client;

beforeAll(async () => {
  s3 = await FakeS3Server.start('bucket');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new S3Client({ endpoint: s3.endpoint, region: 'eu-central-1', forcePathStyle: true, credentials });
});
afterAll(async () => {
  client.destroy();
  await s3.stop();
});
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'state-')); });
afterEach(() => {
  rmSync(folder, { recursive: true });
  s3.objects.clear();
  s3.fault = () => undefined;
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
