import { DuckDBBlobValue, DuckDBValue } from '@duckdb/node-api';
import { DefinitionRunner } from './definition-runner';
import { duckValue } from './duck-value';
import { executeProcedure } from './procedures';
import { SessionState } from './session-state';
import { systemValue } from './system-values';
import { Transactions } from './transactions';
import { DatabaseEntry, TableEntry } from '../engine/catalog';
import { toSqlError, endsBatch } from '../engine/duck-errors';
import { Statement } from '../sql/ast';
import { BindContext, Bound, BoundColumn, StorageValue, outputName } from '../sql/binder/bound';
import { convert } from '../sql/binder/conversions';
import { DataBinder } from '../sql/binder/data-binder';
import { Scope } from '../sql/binder/scope';
import { SqlError } from '../sql/errors';
import { StatementParser } from '../sql/parser/statement-parser';
import { MAX, SqlType, family, nvarchar } from '../sql/types';
import { CancelledError, Command, Response } from '../tds/response';
import { EnvChange, envChange } from '../tds/tokens';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** How a statement ended: on to the next, or out of a loop or the batch. */
type Outcome = 'next' | 'break' | 'continue' | 'return';

/** Number of the error that ends a SNAPSHOT transaction whose table was altered. */
const SNAPSHOT_ENDED = 3961;

/** Raised to leave a batch whose error was already sent. */
class BatchAborted extends Error {}

/** Runs the statements of a batch against DuckDB, one after the other. */
export class Interpreter {
  readonly transactions: Transactions;
  private readonly definitions: DefinitionRunner;
  /** Databases whose system views the statement being bound reads. */
  private readonly systemViews = new Set<DatabaseEntry>();
  private depth = 0;

  constructor(readonly session: SessionState, readonly response: Response) {
    this.transactions = new Transactions(session, response);
    this.definitions = new DefinitionRunner(session, (permission) => this.binder(permission));
  }

  /**
   * Parses and runs a batch; errors go into the response.
   *
   * @returns false when an error ended it
   */
  async batch(sql: string): Promise<boolean> {
    try {
      let statements: Statement[];
      try {
        statements = StatementParser.parse(sql);
      } catch (error) {
        throw toSqlError(error, 1);
      }
      await this.statements(statements);
      return true;
    } catch (error) {
      if (error instanceof BatchAborted) {
        return false;
      }
      if (error instanceof SqlError) {
        this.report(error);
        this.response.statementDone();
        return false;
      }
      throw error;
    }
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
      deniedTables: () => (session.login.denySelect ?? []).map((name) => name.toLowerCase()),
      useSystemViews: (database) => this.systemViews.add(database),
    };
    return new DataBinder(context);
  }

  async statements(statements: Statement[]): Promise<Outcome> {
    for (const statement of statements) {
      const outcome = await this.guarded(statement);
      if (outcome !== 'next') {
        return outcome;
      }
    }
    return 'next';
  }

  /** Runs one statement; an error that does not end the batch is reported and the next one runs. */
  private async guarded(statement: Statement): Promise<Outcome> {
    const { session } = this;
    if (session.cancelled) {
      throw new CancelledError();
    }
    try {
      const outcome = await this.run(statement);
      session.lastError = 0;
      return outcome;
    } catch (raw) {
      if (raw instanceof BatchAborted || raw instanceof CancelledError || session.cancelled) {
        throw session.cancelled ? new CancelledError() : raw;
      }
      const error = toSqlError(raw, statement.line);
      if (this.depth > 0) {
        throw error;
      }
      this.report(error);
      this.response.statementDone();
      if (session.inTransaction && ((session.isOn('XACT_ABORT') && error.number !== 50000) || error.number === SNAPSHOT_ENDED)) {
        await this.transactions.rollback();
      }
      if (endsBatch(error) || session.isOn('XACT_ABORT')) {
        throw new BatchAborted();
      }
      return 'next';
    }
  }

  private report(error: SqlError): void {
    if (error.severity > 10) {
      this.session.lastError = error.number;
    }
    this.response.message(error);
  }

  private async run(statement: Statement): Promise<Outcome> {
    const { session } = this;
    switch (statement.kind) {
      case 'query':
        await this.select(statement);
        return 'next';
      case 'insert':
      case 'update':
      case 'delete':
        await this.change(statement);
        return 'next';
      case 'setVariable':
        await this.assign(statement);
        return 'next';
      case 'declare':
        for (const { name, type, value } of statement.variables) {
          session.variables.set(name.toLowerCase(), { type, value: null });
          if (value) {
            await this.assign({ kind: 'setVariable', variable: name, op: '=', value, line: statement.line });
          }
        }
        return 'next';
      case 'setOption':
        this.setOption(statement);
        return 'next';
      case 'if':
        if (await this.condition(statement.condition)) {
          return this.guarded(statement.then);
        }
        return statement.otherwise ? this.guarded(statement.otherwise) : 'next';
      case 'while':
        while (await this.condition(statement.condition)) {
          const outcome = await this.guarded(statement.body);
          if (outcome === 'break') {
            break;
          }
          if (outcome === 'return') {
            return outcome;
          }
        }
        return 'next';
      case 'break':
      case 'continue': return statement.kind;
      case 'block': return this.statements(statement.statements);
      case 'tryCatch': return this.tryCatch(statement);
      case 'print': {
        const binder = this.binder();
        const text = await this.evaluate(binder.expression(statement.value, new Scope()), nvarchar(MAX), binder);
        this.response.message(new SqlError(0, String(text ?? ' '), { severity: 0, line: statement.line }));
        return 'next';
      }
      case 'raiserror':
        await this.raiserror(statement);
        return 'next';
      case 'throw': return this.throwError(statement);
      case 'execute':
        await executeProcedure(this, statement);
        return 'next';
      case 'use':
        this.use(statement.database, statement.line);
        return 'next';
      case 'transaction':
        await this.transactions.run(statement.action, statement.name, statement.line);
        return 'next';
      case 'waitFor': {
        const binder = this.binder();
        const delay = String(await this.evaluate(binder.expression(statement.delay, new Scope()), nvarchar(30), binder));
        const [hours, minutes, seconds] = delay.split(':').map(Number);
        await this.pause(((hours * 60 + minutes) * 60 + (seconds || 0)) * 1000);
        return 'next';
      }
      case 'return': return 'return';
      case 'nothing': return 'next';
      default:
        await this.transactions.beginImplicit();
        await this.definitions.run(statement);
        return 'next';
    }
  }

  private async select(statement: Of<'query'>): Promise<void> {
    const { session, response } = this;
    const binder = this.binder();
    const { body } = statement.query;
    const bound = binder.query(statement.query);
    if (body.kind === 'select' && body.into) {
      const count = await this.definitions.selectInto(body.into, bound, binder.values, statement.line);
      this.finish(Command.SELECT, count);
      return;
    }
    if (body.kind === 'select' && body.from) {
      await this.transactions.beginImplicit();
    }
    await this.refreshSystemViews();
    if (binder.assigned.length > 0) {
      await this.assignRow(binder, bound.sql, bound.columns);
      return;
    }
    if (session.isOn('FMTONLY')) {
      response.columns(bound.columns);
      response.statementDone(Command.SELECT, 0n);
      return;
    }
    const prepared = await session.connection.prepare(bound.sql);
    try {
      prepared.bind(binder.values.map(duckValue));
      // As in SQL Server, an error while rows are computed comes after the metadata.
      response.columns(bound.columns);
      const count = await response.rows(bound.columns, await prepared.stream());
      this.finish(Command.SELECT, count);
    } finally {
      prepared.destroySync();
    }
  }

  /** SELECT @a = ..., @b = ...: the last row's values stay; none leaves the variables as they are. */
  private async assignRow(binder: DataBinder, sql: string, columns: readonly BoundColumn[]): Promise<void> {
    const list = columns.map(({ type }, at) => (['binary', 'udt'].includes(family(type)) ? outputName(at) : `CAST(${outputName(at)} AS VARCHAR)`));
    const rows = await this.query(`SELECT ${list.join(', ')} FROM (${sql})`, binder.values);
    if (rows.length > 0) {
      binder.assigned.forEach((name, at) => {
        this.session.variables.get(name.toLowerCase())!.value = rows[rows.length - 1][at];
      });
    }
    this.session.rowCount = BigInt(rows.length);
  }

  private async change(statement: Of<'insert'> | Of<'update'> | Of<'delete'>): Promise<void> {
    const { session, response } = this;
    await this.transactions.beginImplicit();
    const binder = this.binder();
    const [bound, command] = statement.kind === 'insert' ? [binder.insert(statement, session.options.get('IDENTITY_INSERT')), Command.INSERT]
      : statement.kind === 'update' ? [binder.update(statement), Command.UPDATE] : [binder.delete(statement), Command.DELETE];
    await this.refreshSystemViews();
    const result = await session.connection.run(bound.sql, binder.values.map(duckValue));
    if (bound.output) {
      response.columns(bound.output);
      const count = await response.rows(bound.output, result);
      this.finish(command, count);
    } else {
      this.finish(command, BigInt(result.rowsChanged));
    }
  }

  private finish(command: Command, count: bigint): void {
    this.session.rowCount = count;
    this.response.statementDone(command, this.session.isOn('NOCOUNT') ? undefined : count);
  }

  private async assign(statement: Of<'setVariable'>): Promise<void> {
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

  private async condition(predicate: Of<'if'>['condition']): Promise<boolean> {
    const binder = this.binder();
    const sql = binder.predicate(predicate, new Scope());
    await this.refreshSystemViews();
    const rows = await this.query(`SELECT CAST((${sql}) IS TRUE AS VARCHAR)`, binder.values);
    return rows[0][0] === 'true';
  }

  private async tryCatch(statement: Of<'tryCatch'>): Promise<Outcome> {
    const { session } = this;
    this.depth += 1;
    try {
      return await this.statements(statement.body);
    } catch (raw) {
      if (raw instanceof BatchAborted || raw instanceof CancelledError) {
        throw raw;
      }
      session.caught = toSqlError(raw, statement.line);
      this.response.abandonResult();
      this.depth -= 1;
      try {
        return await this.statements(statement.handler);
      } finally {
        session.caught = undefined;
        this.depth += 1;
      }
    } finally {
      this.depth -= 1;
    }
  }

  private async raiserror(statement: Of<'raiserror'>): Promise<void> {
    const values: StorageValue[] = [];
    for (const expr of [statement.message, statement.severity, statement.state, ...statement.args]) {
      const binder = this.binder();
      values.push(await this.evaluate(binder.expression(expr, new Scope()), nvarchar(4000), binder));
    }
    const [text, severity, state, ...args] = values.map(String);
    let at = 0;
    const number = /^\d+$/.test(text) ? Number(text) : 50000;
    const message = text.replace(/%[-+0# ]*\d*\.?\d*(?:[dis]|I64d)|%%/g, (place) => (place === '%%' ? '%' : args[at++] ?? '(null)'));
    const error = new SqlError(number, message, { severity: Number(severity), state: Number(state), line: statement.line });
    if (error.severity <= 10) {
      this.response.message(error);
      return;
    }
    throw error;
  }

  private async throwError(statement: Of<'throw'>): Promise<Outcome> {
    const { session } = this;
    if (!statement.number) {
      if (!session.caught) {
        throw new SqlError(10704, 'To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement inside a CATCH block, or add error parameters to the THROW statement.', { severity: 15 });
      }
      throw session.caught;
    }
    const values: StorageValue[] = [];
    for (const expr of [statement.number, statement.message!, statement.state!]) {
      const binder = this.binder();
      values.push(await this.evaluate(binder.expression(expr, new Scope()), nvarchar(2048), binder));
    }
    throw new SqlError(Number(values[0]), String(values[1]), { severity: 16, state: Number(values[2]), line: statement.line });
  }

  private setOption({ option, value }: Of<'setOption'>): void {
    const { session } = this;
    if (option === 'TRANSACTION ISOLATION LEVEL') {
      session.isolationLevel = value;
      return;
    }
    if (option.startsWith('IDENTITY_INSERT ')) {
      if (value === 'ON') {
        session.options.set('IDENTITY_INSERT', option.slice('IDENTITY_INSERT '.length));
      } else {
        session.options.delete('IDENTITY_INSERT');
      }
      return;
    }
    for (const name of option.split(' ')) {
      session.options.set(name, value);
    }
  }

  use(name: string, line: number): void {
    const { session, response } = this;
    const database = session.engine.catalog.database(name);
    if (!database) {
      throw new SqlError(911, `Database '${name}' does not exist. Make sure that the name is entered correctly.`, { line });
    }
    const previous = session.database.name;
    session.database = database;
    response.token(envChange(EnvChange.DATABASE, database.name, previous));
    response.message(new SqlError(5701, `Changed database context to '${database.name}'.`, { severity: 0, state: 1, line }));
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
    const { login } = this.session;
    const name = `${table.schema}.${table.name}`.toLowerCase();
    if (permission === 'SELECT' && login.denySelect?.some((denied) => denied.toLowerCase() === name)) {
      throw new SqlError(229, `The SELECT permission was denied on the object '${table.name}', database '${table.database}', schema '${table.schema}'.`, { severity: 14, state: 5, line });
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

  private async pause(milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds;
    while (Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(20, end - Date.now())));
      if (this.session.cancelled) {
        throw new CancelledError();
      }
    }
  }
}
