import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { FolderTables } from '../../../../src/iceberg/catalogs/folder-tables';
import { applyChanges } from '../../../../src/iceberg/commit/changes/apply-changes';
import { liveEntries, liveManifests } from '../../../../src/iceberg/commit/snapshot-files';
import { TableRun } from '../../../../src/iceberg/commit/table-run';
import { Workplace } from '../../../../src/iceberg/commit/workplace';
import { readRows, scanOf } from '../../../../src/iceberg/rows/read-rows';
import { CHANGED, ChangedTable, TestColumn } from '../../../support/iceberg/changed-table';
import { Faults } from '../../../support/iceberg/faults';
import { metadataOf } from '../../../support/iceberg/landed-table';
import { MemoryFiles } from '../../../support/iceberg/memory-files';

const COLUMNS: readonly TestColumn[] = [['id', 'INT32', 1], ['name', 'STRING', 2]];
const SOFT = { softDeletes: true } as const;
const ids = (from: number, to: number, name = 'n') => `SELECT i::INT AS id, '${name}' AS name FROM range(${from}, ${to}) t(i)`;
const EXPECTED = ['0 n', '1 n - 00:02:00', '2 new', '3 new', '4 new', '5 n', '6 n', '7 n', '8 n - 00:03:00', '9 n - 00:03:00'];

async function rows({ files, ...workplace }: Workplace): Promise<string[]> {
  const found = [];
  for await (const { values: [id, name, at] } of readRows(files, await scanOf(files, await metadataOf({ files, ...workplace }, CHANGED)))) {
    found.push(`${String(id)} ${String(name)}${at === null ? '' : ` - ${new Date(Number(at) / 1000).toISOString().slice(11, 19)}`}`);
  }
  return found.sort();
}

/** Files below the table's location that no snapshot has, and notes of attempts. */
async function left(workplace: Workplace & { readonly files: MemoryFiles }): Promise<string[]> {
  const metadata = await metadataOf(workplace, CHANGED);
  const named = new Set<string>();
  for (const snapshot of metadata.snapshots!) {
    named.add(snapshot['manifest-list']);
    for (const manifest of await liveManifests(workplace.files, snapshot)) {
      named.add(manifest.listed.path);
      for (const { entry } of liveEntries(manifest)) named.add(entry.file.filePath);
    }
  }
  return workplace.files.below(`${metadata.location}/`).filter((uri) => !named.has(uri) && !/metadata\.json$|version-hint/.test(uri));
}

/** What lies in a folder, in memory, as often as it is asked for. */
function copiesOf({ folder, workplace: { root } }: ChangedTable): () => Workplace & { readonly files: MemoryFiles } {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name)).map((file) => [`file://${file}`, readFileSync(file)] as const);
  return () => {
    const files = new MemoryFiles();
    for (const [uri, bytes] of found) files.put(uri, bytes);
    return { files, catalog: new FolderTables(files, `${root}_tables/`), root };
  };
}

test.each([['equality'], ['position']] as const)('killed after any request, by %s deletes: repeated, each row is there once, and no file is left', async (deletes) => {
  const options = { ...SOFT, deletes };
  const table = await ChangedTable.make();
  let copy: ReturnType<typeof copiesOf>;
  let [run, next]: readonly TableRun[] = [];
  try {
    await table.land(COLUMNS, [ids(0, 5), ids(5, 10)], '', SOFT);
    await applyChanges(table.workplace, await table.changes({ gone: ids(1, 3), by: ['id'] }), options);
    run = await table.changes({ rows: ids(2, 5, 'new'), gone: 'SELECT unnest([1, 8, 9])::INT AS id', by: ['id'] });
    next = await table.changes({ rows: ids(7, 8), by: ['id'] });
    copy = copiesOf(table);
  } finally {
    table.close();
  }
  const apply = async (workplace: Workplace & { readonly files: MemoryFiles }, faults: Faults) => (
    applyChanges({ ...workplace, files: faults.over(workplace.files), catalog: faults.over(workplace.catalog) }, run, options));
  const whole = new Faults();
  await apply(copy(), whole);
  expect(whole.calls).toBeGreaterThan(20);
  for (let call = 1; call <= whole.calls; call++) {
    // After one request is before the next.
    const workplace = copy();
    await expect(apply(workplace, new Faults(call, 'after'))).rejects.toThrow();
    expect(await applyChanges(workplace, run, options)).toMatchObject({ state: 'COMMITTED', provenRows: 3 });
    expect([call, await rows(workplace)]).toEqual([call, EXPECTED]);
    await applyChanges(workplace, next, options);
    expect([call, await rows(workplace), await left(workplace)]).toEqual([call, EXPECTED, []]);
  }
}, 60_000);
