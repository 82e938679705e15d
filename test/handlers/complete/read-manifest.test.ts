import { Readable } from 'node:stream';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { InvalidManifestError, MAX_MANIFEST_PAGE_BYTES } from '../../../src/contract';
import { readManifest } from '../../../src/handlers/complete/read-manifest';

const s3 = mockClient(S3Client);
beforeEach(() => { s3.reset(); });

const manifest = {
  manifestVersion: 1, runId: 'r', startedAt: 's', finishedAt: 'f', source: {}, prefix: 'lake/', tables: [], totals: { tables: 0, objects: 0, rows: 0, sizeBytes: 0 },
};
const key = 'lake/_runs/run=r/_manifest.json';

function answer(chunks: Iterable<Buffer>, length?: number) {
  s3.on(GetObjectCommand).resolves({ Body: Readable.from(chunks) as never, ContentLength: length });
}

async function codeOf(reading: Promise<unknown>): Promise<string> {
  return reading.then(() => 'none', (error) => error.code);
}

test('a manifest that comes in several chunks is read', async () => {
  const bytes = Buffer.from(JSON.stringify({ ...manifest, note: 'ü取' }));
  answer(Array.from(bytes, (byte) => Buffer.from([byte])), bytes.length);
  expect(await readManifest(new S3Client(), 'b', key)).toMatchObject({ manifest: { runId: 'r', note: 'ü取' }, bucket: 'b', key });
});

test('the manifest that S3 has now is read, and which it is', async () => {
  s3.on(GetObjectCommand).resolves({ Body: Readable.from([Buffer.from(JSON.stringify(manifest))]) as never, VersionId: 'v2', ETag: '"e2"' });
  expect(await readManifest(new S3Client(), 'b', key)).toMatchObject({ versionId: 'v2', eTag: 'e2' });
  expect(s3.commandCalls(GetObjectCommand)[0].args[0].input).toEqual({ Bucket: 'b', Key: key });
});

test('in a bucket without versions it is the version null', async () => {
  answer([Buffer.from(JSON.stringify(manifest))]);
  expect(await readManifest(new S3Client(), 'b', key)).toMatchObject({ versionId: 'null' });
});

test('more bytes than allowed are refused, by the length told or by those that come', async () => {
  answer([Buffer.from('{}')], MAX_MANIFEST_PAGE_BYTES + 1);
  expect(await codeOf(readManifest(new S3Client(), 'b', key))).toBe('MANIFEST_TOO_LARGE');
  let sent = 0;
  answer((function* () {
    const chunk = Buffer.alloc(8 * 1024 * 1024, ' ');
    for (; sent < 1000; sent++) yield chunk;
  })());
  expect(await codeOf(readManifest(new S3Client(), 'b', key))).toBe('MANIFEST_TOO_LARGE');
  expect(sent).toBeLessThan(20);
});

test.each([404, 405])('%i means it was deleted meanwhile', async (httpStatusCode) => {
  s3.on(GetObjectCommand).rejects(Object.assign(new Error('gone'), { $metadata: { httpStatusCode } }));
  expect(await readManifest(new S3Client(), 'b', key)).toBeUndefined();
});

test('any other answer is thrown', async () => {
  s3.on(GetObjectCommand).rejects(Object.assign(new Error('denied'), { $metadata: { httpStatusCode: 403 } }));
  await expect(readManifest(new S3Client(), 'b', key)).rejects.toThrow('denied');
});

test('what is not a manifest, or not in its place, is refused', async () => {
  answer([Buffer.from([0xc3, 0x28])]);
  await expect(readManifest(new S3Client(), 'b', key)).rejects.toThrow(InvalidManifestError);
  answer([Buffer.from(JSON.stringify(manifest))]);
  expect(await codeOf(readManifest(new S3Client(), 'b', 'other/_runs/run=r/_manifest.json'))).toBe('MANIFEST_MISPLACED');
});
