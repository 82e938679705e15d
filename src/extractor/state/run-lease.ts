import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from './clock';
import { folderOf } from './run-folder';
import type { StateStore } from './state-store';
import { LegacyToS3Error } from '../api/errors';

/** What a lease says; only its holder writes it. */
interface Lease {
  readonly holder: string;
  /** ISO 8601, UTC; the holder renews it well before. An execution's does not expire. */
  readonly expiresAt: string;
  /** ARN of an execution of a state machine, whose functions hold it together for as long as it runs. */
  readonly execution?: string;
}

/** Tells whether an execution runs; undefined where that cannot be asked. */
export type AsksExecution = (arn: string) => Promise<boolean | undefined>;

/** How a run is taken. */
export interface AcquireOptions {
  /** Whether it is taken from who may still hold it. */
  readonly takeOver: boolean;
  /** ARN of the execution that takes it; absent: this process does. */
  readonly execution?: string;
  /** Absent: nobody can be asked. */
  readonly isRunning?: AsksExecution;
  /** Where its texts are, with a trailing slash. @default the folder of the run */
  readonly folder?: string;
}

/** An execution holds a run until it ends, which no clock tells. */
const NEVER = '9999-12-31T23:59:59.999Z';

/** How long a lease is good for without being renewed. */
export const LEASE_MS = 60_000;

const leasePrefix = (folder: string) => `${folder}lease-`;
const leaseKey = (folder: string, epoch: number) => `${leasePrefix(folder)}${String(epoch).padStart(6, '0')}.json`;

/**
 * The right to go on with a run. Each holder has an epoch of its own, whose text is created only once: of two that want
 * the next epoch one gets it, and a holder that finds a later epoch has lost the run.
 */
export class RunLease {
  /**
   * @throws LegacyToS3Error of code RUN_IN_USE
   */
  public static async acquire(store: StateStore, runId: string, clock: Clock, options: AcquireOptions): Promise<RunLease> {
    const { folder = folderOf(runId) } = options;
    const last = (await store.list(leasePrefix(folder))).at(-1);
    const held = last && JSON.parse(await store.read(last) ?? 'null') as Lease | null;
    const before = last ? Number(/(\d+)\.json$/.exec(last)![1]) : 0;
    // An execution whose function is called again has the run already.
    const isOwn = held && options.execution !== undefined && held.execution === options.execution;
    if (isOwn) return new RunLease(store, runId, clock, before, folder, held.execution);
    if (held && !options.takeOver) await refuseHeld(runId, held, clock, options.isRunning);
    const lease = new RunLease(store, runId, clock, before + 1, folder, options.execution);
    if (!await store.create(leaseKey(folder, before + 1), lease.text(lease.expiresAt))) throw inUse(runId, 'another process took it at this moment');
    return lease;
  }

  /** The lease of an execution, in one of its functions. */
  public static ofExecution(store: StateStore, runId: string, clock: Clock, epoch: number, execution: string): RunLease {
    return new RunLease(store, runId, clock, epoch, folderOf(runId), execution);
  }

  private readonly holder: string;
  private readonly stop = new AbortController();
  private renewing: Promise<void> = Promise.resolve();
  /** Milliseconds since 1970. */
  private expiresAt: number;

  private constructor(
    private readonly store: StateStore, private readonly runId: string, private readonly clock: Clock, public readonly epoch: number,
    private readonly folder: string, private readonly execution?: string,
  ) {
    this.holder = execution === undefined ? `${hostname()} process ${process.pid} ${randomBytes(3).toString('hex')}` : `execution ${execution}`;
    this.expiresAt = clock.now() + LEASE_MS;
  }

  /**
   * Deletes the texts of the run that a dead process was writing. Nobody but its holder writes them, save a lease that another
   * process asks for now.
   */
  public async clearLeftovers(): Promise<void> {
    const asked = (key: string) => key.startsWith(leasePrefix(this.folder)) && key >= leaseKey(this.folder, this.epoch);
    await this.store.remove((await this.store.leftovers(this.folder)).filter((key) => !asked(key)));
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
      await this.store.put(leaseKey(this.folder, this.epoch), this.text(expiresAt));
      this.expiresAt = expiresAt;
    } catch (error) {
      const lost = error instanceof LegacyToS3Error && error.code === 'RUN_IN_USE';
      if (lost || this.clock.now() >= this.expiresAt) throw error;
    }
  }

  /** @throws LegacyToS3Error of code RUN_IN_USE when another process has taken the run over, and perhaps ended it since */
  public async assertHeld(): Promise<void> {
    if (await this.store.read(leaseKey(this.folder, this.epoch + 1)) !== undefined) throw inUse(this.runId, 'another process has taken it over');
    if (await this.store.read(leaseKey(this.folder, this.epoch)) === undefined) throw inUse(this.runId, 'another process has taken it over and ended it');
  }

  /**
   * As {@link assertHeld}, but looks only when the lease has not been renewed in time: a process that stood still for so
   * long may have lost the run without knowing.
   */
  public async assertHeldIfLate(): Promise<void> {
    if (this.clock.now() < this.expiresAt) return;
    await this.assertHeld();
    // An execution's is not renewed, but looked at as often.
    if (this.execution !== undefined) this.expiresAt = this.clock.now() + LEASE_MS;
  }

  /** Lets others have the run at once, if it is still held. Never throws. */
  public async release(): Promise<void> {
    this.stop.abort();
    await this.renewing;
    try {
      await this.assertHeld();
      await this.store.put(leaseKey(this.folder, this.epoch), this.text(0));
    } catch {
      // Lost, or it will expire.
    }
  }

  private text(expiresAt: number): string {
    const { holder, execution } = this;
    const held: Lease = execution === undefined || expiresAt === 0
      ? { holder, expiresAt: new Date(expiresAt).toISOString() } : { holder, expiresAt: NEVER, execution };
    return JSON.stringify(held);
  }
}

/** Who has, or had, a run last. @returns nothing where nobody did */
export async function readHolder(store: StateStore, runId: string): Promise<Pick<Lease, 'holder' | 'execution'> | undefined> {
  const last = (await store.list(leasePrefix(folderOf(runId)))).at(-1);
  return last === undefined ? undefined : JSON.parse(await store.read(last) ?? 'null') as Lease | null ?? undefined;
}

async function refuseHeld(runId: string, held: Lease, clock: Clock, isRunning: AsksExecution | undefined): Promise<void> {
  if (held.execution === undefined) {
    const left = Date.parse(held.expiresAt) - clock.now();
    if (left <= 0) return;
    throw inUse(runId, `${held.holder} holds it until ${held.expiresAt}, which is in ${Math.ceil(left / 1000)} s, and longer if it is at work; `
      + 'wait until then, or take it over (--take-over) if that process is dead');
  }
  const running = await isRunning?.(held.execution);
  if (running === false) return;
  throw inUse(runId, running ? `${held.holder} holds it, and runs; stop that, or wait until it has ended`
    : `${held.holder} holds it, and whether that runs cannot be asked from here; take it over (--take-over) if it does not`);
}

function inUse(runId: string, reason: string): LegacyToS3Error {
  return new LegacyToS3Error('RUN_IN_USE', `${/^\d/.test(runId) ? `run ${runId}` : runId} is in use: ${reason}`);
}
