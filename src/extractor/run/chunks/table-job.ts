import { ChangeWay } from '../../api/changes/planned-changes';
import type { ExtractionPlan, PlannedChunk, PlannedTable } from '../../api/extraction-plan';
import { ClrType, type TypeOptions } from '../../api/type-options';
import { varyingPart } from '../../options/filter-determinism';
import { boundCondition, KEY_TEXT_LENGTH } from '../../plan/key-types';
import { resolveTypeRules, type TypeRules } from '../../rows/columns/type-rules';
import type { QueryParameter } from '../../rows/objects/read-rows';
import { landedNames } from '../../source/catalog/column-names';
import { quoteName, quoteTable } from '../../source/catalog/identifiers';
import { expressionOf, selectionOf, type SelectedColumn } from '../../source/catalog/selected-column';
import { isSentAsText } from '../../source/catalog/type-names';
import type { ReadJob } from '../context/read-job';
import type { RunQuery } from '../context/run-options';

/** What the catalog calls CLR types. */
const CLR_TYPES = new Set(['hierarchyid', 'geometry', 'geography', 'udt']);

/**
 * The jobs of a plan, in its order: one for each chunk.
 *
 * @param most chunks of each table that get one, the first ones
 */
export function planJobs({ tables }: Pick<ExtractionPlan, 'tables'>, maxDop?: number, types?: TypeRules, most?: number): ReadJob[] {
  const optionsOf = plannedTypeOptions(tables, types);
  return tables.flatMap((table, index) => {
    const statement = statementOf(table, optionsOf(table), maxDop, types);
    return table.chunks.slice(0, most).map((chunk) => chunkJob(table, index, chunk, statement));
  });
}

/**
 * Type options of the columns of each table, by the names they land under; none where the rules name no columns.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG, as {@link resolveTypeRules}
 */
export function plannedTypeOptions(
  tables: readonly PlannedTable[], types: TypeRules | undefined,
): (table: PlannedTable) => ReadonlyMap<string, TypeOptions> | undefined {
  const ruled = tables.flatMap((owner) => {
    const { schema, table, columns, excludedColumns = [] } = owner;
    const landed = landedColumns(owner);
    return [
      ...columns.map(({ name }, at) => ({ owner, schema, table, column: name, landed: landed[at], isRead: true })),
      ...excludedColumns.map((name) => ({ owner, schema, table, column: name, landed: name, isRead: false })),
    ];
  });
  const options = resolveTypeRules(types, ruled);
  if (!options) return () => undefined;
  const byTable = new Map(tables.map((table) => [table, new Map<string, TypeOptions>()]));
  ruled.forEach(({ owner, landed, isRead }, at) => { if (isRead) byTable.get(owner)!.set(landed, options[at]); });
  return (table) => byTable.get(table);
}

/** What the jobs of a table share: of very many chunks only their bounds are their own. */
interface TableStatement {
  readonly subject: string;
  /** `SELECT …`. */
  readonly select: string;
  /** `FROM …`, without a condition. */
  readonly from: string;
  readonly source: Pick<NonNullable<ReadJob['source']>, 'expressions' | 'hint' | 'whole'>;
  readonly job: Pick<
    ReadJob,
    'schema' | 'table' | 'partitionPrefix' | 'chunks' | 'notCompared' | 'varying' | 'typeOptions' | 'keyColumns' | 'columnIds' | 'estimatedRows' | 'memoryOptimized' | 'planned'
    | 'changes'
  >;
}

/** Reads the columns of a table by their names, so that what lands is what the catalog said. */
function statementOf(table: PlannedTable, typeOptions?: ReadonlyMap<string, TypeOptions>, maxDop?: number, types?: TypeRules): TableStatement {
  const subject = quoteTable(table.schema, table.table);
  const landed = landedColumns(table);
  const columns = table.columns.map(({ name, catalogName, type }, at): SelectedColumn => {
    const toText = CLR_TYPES.has(type) && (typeOptions?.get(landed[at]) ?? types?.all)?.clr === ClrType.TEXT;
    const form = isSentAsText(type) ? 'utf8' : toText ? 'clrText' : undefined;
    return { name, ...(catalogName !== undefined && { catalogName }), landed: landed[at], ...(form && { form }) };
  });
  const from = `FROM ${table.memoryOptimized ? `${subject} WITH (SNAPSHOT)` : subject}`;
  const notCompared = landed.filter((_, at) => table.columns[at].notCompared);
  const varying = varyingPart(table.rowFilter);
  const columnIds = table.columns.flatMap(({ columnId }) => columnId ?? []);
  const hint = maxDop === undefined ? '' : ` OPTION (MAXDOP ${maxDop})`;
  return {
    subject,
    select: `SELECT ${columns.map((column) => selectionOf(column)).join(', ')}`,
    from,
    source: { expressions: columns.map((column) => expressionOf(column)), hint, ...(table.chunkKey.length > 0 && { whole: `${from}${whereOf(table, '')}` }) },
    job: {
      schema: table.schema,
      table: table.table,
      ...(table.partitionPrefix !== undefined && { partitionPrefix: table.partitionPrefix }),
      chunks: table.chunks.length,
      ...(notCompared.length > 0 && { notCompared }),
      ...(varying !== undefined && { varying }),
      ...(typeOptions && { typeOptions }),
      keyColumns: landedPrimaryKey(table),
      ...(columnIds.length === table.columns.length && { columnIds }),
      estimatedRows: table.estimatedRows,
      ...(table.memoryOptimized && { memoryOptimized: true }),
      ...changesOfJob(table, columns, hint),
      planned: {
        schema: table.schema,
        table: table.table,
        columns: table.columns,
        excludedColumns: table.excludedColumns,
        unreadColumns: table.unreadColumns,
        identity: table.identity,
      },
    },
  };
}

function changesOfJob(table: PlannedTable, columns: readonly SelectedColumn[], hint: string): Pick<ReadJob, 'changes'> {
  const { schema, identity, changes, rowFilter } = table;
  if (!changes || changes.way === ChangeWay.WHOLE || !identity) return {};
  const { key, settings = {} } = changes;
  const own = { schema, table: table.table, identity, columns, key, ...(rowFilter !== undefined && { rowFilter }), hint, settings };
  return { changes: { planned: changes, table: own } };
}

function chunkJob(table: PlannedTable, tableIndex: number, chunk: PlannedChunk, { subject, select, from, source, job }: TableStatement): ReadJob {
  const own = `${from}${whereOf(table, chunkCondition(table, chunk))}`;
  return {
    ...job,
    tableIndex,
    chunk,
    sql: `${select} ${own}${source.hint}`,
    source: { ...source, from: own },
    parameters: chunkParameters(chunk),
    subject: job.chunks === 1 ? subject : `${subject}, chunk ${chunk.chunk}`,
  };
}

/** The primary key by the names its columns land under. */
export function landedPrimaryKey(table: PlannedTable): string[] {
  const names = table.columns.map(({ name }) => name);
  const landed = landedColumns(table);
  return table.primaryKey.map((name) => landed[names.indexOf(name)] ?? name);
}

/** The names that its columns land under. */
export function landedColumns({ columns, partitionPrefix }: PlannedTable): string[] {
  return landedNames(columns, partitionPrefix);
}

/** @param condition of a chunk's rows; empty for all */
function whereOf(table: PlannedTable, condition: string): string {
  if (table.rowFilter === undefined) return condition === '' ? '' : ` WHERE ${condition}`;
  // On lines of its own, so that a comment it ends with swallows nothing.
  return ` WHERE ${condition === '' ? '' : `(${condition}) AND `}(\n${table.rowFilter}\n)`;
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
