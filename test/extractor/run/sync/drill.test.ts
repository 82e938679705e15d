import { ChangeDrill } from '../../../support/changes/change-drill';
import { removeCliBundle } from '../../../support/packages/cli-bundle';

/** Kills of the test; `npx tsx bench/change-drill.ts` is the long form. */
const KILLS = { processes: 4, completions: 10 };

afterAll(() => removeCliBundle());

test('with processes and completions killed, and events in any order, each table is at any time what the source was at its mark', async () => {
  const report = await ChangeDrill.run({ kills: KILLS, transactions: 25, seed: 20260131 });
  const { problems, kills, runsOfChanges, comparedAfterChanges, transactions, truncated, columnsAdded } = report;
  expect(problems).toEqual([]);
  expect(kills.processes).toBeGreaterThanOrEqual(KILLS.processes);
  expect(kills.completions).toBeGreaterThanOrEqual(KILLS.completions);
  expect(runsOfChanges).toBeGreaterThanOrEqual(3);
  expect(comparedAfterChanges.changeTracking).toBeGreaterThanOrEqual(8);
  expect(comparedAfterChanges.cdc).toBeGreaterThanOrEqual(1);
  expect(comparedAfterChanges.rowversion).toBeGreaterThanOrEqual(1);
  expect(transactions).toBeGreaterThanOrEqual(50);
  expect([truncated, columnsAdded].every((count) => count > 0)).toBe(true);
}, 400_000);
