import { DuckDBBlobValue, DuckDBValue } from '@duckdb/node-api';
import { SessionState } from './session-state';
import { systemValue } from './system-values';
import { checkTableKind } from './table-access';
import { ColumnEntry, DatabaseEntry, TableEntry } from '../engine/catalog';
import { quoteText } from '../engine/identifiers';
import { Expr, Predicate, Statement } from '../sql/ast';
import { BindContext, Bound, StorageValue } from '../sql/binder/bound';
import { convert } from '../sql/binder/conversions';
import { DataBinder } from '../sql/binder/data-binder';
import { Scope } from '../sql/binder/scope';
import { SqlError } from '../sql/errors';
import { SqlType, family, storageType } from '../sql/types';

/** Number of the error that ends a SNAPSHOT transaction whose table was altered. */
export const SNAPSHOT_ENDED = 3961;

/** Binds what a session's statements say, and computes values with DuckDB. */
export class Evaluator {
  /** Databases whose system views the statement being bound reads. */
  private readonly systemViews = new Set<DatabaseEntry>();

  constructor(private readonly session: SessionState) {}

  binder(checkPermissions = true): DataBinder {
    const { session } = this;
    const context: BindContext = {
      database: session.database,
      databaseNamed: (name) => session.engine.catalog.database(name),
      temporaryTable: (name) => session.temporaryTables.get(name.toLowerCase()),
      variable: (name) => session.variables.get(name.toLowerCase()),
      systemValue: (name, args) => systemValue(session, name, args),
      checkPermission: (table, permission, line) => {
        if (checkPermissions) {
          this.checkPermission(table, permission, line);
          this.checkSnapshot(table, line);
        }
      },
      checkRead: (table, how, line) => checkTableKind(session, table, how, line),
      checkPrimary: (line) => checkPrimary(session, line),
      liveRows: (view) => liveRows(view, session),
      deniedTables: (permission) => (denied(session, permission) ?? []).map((name) => name.toLowerCase()),
      masks: session.login.unmask === false,
      visibleRows: (view) => visibleRows(view, session),
      useSystemViews: (database) => this.systemViews.add(database),
    };
    return new DataBinder(context);
  }

  /** An expression that reads no table, as that of PRINT. */
  async scalar(expr: Expr, type: SqlType): Promise<StorageValue> {
    const binder = this.binder();
    return this.evaluate(binder.expression(expr, new Scope()), type, binder);
  }

  /** A scalar in the form variables keep it. */
  async evaluate(bound: Bound, type: SqlType, binder: DataBinder): Promise<StorageValue> {
    const sql = convert(bound, type);
    const isBytes = family(type) === 'binary' || family(type) === 'udt';
    const rows = await this.query(`SELECT ${isBytes ? sql : `CAST(${sql} AS VARCHAR)`}`, binder.values);
    return rows[0][0];
  }

  /** Brings a parameter from the type it was sent in to the one it is declared with. */
  async retype(name: string, sent: SqlType): Promise<void> {
    const variable = this.session.variables.get(name.toLowerCase())!;
    if (variable.value === null || (sent.name === variable.type.name && sent.scale === variable.type.scale)) {
      return;
    }
    const binder = this.binder();
    const value: Bound = { sql: binder.parameter(variable.value, sent), type: sent, nullable: true };
    variable.value = await this.evaluate(value, variable.type, binder);
  }

  /** A default in DuckDB SQL that has no parameters: what the session knows of is computed now. */
  async defaultSql(table: TableEntry, column: ColumnEntry): Promise<string> {
    const binder = this.binder();
    const sql = binder.defaultOf(table, column);
    if (binder.values.length === 0) {
      return `(${sql})`;
    }
    const isBytes = family(column.type) === 'binary' || family(column.type) === 'udt';
    const [[value]] = await this.query(`SELECT ${isBytes ? sql : `CAST(${sql} AS VARCHAR)`}`, binder.values);
    return value === null ? 'NULL' : Buffer.isBuffer(value) ? `from_hex('${value.toString('hex')}')` : `CAST(${quoteText(value)} AS ${storageType(column.type)})`;
  }

  async assign(statement: Extract<Statement, { kind: 'setVariable' }>): Promise<void> {
    const variable = this.session.variables.get(statement.variable.toLowerCase());
    if (!variable) {
      throw new SqlError(137, `Must declare the scalar variable "${statement.variable}".`, { severity: 15, state: 2, line: statement.line });
    }
    const binder = this.binder();
    const value = statement.op === '=' ? statement.value
      : { kind: 'arithmetic' as const, op: statement.op[0], left: { kind: 'variable' as const, name: statement.variable, line: statement.line }, right: statement.value, line: statement.line };
    const bound = binder.expression(value, new Scope());
    await this.refreshSystemViews();
    variable.value = await this.evaluate(bound, variable.type, binder);
  }

  async condition(predicate: Predicate): Promise<boolean> {
    const binder = this.binder();
    const sql = binder.predicate(predicate, new Scope());
    await this.refreshSystemViews();
    const rows = await this.query(`SELECT CAST((${sql}) IS TRUE AS VARCHAR)`, binder.values);
    return rows[0][0] === 'true';
  }

  async refreshSystemViews(): Promise<void> {
    for (const database of this.systemViews) {
      await this.session.engine.refreshSystemViews(database);
    }
    this.systemViews.clear();
  }

  /** Rows of a DuckDB statement whose columns are text or bytes. */
  async query(sql: string, values: StorageValue[]): Promise<StorageValue[][]> {
    const reader = await this.session.connection.runAndReadAll(sql, values.map(duckValue));
    const plain = (cell: DuckDBValue) => (cell === null ? null : cell instanceof DuckDBBlobValue ? Buffer.from(cell.bytes) : String(cell));
    return reader.getRows().map((row) => row.map(plain));
  }

  private checkPermission(table: TableEntry, permission: string, line: number): void {
    if (permission !== 'SELECT' && permission !== 'VIEW CHANGE TRACKING' && this.session.isOnSecondary) {
      throw new SqlError(3906, `Failed to update database "${table.database}" because the database is read-only.`, { line });
    }
    const name = `${table.schema}.${table.name}`.toLowerCase();
    if (denied(this.session, permission)?.some((each) => each.toLowerCase() === name)) {
      throw new SqlError(229, `The ${permission} permission was denied on the object '${table.name}', database '${table.database}', schema '${table.schema}'.`, { severity: 14, state: 5, line });
    }
  }

  /** Tables' metadata has no versions: a SNAPSHOT transaction cannot read a table that was altered since it began. */
  private checkSnapshot(table: TableEntry, line: number): void {
    const { session } = this;
    if (session.isolationLevel !== 'SNAPSHOT' || !session.inTransaction || session.changedDefinitions) {
      return;
    }
    const database = session.engine.catalog.database(table.database)!;
    if (database.changedSince(table, session.beganWith.get(database) ?? 0)) {
      throw new SqlError(SNAPSHOT_ENDED, `Snapshot isolation transaction failed in database '${database.name}' because the object accessed by the statement has been modified by a DDL statement in another concurrent transaction since the start of this transaction.`, { line });
    }
  }
}

/** Tables that the login lacks a permission on. */
function denied({ login }: SessionState, permission: string = 'SELECT'): readonly string[] | undefined {
  return permission === 'SELECT' ? login.denySelect : permission === 'VIEW CHANGE TRACKING' ? login.denyChangeTracking : undefined;
}

/** Change Tracking is refused on a secondary. */
function checkPrimary(session: SessionState, line: number): void {
  if (session.isOnSecondary) {
    throw new SqlError(22117, 'For databases that are members of a secondary availability or secondary database, change tracking is not supported. Run change tracking queries on the databases in the primary availability replica.', { line });
  }
}

/** Metadata of changes has no versions: it is read as it is, in a SNAPSHOT transaction too. */
function liveRows(view: TableEntry, { engine }: SessionState): string | undefined {
  const live = view.kind === 'S' ? engine.liveView(view) : undefined;
  return live && `(${live})`;
}

/** What a login without a permission sees of the system catalog. */
function visibleRows(view: TableEntry, { login, spid }: SessionState): string | undefined {
  if (view.kind !== 'S') {
    return undefined;
  }
  // Told to those with VIEW DEFINITION or ALTER ANY SECURITY POLICY alone (sys.security_policies, "Permissions").
  if (/^security_p/.test(view.name) && login.viewDefinition === false) {
    return 'false';
  }
  // "Everyone can see their own session information" (sys.dm_exec_sessions, "Permissions").
  return view.name === 'dm_exec_sessions' && login.viewServerState === false ? `session_id = ${spid}` : undefined;
}

/** A value as DuckDB's API takes it for a parameter. */
export function duckValue(value: StorageValue): string | DuckDBBlobValue | null {
  return Buffer.isBuffer(value) ? new DuckDBBlobValue(value) : value;
}
