import type { ExtractionPlan, PlannedChunk, PlannedTable } from '../../api/extraction-plan';
import { ClrType } from '../../api/type-options';
import { boundCondition, KEY_TEXT_LENGTH } from '../../plan/key-types';
import { refuseUnmatched, typeOptionsOf, type TypeRules } from '../../rows/columns/type-rules';
import type { QueryParameter } from '../../rows/objects/read-rows';
import { landedNames } from '../../source/catalog/column-names';
import { quoteName, quoteTable, selectedBy } from '../../source/catalog/identifiers';
import { isSentAsText } from '../../source/catalog/type-names';
import type { ReadJob } from '../context/read-job';
import type { RunQuery } from '../context/run-options';

/** What the catalog calls CLR types. */
const CLR_TYPES = new Set(['hierarchyid', 'geometry', 'geography', 'udt']);

/** The jobs of a plan, in its order: one for each chunk. */
export function planJobs({ tables }: Pick<ExtractionPlan, 'tables'>, maxDop?: number, types?: TypeRules): ReadJob[] {
  refuseUnmatched(types, tables.flatMap((table) => landedColumns(table).map((column) => ({ ...table, column }))));
  return tables.flatMap((table, index) => table.chunks.map((chunk) => chunkJob(table, index, chunk, maxDop, types)));
}

/** Reads the columns of a table by their names, so that what lands is what the catalog said. */
function chunkJob(table: PlannedTable, index: number, chunk: PlannedChunk, maxDop?: number, types?: TypeRules): ReadJob {
  const subject = quoteTable(table.schema, table.table);
  const landed = landedColumns(table);
  const columns = table.columns.map((column, at) => {
    const { name, type } = column;
    const toText = CLR_TYPES.has(type) && typeOptionsOf(types, { ...table, column: landed[at] }).clr === ClrType.TEXT;
    const asText = isSentAsText(type);
    const expression = asText ? inUtf8(selectedBy(column)) : `${selectedBy(column)}${toText ? '.ToString()' : ''}`;
    return { expression, selected: `${expression}${asText || toText || landed[at] !== name ? ` AS ${quoteName(landed[at])}` : ''}` };
  });
  const read = table.memoryOptimized ? `${subject} WITH (SNAPSHOT)` : subject;
  const from = `FROM ${read}${whereOf(table, chunkCondition(table, chunk))}`;
  const whole = table.chunkKey.length > 0 && { whole: `FROM ${read}${whereOf(table, '')}` };
  const hint = maxDop === undefined ? '' : ` OPTION (MAXDOP ${maxDop})`;
  return {
    tableIndex: index,
    schema: table.schema,
    table: table.table,
    chunk,
    chunks: table.chunks.length,
    sql: `SELECT ${columns.map(({ selected }) => selected).join(', ')} ${from}${hint}`,
    source: { expressions: columns.map(({ expression }) => expression), from, hint, ...whole },
    parameters: chunkParameters(chunk),
    subject: table.chunks.length === 1 ? subject : `${subject}, chunk ${chunk.chunk}`,
    keyColumns: landedPrimaryKey(table),
    estimatedRows: table.estimatedRows,
    ...(table.memoryOptimized && { memoryOptimized: true }),
    planned: {
      schema: table.schema, table: table.table, columns: table.columns, excludedColumns: table.excludedColumns, unreadColumns: table.unreadColumns,
    },
  };
}

/**
 * The text of a json or vector, as the server would send it but named as what it is: what is read, counted and hashed is then
 * the same value. Of characters a CAST keeps the collation, so that no character is lost on the way over nvarchar.
 */
function inUtf8(column: string): string {
  return `CAST(CAST(${column} AS nvarchar(max)) COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(max))`;
}

/** The primary key by the names its columns land under. */
export function landedPrimaryKey(table: PlannedTable): string[] {
  const names = table.columns.map(({ name }) => name);
  const landed = landedColumns(table);
  return table.primaryKey.map((name) => landed[names.indexOf(name)] ?? name);
}

function landedColumns({ columns }: PlannedTable): string[] {
  return landedNames(columns);
}

/** @param condition of a chunk's rows; empty for all */
function whereOf(table: PlannedTable, condition: string): string {
  if (table.rowFilter === undefined) return condition === '' ? '' : ` WHERE ${condition}`;
  // The line end closes a comment that the filter may end with.
  return ` WHERE ${condition === '' ? '' : `(${condition}) AND `}(${table.rowFilter}\n)`;
}

function chunkCondition(table: PlannedTable, { lower, upper, nullKey }: PlannedChunk): string {
  if (table.chunkKey.length === 0) return '';
  const keys = table.chunkKey.map((name) => table.columns.find((column) => column.name === name)!);
  const first = quoteName(keys[0].name);
  if (nullKey) return `${first} IS NULL`;
  const conditions = [
    ...(lower ? [boundCondition(keys.slice(0, lower.length), 'lower', '@lower')] : []),
    ...(upper ? [boundCondition(keys.slice(0, upper.length), 'upper', '@upper')] : []),
  ];
  if (conditions.length === 0 && keys[0].nullable && table.chunks.length > 1) return `${first} IS NOT NULL`;
  return conditions.map((condition) => (conditions.length > 1 ? `(${condition})` : condition)).join(' AND ');
}

function chunkParameters({ lower = [], upper = [] }: PlannedChunk): QueryParameter[] {
  const text = (name: string, value: string): QueryParameter => ({ name, type: 'NVarChar', value, length: KEY_TEXT_LENGTH });
  return [...lower.map((value, at) => text(`lower${at}`, value)), ...upper.map((value, at) => text(`upper${at}`, value))];
}

export function queryJob(query: RunQuery): ReadJob {
  return {
    tableIndex: 0,
    schema: query.schema,
    table: query.table,
    chunk: { chunk: 0, estimatedRows: 0, estimatedBytes: 0 },
    chunks: 1,
    sql: query.sql,
    parameters: [],
    subject: `query '${query.table}'`,
    keyColumns: [],
  };
}
