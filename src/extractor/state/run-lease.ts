import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from './clock';
import type { StateStore } from './state-store';
import { LegacyToS3Error } from '../api/errors';

/** What a lease says; only its holder writes it. */
interface Lease {
  readonly holder: string;
  /** ISO 8601, UTC; the holder renews it well before. */
  readonly expiresAt: string;
}

/** How long a lease is good for without being renewed. */
export const LEASE_MS = 60_000;

/** Where all that is kept of a run is. */
export const folderOf = (runId: string) => `run=${runId}/`;
const leasePrefix = (runId: string) => `${folderOf(runId)}lease-`;
const leaseKey = (runId: string, epoch: number) => `${leasePrefix(runId)}${String(epoch).padStart(6, '0')}.json`;

/**
 * The right to go on with a run. Each holder has an epoch of its own, whose text is created only once: of two that want
 * the next epoch one gets it, and a holder that finds a later epoch has lost the run.
 */
export class RunLease {
  /**
   * @param takeOver whether a lease that has not expired is taken all the same
   * @throws LegacyToS3Error of code RUN_IN_USE
   */
  public static async acquire(store: StateStore, runId: string, clock: Clock, takeOver: boolean): Promise<RunLease> {
    const last = (await store.list(leasePrefix(runId))).at(-1);
    const held = last && JSON.parse(await store.read(last) ?? 'null') as Lease | null;
    if (held && !takeOver && Date.parse(held.expiresAt) > clock.now()) {
      throw inUse(runId, `${held.holder} holds it until ${held.expiresAt}; wait until then, or take it over by name if that process is dead`);
    }
    const epoch = last ? Number(/(\d+)\.json$/.exec(last)![1]) + 1 : 1;
    const lease = new RunLease(store, runId, clock, epoch);
    if (!await store.create(leaseKey(runId, epoch), lease.text(lease.expiresAt))) throw inUse(runId, 'another process took it at this moment');
    return lease;
  }

  private readonly holder = `${hostname()} process ${process.pid} ${randomBytes(3).toString('hex')}`;
  private readonly stop = new AbortController();
  private renewing: Promise<void> = Promise.resolve();
  /** Milliseconds since 1970. */
  private expiresAt: number;

  private constructor(
    private readonly store: StateStore, private readonly runId: string, private readonly clock: Clock, private readonly epoch: number,
  ) {
    this.expiresAt = clock.now() + LEASE_MS;
  }

  /**
   * Deletes the texts of the run that a dead process was writing. Nobody but its holder writes them, save a lease that another
   * process asks for now.
   */
  public async clearLeftovers(): Promise<void> {
    const asked = (key: string) => key.startsWith(leasePrefix(this.runId)) && key >= leaseKey(this.runId, this.epoch);
    await this.store.remove((await this.store.leftovers(folderOf(this.runId))).filter((key) => !asked(key)));
  }

  /** Renews the lease until it is released; `onLost` is called once when another process has taken it. */
  public keep(onLost: (reason: unknown) => void): void {
    const { clock, stop } = this;
    this.renewing = (async () => {
      for (;;) {
        await clock.sleep(LEASE_MS / 3, stop.signal).catch(() => undefined);
        if (stop.signal.aborted) return;
        await this.renew();
      }
    })().catch(onLost);
  }

  /** A store that does not answer for a while is no loss before the lease has expired: until then nobody takes the run. */
  private async renew(): Promise<void> {
    try {
      await this.assertHeld();
      const expiresAt = this.clock.now() + LEASE_MS;
      await this.store.put(leaseKey(this.runId, this.epoch), this.text(expiresAt));
      this.expiresAt = expiresAt;
    } catch (error) {
      const lost = error instanceof LegacyToS3Error && error.code === 'RUN_IN_USE';
      if (lost || this.clock.now() >= this.expiresAt) throw error;
    }
  }

  /** @throws LegacyToS3Error of code RUN_IN_USE when another process has taken the run over, and perhaps ended it since */
  public async assertHeld(): Promise<void> {
    if (await this.store.read(leaseKey(this.runId, this.epoch + 1)) !== undefined) throw inUse(this.runId, 'another process has taken it over');
    if (await this.store.read(leaseKey(this.runId, this.epoch)) === undefined) throw inUse(this.runId, 'another process has taken it over and ended it');
  }

  /**
   * As {@link assertHeld}, but looks only when the lease has not been renewed in time: a process that stood still for so
   * long may have lost the run without knowing.
   */
  public async assertHeldIfLate(): Promise<void> {
    if (this.clock.now() >= this.expiresAt) await this.assertHeld();
  }

  /** Lets others have the run at once, if it is still held. Never throws. */
  public async release(): Promise<void> {
    this.stop.abort();
    await this.renewing;
    try {
      await this.assertHeld();
      await this.store.put(leaseKey(this.runId, this.epoch), this.text(0));
    } catch {
      // Lost, or it will expire.
    }
  }

  private text(expiresAt: number): string {
    return JSON.stringify({ holder: this.holder, expiresAt: new Date(expiresAt).toISOString() } satisfies Lease);
  }
}

function inUse(runId: string, reason: string): LegacyToS3Error {
  return new LegacyToS3Error('RUN_IN_USE', `run ${runId} is in use: ${reason}`);
}
