import { ChangeDrill } from '../../../support/changes/change-drill';
import { removeCliBundle } from '../../../support/packages/cli-bundle';

/** Kills of the test; `npx tsx bench/change-drill.ts` is the long form. */
const KILLS = { processes: 6, completions: 10 };

afterAll(() => removeCliBundle());

test(`with ${KILLS.processes} processes and ${KILLS.completions} completions killed, and events in any order, each table is at any time what the source was at its mark`, async () => {
  const { problems, kills, runsOfChanges, comparedAfterChanges, transactions } = await ChangeDrill.run({ kills: KILLS, seed: 20260131 });
  expect(problems).toEqual([]);
  expect(kills.processes).toBeGreaterThanOrEqual(KILLS.processes);
  expect(kills.completions).toBeGreaterThanOrEqual(KILLS.completions);
  expect(runsOfChanges).toBeGreaterThanOrEqual(8);
  expect(comparedAfterChanges.changeTracking + comparedAfterChanges.cdc + comparedAfterChanges.rowversion).toBeGreaterThanOrEqual(20);
  expect(transactions).toBeGreaterThanOrEqual(50);
}, 400_000);
