import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { isManifestPageKey, type Manifest, type ManifestTable } from '../../../../src/contract';
import { FileTarget } from '../../../../src/extractor/landing/file/file-target';
import { readManifest, readManifestSummary } from '../../../../src/extractor/landing/read-manifest';
import type { LandingTarget } from '../../../../src/extractor/landing/target/landing-target';
import { ManifestWriter, writeManifest } from '../../../../src/extractor/run/manifest/write-manifest';
import { manifestValidator } from '../../../support/runs/manifest-schema';
import { reachable } from '../../../support/runs/reachable';
import { referenceManifest } from '../../../support/runs/reference-manifest';

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

/** What is written, by key, in the order in which it is complete. */
class MemoryTarget {
  public readonly prefix = 'landing/';
  public readonly objects = new Map<string, string>();

  public open({ key }: { readonly key: string }) {
    const pieces: Uint8Array[] = [];
    return {
      write: (bytes: Uint8Array) => void pieces.push(Buffer.from(bytes)),
      complete: async () => void this.objects.set(key, Buffer.concat(pieces).toString('utf8')),
      abort: async () => undefined,
    };
  }

  public get target(): LandingTarget {
    return this as unknown as LandingTarget;
  }
}

describe('table by table', () => {
  const someTable = fc.record({
    objects: fc.nat(40), chunks: fc.option(fc.nat(40)), columns: fc.integer({ min: 1, max: 12 }), name: fc.constantFrom('T', 'größer'),
  }).map(({ objects, chunks, columns, name }): ManifestTable => {
    const { chunks: of, objects: its, ...head } = table(name, 40);
    return {
      ...head,
      columns: Array<ManifestTable['columns'][number]>(columns).fill(head.columns[0]),
      ...(chunks !== null && { chunks: of!.slice(0, chunks) }),
      rows: objects,
      objects: its.slice(0, objects),
    };
  });

  test('the same bytes are written as of all of them at once', async () => {
    const sizes = { one: 0, several: 0, many: 0 };
    const missingTables = fc.constantFrom(undefined, [{ schema: 's', table: 't', code: 'c', message: 'm' }]);
    const manifests = fc.record({ tables: fc.array(someTable, { maxLength: 12 }), missingTables });
    const limits = fc.oneof(fc.integer({ min: 1, max: 0x10000 }), fc.constantFrom(0, 2000, 0x1000000));
    await fc.assert(fc.asyncProperty(manifests, limits, async (more, pagedFrom) => {
      const manifest = JSON.parse(JSON.stringify({ ...MANIFEST, prefix: 'landing/', ...more })) as Manifest;
      const memory = new MemoryTarget();
      const writer = new ManifestWriter(memory.target, RUN_ID, { pagedFromBytes: pagedFrom });
      for (const each of manifest.tables) await writer.addTable(each);
      const key = await writer.finish({ ...manifest, tables: [] });
      const expected = referenceManifest(manifest, pagedFrom);
      expect([...memory.objects]).toEqual([...expected]);
      expect([...memory.objects.keys()].at(-1)).toBe(key);
      sizes[expected.size === 1 ? 'one' : expected.size < 12 ? 'several' : 'many'] += 1;
    }), { numRuns: 400 });
    expect(Math.min(...Object.values(sizes))).toBeGreaterThan(5);
  });

  test('as the run writes them', async () => {
    const memory = new MemoryTarget();
    await writeManifest(memory.target, { ...MANIFEST, prefix: 'landing/' }, 0x8000);
    expect([...memory.objects]).toEqual([...referenceManifest({ ...MANIFEST, prefix: 'landing/' }, 0x8000)]);
  });

  test('pages are written as they fill, and what they have is not kept', async () => {
    const memory = new MemoryTarget();
    const writer = new ManifestWriter(memory.target, RUN_ID, { pagedFromBytes: 0x8000 });
    const written: number[] = [];
    let added: ManifestTable[] = [];
    for (let at = 0; at < 60; at++) {
      const each = table(`T${at}`, 10);
      added = [...added, each];
      await writer.addTable(each);
      written.push(memory.objects.size);
    }
    // The first 32 KiB may become one object yet.
    const first = written.findIndex((pages) => pages > 0);
    expect(first).toBeGreaterThan(3);
    expect(written[first]).toBeGreaterThan(2);
    expect(new Set(written).size).toBeGreaterThan(8);
    const kept = reachable(writer);
    expect(added.filter(({ objects }) => kept.has(objects[0])).length).toBeLessThan(5);
    expect(kept.has(added.at(-1)!.objects.at(-1))).toBe(true);
    expect(added.filter((each) => kept.has(each))).toEqual([]);
  });

  test('a page that cannot be written fails the table that fills it', async () => {
    const full = new FileTarget(pathToFileURL(folder).href, () => open('/dev/full', 'w'));
    const writer = new ManifestWriter(full, RUN_ID, { pagedFromBytes: 0x8000 });
    await expect((async () => { for (const each of tables) await writer.addTable(each); })()).rejects.toMatchObject({ code: 'TARGET_FULL' });
  });
});

test.each([
  ['in pages', 64 * 1024], ['in one text', 0x1000000], ['in pages smaller than its columns', 400],
])('a table whose chunks come one after the other is as one that comes whole, %s', async (_, pagedFromBytes) => {
  const entries = async function* ({ chunks, objects }: ManifestTable) {
    for (const [at, entry] of chunks!.entries()) yield { entry, objects: [objects[at]] };
  };
  const writer = new ManifestWriter(target, RUN_ID, { pagedFromBytes });
  for (const each of tables) await writer.addTable({ ...each, chunks: [], objects: [] }, entries(each));
  await writer.finish({ ...MANIFEST, tables: [] });
  const read = await readManifest(target, RUN_ID);
  expect(read.tables).toEqual(tables);
  expect((read.pages ?? []).length > 0).toBe(pagedFromBytes < 0x1000000);
});
