import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isManifestPageKey, type Manifest, type ManifestTable } from '../../../../src/contract';
import { FileTarget } from '../../../../src/extractor/landing/file/file-target';
import { readManifest, readManifestSummary } from '../../../../src/extractor/landing/read-manifest';
import { writeManifest } from '../../../../src/extractor/run/manifest/write-manifest';
import { manifestValidator } from '../../../support/runs/manifest-schema';

const RUN_ID = '20260131T235959123Z-4f9a1c';

function table(name: string, chunks: number): ManifestTable {
  return {
    database: 'Ledger',
    schema: 'dbo',
    table: name,
    columns: [{ name: 'Id', ordinal: 1, sourceType: 'int', nullable: false, outputType: 'INT32', glueType: 'int' }],
    chunks: Array.from({ length: chunks }, (_, chunk) => ({ chunk, rows: 1, attempts: 1, seconds: 0.5 })),
    schemaFingerprint: 'f00d',
    rows: chunks,
    sizeBytes: 10 * chunks,
    objects: Array.from({ length: chunks }, (_, chunk) => ({
      key: `${name}/${chunk}`,
      part: `${String(chunk).padStart(5, '0')}-0000`,
      rows: 1,
      sizeBytes: 10,
      checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=' },
    })),
  };
}

const tables = [table('Small', 1), table('Large', 700), ...Array.from({ length: 30 }, (_, at) => table(`T${at}`, 3)), table('Empty', 0)];
const sum = (of: (each: ManifestTable) => number) => tables.reduce((total, each) => total + of(each), 0);
const MANIFEST: Manifest = {
  manifestVersion: 1,
  runId: RUN_ID,
  producer: { name: 'cdk-legacy-to-s3', version: '0.0.0' },
  startedAt: '2026-01-31T23:59:59.123Z',
  finishedAt: '2026-02-01T00:00:09.123Z',
  source: { kind: 'tables', server: 'db:1433', database: 'Ledger' },
  consistency: { mode: 'snapshot', guarantee: 'g' },
  verification: { state: 'verified', detail: 'd' },
  format: { name: 'csv', compression: 'none' },
  prefix: '',
  tables,
  totals: {
    tables: tables.length, objects: sum(({ objects }) => objects.length), rows: sum(({ rows }) => rows), sizeBytes: sum(({ sizeBytes }) => sizeBytes),
  },
};

let folder: string;
let target: FileTarget;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifest-pages-'));
  target = new FileTarget(pathToFileURL(folder).href);
});
afterEach(() => rmSync(folder, { recursive: true }));

const json = (key: string) => JSON.parse(readFileSync(join(folder, key), 'utf8')) as Manifest;

test.each([0x8000, 0x10000, 0x20000])('a manifest in pages, from %i bytes on, is read as it was', async (pagedFrom) => {
  const key = await writeManifest(target, MANIFEST, pagedFrom);
  const root = json(key);
  expect(root).toMatchObject({ manifestVersion: 2, tables: [], totals: MANIFEST.totals });
  expect(root.pages!.length).toBeGreaterThan(2);
  expect(root.pages!.every((page) => isManifestPageKey(page.key) && page.sizeBytes < pagedFrom)).toBe(true);
  const validate = manifestValidator({ strict: true });
  validate(root);
  expect(validate.errors).toBeNull();
  expect(await readManifest(target, RUN_ID)).toEqual({ ...MANIFEST, manifestVersion: 2, pages: root.pages });
  expect((await readManifestSummary(target, RUN_ID)).totals).toEqual(MANIFEST.totals);
});

test('one that is small is one object', async () => {
  expect(json(await writeManifest(target, MANIFEST))).toEqual(MANIFEST);
});

test.each<[string, (page: string) => void, string]>([
  ['was changed', (page) => writeFileSync(page, readFileSync(page, 'utf8').replace('"rows":1', '"rows":2')), 'expected SHA-256'],
  ['was cut off', (page) => writeFileSync(page, '{}'), 'bytes, got 2'],
  ['is missing', (page) => rmSync(page), 'the page is missing'],
])('a page that %s is told', async (_, spoil, message) => {
  const { pages } = json(await writeManifest(target, MANIFEST, 0x10000));
  spoil(join(folder, pages![1].key));
  await expect(readManifest(target, RUN_ID)).rejects.toMatchObject({ code: 'CONTENT_MISMATCH', message: expect.stringMatching(new RegExp(`pages\\[1\\]: .*${message}`)) });
});

test.each([
  ['landing/_runs/run=r/_manifest-00001.json', true], ['_runs/run=r/_manifest-123456.json', true], ['landing/_runs/run=r/_manifest.json', false],
  ['landing/other/_manifest-00001.json', false], ['landing/_runs/run=r/x/_manifest-00001.json', false], ['landing/_runs/run=r/_manifest-1.json', false],
])('%s is a page: %s', (key, is) => expect(isManifestPageKey(key)).toBe(is));

describe('a small manifest', () => {
  const small: Manifest = { ...MANIFEST, tables: [tables[0]] };

  test('lands under the run\'s folder', async () => {
    const key = await writeManifest(target, small);
    expect(key).toBe(`_runs/run=${RUN_ID}/_manifest.json`);
    expect(json(key)).toEqual(small);
  });

  test('leaves none when the disk is full', async () => {
    const full = new FileTarget(pathToFileURL(folder).href, () => open('/dev/full', 'w'));
    await expect(writeManifest(full, small)).rejects.toMatchObject({ code: 'TARGET_FULL' });
    expect(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
  });
});
