import { SessionState } from './session-state';
import { trackedTransaction } from './tracked-transaction';
import { Transactions } from './transactions';
import { DatabaseEntry, TableEntry } from '../engine/catalog';
import { quoteName } from '../engine/identifiers';
import { Statement } from '../sql/ast';
import { primaryKey } from '../sql/binder/change-tables';
import { SqlError } from '../sql/errors';
import { storageType } from '../sql/types';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

let lastTable = 0;

/** Switches Change Tracking ("Enable and Disable Change Tracking"), and truncates tables, which it has to know of. */
export class TrackingRunner {
  constructor(private readonly session: SessionState, private readonly transactions: Transactions) {}

  setDatabase({ value, changeTracking, line }: Of<'alterDatabase'>, { name, changes }: DatabaseEntry): void {
    if (['master', 'tempdb', 'model', 'msdb'].includes(name.toLowerCase())) {
      throw new SqlError(5090, `Database '${name}' is a system database. Change tracking settings cannot be modified for system databases.`, { line });
    }
    if (value === 'ON' && changes.tracking) {
      throw new SqlError(5088, `Change tracking is already enabled for database '${name}'.`, { line });
    }
    if (value !== 'ON' && !changes.tracking) {
      throw new SqlError(5089, `Change tracking is disabled for database '${name}'. Change tracking must be enabled on a database to modify change tracking settings.`, { line });
    }
    if (value === 'OFF' && changes.tracked.size > 0) {
      throw new SqlError(22115, `Change tracking is enabled for one or more tables in database '${name}'. Disable change tracking on each table before disabling it for the database. Use the sys.change_tracking_tables catalog view to obtain a list of tables for which change tracking is enabled.`, { line });
    }
    changes.setTracking(value === 'OFF' ? undefined : changeTracking ?? {});
  }

  async setTable({ on, trackColumnsUpdated, line }: Of<'changeTracking'>, table: TableEntry): Promise<void> {
    const database = this.session.engine.catalog.database(table.database)!;
    const { changes } = database;
    const tracked = changes.tracked.get(table.objectId);
    if (!changes.tracking) {
      throw new SqlError(22105, `Change tracking is not enabled on table '${table.name}'.`, { line });
    }
    if (on ? tracked : !tracked) {
      throw on ? new SqlError(4996, `Change tracking is already enabled for table '${table.name}'.`, { line })
        : new SqlError(4998, `Change tracking is not enabled on table '${table.name}'.`, { line });
    }
    if (!on) {
      await this.session.connection.run(`DROP TABLE ${tracked!.duckName}`);
      changes.tracked.delete(table.objectId);
      database.put(table);
      return;
    }
    const keys = primaryKey(table);
    if (keys.length === 0) {
      throw new SqlError(4997, `Cannot enable change tracking on table '${table.name}'. Change tracking requires a primary key on the table. Create a primary key on the table before enabling change tracking.`, { line });
    }
    lastTable += 1;
    const duckName = `${quoteName(database.name)}.sys.${quoteName(`change_tracking_${table.objectId}_${lastTable}`)}`;
    const columns = keys.map(({ stored, column: { type } }) => `${stored} ${storageType(type)}`).join(', ');
    await this.session.connection.run(`CREATE TABLE ${duckName} (transaction_id BIGINT, statement INTEGER, operation VARCHAR, columns INTEGER[], context BLOB, ${columns})`);
    // Commits that are under way are over before, so that none of them is taken for tracked.
    await changes.alone(async () => {
      const { version } = changes;
      changes.tracked.set(table.objectId, { trackColumnsUpdated, beginVersion: version, minValidVersion: version, duckName });
    });
    database.put(table);
  }

  async truncate(table: TableEntry): Promise<void> {
    const { session } = this;
    const database = session.engine.catalog.database(table.database);
    await this.transactions.within(async () => {
      await session.connection.run(`DELETE FROM ${table.duckName}`);
      if (database?.changes.tracked.has(table.objectId)) {
        const transaction = trackedTransaction(session, database);
        transaction.changed = true;
        transaction.truncated.add(table.objectId);
      }
    });
  }
}
