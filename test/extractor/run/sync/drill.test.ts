import { ChangeDrill } from '../../../support/changes/change-drill';
import { removeCliBundle } from '../../../support/packages/cli-bundle';

/** Kills of the test; `npx tsx bench/change-drill.ts` is the long form. */
const KILLS = 24;

afterAll(() => removeCliBundle());

test(`with ${KILLS} kills of processes and completions, and events in any order, each table is at any time what the source was at its mark`, async () => {
  const { problems, kills, runsOfChanges, comparedAfterChanges, transactions } = await ChangeDrill.run({ kills: { processes: 6, completions: 10 }, seed: 20260131 });
  expect(problems).toEqual([]);
  expect(kills.processes).toBeGreaterThanOrEqual(3);
  expect(kills.completions).toBeGreaterThanOrEqual(3);
  expect(runsOfChanges).toBeGreaterThanOrEqual(8);
  expect(comparedAfterChanges).toBeGreaterThanOrEqual(20);
  expect(transactions).toBeGreaterThanOrEqual(50);
}, 400_000);
