import { chunkCount, spreadChunks, type ChunkTarget } from './chunk-size';
import { chunkKey, cutByPartitions, cutTable, wholeTable } from './cut-table';
import { droppedWarnings, kindWarnings } from './kind-warnings';
import { catalogColumnWarnings, catalogWarnings, nameWarnings, pathWarnings } from './name-warnings';
import { namedKey, namedKeyWarnings } from './named-key';
import { partitionPrefixField } from './partition-prefixes';
import { sourceSchemaHash } from './schema-drift';
import { findRisks } from './source-risks';
import { chooseTables } from './table-choices';
import { partUnreadable, readingConditions } from './unreadable-tables';
import { PLAN_VERSION } from './validate-plan';
import { counted } from '../api/counted';
import { HiddenRows, type ExtractionPlan, type PlannedColumn, type PlannedTable } from '../api/extraction-plan';
import type { Consistency } from '../api/extractor-props';
import type { TableOptions } from '../api/selection';
import { varyingPart } from '../options/filter-determinism';
import { quoteTable } from '../source/catalog/identifiers';
import { readOtherObjects } from '../source/catalog/other-objects';
import { readSecurity, readSoughtIndexes, readTables, type SoughtIndexes, type SourceColumn, type SourceTable } from '../source/catalog/read-catalog';
import type { SourceFeatures } from '../source/catalog/source-features';
import { selectTables, unmatched } from '../source/catalog/table-patterns';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';
import { snapshotAdvice } from '../source/consistency/consistency';

export interface PlanOptions {
  readonly address: string;
  /** URL of what the tables are to land in; it is not reached. */
  readonly target: string;
  readonly include?: readonly string[];
  readonly exclude: readonly string[];
  /** As asked for; decided by the readers and the size of the run when absent. */
  readonly chunkTarget?: ChunkTarget;
  readonly readers: number;
  readonly tableOptions: readonly TableOptions[];
  /** As asked for; the source decides when absent. */
  readonly consistency?: Consistency;
  readonly includeViews: boolean;
}

/**
 * Reads the catalog and cuts the chosen tables into chunks. Only tables large enough to be cut are looked at themselves.
 *
 * @throws LegacyToS3Error
 */
export async function buildPlan(connection: SqlServerConnection, features: SourceFeatures, options: PlanOptions): Promise<ExtractionPlan> {
  const all = await readTables(connection, features, options.includeViews);
  const others = unmatched(all, options.include).length > 0 ? await readOtherObjects(connection) : [];
  const matched = selectTables(all, options.include, options.exclude, others);
  const selected = matched.filter(({ kind }) => !kind.droppedLedger);
  const choices = new Map(
    chooseTables(selected, options.tableOptions, options.chunkTarget, all).map((choice) => [choice.table.objectId, choice]),
  );
  const chosen = [...choices.values()].map(({ table }) => table);
  // What a view shows is that of other tables.
  const security = await readSecurity(connection, features, chosen.some(({ kind }) => kind.viewOf) ? all : chosen);
  const risks = findRisks(chosen, security, all);
  const conditions = await readingConditions(connection, chosen, options.consistency, features.snapshotAllowed);
  const { readable, refusals } = partUnreadable(risks.readable, conditions, all);
  const warnings = [...droppedWarnings(matched), ...readable.flatMap((table) => [
    ...nameWarnings(table), ...kindWarnings(table), ...pathWarnings(table, options.target), ...catalogColumnWarnings(table),
  ])];
  warnings.push(...catalogWarnings(connection.database, readable));
  if (!features.snapshotAllowed) {
    warnings.unshift(snapshotAdvice(connection.database));
  }
  if (readable.some(({ hiddenRows }) => hiddenRows === HiddenRows.UNKNOWN)) warnings.push(UNKNOWN_POLICIES);
  const load = { readers: options.readers, totalBytes: readable.reduce((sum, { estimatedBytes }) => sum + estimatedBytes, 0) };
  const tables: PlannedTable[] = [];
  let sought: SoughtIndexes | undefined;
  for (const table of readable) {
    const { excludedColumns, rowFilter, chunkBy, chunkTarget = spreadChunks(table, load) } = choices.get(table.objectId)!;
    if (table.columns.length === 0) {
      warnings.push(`${quoteTable(table.schema, table.table)} is left out: the login may read none of its columns`);
      continue;
    }
    warnings.push(...comparisonWarnings(table, rowFilter));
    const keys = chunkBy ? namedKey(table, chunkBy) : chunkKey(table);
    // Columns that were named cut, whatever the table is partitioned by.
    const mayMeet = table.partitioning && (!chunkBy || keys[0].name === table.partitioning.column);
    const partitioned = mayMeet ? await cutByPartitions(connection, features, table, keys, chunkTarget) : undefined;
    const large = chunkCount(table, chunkTarget) > 1;
    if (large && keys.length === 0 && !partitioned && !table.kind.viewOf) {
      warnings.push(`${quoteTable(table.schema, table.table)} has no key to cut it by, so that one reader reads its `
        + `${counted(table.estimatedRows, 'row')} as one stream, which is begun anew when it fails; chunkBy (tableOptions) may name columns to cut it by`);
    }
    const chunks = partitioned?.chunks
      ?? (keys.length === 0 ? wholeTable(table) : await cutTable(connection, features, table, keys, chunkTarget));
    if (chunkBy && large) {
      sought ??= await readSoughtIndexes(connection);
      warnings.push(...namedKeyWarnings(table, partitioned?.keys ?? keys, chunks, chunkTarget, sought.get(table.objectId) ?? []));
    }
    tables.push({
      schema: table.schema,
      table: table.table,
      ...partitionPrefixField(table.columns),
      columns: table.columns.map(plannedColumn),
      ...(excludedColumns.length > 0 && { excludedColumns: [...excludedColumns] }),
      ...(table.unread.length > 0 && { unreadColumns: table.unread.map(({ name }) => name) }),
      ...(table.kind.memoryOptimized && { memoryOptimized: true }),
      ...(table.kind.viewOf && { view: true }),
      ...(table.identity && { identity: table.identity }),
      ...(rowFilter !== undefined && { rowFilter }),
      ...(table.hiddenRows && { hiddenRows: table.hiddenRows }),
      primaryKey: table.primaryKey.every((name) => table.columns.some((column) => column.name === name)) ? [...table.primaryKey] : [],
      chunkKey: chunks.length > 1 ? (partitioned?.keys ?? keys).map(({ name }) => name) : [],
      estimatedRows: table.estimatedRows,
      estimatedBytes: table.estimatedBytes,
      schemaHash: sourceSchemaHash(table),
      chunks,
    });
  }
  return {
    planVersion: PLAN_VERSION,
    createdAt: new Date().toISOString(),
    server: options.address,
    database: connection.database,
    productVersion: features.productVersion,
    snapshotAllowed: features.snapshotAllowed,
    tables,
    warnings,
    refusals: [...risks.refusals, ...refusals],
  };
}

function plannedColumn({ name, catalogName, columnId, type, nullable, collation, computed, notCompared }: SourceColumn): PlannedColumn {
  return {
    name,
    ...(catalogName !== undefined && { catalogName }),
    ...(columnId !== undefined && { columnId }),
    type,
    nullable,
    ...(collation !== undefined && { collation }),
    ...(computed && { computed }),
    ...(notCompared && { notCompared }),
  };
}

const UNKNOWN_POLICIES = 'the login may not know whether security policies filter rows: rows that one hides from it would be missing, and would '
  + 'not be counted either; GRANT VIEW DEFINITION on the database, or ALTER ANY SECURITY POLICY, tells';

/** What of a table is not compared with the source, as warnings. */
function comparisonWarnings(table: SourceTable, rowFilter: string | undefined): string[] {
  const subject = quoteTable(table.schema, table.table);
  const varying = varyingPart(rowFilter);
  if (varying !== undefined) return [`${subject}: its rows are not compared with the source, since rowFilter has ${varying}, which gives other values each time`];
  const names = table.columns.flatMap(({ name, notCompared }) => (notCompared ? [`'${name}' (${notCompared})`] : []));
  return names.length === 0 ? [] : [`${subject}: not compared with the source: ${names.join(', ')}`];
}
