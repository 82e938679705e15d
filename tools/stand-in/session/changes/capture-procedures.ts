import { DuckDBBlobValue } from '@duckdb/node-api';
import { DatabaseEntry, TableEntry } from '../../engine/catalog';
import {
  CAPTURE_TABLES, capturedName, captureTable, changeTable, instanceLog, logTable, SEQUENCE, shippedTable,
} from '../../engine/changes/capture-tables';
import { Capture, CaptureInstance } from '../../engine/changes/database-changes';
import { quoteName, quoteText } from '../../engine/identifiers';
import { columnsDeclared } from '../../engine/system-views/system-view';
import { storedType } from '../../sql/binder/changes/capture-functions';
import { primaryKey } from '../../sql/binder/changes/change-tables';
import { SqlError } from '../../sql/errors';
import { storageType } from '../../sql/types';
import { SessionState } from '../session-state';

/** Arguments of a procedure by name, without `@` and in lower case. */
export type Arguments = ReadonlyMap<string, string | null>;

const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();

/** The procedures that switch Change Data Capture, and those that tell of it ("Change Data Capture Stored Procedures"). */
export class CaptureProcedures {
  private readonly database: DatabaseEntry;

  constructor(private readonly session: SessionState) {
    this.database = session.database;
    session.changedDefinitions = true;
  }

  async enableDatabase(): Promise<void> {
    const { database, session: { connection } } = this;
    if (database.changes.capture) {
      return;
    }
    if (['master', 'tempdb', 'model', 'msdb'].includes(database.name.toLowerCase())) {
      throw new SqlError(22902, 'Caller is not authorized to initiate the requested action. Change Data Capture cannot be enabled on a system database.');
    }
    if (database.schema('cdc')) {
      throw new SqlError(22906, `The database '${database.name}' cannot be enabled for Change Data Capture because a database user named 'cdc' or a schema named 'cdc' already exists in the current database.`);
    }
    await connection.run(`CREATE SCHEMA ${quoteName(database.name)}.cdc`);
    database.addSchema('cdc');
    for (const [name, declarations] of Object.entries(CAPTURE_TABLES)) {
      const own = columnsDeclared(declarations).map((column) => `${quoteName(column.name)} ${storageType(column.type)}`);
      const columns = name === 'lsn_time_mapping' ? [...own, 'transaction_id BIGINT'] : own;
      await connection.run(`CREATE TABLE ${captureTable(database.name, name)} (${columns.join(', ')})`);
      database.put(shippedTable(database, name, declarations));
    }
    await connection.run(`CREATE TABLE ${logTable(database.name)} (lsn BLOB, transaction_id BIGINT, began BIGINT, ended BIGINT)`);
    database.changes.capture = new Capture();
  }

  async disableDatabase(): Promise<void> {
    const { database, session: { connection } } = this;
    const { instances } = this.capture();
    for (const { name } of [...instances.values()]) {
      await this.drop(name);
    }
    for (const name of Object.keys(CAPTURE_TABLES)) {
      database.remove(database.table('cdc', name)!);
    }
    await connection.run(`DROP SCHEMA ${quoteName(database.name)}.cdc CASCADE`);
    database.removeSchema('cdc');
    database.changes.capture = undefined;
  }

  async enableTable(args: Arguments): Promise<void> {
    const { database, session: { connection } } = this;
    const capture = this.capture();
    const table = this.source(args);
    const name = (args.get('capture_instance') ?? `${table.schema}_${table.name}`).trimEnd();
    if (capture.of(table.objectId).length === 2) {
      throw new SqlError(22962, `Two capture instances already exist for source table '${table.schema}.${table.name}'. A table can have at most two capture instances. If the current tracking options are not appropriate, disable change tracking for the obsolete instance by using sys.sp_cdc_disable_table and retry the operation.`);
    }
    if (capture.instances.has(name.toLowerCase())) {
      throw new SqlError(22926, `Could not create a capture instance because the capture instance name '${name}' already exists in the current database. Specify an explicit unique name for the parameter @capture_instance.`);
    }
    const { columns, index, netChanges } = this.captured(table, args);
    const change = shippedTable(database, `${name}_CT`, [
      ...columnsDeclared(['__$start_lsn binary(10)', '__$end_lsn binary(10) null', '__$seqval binary(10)', '__$operation int', '__$update_mask varbinary(128) null']),
      ...columns.map((column) => ({ id: 0, name: column.name, type: storedType(column.type), nullable: true })),
      ...columnsDeclared(['__$command_id int null']),
    ]);
    const instance: CaptureInstance = {
      name,
      sourceId: table.objectId,
      objectId: change.objectId,
      netChanges,
      indexName: index?.name ?? null,
      role: args.get('role_name') ?? null,
      created: new Date(),
      columns,
      keys: index?.columns.filter(({ included }) => !included).map((each) => columns.find(({ name: own }) => same(own, each.name))!.name) ?? [],
    };
    const stored = columns.map((column) => `${capturedName(column)} ${storageType(storedType(column.type))}`);
    await connection.run(`CREATE TABLE ${instanceLog(database.name, name)} (transaction_id BIGINT, statement INTEGER, position BIGINT, operation INTEGER, mask BLOB, ${stored.join(', ')})`);
    await connection.run(`CREATE VIEW ${changeTable(database.name, name)} AS SELECT m.start_lsn AS "__$start_lsn", NULL::BLOB AS "__$end_lsn",
      ${SEQUENCE} AS "__$seqval", l.operation AS "__$operation", l.mask AS "__$update_mask",
      ${columns.map((column) => `l.${capturedName(column)} AS ${quoteName(column.name)}, `).join('')}l.statement AS "__$command_id"
      FROM ${instanceLog(database.name, name)} l JOIN ${captureTable(database.name, 'lsn_time_mapping')} m ON m.transaction_id = l.transaction_id`);
    // Commits that are under way get lower numbers.
    await database.changes.alone(async () => {
      const startLsn = new DuckDBBlobValue(capture.nextLsn());
      const text = (value: string | null) => (value === null ? 'NULL' : quoteText(value));
      await connection.run(`INSERT INTO ${captureTable(database.name, 'change_tables')} VALUES (${change.objectId}, 0, ${table.objectId}, ${quoteText(name)}, $1, NULL,
        ${netChanges}, NULL, ${text(instance.role)}, ${text(instance.indexName)}, ${text(args.get('filegroup_name') ?? null)}, round_datetime(now_ticks()),
        ${args.get('allow_partition_switch') !== '0'})`, [startLsn]);
      capture.instances.set(name.toLowerCase(), instance);
    });
    for (const [at, column] of columns.entries()) {
      await connection.run(`INSERT INTO ${captureTable(database.name, 'captured_columns')} VALUES (${change.objectId}, ${quoteText(column.name)}, ${column.id}, ${quoteText(column.type.name)}, ${at + 1}, ${column.computed})`);
    }
    for (const [at, key] of instance.keys.entries()) {
      await connection.run(`INSERT INTO ${captureTable(database.name, 'index_columns')} VALUES (${change.objectId}, ${quoteText(key)}, ${at + 1}, ${columns.find((column) => column.name === key)!.id})`);
    }
    database.put(change);
    database.put(table);
  }

  async disableTable(args: Arguments): Promise<void> {
    const capture = this.capture();
    const table = this.source(args);
    const wanted = args.get('capture_instance') ?? '';
    const found = capture.of(table.objectId).filter(({ name }) => same(wanted, 'all') || same(wanted, name));
    if (found.length === 0) {
      throw new SqlError(22960, `Change data capture instance '${wanted}' has not been enabled for the source table '${table.schema}.${table.name}'. Use sys.sp_cdc_help_change_data_capture to verify the capture instance name and retry the operation.`);
    }
    for (const { name } of found) {
      await this.drop(name);
    }
    this.database.put(table);
  }

  /** The instances of a table that was dropped. */
  async dropInstances(sourceId: number): Promise<void> {
    for (const { name } of this.capture().of(sourceId)) {
      await this.drop(name);
    }
  }

  /** sys.sp_cdc_cleanup_change_table: a new low endpoint of the instance, and its entries below are gone. */
  async cleanUp(args: Arguments): Promise<void> {
    const { database, session: { connection } } = this;
    const instance = this.capture().instances.get((args.get('capture_instance') ?? '').toLowerCase());
    if (!instance) {
      throw new SqlError(22964, `Could not find the capture instance '${args.get('capture_instance') ?? ''}'. Specify the capture instance name and retry the operation.`);
    }
    const mapping = captureTable(database.name, 'lsn_time_mapping');
    const low = Buffer.from((args.get('low_water_mark') ?? '').replace(/^0x/i, ''), 'hex');
    const known = await connection.runAndReadAll(`SELECT 1 FROM ${mapping} WHERE start_lsn = $1`, [new DuckDBBlobValue(low)]);
    if (low.length > 0 && known.currentRowCount === 0) {
      throw new SqlError(22957, `LSN {0x${low.toString('hex').toUpperCase()}}, specified as the new low end point for the change table associated with capture instance '${instance.name}', is not within the Change Data Capture timeline [low, high].`);
    }
    if (low.length > 0) {
      await connection.run(`UPDATE ${captureTable(database.name, 'change_tables')} SET start_lsn = $1 WHERE object_id = ${instance.objectId}`, [new DuckDBBlobValue(low)]);
      await connection.run(`DELETE FROM ${instanceLog(database.name, instance.name)} WHERE transaction_id IN (SELECT transaction_id FROM ${mapping} WHERE start_lsn < $1)`, [new DuckDBBlobValue(low)]);
    }
  }

  /** T-SQL of the result of sys.sp_cdc_help_change_data_capture. */
  help(args: Arguments): string {
    const { database } = this;
    const text = (value: string | null) => (value === null ? 'CAST(NULL AS sysname)' : `CAST(N'${value.replace(/'/g, "''")}' AS nvarchar(max))`);
    const list = (names: readonly string[]) => text(names.map((name) => `[${name}]`).join(', '));
    const selects = [...this.capture().instances.values()].flatMap((instance) => {
      const source = database.tableById(instance.sourceId);
      const wanted = args.get('source_name');
      if (!source || (wanted && !(same(wanted, source.name) && same(args.get('source_schema') ?? source.schema, source.schema)))) {
        return [];
      }
      return [`SELECT ${text(source.schema)} AS source_schema, ${text(source.name)} AS source_table, capture_instance, object_id, source_object_id, start_lsn, end_lsn,
        supports_net_changes, has_drop_pending, role_name, index_name, filegroup_name, create_date, ${list(instance.keys)} AS index_column_list,
        ${list(instance.columns.map(({ name }) => name))} AS captured_column_list FROM cdc.change_tables WHERE object_id = ${instance.objectId}`];
    });
    return selects.length > 0 ? selects.join(' UNION ALL ') : 'SELECT object_id FROM cdc.change_tables WHERE 1 = 0';
  }

  /** @throws SqlError 22901 where the database is not enabled */
  capture(): Capture {
    const { changes: { capture }, name } = this.database;
    if (!capture) {
      throw new SqlError(22901, `The database '${name}' is not enabled for Change Data Capture. Ensure that the correct database context is set and retry the operation. To report on the databases enabled for Change Data Capture, query the is_cdc_enabled column in the sys.databases catalog view.`);
    }
    return capture;
  }

  private source(args: Arguments): TableEntry {
    const [schema, name] = [args.get('source_schema') ?? '', args.get('source_name') ?? ''];
    const table = this.database.table(schema, name);
    if (!table || table.kind !== 'U' || table.facts?.shipped) {
      throw new SqlError(22931, `Source table '${schema}.${name}' does not exist in the current database. Ensure that the correct database context is set. Specify a valid schema and table name for the database.`);
    }
    return table;
  }

  /** What an instance captures, and the index that tells its rows apart. */
  private captured(table: TableEntry, args: Arguments): { columns: CaptureInstance['columns']; index: TableEntry['indexes'][number] | undefined; netChanges: boolean } {
    const wanted = args.get('captured_column_list');
    const names = wanted ? parseNames(wanted) : table.columns.map(({ name }) => name);
    const columns = names.map((name) => {
      const column = table.columns.find((each) => same(each.name, name));
      if (!column) {
        throw new SqlError(22977, `Unable to update captured column list. Column '${name}' does not exist in source table '${table.schema}.${table.name}'.`);
      }
      return { id: column.id, name: column.name, type: column.type, computed: column.computed !== undefined };
    }).sort((left, right) => left.id - right.id);
    const indexName = args.get('index_name');
    const index = table.indexes.find((each) => (indexName ? each.unique && each.name !== null && same(each.name, indexName) : each.constraint === 'primary'));
    if (indexName && !index) {
      throw new SqlError(22940, `Could not find the index '${indexName}' for the source table '${table.schema}.${table.name}'. Specify a unique index.`);
    }
    const netChanges = args.has('supports_net_changes') ? args.get('supports_net_changes') === '1' : primaryKey(table).length > 0;
    if (netChanges && !index) {
      throw new SqlError(22939, 'The parameter @supports_net_changes is set to 1, but the source table does not have a primary key defined and no alternate unique index has been specified.');
    }
    const missing = index?.columns.find(({ name, included }) => !included && !columns.some((column) => same(column.name, name)));
    if (missing) {
      throw new SqlError(22943, `Column '${missing.name}' of the unique index must be in the captured column list.`);
    }
    return { columns, index, netChanges };
  }

  private async drop(name: string): Promise<void> {
    const { database, session: { connection } } = this;
    const { instances } = this.capture();
    const { objectId } = instances.get(name.toLowerCase())!;
    await connection.run(`DROP VIEW ${changeTable(database.name, name)}`);
    await connection.run(`DROP TABLE ${instanceLog(database.name, name)}`);
    for (const each of ['change_tables', 'captured_columns', 'index_columns']) {
      await connection.run(`DELETE FROM ${captureTable(database.name, each)} WHERE object_id = ${objectId}`);
    }
    database.remove(database.tableById(objectId)!);
    instances.delete(name.toLowerCase());
  }
}

/** Names of a list as @captured_column_list has it. */
function parseNames(list: string): string[] {
  return [...list.matchAll(/\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^,[\]"\s]+)/g)]
    .map(([, bracketed, quoted, plain]) => bracketed?.replace(/\]\]/g, ']') ?? quoted?.replace(/""/g, '"') ?? plain);
}
