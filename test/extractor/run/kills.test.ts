import { removeCliBundle } from '../../support/packages/cli-bundle';
import { KillDrill } from '../../support/runs/kill-drill';

/** Kills of the test; `npx tsx bench/kills.ts` is the long form. */
const KILLS = 52;

afterAll(() => removeCliBundle());

test(`a process killed ${KILLS} times lands every row once, and leaves neither upload nor unnamed object nor checkpoint`, async () => {
  const { kills, problems } = await KillDrill.run({ kills: KILLS });
  expect(problems).toEqual([]);
  for (const phase of ['plan', 'mid-part', 'object before checkpoint', 'manifest'] as const) expect({ phase, kills: kills[phase] >= 5 }).toEqual({ phase, kills: true });
  expect(Object.values(kills).reduce((sum, count) => sum + count)).toBe(KILLS);
}, 300_000);
