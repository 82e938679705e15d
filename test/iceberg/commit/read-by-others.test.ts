import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runTag } from '../../../src/contract';
import { FolderTables } from '../../../src/iceberg/catalogs/folder-tables';
import { commitRun } from '../../../src/iceberg/commit/commit-run';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { FolderFiles } from '../../../src/iceberg/files/folder-files';
import { currentSnapshot } from '../../../src/iceberg/spec/table-metadata';
import { PYTHON } from '../../../tools/engines/downloads';
import { describeWith } from '../../support/engines';
import { foreignCommit } from '../../support/iceberg/foreign-writer';
import { landRun, LandedOptions, metadataOf, pathsOf, runId, TABLE } from '../../support/iceberg/landed-table';

/** An entry of a manifest, as PyIceberg has it. */
interface Told {
  readonly path: string;
  readonly status: string;
  readonly rows: number;
  readonly sequence: number;
  readonly fileSequence: number;
  readonly snapshot: string;
}

describeWith(['pyiceberg'], 'PyIceberg', () => {
  let folder: string;
  let work: Workplace;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lake-'));
    const files = new FolderFiles();
    work = { files, catalog: new FolderTables(files, `file://${folder}/landing-tables/`), root: `file://${folder}/` };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function land(options: LandedOptions) {
    const landed: Array<readonly [string, Buffer]> = [];
    const run = landRun((uri, bytes) => landed.push([uri, bytes]), { root: work.root, ...options });
    for (const [uri, bytes] of landed) await work.files.replace(uri, bytes);
    return run;
  }
  async function told(...filters: readonly string[]) {
    const { metadataLocation } = (await work.catalog.load(TABLE))!;
    return JSON.parse(execFileSync(PYTHON, [path.join(__dirname, '../../support/iceberg/told_by_pyiceberg.py'), metadataLocation!, ...filters], { encoding: 'utf8' }));
  }

  test('reads runs, schemas, entries and bounds as they were written, and plans by them', async () => {
    const columns = [['Id', 'INT64', 1], ['Name', 'STRING', 2], ['Price', 'DECIMAL(9,2)', 3], ['Amount', 'DECIMAL(19,4)', 4]] as const;
    const first = await land({ columns });
    const second = await land({ run: 2, columns: [columns[1], ['Number', 'INT64', 1], ['Day', 'DATE', 7]], rows: [4] });
    const one = await commitRun(work, first);
    const two = await commitRun(work, second);
    const seen = await told('number > 100', 'number = 5', 'name < \'a\'');
    expect(seen).toMatchObject({
      fields: ['2 name string', '1 number long', '7 day date'],
      current: String(two.snapshotId),
      refs: { main: String(two.snapshotId), [runTag(runId(1))]: String(one.snapshotId), [runTag(runId(2))]: String(two.snapshotId) },
      mapping: { Id: 1, Number: 1, Name: 2, Price: 3, Amount: 4, Day: 7 },
      planned: { 'number > 100': [], 'number = 5': pathsOf(second, work.root), 'name < \'a\'': [] },
    });
    const [a, b] = seen.snapshots;
    expect([a.operation, a.parent, b.operation, b.parent]).toEqual(['append', null, 'overwrite', String(one.snapshotId)]);
    expect(a.entries.map(({ path: uri, status, rows, sequence }: Told) => [uri, status, rows, sequence]))
      .toEqual(pathsOf(first, work.root).map((uri, at) => [uri, 'ADDED', [3, 2][at], 1]));
    expect(b.entries.map(({ status, sequence, fileSequence, snapshot }: Told) => [status, sequence, fileSequence, snapshot]).sort())
      .toEqual([['ADDED', 2, 2, String(two.snapshotId)], ['DELETED', 1, 1, String(two.snapshotId)], ['DELETED', 1, 1, String(two.snapshotId)]]);
    expect(b.entries.find(({ status }: Told) => status === 'ADDED')).toMatchObject({
      format: 'PARQUET', bounds: { number: ['1', '9'], name: ['a', 'z'], day: ['1', '9'] }, manifest: { added: 1, existing: 0, deleted: 0, addedRows: 4, sequence: 2, least: 2 },
    });
  });

  test('reads a table without files, one with rows of others, and ids of 63 bits in all', async () => {
    await commitRun(work, await land({ rows: [] }));
    expect((await told('id > 0')).planned).toEqual({ 'id > 0': [] });
    await commitRun(work, await land({ run: 2 }));
    const [theirs] = (await foreignCommit(work, TABLE, { operation: 'append', rows: [7] }))!;
    const third = await land({ run: 3, rows: [1] });
    const { snapshotId } = await commitRun(work, third, { foreignRows: 'keep' });
    const seen = await told('true');
    expect(seen.planned.true).toEqual([...pathsOf(third, work.root), theirs].sort());
    const foreign = (await metadataOf(work)).snapshots!.at(-2)!['snapshot-id'];
    expect([seen.snapshots.at(-2).id, seen.snapshots.at(-1).parent, seen.current]).toEqual([String(foreign), String(foreign), String(snapshotId)]);
    expect(BigInt(foreign) > 2n ** 53n).toBe(true);
    const kept = seen.snapshots.at(-1).entries.find(({ path: uri }: Told) => uri === theirs);
    expect(kept).toMatchObject({ snapshot: String(foreign), sequence: 3, rows: 7 });
    expect(String(currentSnapshot(await metadataOf(work))!['snapshot-id'])).toBe(String(snapshotId));
  });
});
