import { keepDuration, wholeSelection } from '../../../src/extractor/state/durations';
import { MemoryStore } from '../../support/runs/memory-store';

const BEGUN = Date.UTC(2026, 0, 31, 1);
const SETTINGS = { tables: ['dbo.*'], types: { money: 'decimal', dates: 'iso' } };
const after = (seconds: number) => new Date(BEGUN + seconds * 1000).toISOString();

async function ratios(...seconds: number[]): Promise<Array<number | undefined>> {
  const store = new MemoryStore();
  const found: Array<number | undefined> = [];
  for (const each of seconds) found.push(await keepDuration(store, 'Nightly', wholeSelection(SETTINGS, BEGUN), after(each)));
  return found;
}

test('the ratio is to the median of three runs and more before', async () => {
  expect(await ratios(100, 300, 200, 400)).toEqual([undefined, undefined, undefined, 2]);
  expect((await ratios(100, 300, 200, 400, 500)).at(-1)).toBe(2);
});

test('runs of less than a minute are as good as one', async () => {
  expect((await ratios(1, 2, 3, 55)).at(-1)).toBe(1);
  expect((await ratios(1, 2, 3, 90)).at(-1)).toBe(1.5);
});

test('the last twenty are kept', async () => {
  const store = new MemoryStore();
  const whole = wholeSelection(SETTINGS, BEGUN);
  for (let each = 0; each < 23; each++) await keepDuration(store, 'Nightly/a', whole, after(100 + each));
  expect(JSON.parse((await store.read('extraction=Nightly%2Fa/durations.json'))!)).toEqual({ selection: whole.selection, seconds: Array.from({ length: 20 }, (_, at) => 103 + at) });
});

test('of other settings nothing is compared; their order says nothing', async () => {
  const store = new MemoryStore();
  const keep = async (settings: object) => keepDuration(store, 'Nightly', wholeSelection(settings, BEGUN), after(100));
  for (let each = 0; each < 3; each++) await keep(SETTINGS);
  expect(await keep({ types: { dates: 'iso', money: 'decimal' }, tables: ['dbo.*'] })).toBe(1);
  expect(await keep({ ...SETTINGS, tables: ['sales.*'] })).toBeUndefined();
});

test.each(['', '[]', 'null', '{"selection": 1}', '{"seconds": ["x"], "selection": "a"}'])('a damaged text begins anew: %s', async (text) => {
  const store = new MemoryStore();
  await store.put('extraction=Nightly/durations.json', text);
  expect(await keepDuration(store, 'Nightly', wholeSelection(SETTINGS, BEGUN), after(70))).toBeUndefined();
  expect(JSON.parse((await store.read('extraction=Nightly/durations.json'))!)).toMatchObject({ seconds: [70] });
});
