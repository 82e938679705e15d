import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { keptBytes, MAX_KEPT_BYTES, type Manifest } from '../../../src/contract';
import { TableKeeper } from '../../../src/handlers/complete/kept-table';
import { ManifestFolder, manifestOfSize } from '../../support/runs/manifest-figures';

let folder: ManifestFolder;
beforeEach(() => { folder = new ManifestFolder(); });
afterEach(() => folder.remove());

/** bench/manifest-size.ts does the same with 2,000,000 columns. */
test('a manifest of many columns is paged by its bytes, completed page by page, and its columns reach the catalog', async () => {
  const manifest = manifestOfSize({ tables: 40, columnsPerTable: 500, objectsPerTable: 3 });
  const key = await folder.write(manifest, 0x100000);
  const run = dirname(join(folder.path, key));
  const pages = readdirSync(run).filter((name) => name.startsWith('_manifest-'));
  expect(pages.length).toBeGreaterThan(10);
  for (const page of pages) expect(statSync(join(run, page)).size).toBeLessThan(0x50000);
  const completed = await folder.complete(key);
  expect(completed).toMatchObject({ run: { runState: 'COMPLETE', tables: 40, objects: 120 }, columns: 20_000, announced: 1 });
}, 60_000);

test('chunks with long bounds are paged by their bytes too, and lose none', async () => {
  const manifest = manifestOfSize({ tables: 1, columnsPerTable: 2, objectsPerTable: 300 });
  const [table] = manifest.tables;
  const long: Manifest = { ...manifest, tables: [{ ...table, chunks: table.chunks!.map((chunk) => ({ ...chunk, lower: ['x'.repeat(4000)], upper: ['ü'.repeat(4000)] })) }] };
  const key = await folder.write(long, 0x100000);
  const run = dirname(join(folder.path, key));
  const contents = readdirSync(run).filter((name) => name.startsWith('_manifest-')).sort().map((name) => readFileSync(join(run, name), 'utf8'));
  expect(contents.length).toBeGreaterThan(12);
  for (const content of contents) expect(Buffer.byteLength(content)).toBeLessThan(0x50000);
  const parts = contents.flatMap((content) => (JSON.parse(content) as { tables: Array<{ chunks: unknown[]; objects: unknown[] }> }).tables);
  expect(parts.flatMap(({ chunks }) => chunks)).toEqual(JSON.parse(JSON.stringify(long.tables[0].chunks)));
  expect(parts.flatMap(({ objects }) => objects)).toHaveLength(300);
  expect((await folder.complete(key)).run).toMatchObject({ runState: 'COMPLETE', objects: 300 });
});

test('more than fits into the function is refused before it is kept', () => {
  expect(keptBytes({ columns: 2_000_000, objects: 100_000 })).toBeLessThan(MAX_KEPT_BYTES);
  const [table] = manifestOfSize({ tables: 1, columnsPerTable: 1000, objectsPerTable: 1 }).tables;
  const { keep } = new TableKeeper();
  expect(() => { for (let at = 0; at < 5_000; at += 1) keep(table); }).toThrow(expect.objectContaining({ code: 'MANIFEST_TOO_LARGE' }));
});

test('of columns their types and ids are kept, and numbers of NULLs and sums where tables are proved by them', () => {
  const [table] = manifestOfSize({ tables: 1, columnsPerTable: 1, objectsPerTable: 1 }).tables;
  const { columns, identity, tallies } = new TableKeeper().keep({ ...table, identity: { objectId: 5, created: '2020-01-01T00:00:00', database: 'fork:f' } });
  expect([columns, identity, tallies]).toEqual([
    [{ name: table.columns[0].name, sourceType: 'decimal(19,4)', outputType: 'DECIMAL(19,4)', glueType: 'decimal(19,4)', fieldId: 1 }],
    { objectId: 5, created: '2020-01-01T00:00:00', database: 'fork:f' }, undefined,
  ]);
  const proving = new TableKeeper({ tallies: true });
  expect(proving.keep(table).tallies).toEqual([{ column: table.columns[0].name, nulls: 0, sum: '123456.7890' }]);
  const [wide] = manifestOfSize({ tables: 1, columnsPerTable: 1000, objectsPerTable: 1 }).tables;
  expect(() => { for (let at = 0; at < 1_500; at += 1) proving.keep(wide); }).toThrow(expect.objectContaining({ code: 'MANIFEST_TOO_LARGE', message: expect.stringContaining('with sums') }));
});
