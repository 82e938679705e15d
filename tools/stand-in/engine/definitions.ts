import { DuckDBConnection } from '@duckdb/node-api';
import { ColumnEntry, DatabaseEntry, ForeignKeyEntry, IndexEntry, maxColumnIdUsed, TableEntry } from './catalog';
import { duckTableName, quoteName } from './identifiers';
import { Partitioning } from './partitioning';
import { fileTableColumns, GraphColumn, tableFacts, withGraphColumns } from './table-facts';
import { ColumnDefinition, ObjectName, PartitionedStorage, Statement, TableConstraint } from '../sql/ast';
import { isRowVersion } from '../sql/binder/changes/staged-change';
import { identitySequence } from '../sql/binder/data-binder';
import { SqlError } from '../sql/errors';
import { INT, SqlType, storageType } from '../sql/types';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** What the definitions need of the session that runs them. */
export interface DefinitionContext {
  readonly connection: DuckDBConnection;
  readonly database: DatabaseEntry;
  readonly databaseNamed: (name: string) => DatabaseEntry | undefined;
  /** Type of a computed column's expression over the columns before it. */
  readonly computedType: (table: TableEntry, definition: ColumnDefinition) => { type: SqlType; nullable: boolean };
  /** DuckDB SQL of a column's default, without parameters. */
  readonly defaultSql: (table: TableEntry, column: ColumnEntry) => Promise<string>;
  readonly now: Date;
}

const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();

/** Makes a table in DuckDB and in the dictionary. Keys are declared there, not enforced by DuckDB. */
export async function createTable(statement: Of<'createTable'>, context: DefinitionContext, temporary: Map<string, TableEntry>): Promise<void> {
  const { database, schema, name } = resolveNew(statement.table, context);
  const isTemporary = name.startsWith('#');
  if (isTemporary ? temporary.has(name.toLowerCase()) : database.table(schema, name)) {
    throw new SqlError(2714, `There is already an object named '${name}' in the database.`, { state: 6, line: statement.line });
  }
  if (!database.schema(schema)) {
    throw new SqlError(2760, `The specified schema name "${schema}" either does not exist or you do not have permission to use it.`, { line: statement.line });
  }
  const { options } = statement;
  const facts = tableFacts(options);
  const definitions = withGraphColumns(facts.graph, { schema, name }, facts.fileTable ? fileTableColumns() : statement.columns);
  const table: TableEntry = {
    facts,
    objectId: database.newObjectId(),
    database: database.name,
    schema: database.schema(schema)!.name,
    name,
    kind: 'U',
    columns: [],
    indexes: [],
    foreignKeys: [],
    duckName: isTemporary ? `temp.main.${quoteName(name)}` : duckTableName(database.name, database.schema(schema)!.name, name),
    partitioning: partitioningOf(statement.storage, database),
    created: context.now,
  };
  const constraints = [...statement.columns.flatMap((column) => column.constraints), ...statement.constraints];
  for (const definition of definitions) {
    table.columns.push(columnEntry(table, definition, constraints, context));
  }
  for (const constraint of constraints) {
    addConstraint(table, constraint, context, statement.line);
  }
  for (const { name: index, unique, hash, columns } of options?.indexes ?? []) {
    addIndex(table, { name: index, unique, hash, columns: columns.map((column) => ({ ...column, included: false })) }, false);
  }
  for (const column of table.columns.filter((each) => each.identity)) {
    await context.connection.run(`CREATE ${isTemporary ? 'TEMP ' : ''}SEQUENCE ${identitySequence(table)} START ${column.identity!.seed} INCREMENT ${column.identity!.increment}${column.identity!.seed < 1n && column.identity!.increment > 0n ? ` MINVALUE ${column.identity!.seed}` : ''}`);
  }
  const stored = table.columns.filter((column) => !column.computed)
    .map((column) => `${quoteName(column.name)} ${storageType(column.type)}${column.nullable ? '' : ' NOT NULL'}`);
  await context.connection.run(`CREATE ${isTemporary ? 'TEMP ' : ''}TABLE ${table.duckName} (${stored.join(', ')})`);
  if (isTemporary) {
    temporary.set(name.toLowerCase(), table);
  } else if (facts.temporalType) {
    database.put({ ...table, facts: { ...facts, historyTableId: await createHistory(table, options!.history, context) } });
  } else {
    database.put(table);
  }
}

/** The table that keeps the rows a system-versioned one had; its own where none is named. */
async function createHistory(table: TableEntry, named: ObjectName | undefined, context: DefinitionContext): Promise<number> {
  const { database, schema, name } = resolveNew(named ?? { parts: [table.schema, `MSSQL_TemporalHistoryFor_${table.objectId}`], line: 0 }, context);
  const duckName = duckTableName(database.name, schema, name);
  await context.connection.run(`CREATE TABLE ${duckName} AS SELECT * FROM ${table.duckName} LIMIT 0`);
  const columns = table.columns.map(({ identity: _, ...column }) => column);
  const own = { objectId: database.newObjectId(), schema, name, columns, indexes: [], foreignKeys: [], duckName };
  const history: TableEntry = { ...table, ...own, facts: { temporalType: 1 } };
  database.put(history);
  return history.objectId;
}

/** ALTER INDEX … DISABLE or REBUILD. */
export function alterIndex(statement: Of<'alterIndex'>, table: TableEntry, context: DefinitionContext): void {
  const at = table.indexes.findIndex((index) => index.name !== null && same(index.name, statement.name));
  if (at < 0) {
    throw new SqlError(2727, `Cannot find index '${statement.name}'.`, { line: statement.line });
  }
  table.indexes[at] = { ...table.indexes[at], disabled: statement.disable };
  context.databaseNamed(table.database)!.put(table);
}

function partitioningOf(storage: PartitionedStorage | undefined, database: DatabaseEntry): Partitioning | undefined {
  if (!storage) {
    return undefined;
  }
  const scheme = database.partitionSchemes.find((each) => same(each.name, storage.scheme));
  if (!scheme) {
    throw new SqlError(1921, `Invalid partition scheme '${storage.scheme}' specified.`);
  }
  return { scheme, column: storage.column };
}

export async function dropTable(table: TableEntry, context: DefinitionContext, temporary: Map<string, TableEntry>): Promise<void> {
  if (table.facts?.ledger) {
    // A ledger keeps it under another name ("Ledger considerations and limitations").
    const database = context.databaseNamed(table.database)!;
    database.remove(table);
    database.put({ ...table, name: `MSSQL_DroppedLedgerTable_${table.name}_${table.objectId.toString(16)}`, facts: { ...table.facts, droppedLedger: true } });
    return;
  }
  await context.connection.run(`DROP TABLE ${table.duckName}`);
  if (table.columns.some((column) => column.identity)) {
    await context.connection.run(`DROP SEQUENCE ${identitySequence(table)}`);
  }
  if (table.name.startsWith('#')) {
    temporary.delete(table.name.toLowerCase());
  } else {
    context.databaseNamed(table.database)!.remove(table);
  }
}

export async function addColumns(table: TableEntry, definitions: ColumnDefinition[], context: DefinitionContext): Promise<void> {
  const columns = [...table.columns];
  for (const definition of definitions) {
    if (columns.some((column) => same(column.name, definition.name))) {
      throw new SqlError(2705, `Column names in each table must be unique. Column name '${definition.name}' in table '${table.name}' is specified more than once.`, { state: 4 });
    }
    const entry = columnEntry({ ...table, columns }, definition, definition.constraints, context);
    columns.push(entry);
    if (!entry.computed) {
      // "ALTER TABLE", WITH VALUES: rows that are there get the default of a column that is NOT NULL; none of them counts as changed.
      const filled = definition.defaultValue && (!entry.nullable || definition.defaultValue.withValues);
      const value = filled ? ` DEFAULT ${await context.defaultSql(table, entry)}` : '';
      await context.connection.run(`ALTER TABLE ${table.duckName} ADD COLUMN ${quoteName(entry.name)} ${storageType(entry.type)}${value}`);
      if (isRowVersion(entry)) {
        await giveRowVersions(table, entry, context);
      }
    }
  }
  context.databaseNamed(table.database)!.put({ ...table, columns });
}

/** Rows that are there when a table gets a rowversion get theirs one after the other. */
async function giveRowVersions(table: TableEntry, { name }: ColumnEntry, { connection, databaseNamed }: DefinitionContext): Promise<void> {
  const [[last]] = (await connection.runAndReadAll(`SELECT max(rowid) FROM ${table.duckName}`)).getRows();
  const { changes } = databaseNamed(table.database)!;
  const base = changes.takeRowVersions(table, last === null ? 0 : Number(last) + 1);
  await connection.run(`UPDATE ${table.duckName} SET ${quoteName(name)} = bigint_to_bytes(${base} + 1 + rowid, 8)`);
  changes.releaseRowVersions(table);
}

export async function dropColumns(table: TableEntry, names: string[], context: DefinitionContext): Promise<void> {
  if (table.facts?.ledger) {
    const columns: ColumnEntry[] = [];
    for (const column of table.columns) {
      const dropped = names.some((name) => same(name, column.name)) ? `MSSQL_DroppedLedgerColumn_${column.name}_${table.objectId.toString(16)}` : undefined;
      if (dropped !== undefined) {
        await context.connection.run(`ALTER TABLE ${table.duckName} RENAME COLUMN ${quoteName(column.name)} TO ${quoteName(dropped)}`);
      }
      columns.push(dropped === undefined ? column : { ...column, name: dropped, droppedLedger: true });
    }
    context.databaseNamed(table.database)!.put({ ...table, columns });
    return;
  }
  for (const name of names) {
    const column = table.columns.find((each) => same(each.name, name));
    if (!column) {
      throw new SqlError(4924, `ALTER TABLE DROP COLUMN failed because column '${name}' does not exist in table '${table.name}'.`);
    }
    if (!column.computed) {
      await context.connection.run(`ALTER TABLE ${table.duckName} DROP COLUMN ${quoteName(column.name)}`);
    }
  }
  context.databaseNamed(table.database)!.put({
    ...table, maxColumnId: maxColumnIdUsed(table), columns: table.columns.filter((column) => !names.some((name) => same(name, column.name))),
  });
}

/** Changes a column's declared type; only where DuckDB can hold the values as they are. */
export async function alterColumn(table: TableEntry, definition: ColumnDefinition, context: DefinitionContext): Promise<void> {
  const columns = table.columns.map((column) => (same(column.name, definition.name)
    ? { ...column, type: definition.type!, nullable: definition.nullable ?? true }
    : column));
  await context.connection.run(`ALTER TABLE ${table.duckName} ALTER COLUMN ${quoteName(definition.name)} TYPE ${storageType(definition.type!)}`);
  context.databaseNamed(table.database)!.put({ ...table, columns });
}

export function createIndex(statement: Of<'createIndex'>, table: TableEntry, context: DefinitionContext): void {
  const columns = [
    ...statement.columns.map((column) => ({ name: column.name, descending: column.descending, included: false })),
    ...statement.included.map((name) => ({ name, descending: false, included: true })),
  ];
  checkColumns(table, columns.map((column) => column.name), statement.line);
  const { clustered, name, unique, filter } = statement;
  const hypothetical = statement.hypothetical && { hypothetical: { clustered } };
  addIndex(table, { name, unique, columns, filter, ...hypothetical }, clustered && !statement.hypothetical);
  const database = context.databaseNamed(table.database)!;
  database.put(statement.clustered && statement.storage ? { ...table, partitioning: partitioningOf(statement.storage, database) } : table);
}

export function addConstraint(table: TableEntry, constraint: TableConstraint, context: DefinitionContext, line: number): void {
  const database = context.databaseNamed(table.database)!;
  switch (constraint.kind) {
    case 'key': {
      checkColumns(table, constraint.columns.map((column) => column.name), line);
      const hasClustered = table.indexes.some((index) => index.id === 1) || table.facts?.memoryOptimized === true;
      addIndex(table, {
        name: constraint.name ?? `${constraint.primary ? 'PK' : 'UQ'}__${table.name}__${(table.objectId + table.indexes.length).toString(16).toUpperCase()}`,
        unique: true,
        constraint: constraint.primary ? 'primary' : 'unique',
        hash: constraint.hash,
        keyObjectId: database.newObjectId(),
        columns: constraint.columns.map((column) => ({ ...column, included: false })),
      }, constraint.clustered ?? (constraint.primary && !hasClustered));
      break;
    }
    case 'foreign': {
      const target = resolveNew(constraint.references, context);
      const referencedTable = same(target.name, table.name) ? table : target.database.table(target.schema, target.name);
      if (!referencedTable) {
        throw new SqlError(1767, `Foreign key '${constraint.name}' references invalid table '${constraint.references.parts.join('.')}'.`, { line });
      }
      checkColumns(table, constraint.columns, line);
      const primary = referencedTable.indexes.find((index) => index.constraint === 'primary');
      const foreign: ForeignKeyEntry = {
        objectId: database.newObjectId(),
        name: constraint.name ?? `FK__${table.name}__${constraint.columns[0]}`,
        columns: constraint.columns,
        referencedTable,
        referencedColumns: constraint.referenced.length > 0 ? constraint.referenced : primary!.columns.map((column) => column.name),
      };
      table.foreignKeys.push(foreign);
      break;
    }
    case 'check':
  }
}

function addIndex(table: TableEntry, index: Omit<IndexEntry, 'id'>, clustered: boolean): void {
  if (clustered && table.indexes.some((each) => each.id === 1)) {
    throw new SqlError(1902, `Cannot create more than one clustered index on table '${table.schema}.${table.name}'. Drop the existing clustered index '${table.indexes[0].name}' before creating another.`, { state: 3 });
  }
  const id = clustered ? 1 : Math.max(1, ...table.indexes.map((each) => each.id)) + 1;
  table.indexes.push({ ...index, id });
  table.indexes.sort((left, right) => left.id - right.id);
}

function checkColumns(table: TableEntry, names: string[], line: number): void {
  for (const name of names) {
    if (!table.columns.some((column) => same(column.name, name))) {
      throw new SqlError(1911, `Column name '${name}' does not exist in the target table or view.`, { line });
    }
  }
}

function columnEntry(table: TableEntry, definition: ColumnDefinition, constraints: TableConstraint[], context: DefinitionContext): ColumnEntry {
  const id = maxColumnIdUsed(table) + 1;
  const { graphType } = definition as GraphColumn;
  const inPrimaryKey = constraints.some((constraint) => constraint.kind === 'key' && constraint.primary && constraint.columns.some((column) => same(column.name, definition.name)));
  if (definition.computed) {
    const { type, nullable } = context.computedType(table, definition);
    return { id, name: definition.name, graphType, type, nullable, computed: { text: `(${definition.computed.text})`, persisted: definition.computed.persisted } };
  }
  return {
    id,
    name: definition.name,
    graphType,
    type: definition.type ?? INT,
    nullable: definition.nullable ?? (!inPrimaryKey && !definition.identity && definition.type?.name !== 'timestamp'),
    identity: definition.identity,
    defaultText: definition.defaultValue && `(${definition.defaultValue.text})`,
    maskingFunction: definition.masked,
    encryption: definition.encrypted,
    columnSet: definition.columnSet,
    fileStream: definition.fileStream,
    hidden: definition.hidden,
  };
}

function resolveNew(name: ObjectName, context: DefinitionContext): { database: DatabaseEntry; schema: string; name: string } {
  const [table, schema, databaseName] = [...name.parts].reverse();
  const database = databaseName ? context.databaseNamed(databaseName) : context.database;
  if (!database) {
    throw new SqlError(911, `Database '${databaseName}' does not exist. Make sure that the name is entered correctly.`, { line: name.line });
  }
  return { database, schema: schema || 'dbo', name: table };
}
