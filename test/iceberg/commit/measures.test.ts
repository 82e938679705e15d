import { FolderTables } from '../../../src/iceberg/catalogs/folder-tables';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { landRun } from '../../support/iceberg/landed-table';
import { MemoryFiles } from '../../support/iceberg/memory-files';

/* What bench/iceberg-commit.ts measures in seconds, in what does not depend on the machine. */

const ROOT = `s3://${'b'.repeat(40)}/`;
const NAMES = { prefix: 'legacy/erp/landing/', table: 'CustomerOrderLineItemAdjustments', root: ROOT };

/** Commits run after run. @returns calls and bytes of metadata of each */
async function commits(count: number): Promise<Array<{ readonly calls: { readonly [method: string]: number }; readonly bytes: number }>> {
  const files = new MemoryFiles();
  const work = { files, root: ROOT, catalog: new FolderTables(files, `${ROOT}legacy/erp/landing-tables/`) };
  const figures = [];
  for (let run = 1; run <= count; run++) {
    const made = landRun((uri, bytes) => files.put(uri, bytes), { ...NAMES, run });
    const before = { ...files.asked };
    const { metadataLocation } = await commitRun(work, made);
    const calls = Object.fromEntries(Object.entries(files.asked).map(([method, asked]) => [method, asked - (before[method] ?? 0)]));
    figures.push({ calls, bytes: files.all.get(metadataLocation!)!.bytes.length });
  }
  return figures;
}

test('a kept snapshot adds at most a kilobyte of metadata, and no call to a commit', async () => {
  const figures = await commits(120);
  expect((figures[119].bytes - figures[59].bytes) / 60).toBeLessThanOrEqual(1024);
  expect(figures[119].calls).toEqual(figures[59].calls);
});

test('many objects are read once each, and written into few files', async () => {
  const files = new MemoryFiles();
  const work = { files, root: ROOT, catalog: new FolderTables(files, `${ROOT}legacy/erp/landing-tables/`) };
  await commitRun(work, landRun((uri, bytes) => files.put(uri, bytes), { ...NAMES, rows: Array.from({ length: 2000 }, () => 10) }));
  expect(files.asked.readEnd).toBeLessThan(2010);
  expect(files.asked.replace + files.asked.create).toBeLessThan(10);
});
