import type { Clock } from '../../../src/extractor/state/clock';
import { LEASE_MS, RunLease } from '../../../src/extractor/state/run-lease';
import { MemoryStore } from '../../support/runs/memory-store';

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
  await expect(acquire()).rejects.toMatchObject({ code: 'RUN_IN_USE', message: expect.stringMatching(/process \d+ .* holds it until .*T.*Z, which is in \d+ s, .* \(--take-over\) if that process is dead$/) });
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

describe('a lease of an execution', () => {
  const ARN = 'arn:aws:states:eu-central-1:111122223333:execution:Nightly:one';
  const byExecution = async (execution: string, running: boolean | undefined, takeOver = false) => (
    RunLease.acquire(store, 'r1', clock, { takeOver, execution, isRunning: async () => running })
  );

  test('does not end by clock while it runs', async () => {
    await byExecution(ARN, true);
    await clock.pass(1000 * LEASE_MS);
    await expect(byExecution(`${ARN}-2`, true)).rejects.toMatchObject({ code: 'RUN_IN_USE', message: expect.stringContaining(`execution ${ARN} holds it, and runs`) });
    await expect(byExecution(`${ARN}-2`, false)).resolves.toMatchObject({ epoch: 2 });
  });

  test('is its own when a function of it is called again', async () => {
    await byExecution(ARN, true);
    await expect(byExecution(ARN, true)).resolves.toMatchObject({ epoch: 1 });
    expect(store.texts.size).toBe(1);
  });

  test('is taken only by name where it cannot be asked whether that runs', async () => {
    await byExecution(ARN, true);
    await expect(byExecution(`${ARN}-2`, undefined)).rejects.toMatchObject({ code: 'RUN_IN_USE', message: expect.stringContaining('cannot be asked from here; take it over (--take-over)') });
    await expect(acquire()).rejects.toMatchObject({ code: 'RUN_IN_USE' });
    await expect(acquire(true)).resolves.toMatchObject({ epoch: 2 });
  });

  test('is held by its functions until another has the run', async () => {
    const { epoch } = await byExecution(ARN, true);
    const worker = RunLease.ofExecution(store, 'r1', clock, epoch, ARN);
    await worker.assertHeld();
    await acquire(true);
    await worker.assertHeldIfLate();
    await clock.pass(LEASE_MS);
    await expect(worker.assertHeldIfLate()).rejects.toMatchObject({ code: 'RUN_IN_USE' });
  });
});
