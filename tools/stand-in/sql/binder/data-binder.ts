import { ColumnEntry, TableEntry } from '../../engine/catalog';
import { quoteName, quoteText } from '../../engine/identifiers';
import { Assignment, Expr, Statement, TableSource } from '../ast';
import { SqlError, invalidColumn } from '../errors';
import { parseExpression } from '../parser/statement-parser';
import { INT, MAX, SqlType, family } from '../types';
import { Bound, BoundColumn, outputName } from './bound';
import { afterName, afterRow, beforeName, beforeRow, isRowVersion, numbered, rowVersion, STAGED, StagedChange } from './changes/staged-change';
import { convert } from './conversions';
import { QueryBinder } from './query-binder';
import { Scope } from './scope';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** A change of data in DuckDB SQL, with the columns of its OUTPUT clause. */
export interface BoundChange {
  readonly sql: string;
  readonly table: TableEntry;
  readonly output?: BoundColumn[];
  readonly staged: StagedChange;
}

/** Turns INSERT, UPDATE and DELETE into DuckDB SQL. */
export class DataBinder extends QueryBinder {
  /** DuckDB SQL of the rows an INSERT takes. */
  private insertSource = '';

  insert(statement: Of<'insert'>, identityInsert: string | undefined): BoundChange {
    const table = this.resolveTable(statement.table, 'INSERT');
    const explicitIdentity = identityInsert !== undefined && lastPart(identityInsert).toLowerCase() === table.name.toLowerCase();
    const targets = statement.columns
      ? statement.columns.map((name) => columnNamed(table, name, statement.line))
      : table.columns.filter((column) => !column.computed && ![3, 4, 6, 7].includes(column.graphType ?? 0) && !column.columnSet && column.type.name !== 'timestamp' && (!column.identity || explicitIdentity));
    for (const column of targets) {
      checkWritable(table, column, explicitIdentity, statement.line);
    }
    const rows = this.insertedRows(statement, targets);
    const supplied = new Map(targets.map((column, at) => [column.name, rows[at]]));
    const stored = table.columns.filter((column) => !column.computed);
    const values = stored.map((column) => supplied.get(column.name) ?? this.defaultOf(table, column));
    const output = statement.output ? this.output(table, statement.output) : undefined;
    const source = statement.defaults ? '(SELECT 1)' : `(${this.insertSource})`;
    const names = stored.map((column) => quoteName(column.name)).join(', ');
    const returning = output ? ` RETURNING ${output.sql}` : '';
    const after = afterRow(stored, stored);
    return {
      table,
      staged: {
        rows: `SELECT ${[...numbered(table), ...stored.map((column, at) => `${isRowVersion(column) ? 'NULL' : values[at]} AS ${afterName(column)}`)].join(', ')} FROM ${source} q`,
        apply: `INSERT INTO ${table.duckName} (${names}) SELECT ${stored.map((column) => after.get(column)).join(', ')} FROM ${STAGED}${returning}`,
        after,
      },
      sql: `INSERT INTO ${table.duckName} (${names}) SELECT ${values.join(', ')} FROM ${source} q${returning}`,
      output: output?.columns,
    };
  }

  update(statement: Of<'update'>): BoundChange {
    const { table, source, alias } = this.target(statement.table, statement.from, 'UPDATE');
    const scope = new Scope();
    const from = this.from(source, scope);
    const target = scope.tables.find((entry) => entry.table === table && entry.name.toLowerCase() === alias.toLowerCase())!;
    const where = statement.where ? ` WHERE ${this.predicate(statement.where, scope)}` : '';
    const values = statement.assignments.map((assignment: Assignment) => {
      const column = columnNamed(table, assignment.column, statement.line);
      checkWritable(table, column, false, statement.line);
      const value = assignment.value === 'default' ? this.defaultOf(table, column) : this.stored(this.expression(assignment.value, scope), table, column);
      return { column, value };
    });
    const version = table.columns.find((column) => column.type.name === 'timestamp');
    const limit = statement.top ? ` LIMIT ${this.expression(statement.top, scope).sql}` : '';
    const picked = `SELECT ${target.duckAlias}.rowid AS rid, ${values.map(({ value }, at) => `${value} AS v${at}`).join(', ')} FROM ${from}${where}${limit}`;
    const sets = values.map(({ column }, at) => `${quoteName(column.name)} = s.v${at}`);
    if (version) {
      sets.push(`${quoteName(version.name)} = ${rowVersion}`);
    }
    const stored = table.columns.filter((column) => !column.computed);
    const assigned = values.map(({ column }) => column);
    const before = beforeRow(stored);
    const staged = [
      `${target.duckAlias}.rowid AS rid`,
      ...stored.map((column) => `${target.duckAlias}.${quoteName(column.name)} AS ${beforeName(column)}`),
      ...values.map(({ column, value }) => `${value} AS ${afterName(column)}`),
    ];
    const rows = `SELECT DISTINCT ON (rid) * FROM (SELECT ${staged.join(', ')} FROM ${from}${where}${limit})`;
    const after = afterRow(stored, assigned, before);
    const applied = [...assigned, ...version ? [version] : []].map((column) => `${quoteName(column.name)} = ${after.get(column)}`);
    return {
      table,
      staged: {
        rows: version ? `SELECT ${[...numbered(table), '*'].join(', ')} FROM (${rows})` : rows,
        apply: `UPDATE ${table.duckName} AS u SET ${applied.join(', ')} FROM ${STAGED} s WHERE u.rowid = s.rid`,
        before,
        after,
        assigned,
      },
      sql: `UPDATE ${table.duckName} AS u SET ${sets.join(', ')} FROM (${picked}) s WHERE u.rowid = s.rid`,
    };
  }

  delete(statement: Of<'delete'>): BoundChange {
    const { table, source, alias } = this.target(statement.table, statement.from, 'DELETE');
    const scope = new Scope();
    const from = this.from(source, scope);
    const target = scope.tables.find((entry) => entry.table === table && entry.name.toLowerCase() === alias.toLowerCase())!;
    const where = statement.where ? ` WHERE ${this.predicate(statement.where, scope)}` : '';
    const limit = statement.top ? ` LIMIT ${this.expression(statement.top, scope).sql}` : '';
    const stored = table.columns.filter((column) => !column.computed);
    const staged = stored.map((column) => `${target.duckAlias}.${quoteName(column.name)} AS ${beforeName(column)}`);
    return {
      table,
      staged: {
        rows: `SELECT DISTINCT ON (rid) * FROM (SELECT ${[`${target.duckAlias}.rowid AS rid`, ...staged].join(', ')} FROM ${from}${where}${limit})`,
        apply: `DELETE FROM ${table.duckName} WHERE rowid IN (SELECT rid FROM ${STAGED})`,
        before: beforeRow(stored),
      },
      sql: `DELETE FROM ${table.duckName} WHERE rowid IN (SELECT ${target.duckAlias}.rowid FROM ${from}${where}${limit})`,
    };
  }

  /** Binds what is inserted and returns the stored form of each target's value. */
  private insertedRows(statement: Of<'insert'>, targets: ColumnEntry[]): string[] {
    if (statement.defaults) {
      return [];
    }
    const table = this.findTable(statement.table)!;
    if (statement.query) {
      const query = this.query(statement.query);
      this.checkCount(query.columns.length, targets.length, statement.line);
      this.insertSource = query.sql;
      return targets.map((column, at) => this.stored({ ...query.columns[at], sql: `q.${outputName(at)}` }, table, column));
    }
    const rows = statement.rows!;
    rows.forEach((row) => this.checkCount(row.length, targets.length, statement.line));
    const selects = rows.map((row) => 'SELECT ' + row.map((cell: Expr | 'default', at) => {
      const value = cell === 'default' ? this.defaultOf(table, targets[at]) : this.stored(this.expression(cell, new Scope()), table, targets[at]);
      return `${value} AS ${outputName(at)}`;
    }).join(', '));
    this.insertSource = selects.join(' UNION ALL ');
    return targets.map((_, at) => `q.${outputName(at)}`);
  }

  private checkCount(values: number, targets: number, line: number): void {
    if (values !== targets) {
      throw values > targets
        ? new SqlError(110, 'There are fewer columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.', { severity: 15, line })
        : new SqlError(109, 'There are more columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.', { severity: 15, line });
    }
  }

  private output(table: TableEntry, items: NonNullable<Of<'insert'>['output']>): { sql: string; columns: BoundColumn[] } {
    const scope = new Scope();
    scope.tables.push({
      name: 'INSERTED',
      qualifiers: [],
      duckAlias: '',
      table,
      columns: table.columns.filter((column) => !column.computed)
        .map((column) => ({ ...column, source: { table, column }, sql: quoteName(column.name) })),
    });
    const bound = items.flatMap((item) => {
      switch (item.kind) {
        case 'star': return scope.star(item.qualifier, item.line).flatMap((entry) => entry.columns);
        case 'expr': {
          const value = this.expression(item.expr, scope);
          return [{ ...value, name: item.alias ?? value.source?.column.name ?? '' }];
        }
        default: throw new SqlError(102, 'OUTPUT cannot assign variables.', { severity: 15, line: item.line });
      }
    });
    return { sql: bound.map((column, at) => `${column.sql} AS ${outputName(at)}`).join(', '), columns: bound };
  }

  /** The table that UPDATE or DELETE changes: its name may be an alias of the FROM clause. */
  private target(name: Of<'update'>['table'], from: TableSource | undefined, permission: 'UPDATE' | 'DELETE'): { table: TableEntry; source: TableSource; alias: string } {
    const last = name.parts[name.parts.length - 1];
    const aliased = from && name.parts.length === 1 ? findAliased(from, last) : undefined;
    if (aliased) {
      return { table: this.resolveTable(aliased.name, permission), source: from!, alias: last };
    }
    const table = this.resolveTable(name, permission);
    return { table, source: from ?? { kind: 'table', name }, alias: table.name };
  }

  /** What a column gets where a statement gives it nothing. */
  defaultOf(table: TableEntry, column: ColumnEntry): string {
    if (column.identity) {
      return `nextval(${quoteText(identitySequence(table))})`;
    }
    if (isRowVersion(column)) {
      return rowVersion;
    }
    const value: Bound = column.defaultText
      ? this.expression(parseExpression(column.defaultText), new Scope())
      : { sql: 'NULL', type: INT, nullable: true, untypedNull: true };
    return this.stored(value, table, column);
  }

  /** A value as a column keeps it; text or bytes too long for it are an error, not cut. */
  private stored(value: Bound, table: TableEntry, column: ColumnEntry): string {
    const { type } = column;
    const limited = (family(type) === 'string' || family(type) === 'binary') && type.length !== undefined && type.length !== MAX;
    if (!limited || value.untypedNull) {
      return convert(value, type);
    }
    const whole: SqlType = { ...type, name: family(type) === 'binary' ? 'varbinary' : type.name.startsWith('n') || type.name === 'sysname' ? 'nvarchar' : 'varchar', length: MAX };
    const full = convert(value, whole);
    const fits = value.type.length !== undefined && value.type.length !== MAX && value.type.length <= type.length!;
    const checked = fits ? full : `CASE WHEN ${family(type) === 'binary' ? `octet_length(${full})` : `length(rtrim(${full}, ' '))`} > ${type.length} THEN error(${quoteText(
      `2628|String or binary data would be truncated in table '${table.database}.${table.schema}.${table.name}', column '${column.name}'. Truncated value: '`)}) ELSE ${full} END`;
    return type.name === 'char' || type.name === 'nchar' || type.name === 'binary' ? convert({ sql: checked, type: whole, nullable: value.nullable }, type) : checked;
  }
}

/** DuckDB's sequence behind an identity column. */
export function identitySequence(table: TableEntry): string {
  return table.name.startsWith('#')
    ? `temp.main.${quoteName(`identity_${table.name}`)}`
    : [table.database, table.schema, `identity_${table.firstName ?? table.name}`].map(quoteName).join('.');
}

function columnNamed(table: TableEntry, name: string, line: number): ColumnEntry {
  const wanted = name.toLowerCase();
  const isPseudo = (candidate: ColumnEntry) => candidate.graphType !== undefined && wanted.startsWith('$') && candidate.name.toLowerCase().startsWith(`${wanted}_`);
  const column = table.columns.find((candidate) => candidate.name.toLowerCase() === wanted || isPseudo(candidate));
  if (!column) {
    throw invalidColumn(name, line);
  }
  return column;
}

function checkWritable(table: TableEntry, column: ColumnEntry, explicitIdentity: boolean, line: number): void {
  if (column.computed) {
    throw new SqlError(271, `The column "${column.name}" cannot be modified because it is either a computed column or is the result of a UNION operator.`, { line });
  }
  if (column.type.name === 'timestamp') {
    throw new SqlError(273, 'Cannot insert an explicit value into a timestamp column. Use INSERT with a column list to exclude the timestamp column, or insert a DEFAULT into the timestamp column.', { line });
  }
  if (column.identity && !explicitIdentity) {
    throw new SqlError(544, `Cannot insert explicit value for identity column in table '${table.name}' when IDENTITY_INSERT is set to OFF.`, { line });
  }
}

function findAliased(source: TableSource, alias: string): Extract<TableSource, { kind: 'table' }> | undefined {
  switch (source.kind) {
    case 'table': return source.alias?.toLowerCase() === alias.toLowerCase() ? source : undefined;
    case 'join': return findAliased(source.left, alias) ?? findAliased(source.right, alias);
    default: return undefined;
  }
}

const lastPart = (name: string) => name.split('.').pop()!;
