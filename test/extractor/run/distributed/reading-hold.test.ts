import type { ReadingWindow } from '../../../../src/contract';
import { ReadingHold } from '../../../../src/extractor/run/distributed/reading-hold';
import { MemoryStore } from '../../../support/runs/memory-store';

const PAUSED = 'extraction=Nightly/paused.json';
const NIGHT: ReadingWindow = { from: '22:00', to: '05:30', timeZone: 'UTC' };

class CountingStore extends MemoryStore {
  public reads = 0;

  public override async read(key: string): Promise<string | undefined> {
    this.reads += 1;
    return super.read(key);
  }
}

function held(window?: ReadingWindow) {
  const store = new CountingStore();
  const clock = { time: Date.parse('2026-06-01T23:00:00Z'), now: () => clock.time, sleep: async () => undefined, random: () => 0 };
  return { store, clock, hold: new ReadingHold(store, 'Nightly', clock, window) };
}

test('without window or pause nothing is held', async () => {
  expect(await held().hold.look()).toBeUndefined();
  expect(await held(NIGHT).hold.look()).toBeUndefined();
});

test('the store is asked every 15 seconds, by however many readers', async () => {
  const { store, clock, hold } = held();
  await Promise.all(Array.from({ length: 8 }, async () => hold.look()));
  clock.time += 14_999;
  expect([await hold.look(), store.reads]).toEqual([undefined, 1]);
  store.texts.set(PAUSED, JSON.stringify({ since: new Date(clock.time).toISOString() }));
  expect(await hold.look()).toBeUndefined();
  clock.time += 1;
  expect(await hold.look()).toEqual({ reason: 'extraction \'Nightly\' is paused since 2026-06-01T23:00:14.999Z', until: clock.time + 60_000 });
  expect(store.reads).toBe(2);
});

test.each([[1, 60_000], [9, 60_000], [60, 360_000], [150, 900_000], [7 * 1440, 900_000]])('paused for %i minutes it is asked again after %i ms', async (minutes, wait) => {
  const { store, clock, hold } = held();
  store.texts.set(PAUSED, JSON.stringify({ since: new Date(clock.time - minutes * 60_000).toISOString() }));
  expect((await hold.look())!.until - clock.time).toBe(wait);
});

test('a week of pause, at nine events a question, fits into the history of a child', async () => {
  const { store, clock, hold } = held();
  const begun = clock.time;
  store.texts.set(PAUSED, JSON.stringify({ since: new Date(begun).toISOString() }));
  let asked = 0;
  for (; clock.time < begun + 7 * 86_400_000; asked++) clock.time = (await hold.look())!.until;
  expect(asked * 9).toBeLessThan(25_000 / 2);
});

test('outside of the window it is held until that begins, and by a pause for as long as the later of the two', async () => {
  const { store, clock, hold } = held(NIGHT);
  clock.time = Date.parse('2026-06-02T05:30:00Z');
  expect(await hold.look()).toEqual({
    reason: 'it is outside of the window, 22:00 to 05:30 UTC, until 2026-06-02T22:00:00.000Z', until: Date.parse('2026-06-02T22:00:00Z'),
  });
  store.texts.set(PAUSED, JSON.stringify({ since: '2026-06-02T21:00:00.000Z' }));
  clock.time = Date.parse('2026-06-02T21:59:30Z');
  expect(await hold.look()).toEqual({ reason: expect.stringMatching(/^extraction 'Nightly' is paused since .*, and it is outside of the window/), until: Date.parse('2026-06-02T22:05:27Z') });
});
