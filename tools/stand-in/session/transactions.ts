import { commitTransaction, endTracked } from './changes/commit';
import { SessionState } from './session-state';
import { DEADLOCK_VICTIM, toSqlError, UPDATE_CONFLICT } from '../engine/duck-errors';
import { SqlError } from '../sql/errors';
import { Response } from '../tds/response';
import { EnvChange, envChange } from '../tds/tokens';

let lastTransactionId = 0n;

/** How long a change waits for another transaction without LOCK_TIMEOUT, in milliseconds; SQL Server would wait for ever. */
const LONGEST_WAIT = 30_000;

const isConflict = (error: unknown) => !(error instanceof SqlError) && toSqlError(error, 0).number === UPDATE_CONFLICT;

const deadlock = ({ spid }: SessionState, line: number) => new SqlError(DEADLOCK_VICTIM,
  `Transaction (Process ID ${spid}) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.`,
  { severity: 13, state: 51, line });

/** A session's transactions: T-SQL counts nested ones, DuckDB has the outermost. */
export class Transactions {
  constructor(private readonly session: SessionState, private readonly response: Response) {}

  async run(action: 'begin' | 'commit' | 'rollback' | 'save', name: string | undefined, line: number): Promise<void> {
    switch (action) {
      case 'begin': return this.begin(line);
      case 'commit': return this.commit(line);
      case 'save': return undefined;
      default:
        if (!this.session.inTransaction) {
          throw new SqlError(3903, 'The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.', { line });
        }
        if (name) {
          throw new SqlError(6401, `Cannot roll back ${name}. No transaction or savepoint of that name was found.`, { line });
        }
        return this.rollback();
    }
  }

  async begin(line = 1): Promise<void> {
    const { session } = this;
    if (session.inTransaction) {
      session.transactionCount += 1;
      return;
    }
    if (session.isolationLevel === 'SNAPSHOT' && !session.database.snapshotIsolation) {
      throw new SqlError(3952, `Snapshot isolation transaction failed accessing database '${session.database.name}' because snapshot isolation is not allowed in this database. Use ALTER DATABASE to allow snapshot isolation.`, { line });
    }
    // The transaction sees the system views as they are when it begins, so they must not be old then.
    await session.engine.refreshSystemViews(session.database);
    await session.connection.run('BEGIN TRANSACTION');
    session.touched = false;
    endTracked(session);
    lastTransactionId += 1n;
    session.transactionId = lastTransactionId;
    session.transactionCount = 1;
    session.undoDefinitions = session.engine.catalog.all().map((database) => {
      const { version } = database;
      const restore = database.snapshot();
      // Nothing to restore unless this transaction, or another meanwhile, changed the dictionary.
      return () => {
        if (database.version !== version && session.changedDefinitions) {
          restore();
        }
      };
    });
    session.beganWith = new Map(session.engine.catalog.all().map((database) => [database, database.version]));
    session.changedDefinitions = false;
    this.response.token(envChange(EnvChange.BEGIN_TRANSACTION, this.descriptor(), Buffer.alloc(0)));
  }

  /** With IMPLICIT_TRANSACTIONS on, a statement on tables begins a transaction of its own. */
  async beginImplicit(): Promise<void> {
    if (this.session.isOn('IMPLICIT_TRANSACTIONS') && !this.session.inTransaction) {
      await this.begin();
    }
  }

  async commit(line = 1): Promise<void> {
    const { session } = this;
    if (!session.inTransaction) {
      throw new SqlError(3902, 'The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.', { line });
    }
    session.transactionCount -= 1;
    if (session.inTransaction) {
      return;
    }
    const descriptor = this.descriptor();
    const { undoDefinitions } = session;
    session.undoDefinitions = [];
    try {
      await commitTransaction(session);
    } catch (error) {
      // DuckDB has rolled it back: another transaction altered a table that this one wrote to.
      undoDefinitions.forEach((undo) => undo());
      this.response.token(envChange(EnvChange.ROLLBACK_TRANSACTION, Buffer.alloc(0), descriptor));
      throw isConflict(error) ? deadlock(session, line) : error;
    }
    this.response.token(envChange(EnvChange.COMMIT_TRANSACTION, Buffer.alloc(0), descriptor));
  }

  async rollback(): Promise<void> {
    const { session } = this;
    session.transactionCount = 0;
    await session.connection.run('ROLLBACK');
    endTracked(session);
    session.undoDefinitions.forEach((undo) => undo());
    session.undoDefinitions = [];
    this.response.token(envChange(EnvChange.ROLLBACK_TRANSACTION, Buffer.alloc(0), this.descriptor()));
  }

  /** Runs work in the open transaction, else in one of its own. */
  async within<T>(work: () => Promise<T>): Promise<T> {
    const { session } = this;
    if (session.inTransaction) {
      return work();
    }
    await session.connection.run('BEGIN TRANSACTION');
    endTracked(session);
    try {
      const result = await work();
      await commitTransaction(session);
      return result;
    } catch (error) {
      await session.connection.run('ROLLBACK').catch(() => undefined);
      endTracked(session);
      throw error;
    }
  }

  /**
   * Runs a change that may meet rows that another transaction has changed. SQL Server waits for it and goes on with the rows as they are
   * then; DuckDB fails, and the change is tried again where nothing was done before it in its transaction. Else the transaction is the
   * victim of a deadlock; of SNAPSHOT transactions an update conflict.
   */
  async awaiting(line: number, change: () => Promise<void>): Promise<void> {
    const { session } = this;
    const timeout = Number(session.options.get('LOCK_TIMEOUT') ?? -1);
    const until = Date.now() + (timeout < 0 ? LONGEST_WAIT : timeout);
    for (;;) {
      try {
        await change();
        session.touched = true;
        return;
      } catch (error) {
        if (!isConflict(error) || session.isolationLevel === 'SNAPSHOT') {
          throw error;
        }
        if (session.cancelled || (session.inTransaction && session.touched)) {
          throw deadlock(session, line);
        }
        if (Date.now() >= until) {
          throw timeout < 0 ? deadlock(session, line) : new SqlError(1222, 'Lock request time out period exceeded.', { state: 45, line });
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
        if (session.inTransaction) {
          await session.connection.run('ROLLBACK');
          await session.connection.run('BEGIN TRANSACTION');
          endTracked(session);
        }
      }
    }
  }

  private descriptor(): Buffer {
    const descriptor = Buffer.alloc(8);
    descriptor.writeBigUInt64LE(this.session.transactionId);
    return descriptor;
  }
}
