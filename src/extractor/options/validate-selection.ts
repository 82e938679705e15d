import { conditionProblem } from './check-condition';
import { checkSelect } from './check-select';
import { describe, invalid, validateBoolean, validateBytes, validateChoice, validateWhole } from './validate-value';
import { ChangedRows, Changes, FoundDeletes } from '../api/changes/changes-options';
import type { ExtractorProps } from '../api/extractor-props';
import type { QueryExtraction, TableOptions } from '../api/selection';

/** Checks which tables or query. @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateSelection(props: ExtractorProps): void {
  for (const name of ['tables', 'excludeTables'] as const) {
    const patterns: unknown = props[name];
    if (patterns === undefined) continue;
    if (!Array.isArray(patterns) || !patterns.every((pattern) => typeof pattern === 'string')) {
      throw invalid(`${name} must be a list of patterns such as 'dbo.*', got ${describe(patterns)}`);
    }
    if (name === 'tables' && patterns.length === 0) throw invalid('tables is an empty list: leave it out to extract all tables');
  }
  validateBoolean('includeViews', props.includeViews);
  if (props.query === undefined) return;
  if (props.tables !== undefined || props.excludeTables !== undefined || props.includeViews !== undefined || props.tableOptions !== undefined) {
    throw invalid('query excludes tables, excludeTables, includeViews and tableOptions: extract either tables or one query');
  }
  queryDataset(props.query);
  checkSelect(props.query.sql);
}

/** Checks the options of tables by name. @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateTableOptions(options: unknown): void {
  if (options === undefined) return;
  if (!Array.isArray(options)) throw invalid(`tableOptions must be a list, got ${describe(options)}`);
  for (const [at, each] of (options as TableOptions[]).entries()) {
    const where = `tableOptions[${at}]`;
    if (typeof each?.table !== 'string') throw invalid(`${where}.table must be a pattern such as 'dbo.*', got ${describe(each?.table)}`);
    for (const name of ['columns', 'excludeColumns'] as const) {
      const names: unknown = each[name];
      if (names !== undefined && (!Array.isArray(names) || !names.every((column) => typeof column === 'string'))) {
        throw invalid(`${where}.${name} must be a list of column names, got ${describe(names)}`);
      }
    }
    if (each.rowFilter !== undefined && (typeof each.rowFilter !== 'string' || each.rowFilter.trim() === '')) {
      throw invalid(`${where}.rowFilter must be a condition, got ${describe(each.rowFilter)}`);
    }
    const problem = each.rowFilter === undefined ? undefined : conditionProblem(each.rowFilter);
    if (problem !== undefined) throw invalid(`${where}.rowFilter must be one condition and nothing else, but ${problem}; got ${describe(each.rowFilter)}`);
    validateBytes(`${where}.targetChunkBytes`, each.targetChunkBytes);
    validateWhole(`${where}.targetChunkRows`, each.targetChunkRows, 1, Number.MAX_SAFE_INTEGER);
    validateChunkBy(`${where}.chunkBy`, each);
    validateChoice(`${where}.changes`, each.changes, Changes);
    validateWhole(`${where}.watermarkOverlap`, each.watermarkOverlap, 0, Number.MAX_SAFE_INTEGER);
    validateBoolean(`${where}.unseenNulls`, each.unseenNulls);
    validateChoice(`${where}.changedRows`, each.changedRows, ChangedRows);
    validateChoice(`${where}.deletes`, each.deletes, FoundDeletes);
    if (each.watermark !== undefined && (typeof each.watermark !== 'string' || each.watermark === '')) {
      throw invalid(`${where}.watermark must be the name of a column, got ${describe(each.watermark)}`);
    }
  }
}

/** Most columns to cut by: so many an index has ("Maximum capacity specifications for SQL Server" of 2014; later ones have 32). */
export const MOST_CHUNK_COLUMNS = 16;

function validateChunkBy(where: string, { chunkBy, excludeColumns = [] }: TableOptions): void {
  if (chunkBy === undefined) return;
  if (!Array.isArray(chunkBy) || !chunkBy.every((column) => typeof column === 'string' && column !== '')) {
    throw invalid(`${where} must be a list of column names, got ${describe(chunkBy)}`);
  }
  if (chunkBy.length === 0) throw invalid(`${where} is an empty list: leave it out to cut the tables by their own keys`);
  if (chunkBy.length > MOST_CHUNK_COLUMNS) throw invalid(`${where} must name 1 to ${MOST_CHUNK_COLUMNS} columns, got ${chunkBy.length}`);
  const twice = chunkBy.find((column, at) => chunkBy.indexOf(column) < at);
  if (twice !== undefined) throw invalid(`${where} names the column '${twice}' twice`);
  const leftOut = chunkBy.find((column) => excludeColumns.includes(column));
  if (leftOut !== undefined) throw invalid(`${where} names the column '${leftOut}', which excludeColumns leaves out: only columns that are read can cut`);
}

/** Schema a query's result lands under when its name gives none. */
const QUERY_SCHEMA = 'query';

/** Splits `name` or `schema.name`. @throws LegacyToS3Error of code INVALID_CONFIG */
export function queryDataset(query: QueryExtraction): { readonly schema: string; readonly table: string } {
  if (typeof query.sql !== 'string' || query.sql.trim() === '') throw invalid(`query.sql must be a SELECT, got ${describe(query.sql)}`);
  const match = /^(?:([^.]+)\.)?([^.]+)$/.exec(typeof query.name === 'string' ? query.name.trim() : '');
  if (!match) throw invalid(`query.name must be 'name' or 'schema.name', got ${describe(query.name)}`);
  return { schema: match[1] ?? QUERY_SCHEMA, table: match[2] };
}
