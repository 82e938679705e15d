import { TrackingRunner } from './changes/tracking-runner';
import { Evaluator, duckValue } from './evaluator';
import { renameColumn, renameTable } from './renaming';
import { SessionState } from './session-state';
import { Transactions } from './transactions';
import { ColumnEntry, DatabaseEntry, TableEntry } from '../engine/catalog';
import {
  DefinitionContext, addColumns, addConstraint, alterColumn, alterIndex, createIndex, createTable, dropColumns, dropTable,
} from '../engine/definitions';
import { quoteName } from '../engine/identifiers';
import { ColumnDefinition, ObjectName, Statement } from '../sql/ast';
import { Bound, BoundQuery, StorageValue, outputName } from '../sql/binder/bound';
import { convert } from '../sql/binder/conversions';
import { Scope } from '../sql/binder/scope';
import { SqlError, unsupported } from '../sql/errors';
import { VARIANT } from '../sql/types';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

const listed = (columns: readonly ColumnDefinition[]) => columns.map(({ name }) => name).join(', ');

/** Runs the statements that change the dictionary. */
export class DefinitionRunner {
  private readonly tracking: TrackingRunner;

  constructor(private readonly session: SessionState, private readonly evaluator: Evaluator, transactions: Transactions) {
    this.tracking = new TrackingRunner(session, transactions, evaluator);
  }

  async run(statement: Statement): Promise<void> {
    const { session } = this;
    const context = this.context();
    session.changedDefinitions = true;
    switch (statement.kind) {
      case 'createTable': return createTable(statement, context, session.temporaryTables);
      case 'createIndex': return createIndex(statement, this.existing(statement.table), context);
      case 'alterIndex': return alterIndex(statement, this.existing(statement.table), context);
      case 'createView': return this.createView(statement);
      case 'createSynonym': return this.createNamed(statement.synonym, 'SN', statement.base);
      case 'createFunction': return this.createNamed(statement.name, 'IF');
      case 'createSchema': return this.createSchema(statement);
      case 'createSecurityPolicy': return this.createSecurityPolicy(statement);
      case 'createDatabase': return this.createDatabase(statement);
      case 'createPartitionFunction': return this.createPartitionFunction(statement);
      case 'createPartitionScheme': return this.createPartitionScheme(statement);
      case 'drop': return this.drop(statement);
      case 'truncate': return this.tracking.truncate(this.existing(statement.table));
      case 'changeTracking': return this.tracking.setTable(statement, this.existing(statement.table));
      case 'addColumn': return this.tracking.altering(this.existing(statement.table), `ADD ${listed(statement.columns)}`,
        async (table) => addColumns(table, statement.columns, context));
      case 'dropColumn': return this.tracking.altering(this.existing(statement.table), `DROP COLUMN ${statement.columns.join(', ')}`,
        async (table) => dropColumns(table, statement.columns, context));
      case 'alterColumn': return this.tracking.altering(this.existing(statement.table), `ALTER COLUMN ${statement.column.name}`,
        async (table) => alterColumn(table, statement.column, context));
      case 'switchPartition': return this.tracking.switchPartition(statement, this.existing(statement.table), this.existing(statement.target));
      case 'addConstraint': {
        const table = this.existing(statement.table);
        addConstraint(table, statement.constraint, context, statement.line);
        this.database(table).put(table);
        return undefined;
      }
      case 'alterDatabase': return this.alterDatabase(statement);
      default: throw unsupported(`the statement ${statement.kind}`, statement.line);
    }
  }

  /** sp_rename of a column or a table, which keep their ids. */
  async rename(name: ObjectName, to: string, kind: string): Promise<void> {
    this.session.changedDefinitions = true;
    if (kind === 'OBJECT') return renameTable(this.existing(name), to, this.context());
    if (kind !== 'COLUMN') throw unsupported(`sp_rename of ${kind}`, name.line);
    const { parts } = name;
    return renameColumn(this.existing({ ...name, parts: parts.slice(0, -1) }), parts[parts.length - 1], to, this.context());
  }

  /** SELECT ... INTO: a table with the query's columns. */
  async selectInto(target: ObjectName, query: BoundQuery, values: StorageValue[], line: number): Promise<bigint> {
    const { session } = this;
    session.changedDefinitions = true;
    const columns = query.columns.map((column): ColumnDefinition => {
      if (column.name === '') {
        throw new SqlError(1038, 'An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name.', { severity: 15, state: 5, line });
      }
      return { name: column.name, type: column.type, nullable: column.nullable, constraints: [] };
    });
    await createTable({ kind: 'createTable', table: target, columns, constraints: [], line }, this.context(), session.temporaryTables);
    const table = this.existing(target);
    const list = columns.map((column, at) => `${outputName(at)} AS ${quoteName(column.name)}`).join(', ');
    const result = await session.connection.run(`INSERT INTO ${table.duckName} SELECT ${list} FROM (${query.sql})`, values.map(duckValue));
    return BigInt(result.rowsChanged);
  }

  private context(): DefinitionContext {
    const { session } = this;
    return {
      connection: session.connection,
      database: session.database,
      databaseNamed: (name) => session.engine.catalog.database(name),
      now: new Date(),
      defaultSql: async (table, column) => this.evaluator.defaultSql(table, column),
      computedType: (table, definition) => {
        const binder = this.evaluator.binder(false);
        const scope = new Scope();
        const own = binder.tableColumns(table, table.name, 't');
        // The id of a node is computed of an internal column, which no query may name.
        scope.tables.push({ ...own, columns: own.columns.map(({ graph: _, ...column }) => column) });
        return binder.expression(definition.computed!.expr, scope);
      },
    };
  }

  private existing(name: ObjectName): TableEntry {
    const table = this.evaluator.binder(false).findTable(name);
    if (!table || table.kind !== 'U') {
      throw new SqlError(4902, `Cannot find the object "${name.parts.join('.')}" because it does not exist or you do not have permissions.`, { line: name.line });
    }
    return table;
  }

  private database(table: TableEntry): DatabaseEntry {
    return this.session.engine.catalog.database(table.database)!;
  }

  private async createSchema(statement: Of<'createSchema'>): Promise<void> {
    const { database, connection } = this.session;
    if (database.schema(statement.name)) {
      throw new SqlError(2714, `There is already an object named '${statement.name}' in the database.`, { state: 6, line: statement.line });
    }
    await connection.run(`CREATE SCHEMA ${quoteName(database.name)}.${quoteName(statement.name)}`);
    database.addSchema(statement.name);
  }

  private createSecurityPolicy({ policy, predicates, enabled }: Of<'createSecurityPolicy'>): void {
    const { database } = this.session;
    const [name, schema = 'dbo'] = [...policy.parts].reverse();
    database.securityPolicies.push({
      id: database.newObjectId(), name, schema, enabled, predicates: predicates.map(({ table, text }) => ({ table: this.existing(table), text })),
    });
    database.version += 1;
  }

  private createView({ view, columns: names, query }: Of<'createView'>): void {
    const { database } = this.session;
    const binder = this.evaluator.binder(false);
    const bound = binder.query(query);
    const [name, schema = 'dbo'] = [...view.parts].reverse();
    const columns = bound.columns.map(({ name: own, type, nullable }, at): ColumnEntry => ({ id: at + 1, name: names?.[at] ?? own, type, nullable }));
    database.put({
      objectId: database.newObjectId(),
      database: database.name,
      schema,
      name,
      kind: 'V',
      columns,
      indexes: [],
      foreignKeys: [],
      duckName: '',
      created: new Date(),
      view: { query, sources: [...binder.named].map(({ objectId }) => objectId) },
    });
  }

  private createNamed({ parts }: ObjectName, type: 'SN' | 'IF', base?: string): void {
    const { database } = this.session;
    const [name, schema = 'dbo'] = [...parts].reverse();
    database.named.push({ objectId: database.newObjectId(), schema, name, type, base, created: new Date() });
    database.version += 1;
  }

  private async createPartitionFunction({ name, type, right, values }: Of<'createPartitionFunction'>): Promise<void> {
    const { database, connection } = this.session;
    const rows: string[][] = [];
    for (const value of values) {
      const binder = this.evaluator.binder(false);
      const typed: Bound = { sql: convert(binder.expression(value, new Scope()), type), type, nullable: false };
      const reader = await connection.runAndReadAll(`SELECT CAST(${typed.sql} AS VARCHAR), CAST(${convert(typed, VARIANT)} AS VARCHAR)`, binder.values.map(duckValue));
      rows.push(reader.getRows()[0].map(String));
    }
    const [boundaries, variants] = [rows.map(([boundary]) => boundary), rows.map(([, variant]) => variant)];
    database.partitionFunctions.push({ id: 65_536 + database.partitionFunctions.length, name, type, right, boundaries, variants });
    database.version += 1;
  }

  private createPartitionScheme({ name, partitionFunction, line }: Of<'createPartitionScheme'>): void {
    const { database } = this.session;
    const found = database.partitionFunctions.find((each) => each.name.toLowerCase() === partitionFunction.toLowerCase());
    if (!found) {
      throw new SqlError(7707, `The partition function '${partitionFunction}' does not exist.`, { line });
    }
    database.partitionSchemes.push({ id: 65_601 + database.partitionSchemes.length, name, partitionFunction: found });
    database.version += 1;
  }

  private async createDatabase(statement: Of<'createDatabase'>): Promise<void> {
    const { engine } = this.session;
    if (engine.catalog.database(statement.name)) {
      throw new SqlError(1801, `Database '${statement.name}' already exists. Choose a different database name.`, { state: 3, line: statement.line });
    }
    if (!statement.snapshotOf) {
      await engine.createDatabase(statement.name);
      return;
    }
    const source = engine.catalog.database(statement.snapshotOf);
    if (!source) {
      throw new SqlError(911, `Database '${statement.snapshotOf}' does not exist. Make sure that the name is entered correctly.`, { line: statement.line });
    }
    if (source.userTables().some(({ facts }) => facts?.memoryOptimized)) {
      throw new SqlError(10794, 'The feature \'DATABASE SNAPSHOT\' is not supported with databases that have a MEMORY_OPTIMIZED_DATA filegroup.', { line: statement.line });
    }
    await engine.createSnapshot(statement.name, source);
  }

  private async drop(statement: Of<'drop'>): Promise<void> {
    const { session } = this;
    for (const name of statement.names) {
      const text = name.parts.join('.');
      const missing = () => new SqlError(3701, `Cannot drop the ${statement.what.toLowerCase()} '${text}', because it does not exist or you do not have permission.`, { severity: 11, state: 5, line: statement.line });
      switch (statement.what) {
        case 'VIEW': {
          const view = this.evaluator.binder(false).findTable(name);
          if (view && view.kind === 'V') {
            this.database(view).remove(view);
          } else if (!statement.ifExists) {
            throw missing();
          }
          break;
        }
        case 'TABLE': {
          const table = this.evaluator.binder(false).findTable(name);
          if (table && table.kind === 'U') {
            await dropTable(table, this.context(), session.temporaryTables);
            await this.tracking.dropped(table);
          } else if (!statement.ifExists) {
            throw missing();
          }
          break;
        }
        case 'SCHEMA':
          if (session.database.schema(text)) {
            await session.connection.run(`DROP SCHEMA ${quoteName(session.database.name)}.${quoteName(text)}`);
            session.database.removeSchema(text);
          } else if (!statement.ifExists) {
            throw missing();
          }
          break;
        case 'DATABASE':
          if (session.engine.catalog.database(text)) {
            await session.engine.dropDatabase(text);
          } else if (!statement.ifExists) {
            throw missing();
          }
          break;
        case 'SECURITY POLICY': {
          const { securityPolicies } = session.database;
          const at = securityPolicies.findIndex((policy) => policy.name.toLowerCase() === name.parts[name.parts.length - 1].toLowerCase());
          if (at >= 0) {
            securityPolicies.splice(at, 1);
            session.database.version += 1;
          } else if (!statement.ifExists) {
            throw missing();
          }
          break;
        }
        case 'INDEX': this.dropIndex(name, statement.on, missing);
      }
    }
  }

  private dropIndex(name: ObjectName, on: ObjectName | undefined, missing: () => SqlError): void {
    const table = this.existing(on ?? { parts: name.parts.slice(0, -1), line: name.line });
    const last = name.parts[name.parts.length - 1].toLowerCase();
    const at = table.indexes.findIndex((index) => index.name?.toLowerCase() === last);
    if (at < 0) {
      throw missing();
    }
    table.indexes.splice(at, 1);
    this.database(table).put(table);
  }

  private alterDatabase(statement: Of<'alterDatabase'>): void {
    const { session } = this;
    const database = /^current$/i.test(statement.name) ? session.database : session.engine.catalog.database(statement.name);
    if (!database) {
      throw new SqlError(5011, `User does not have permission to alter database '${statement.name}', the database does not exist, or the database is not in a state that allows access checks.`, { severity: 14, state: 5, line: statement.line });
    }
    if (statement.option === 'CHANGE_TRACKING') {
      this.tracking.setDatabase(statement, database);
    } else if (statement.option === 'ALLOW_SNAPSHOT_ISOLATION') {
      database.snapshotIsolation = statement.value === 'ON';
    } else if (statement.option === 'FILESTREAM') {
      database.nonTransactedAccess = ['OFF', 'READ_ONLY', 'FULL'].indexOf(statement.value);
    } else if (statement.option === 'READ_COMMITTED_SNAPSHOT') {
      database.readCommittedSnapshot = statement.value === 'ON';
    }
    database.version += 1;
  }
}
