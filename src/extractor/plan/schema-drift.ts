import { createHash } from 'node:crypto';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractionPlan, PlannedColumn, PlannedTable } from '../api/extraction-plan';
import { quoteTable } from '../source/catalog/identifiers';
import type { SourceTable } from '../source/catalog/read-catalog';

/** What of a planned table is compared with the source while it is read. */
export type ColumnsOfTable = Pick<PlannedTable, 'schema' | 'table' | 'columns' | 'excludedColumns' | 'unreadColumns'>;

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
 * @throws LegacyToS3Error of code SCHEMA_CHANGED, which names the first differences, or INVALID_CONFIG
 */
export function refuseChangedSchema(plan: ExtractionPlan, current: readonly SourceTable[]): void {
  const key = ({ schema, table }: { readonly schema: string; readonly table: string }) => JSON.stringify([schema, table]);
  const found = new Map(current.map((table) => [key(table), table]));
  const changes = plan.tables.flatMap((planned) => {
    const subject = quoteTable(planned.schema, planned.table);
    const table = found.get(key(planned));
    if (!table) return [`${subject} is gone, or the login may not see it`];
    return sourceSchemaHash(table) === planned.schemaHash ? [] : [`${subject} has other columns or keys${difference(planned, table)}`];
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
 * @param current the table's columns that the login may read, as they are now
 * @throws LegacyToS3Error of code SCHEMA_CHANGED
 */
export function refuseChangedColumns(planned: ColumnsOfTable, current: readonly PlannedColumn[]): void {
  const subject = quoteTable(planned.schema, planned.table);
  const { excludedColumns = [], unreadColumns = [] } = planned;
  const selected = new Map(planned.columns.map(({ name, catalogName = name }) => [catalogName, name]));
  const columns = current.filter(({ name }) => !excludedColumns.includes(selected.get(name) ?? name) && !unreadColumns.includes(name))
    .map((column) => ({ ...column, name: selected.get(column.name) ?? column.name }));
  if (shape(columns) === shape(planned.columns)) return;
  const change = current.length === 0 ? `${subject} is gone` : `${subject} has other columns${difference(planned, { columns })}`;
  throw new LegacyToS3Error('SCHEMA_CHANGED', `the source was changed during the run: ${change}; plan and run anew`);
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
