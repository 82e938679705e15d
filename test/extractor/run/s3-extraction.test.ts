import { parseManifest } from '../../../src/contract';
import { extract, ExtractFormat, type ExtractEvent } from '../../../src/extractor/doors/public';
import type { ReplayServer } from '../../../tools/replay-server/replay-server';
import { FakeS3Server } from '../../support/cloud/fake-s3-server';
import { startScriptedDatabase, type ScriptedTable } from '../../support/source/scripted-database';

/** About 20 MB of CSV: three parts. */
const LARGE: ScriptedTable = {
  schema: 'dbo', table: 'Large', columns: ['Id', 'Text'], rows: Array.from({ length: 5000 }, (_, id) => [id, 'x'.repeat(3990)]),
};
const SMALL: ScriptedTable = { schema: 'dbo', table: 'Small', columns: ['Id'], rows: [[1]] };

const environment = { ...process.env };
let database: ReplayServer;
let s3: FakeS3Server;

beforeAll(async () => { database = await startScriptedDatabase({ tables: [LARGE, SMALL] }); });
afterAll(async () => database.stop());
beforeEach(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  s3 = await FakeS3Server.start('bucket');
});
afterEach(async () => {
  await s3.stop();
  process.env = { ...environment };
});

const run = (signal?: AbortSignal, onEvent?: (event: ExtractEvent) => void) => extract({
  source: { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false },
  target: 's3://bucket/landing',
  endpointUrl: s3.endpoint,
  format: ExtractFormat.csv(),
}, { signal, onEvent });

test('tables land by multipart while they are read; the manifest is the last object and states S3\'s checksums', async () => {
  const result = await run();
  const keys = [...s3.objects.keys()];
  expect(keys).toHaveLength(3);
  expect(keys.at(-1)).toBe(result.manifestKey);
  expect(result.manifestUrl).toBe(`s3://bucket/${result.manifestKey}`);
  const manifest = parseManifest(s3.objects.get(result.manifestKey)!.body.toString());
  expect(manifest.prefix).toBe('landing/');
  const [large, small] = manifest.tables.map(({ objects }) => objects[0]);
  expect(large.checksum).toEqual({ algorithm: 'SHA256', type: 'COMPOSITE', value: s3.objects.get(large.key)!.checksum });
  expect(small.checksum).toEqual({ algorithm: 'SHA256', type: 'FULL_OBJECT', value: s3.objects.get(small.key)!.checksum });
  expect(s3.objects.get(large.key)!.body.length).toBe(large.sizeBytes);
  expect(s3.objects.get(large.key)!.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8', 'x-amz-meta-run-id': result.runId, 'x-amz-meta-schema-fingerprint': manifest.tables[0].schemaFingerprint,
  });
  expect(s3.uploads.size).toBe(0);
});

test('each part that is in S3 is told, by key and number; an object of one request has none', async () => {
  const parts: ExtractEvent[] = [];
  const result = await run(undefined, (event) => { if (event.type === 'part-uploaded') parts.push(event); });
  const [large] = parseManifest(s3.objects.get(result.manifestKey)!.body.toString()).tables[0].objects;
  expect(parts.map((event) => event.type === 'part-uploaded' && event.part).sort()).toEqual([1, 2, 3]);
  for (const part of parts) expect(part).toMatchObject({ schema: 'dbo', table: 'Large', chunk: 0, key: large.key });
  expect(parts.reduce((sum, event) => sum + (event.type === 'part-uploaded' ? event.sizeBytes : 0), 0)).toBe(large.sizeBytes);
});

test('a listener that fails at a part fails the run, which leaves no upload', async () => {
  const failed = run(undefined, ({ type }) => { if (type === 'part-uploaded') throw new Error('the listener'); });
  await expect(failed).rejects.toMatchObject({ message: expect.stringContaining('the listener') });
  expect(s3.uploads.size).toBe(0);
  expect([...s3.objects.keys()].filter((key) => key.includes('_runs'))).toEqual([]);
});

test('a part that is refused fails the run and leaves neither upload nor manifest', async () => {
  s3.fault = ({ operation, partNumber }) => (operation === 'UploadPart' && partNumber === 2 ? { status: 403, code: 'AccessDenied' } : undefined);
  await expect(run()).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED', message: expect.stringContaining('upload part 2 of s3://bucket/landing/') });
  expect(s3.uploads.size).toBe(0);
  expect([...s3.objects.keys()].filter((key) => /Large|_manifest/.test(key))).toEqual([]);
});

test('a manifest that cannot be written fails the run', async () => {
  s3.fault = ({ key }) => (key.endsWith('_manifest.json') ? { status: 403, code: 'AccessDenied' } : undefined);
  await expect(run()).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
  expect([...s3.objects.keys()].filter((key) => key.includes('_runs'))).toEqual([]);
});

test('stopping with parts on their way leaves neither upload nor manifest', async () => {
  const controller = new AbortController();
  s3.fault = ({ operation }) => {
    if (operation !== 'UploadPart') return undefined;
    controller.abort();
    return 'hang';
  };
  await expect(run(controller.signal)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(s3.uploads.size).toBe(0);
  expect([...s3.objects.keys()].filter((key) => /Large|_manifest/.test(key))).toEqual([]);
});
