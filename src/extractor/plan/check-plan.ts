import { PLAN_VERSION } from './build-plan';
import { sourceSchemaHash } from './schema-hash';
import { LegacyToS3Error } from '../errors';
import { SourceRisk, type ExtractionPlan, type PlannedChunk, type PlannedColumn, type PlannedTable } from '../extraction-plan';
import type { SourceTable } from '../source/catalog/read-catalog';
import { quoteTable } from '../source/identifiers';

/** What of a planned table is compared with the source while it is read. */
export type ColumnsOfTable = Pick<PlannedTable, 'schema' | 'table' | 'columns' | 'excludedColumns'>;

/** Says what is wrong with a plan that came from outside. @throws LegacyToS3Error of code INVALID_CONFIG */
export function checkPlan(plan: ExtractionPlan): void {
  const problem = planProblem(plan);
  if (problem) throw new LegacyToS3Error('INVALID_CONFIG', `not a plan of this program: ${problem}`);
}

function planProblem(plan: unknown): string | undefined {
  if (!isRecord(plan)) return 'expected an object';
  if (plan.planVersion !== PLAN_VERSION) return `planVersion: expected ${PLAN_VERSION}, got ${JSON.stringify(plan.planVersion)}`;
  if (typeof plan.database !== 'string') return 'database: expected a string';
  for (const name of ['tables', 'warnings', 'refusals']) if (!Array.isArray(plan[name])) return `${name}: expected an array`;
  const risks: readonly unknown[] = Object.values(SourceRisk);
  const refusal = (plan.refusals as unknown[]).find((each) => !isRecord(each) || !risks.includes(each.risk));
  if (refusal !== undefined) return `refusals: unknown ${JSON.stringify(refusal)}`;
  const tables = plan.tables as unknown[];
  if (tables.length === 0) return 'tables: empty';
  for (const [t, table] of tables.entries()) {
    const problem = tableProblem(table);
    if (problem) return `tables[${t}].${problem}`;
  }
  return undefined;
}

function tableProblem(table: unknown): string | undefined {
  if (!isRecord(table)) return 'expected an object';
  for (const name of ['schema', 'table', 'schemaHash']) if (typeof table[name] !== 'string') return `${name}: expected a string`;
  for (const name of ['primaryKey', 'chunkKey']) if (!isTexts(table[name])) return `${name}: expected an array of names`;
  const { columns, chunks } = table;
  if (!Array.isArray(columns) || columns.length === 0 || !columns.every((each) => isRecord(each) && typeof each.name === 'string' && typeof each.type === 'string')) {
    return 'columns: expected columns with name and type';
  }
  if (!Array.isArray(chunks) || chunks.length === 0) return 'chunks: expected at least one';
  const missing = (table.chunkKey as string[]).find((key) => !columns.some(({ name }) => name === key));
  return missing === undefined ? chunksProblem(chunks, table as unknown as PlannedTable) : `chunkKey: '${missing}' is none of the columns`;
}

/** The chunks must cover every row once: what one ends before, the next begins with. */
function chunksProblem(chunks: readonly unknown[], { chunkKey, columns }: PlannedTable): string | undefined {
  let previous: PlannedChunk | undefined;
  const nullable = chunkKey.length > 0 && columns.find(({ name }) => name === chunkKey[0])!.nullable;
  for (const [c, each] of chunks.entries()) {
    const at = `chunks[${c}]`;
    if (!isRecord(each) || each.chunk !== c) return `${at}.chunk: expected ${c}`;
    const chunk = each as unknown as PlannedChunk;
    for (const bound of [chunk.lower, chunk.upper]) {
      if (bound !== undefined && (!isTexts(bound) || bound.length === 0 || bound.length > chunkKey.length)) {
        return `${at}: a bound needs a text for each of ${chunkKey.length} key columns, or for the first of them`;
      }
    }
    if (chunk.nullKey && (c > 0 || chunk.lower || chunk.upper || !nullable)) return `${at}.nullKey: only for the first chunk, of a key that may be NULL`;
    const opens = c === 0 || previous?.nullKey;
    if (opens ? chunk.lower !== undefined : JSON.stringify(chunk.lower) !== JSON.stringify(previous?.upper) || !chunk.lower) {
      return `${at}.lower: expected ${opens ? 'none' : JSON.stringify(previous?.upper)}, got ${JSON.stringify(chunk.lower)}`;
    }
    previous = chunk;
  }
  if (previous?.upper || previous?.nullKey) return `chunks[${chunks.length - 1}].upper: the last chunk must be open`;
  const first = chunks[0] as PlannedChunk;
  return nullable && !first.nullKey && chunks.length > 1 ? 'chunks[0].nullKey: the key may be NULL, so a chunk must take those rows' : undefined;
}

/**
 * Refuses a plan whose tables have changed in the source since.
 *
 * @param current the tables as the catalog tells them now, without columns the login may not read
 * @throws LegacyToS3Error of code SCHEMA_CHANGED, which names the first differences
 */
export function refuseChangedSchema(plan: ExtractionPlan, current: readonly SourceTable[]): void {
  const key = ({ schema, table }: { readonly schema: string; readonly table: string }) => JSON.stringify([schema, table]);
  const found = new Map(current.map((table) => [key(table), table]));
  const changes = plan.tables.flatMap((planned) => {
    const subject = quoteTable(planned.schema, planned.table);
    const table = found.get(key(planned));
    if (!table) return [`${subject} is gone`];
    return sourceSchemaHash(table) === planned.schemaHash ? [] : [`${subject} has other columns or keys${difference(planned, table)}`];
  });
  if (changes.length === 0) return;
  throw new LegacyToS3Error('SCHEMA_CHANGED', `the source is not what was planned: ${changes.slice(0, 5).join('; ')}`
    + `${changes.length > 5 ? `; and ${changes.length - 5} more` : ''}; plan and run anew`);
}

/**
 * Refuses to go on when the columns of a table are others than when it was planned.
 *
 * @param current the table's columns that the login may read, as they are now
 * @throws LegacyToS3Error of code SCHEMA_CHANGED
 */
export function refuseChangedColumns(planned: ColumnsOfTable, current: readonly PlannedColumn[]): void {
  const subject = quoteTable(planned.schema, planned.table);
  const { excludedColumns = [] } = planned;
  const columns = current.filter(({ name }) => !excludedColumns.includes(name));
  const shape = (all: readonly PlannedColumn[]): string => JSON.stringify(all.map((each) => [each.name, each.type, each.nullable, each.collation]));
  if (shape(columns) === shape(planned.columns)) return;
  const change = current.length === 0 ? `${subject} is gone` : `${subject} has other columns${difference(planned, { columns })}`;
  throw new LegacyToS3Error('SCHEMA_CHANGED', `the source was changed during the run: ${change}; plan and run anew`);
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

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
