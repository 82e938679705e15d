import { createHash } from 'node:crypto';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractionPlan, PlannedColumn, PlannedIdentity, PlannedTable } from '../api/extraction-plan';
import { quoteTable } from '../source/catalog/identifiers';
import type { CurrentTable, SourceTable } from '../source/catalog/read-catalog';

/** What of a planned table is compared with the source while it is read. */
export type ColumnsOfTable = Pick<PlannedTable, 'schema' | 'table' | 'columns' | 'excludedColumns' | 'unreadColumns' | 'identity'>;

/** Hash of a table's columns, in order, of the keys it may be cut by, and of how it is read (32 hexadecimal digits). */
export function sourceSchemaHash({ columns, primaryKey, clusteredKey, kind }: Pick<SourceTable, 'columns' | 'primaryKey' | 'clusteredKey' | 'kind'>): string {
  const shapes = columns.map(({ name, type, nullable, collation }) => [name, type, nullable, collation ?? null]);
  // Plans of before knew no memory-optimised tables; the hashes of all others stay.
  const hashed = [shapes, primaryKey, clusteredKey, ...(kind.memoryOptimized ? ['memoryOptimized'] : [])];
  return createHash('sha256').update(JSON.stringify(hashed)).digest('hex').slice(0, 32);
}

/**
 * Refuses a plan whose tables have changed in the source since, or whose columns were edited.
 *
 * @param current the tables as the catalog tells them now, without columns the login may not read
 * @param isBegun whether chunks of the plan may be landed: then a table that was made anew is refused too, though it looks the same
 * @throws LegacyToS3Error of code SCHEMA_CHANGED, which names the first differences, or INVALID_CONFIG
 */
export function refuseChangedSchema(plan: ExtractionPlan, current: readonly SourceTable[], isBegun = false): void {
  const key = ({ schema, table }: { readonly schema: string; readonly table: string }) => JSON.stringify([schema, table]);
  const found = new Map(current.map((table) => [key(table), table]));
  const changes = plan.tables.flatMap((planned) => {
    const subject = quoteTable(planned.schema, planned.table);
    const table = found.get(key(planned));
    if (!table) return [`${subject} is gone, or the login may not see it`];
    if (sourceSchemaHash(table) !== planned.schemaHash) return [`${subject} has other columns or keys${difference(planned, table)}`];
    const other = isBegun ? otherObject(planned, table.identity) ?? otherColumns(planned, table.columns) : undefined;
    return other === undefined ? [] : [`${subject} ${other}`];
  });
  if (changes.length > 0) {
    throw new LegacyToS3Error('SCHEMA_CHANGED', `the source is not what was planned: ${changes.slice(0, 5).join('; ')}`
      + `${changes.length > 5 ? `; and ${changes.length - 5} more` : ''}; plan and run anew`);
  }
  const edited = plan.tables.find((planned) => shape(planned.columns) !== shape(found.get(key(planned))!.columns));
  if (!edited) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `the plan does not fit the source: ${quoteTable(edited.schema, edited.table)} has other columns than the plan gives it`
    + `${difference(edited, found.get(key(edited))!)}; columns are left out when the plan is made (tableOptions)`);
}

/**
 * Refuses to go on when the columns of a table are others than when it was planned.
 *
 * @param current the table as it is now, with the columns that the login may read
 * @throws LegacyToS3Error of code SCHEMA_CHANGED
 */
export function refuseChangedColumns(planned: ColumnsOfTable, current: CurrentTable): void {
  const subject = quoteTable(planned.schema, planned.table);
  const { excludedColumns = [], unreadColumns = [] } = planned;
  const selected = new Map(planned.columns.map(({ name, catalogName = name }) => [catalogName, name]));
  const columns = current.columns.filter(({ name }) => !excludedColumns.includes(selected.get(name) ?? name) && !unreadColumns.includes(name))
    .map((column) => ({ ...column, name: selected.get(column.name) ?? column.name }));
  const isSame = shape(columns) === shape(planned.columns);
  const other = isSame ? otherObject(planned, current) ?? otherColumns(planned, columns) : undefined;
  if (isSame && other === undefined) return;
  const change = current.columns.length === 0 ? `${subject} is gone` : `${subject} ${other ?? `has other columns${difference(planned, { columns })}`}`;
  throw new LegacyToS3Error('SCHEMA_CHANGED', `the source was changed during the run: ${change}; plan and run anew`);
}

/** Says that another object has the name: what is read now would be rows of two tables. Nothing is known of plans of earlier versions. */
function otherObject({ identity }: ColumnsOfTable, now: Partial<PlannedIdentity> = {}): string | undefined {
  if (!identity) return undefined;
  const differs = (name: 'objectId' | 'created') => now[name] !== undefined && now[name] !== identity[name];
  if (differs('objectId') || differs('created')) return 'was dropped and made again';
  // By its fork and by its date the same database has different names: which of them a login sees may change.
  const scheme = (database: string) => database.slice(0, database.indexOf(':'));
  const { database = identity.database } = now;
  return database !== identity.database && scheme(database) === scheme(identity.database) ? 'is in a database that was restored' : undefined;
}

/** Says that columns were dropped and added again by the same names. */
function otherColumns({ columns }: ColumnsOfTable, now: ReadonlyArray<Pick<PlannedColumn, 'name' | 'columnId'>>): string | undefined {
  const ids = new Map(now.map(({ name, columnId }) => [name, columnId]));
  const others = columns.filter(({ name, columnId }) => columnId !== undefined && ids.get(name) !== undefined && ids.get(name) !== columnId);
  return others.length === 0 ? undefined : `has other columns: ${others.slice(0, 3).map(({ name }) => `'${name}' was dropped and added again`).join(', ')}`;
}

function shape(columns: readonly PlannedColumn[]): string {
  return JSON.stringify(columns.map(({ name, type, nullable, collation }) => [name, type, nullable, collation]));
}

function difference(planned: Pick<PlannedTable, 'columns'>, { columns }: { readonly columns: readonly PlannedColumn[] }): string {
  const was = new Map(planned.columns.map((column) => [column.name, column]));
  const now = new Map(columns.map((column) => [column.name, column]));
  const told = [
    ...columns.filter(({ name }) => !was.has(name)).map(({ name }) => `'${name}' is new`),
    ...planned.columns.filter(({ name }) => !now.has(name)).map(({ name }) => `'${name}' is gone`),
    ...planned.columns.filter(({ name, type }) => now.has(name) && now.get(name)!.type !== type)
      .map(({ name, type }) => `'${name}' was ${type} and is ${now.get(name)!.type}`),
    ...planned.columns.filter((each) => now.get(each.name)?.type === each.type && !same(each, now.get(each.name)!))
      .map(({ name }) => `'${name}' allows other values`),
  ];
  return told.length === 0 ? '' : `: ${told.slice(0, 3).join(', ')}`;
}

function same(a: PlannedColumn, b: PlannedColumn): boolean {
  return a.nullable === b.nullable && a.collation === b.collation;
}
