import { SqlError } from '../../sql/errors';
import { TableEntry } from '../catalog';
import { DEADLOCK_VICTIM } from '../duck-errors';

/** How long a lock is waited for without LOCK_TIMEOUT, in milliseconds; SQL Server would wait for ever. */
export const LONGEST_WAIT = 30_000;

/** Who holds a lock: a session. */
interface Holder {
  readonly spid: number;
  readonly cancelled: boolean;
  readonly options: ReadonlyMap<string, string>;
}

interface Lock {
  readonly writers: Set<Holder>;
  altering?: Holder;
}

export const deadlock = ({ spid }: { readonly spid: number }) => new SqlError(DEADLOCK_VICTIM,
  `Transaction (Process ID ${spid}) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.`,
  { severity: 13, state: 51 });

/**
 * What writers of a table and those who alter it wait for each other by ("Transaction locking and row versioning guide", Schema locks): a
 * definition waits until no transaction that changed rows of the table is open, and writers wait until it is done. Readers wait for neither.
 */
export class TableLocks {
  private readonly locks = new Map<string, Lock>();

  /** @returns whether it had to wait, so that the table may be another by now */
  async write(holder: Holder, table: TableEntry): Promise<boolean> {
    const lock = this.of(table);
    if (!lock || lock.writers.has(holder)) {
      return false;
    }
    const waited = await this.until(holder, () => lock.altering === undefined || lock.altering === holder);
    lock.writers.add(holder);
    return waited;
  }

  async alter(holder: Holder, table: TableEntry): Promise<void> {
    const lock = this.of(table);
    if (!lock || lock.altering === holder) {
      return;
    }
    await this.until(holder, () => lock.altering === undefined);
    lock.altering = holder;
    try {
      await this.until(holder, () => [...lock.writers].every((each) => each === holder));
    } catch (error) {
      lock.altering = undefined;
      throw error;
    }
  }

  release(holder: Holder): void {
    for (const lock of this.locks.values()) {
      lock.writers.delete(holder);
      if (lock.altering === holder) {
        lock.altering = undefined;
      }
    }
  }

  private of({ database, objectId, name }: TableEntry): Lock | undefined {
    const key = `${database}.${objectId}`;
    if (!name.startsWith('#') && !this.locks.has(key)) {
      this.locks.set(key, { writers: new Set() });
    }
    return this.locks.get(key);
  }

  /** Waits as LOCK_TIMEOUT says. */
  private async until(holder: Holder, free: () => boolean): Promise<boolean> {
    const timeout = Number(holder.options.get('LOCK_TIMEOUT') ?? -1);
    const end = Date.now() + (timeout < 0 ? LONGEST_WAIT : timeout);
    for (let waited = false; ; waited = true) {
      if (free()) {
        return waited;
      }
      if (Date.now() >= end || holder.cancelled) {
        throw timeout < 0 ? deadlock(holder) : new SqlError(1222, 'Lock request time out period exceeded.', { state: 45 });
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}
