import { DuckDBBlobValue } from '@duckdb/node-api';
import { Evaluator } from '../evaluator';
import { SessionState } from '../session-state';
import { CaptureProcedures } from './capture-procedures';
import { trackedTransaction } from './commit';
import { DatabaseEntry, TableEntry } from '../../engine/catalog';
import { captureTable } from '../../engine/changes/capture-tables';
import { quoteName, quoteText } from '../../engine/identifiers';
import { partitionNumber } from '../../engine/partitioning';
import { Statement } from '../../sql/ast';
import { primaryKey } from '../../sql/binder/changes/change-tables';
import { SqlError } from '../../sql/errors';
import { INT, storageType } from '../../sql/types';
import { Transactions } from '../transactions';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

let lastTable = 0;

/** Switches Change Tracking ("Enable and Disable Change Tracking"), and truncates tables, which it has to know of. */
export class TrackingRunner {
  constructor(private readonly session: SessionState, private readonly transactions: Transactions, private readonly evaluator: Evaluator) {}

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

  /** A change of a table's columns, which Change Data Capture keeps in cdc.ddl_history. */
  async altering(table: TableEntry, what: string, change: (table: TableEntry) => Promise<void>): Promise<void> {
    await change(table);
    const { connection, engine } = this.session;
    const database = engine.catalog.database(table.database);
    for (const { objectId } of database?.changes.capture?.of(table.objectId) ?? []) {
      await connection.run(`INSERT INTO ${captureTable(table.database, 'ddl_history')} VALUES (${table.objectId}, ${objectId}, false,
        ${quoteText(`ALTER TABLE [${table.schema}].[${table.name}] ${what}`)}, $1, round_datetime(now_ticks()))`, [new DuckDBBlobValue(database!.changes.capture!.nextLsn())]);
    }
  }

  /** What follows a table goes with it. */
  async dropped(table: TableEntry): Promise<void> {
    const { session } = this;
    const changes = session.engine.catalog.database(table.database)?.changes;
    changes?.tracked.delete(table.objectId);
    if (changes?.capture?.of(table.objectId).length) {
      await new CaptureProcedures(session).dropInstances(table.objectId);
    }
  }

  /**
   * ALTER TABLE … SWITCH moves the rows of a partition, which no change tells of: Change Tracking refuses it, Change Data Capture does
   * not see it ("About Change Tracking"; "sys.sp_cdc_enable_table", @allow_partition_switch).
   */
  async switchPartition({ from, line }: Of<'switchPartition'>, table: TableEntry, target: TableEntry): Promise<void> {
    const { session } = this;
    const database = session.engine.catalog.database(table.database)!;
    for (const each of [table, target]) {
      if (database.changes.tracked.has(each.objectId)) {
        throw new SqlError(22113, 'ALTER TABLE SWITCH is not allowed because the table is being tracked for change tracking.', { line });
      }
    }
    const { partitioning } = table;
    const number = from ? Number(await this.evaluator.scalar(from, INT)) : undefined;
    const where = partitioning && number !== undefined
      ? ` WHERE ${partitionNumber(quoteName(partitioning.column), partitioning.scheme.partitionFunction)} = ${number}` : '';
    const columns = table.columns.filter(({ computed }) => !computed).map(({ name }) => quoteName(name)).join(', ');
    await this.transactions.within(async () => {
      await session.connection.run(`INSERT INTO ${target.duckName} (${columns}) SELECT ${columns} FROM ${table.duckName}${where}`);
      await session.connection.run(`DELETE FROM ${table.duckName}${where}`);
    });
  }

  async truncate(table: TableEntry): Promise<void> {
    const { session } = this;
    const database = session.engine.catalog.database(table.database);
    if (database?.changes.capture?.of(table.objectId).length) {
      throw new SqlError(4711, `Cannot truncate table '${table.name}' because it is published for replication or enabled for Change Data Capture.`);
    }
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
