import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FileTarget } from '../../../../src/extractor/landing/file/file-target';

const KEY = 'database=Ledger/schema=dbo/table=Gr%C3%B6%C3%9Fe/run=r/part-00000-0000.csv';
const HEADER = { key: KEY, contentType: 'text/csv', metadata: {} };

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'file-target-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const target = () => new FileTarget(pathToFileURL(folder).href);
const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

test('an object lands under its key, percent-encoded as in S3, with its SHA-256', async () => {
  const writer = target().open(HEADER);
  const bytes = Buffer.alloc(5 * 1024 * 1024 + 3, 'abc');
  for (let at = 0; at < bytes.length; at += 700_001) await writer.write(bytes.subarray(at, at + 700_001));
  const landed = await writer.complete();
  expect(readFileSync(join(folder, KEY)).equals(bytes)).toBe(true);
  expect(landed).toEqual({
    key: KEY,
    sizeBytes: bytes.length,
    checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: createHash('sha256').update(bytes).digest('base64') },
  });
  expect(files()).toEqual(['part-00000-0000.csv']);
});

test('parts of an object are read, its last bytes among them', async () => {
  const writer = target().open(HEADER);
  await writer.write(Buffer.from('0123456789'));
  await writer.complete();
  const part = async (from: number, size: number) => {
    const { bytes, sizeBytes } = (await target().readPart(KEY, from, size))!;
    return [bytes.toString(), sizeBytes];
  };
  expect([await part(2, 3), await part(8, 5), await part(-1, 4), await part(-1, 100)]).toEqual([['234', 10], ['89', 10], ['6789', 10], ['0123456789', 10]]);
  expect(await target().readPart(`${KEY}x`, 0, 1)).toBeUndefined();
});

test('an empty object is a file of no bytes', async () => {
  const landed = await target().open(HEADER).complete();
  expect(landed.sizeBytes).toBe(0);
  expect(readFileSync(join(folder, KEY)).length).toBe(0);
});

test('nothing is visible under the key before it is complete, and an older object stays until then', async () => {
  const first = target().open(HEADER);
  await first.write(Buffer.from('old'));
  await first.complete();
  const second = target().open(HEADER);
  await second.write(Buffer.alloc(3 * 1024 * 1024, 'n'));
  expect(readFileSync(join(folder, KEY), 'utf8')).toBe('old');
  await second.complete();
  expect(readFileSync(join(folder, KEY)).length).toBe(3 * 1024 * 1024);
});

test('an object that is given up leaves no file', async () => {
  const writer = target().open(HEADER);
  await writer.write(Buffer.alloc(3 * 1024 * 1024));
  await writer.abort();
  expect(files()).toEqual([]);
  await expect(writer.complete()).rejects.toMatchObject({ code: 'TARGET_WRITE_FAILED' });
});

test('a full disk is named and leaves nothing that looks finished', async () => {
  // /dev/full answers every write with ENOSPC.
  const full = new FileTarget(pathToFileURL(folder).href, () => open('/dev/full', 'w'));
  const writer = full.open(HEADER);
  const write = async () => {
    for (let n = 0; n < 10; n++) await writer.write(Buffer.alloc(1024 * 1024));
    await writer.complete();
  };
  await expect(write()).rejects.toMatchObject({ code: 'TARGET_FULL', message: expect.stringContaining('ENOSPC') });
  await writer.abort();
  expect(files()).toEqual([]);
});

test('a disk that takes a part of the bytes gets the rest by the next call', async () => {
  const slow = new FileTarget(pathToFileURL(folder).href, async (path) => {
    const file = await open(path, 'wx');
    const write = file.write.bind(file) as (...args: [Buffer, number, number, number]) => ReturnType<typeof file.write>;
    file.write = ((buffer: Buffer, offset: number, length: number, position: number) =>
      write(buffer, offset, Math.min(length, 300_000), position)) as unknown as typeof file.write;
    return file;
  });
  const writer = slow.open(HEADER);
  const bytes = Buffer.from(Array.from({ length: 2_500_000 }, (_, at) => at % 251));
  await writer.write(bytes);
  await writer.complete();
  expect(readFileSync(join(folder, KEY)).equals(bytes)).toBe(true);
});

describe('check', () => {
  test('makes the folder and leaves nothing in it', async () => {
    const nested = join(folder, 'a', 'b');
    await new FileTarget(pathToFileURL(nested).href).check();
    expect(existsSync(nested)).toBe(true);
    expect(files()).toEqual([]);
  });

  test('refuses a path through a file', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(new FileTarget(pathToFileURL(join(folder, 'file', 'x')).href).check()).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' });
  });

  test('refuses a place that may not be written', async () => {
    await expect(new FileTarget('file:///proc/landing').check()).rejects.toMatchObject({ code: expect.stringMatching(/^TARGET_/) });
  });
});

test('a URL with a host is refused', () => {
  expect(() => new FileTarget('file://host/folder')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
});

test('the check leaves no file, and takes away one that a killed process left', async () => {
  for (const name of ['old', 'new']) writeFileSync(join(folder, `.write-check-${name}`), 'ok');
  utimesSync(join(folder, '.write-check-old'), 0, 0);
  await target().check();
  // Another process may be looking at this moment.
  expect(files()).toEqual(['.write-check-new']);
});
