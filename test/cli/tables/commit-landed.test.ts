import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commitLanded, landedTables, rebuild } from '../../../src/cli/tables';
import { commitPending } from '../../../src/cli/tables/commit-landed';
import { readLandedRun, tablesOf } from '../../../src/cli/tables/landed-runs';
import { openFolder } from '../../../src/cli/tables/place';
import { historyTableName } from '../../../src/contract';
import { applyChanges } from '../../../src/iceberg/commit/changes/apply-changes';
import { ChangedSource, SourceRun } from '../../support/tables/changed-source';
import { shownFiles } from '../../support/tables/table-folder';

const TABLE = 'ledger_dbo_accounts';

let folder: string;
let target: string;
let source: ChangedSource;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'commit-landed-'));
  target = pathToFileURL(folder).href;
  source = new ChangedSource(['Accounts', 'Customers'], '');
});
afterEach(() => rmSync(folder, { recursive: true }));

function land(...runs: readonly SourceRun[]): void {
  const put = (key: string, bytes: Buffer | string) => {
    mkdirSync(path.dirname(path.join(folder, key)), { recursive: true });
    writeFileSync(path.join(folder, key), bytes);
  };
  for (const { files, manifest, manifestKey } of runs) {
    for (const { key, bytes } of files) put(key, bytes);
    put(manifestKey, JSON.stringify(manifest));
  }
}

/** A whole run and three of changes. */
function chain(): SourceRun[] {
  const runs = [source.write('Accounts', { 1: 'Ada' }).load({ at: 1 })];
  for (const at of [2, 3, 4]) runs.push(source.write('Accounts', { 1: undefined, [at]: 'new' }).write('Customers', { 1: `v${at}` }).changes(runs.at(-1)!, { at }));
  return runs;
}

const states = (tables: readonly { readonly state: string }[]) => tables.map(({ state }) => state);

test('runs of changes of a folder are applied in order, those before that an interruption left too', async () => {
  const runs = chain();
  land(...runs);
  expect(states(await commitLanded(target, runs[3].runId))).toEqual(['COMMITTED', 'COMMITTED']);
  const { workplace } = openFolder(target);
  expect(await source.shown(workplace, TABLE)).toEqual(runs[3].expected.get('Accounts'));
  expect(await source.shown(workplace, 'ledger_dbo_customers')).toEqual(runs[3].expected.get('Customers'));
  expect(states(await commitLanded(target, runs[2].runId))).toEqual(['COMMITTED', 'COMMITTED']);
  const tables = await landedTables({ target });
  expect(tables.filter(({ dataset }) => dataset.endsWith('Accounts')).map(({ name, newest, snapshots }) => [name, newest, snapshots]))
    .toEqual([[TABLE, true, 4], [historyTableName(TABLE), true, 3]]);

  const events: object[] = [];
  const rebuilt = await rebuild({ target }, { deleteOld: true, dryRun: false }, (event) => events.push(event));
  expect(states(rebuilt)).toEqual(['REBUILT', 'REBUILT', 'REBUILT', 'REBUILT']);
  expect(events.map((event) => (event as { type: string }).type)).toEqual(['run-taken', 'run-taken', 'run-taken', 'run-taken']);
  expect(await source.shown(workplace, TABLE)).toEqual(runs[3].expected.get('Accounts'));
  const next = source.write('Accounts', { 9: 'next' }).changes(runs[3], { at: 5 });
  land(next);
  expect(states(await commitLanded(target, next.runId))).toEqual(['COMMITTED', 'COMMITTED']);
  expect(await source.shown(workplace, TABLE)).toEqual(next.expected.get('Accounts'));
});

test.each(['no other run', 'the next run'])('a run whose process was stopped between a table and its history is added to it, with %s', async (then) => {
  const runs = chain();
  land(...runs);
  for (const run of runs.slice(0, 2)) await commitLanded(target, run.runId);
  const place = openFolder(target);
  for (const run of runs.slice(2, then === 'the next run' ? 3 : 4)) {
    for (const each of tablesOf(await readLandedRun(place, run.runId))) await applyChanges(place.workplace, each);
  }
  if (then === 'the next run') await commitLanded(target, runs[3].runId);
  else expect(await commitPending(target, [runs[3].runId])).toMatchObject([{ tables: [{ state: 'COMMITTED' }, { state: 'COMMITTED' }] }]);
  for (const name of [TABLE, 'ledger_dbo_customers']) {
    const added = (await shownFiles(place.workplace, historyTableName(name))).map((file) => /run=([^/]+)/.exec(file)![1]);
    expect([...new Set(added)]).toEqual(runs.slice(1).map(({ runId }) => runId));
  }
});

test('a run whose predecessor is not there is refused by name, and nothing is changed', async () => {
  const runs = chain();
  land(runs[0], runs[2], runs[3]);
  await commitLanded(target, runs[0].runId);
  const [table] = await commitLanded(target, runs[3].runId);
  expect(table).toMatchObject({ state: 'FAILED', problem: { code: 'TABLES_NOT_COMMITTED', message: expect.stringContaining(runs[2].runId) } });
  expect(await source.shown(openFolder(target).workplace, TABLE)).toEqual(runs[0].expected.get('Accounts'));
  land(runs[1]);
  expect(states(await commitLanded(target, runs[3].runId))).toEqual(['COMMITTED', 'COMMITTED']);
});
