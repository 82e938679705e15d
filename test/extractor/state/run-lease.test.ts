import { LegacyToS3Error } from '../../../src/extractor/api/errors';
import type { Clock } from '../../../src/extractor/state/clock';
import { LEASE_MS, RunLease } from '../../../src/extractor/state/run-lease';
import type { StateStore } from '../../../src/extractor/state/state-store';

/** Texts in memory; `failing` makes every call fail. */
class MemoryStore implements StateStore {
  public readonly url = 'memory';
  public readonly texts = new Map<string, string>();
  public failing = false;

  public async create(key: string, text: string): Promise<boolean> {
    if (this.texts.has(key)) return false;
    await this.put(key, text);
    return true;
  }

  public async put(key: string, text: string): Promise<void> {
    this.check();
    this.texts.set(key, text);
  }

  public async read(key: string): Promise<string | undefined> {
    this.check();
    return this.texts.get(key);
  }

  public async list(prefix: string): Promise<string[]> {
    return [...this.texts.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  public async leftovers(): Promise<string[]> {
    return [];
  }

  public async remove(keys: readonly string[]): Promise<void> {
    keys.forEach((key) => this.texts.delete(key));
  }

  private check(): void {
    if (this.failing) throw new LegacyToS3Error('TARGET_UNREACHABLE', 'nothing answers');
  }
}

/** Time that passes when the test says so. */
class ManualClock implements Clock {
  private time = 1_000_000;
  private readonly sleepers: Array<{ readonly until: number; readonly wake: () => void }> = [];

  public now(): number {
    return this.time;
  }

  public random(): number {
    return 0;
  }

  public async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const until = this.time + milliseconds;
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
      this.sleepers.push({ until, wake: resolve });
    });
  }

  /** Lets time pass, and whoever slept act. */
  public async pass(milliseconds: number): Promise<void> {
    this.time += milliseconds;
    for (const { wake } of this.sleepers.splice(0).filter(({ until }) => until <= this.time)) wake();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
}

let store: MemoryStore;
let clock: ManualClock;
const acquire = async (takeOver = false) => RunLease.acquire(store, 'r1', clock, { takeOver });

beforeEach(() => {
  store = new MemoryStore();
  clock = new ManualClock();
});

test('a run has one holder: a second is told who it is and until when', async () => {
  await acquire();
  await expect(acquire()).rejects.toMatchObject({ code: 'RUN_IN_USE', message: expect.stringMatching(/process \d+ .* holds it until .*T.*Z/) });
});

test('a lease that was released or has expired is free', async () => {
  const first = await acquire();
  await first.release();
  await acquire();
  await clock.pass(LEASE_MS);
  await acquire();
  expect([...store.texts.keys()]).toEqual([1, 2, 3].map((epoch) => `run=r1/lease-00000${epoch}.json`));
});

test('renewal keeps it for as long as the holder lives', async () => {
  const lease = await acquire();
  lease.keep(() => undefined);
  for (let third = 0; third < 9; third++) await clock.pass(LEASE_MS / 3);
  await expect(acquire()).rejects.toMatchObject({ code: 'RUN_IN_USE' });
  await lease.release();
});

test('a holder learns that another has taken the run over', async () => {
  const lost: unknown[] = [];
  const lease = await acquire();
  lease.keep((reason) => lost.push(reason));
  await acquire(true);
  await clock.pass(LEASE_MS / 3);
  expect(lost).toMatchObject([{ code: 'RUN_IN_USE', message: expect.stringContaining('taken it over') }]);
  await expect(lease.assertHeld()).rejects.toMatchObject({ code: 'RUN_IN_USE' });
});

test('a store that does not answer for less than the lease is no loss; for longer it is', async () => {
  const lost: unknown[] = [];
  const lease = await acquire();
  lease.keep((reason) => lost.push(reason));
  store.failing = true;
  await clock.pass(LEASE_MS / 3);
  store.failing = false;
  await clock.pass(LEASE_MS / 3);
  store.failing = true;
  await clock.pass(LEASE_MS / 3);
  await clock.pass(LEASE_MS / 3);
  expect(lost).toEqual([]);
  await clock.pass(LEASE_MS / 3);
  expect(lost).toMatchObject([{ code: 'TARGET_UNREACHABLE' }]);
});

test('of two that want an expired lease at the same time one gets it', async () => {
  await acquire();
  await clock.pass(LEASE_MS);
  const both = await Promise.allSettled([acquire(), acquire()]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});
