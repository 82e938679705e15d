import { SessionState } from './session-state';
import { SqlError } from '../sql/errors';
import { Response } from '../tds/response';
import { EnvChange, envChange } from '../tds/tokens';

let lastTransactionId = 0n;

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
    session.undoDefinitions = [];
    await session.connection.run('COMMIT');
    this.response.token(envChange(EnvChange.COMMIT_TRANSACTION, Buffer.alloc(0), descriptor));
  }

  async rollback(): Promise<void> {
    const { session } = this;
    session.transactionCount = 0;
    await session.connection.run('ROLLBACK');
    session.undoDefinitions.forEach((undo) => undo());
    session.undoDefinitions = [];
    this.response.token(envChange(EnvChange.ROLLBACK_TRANSACTION, Buffer.alloc(0), this.descriptor()));
  }

  private descriptor(): Buffer {
    const descriptor = Buffer.alloc(8);
    descriptor.writeBigUInt64LE(this.session.transactionId);
    return descriptor;
  }
}
