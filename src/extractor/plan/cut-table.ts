import { boundarySql } from './boundary-query';
import { chunkCount, type ChunkTarget } from './chunk-size';
import { isLarge, partitionChunks, type InnerBound } from './cut-partitions';
import { keyType } from './key-types';
import { readPartitions } from './read-partitions';
import type { PlannedChunk } from '../api/extraction-plan';
import { quoteTable } from '../source/catalog/identifiers';
import type { SourceColumn, SourceTable } from '../source/catalog/read-catalog';
import type { SourceFeatures } from '../source/catalog/source-features';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** Rows looked at for each boundary: the share of a chunk is then right to about 7 % (1/√200). */
const SAMPLES_A_CHUNK = 200;

/** Tables up to this many rows are looked at in full. */
const LEAST_SAMPLE = 50_000;

/** The whole table as one statement. */
export function wholeTable({ estimatedRows, estimatedBytes }: SourceTable): PlannedChunk[] {
  return [{ chunk: 0, estimatedRows, estimatedBytes }];
}

/**
 * The columns to cut by: those of the clustered index, else of the primary key, up to the first that no bound can be
 * given for. Behind the first column none may be NULL.
 */
export function chunkKey(table: SourceTable): SourceColumn[] {
  // The primary key of a memory-optimised table may be a hash index, which seeks no range.
  const names = table.clusteredKey.length > 0 || table.kind.memoryOptimized ? table.clusteredKey : table.primaryKey;
  const columns = names.map((name) => table.columns.find((column) => column.name === name));
  const end = columns.findIndex((column, at) => !column || column.notCompared || !keyType(column) || (at > 0 && column.nullable));
  return (end < 0 ? columns : columns.slice(0, end)) as SourceColumn[];
}

/**
 * Cuts a table by its key.
 *
 * @param keys as {@link chunkKey} gives them, at least one
 * @throws LegacyToS3Error when the source refuses the query
 */
export async function cutTable(
  connection: SqlServerConnection, features: SourceFeatures, table: SourceTable, keys: readonly SourceColumn[], target: ChunkTarget,
): Promise<PlannedChunk[]> {
  if (chunkCount(table, target) === 1) return wholeTable(table);
  const { sampleRows, boundaries } = await findBoundaries(connection, features, table, keys, target);
  return toChunks(table, keys[0].nullable, sampleRows, boundaries);
}

/**
 * The columns to cut a partitioned table by, and its chunks, where its partitions meet. Large partitions are cut once more
 * when the key begins with the column they are made of: only then such a cut can be sought. Of RANGE LEFT they are not: a
 * bound within a partition could lie behind the one at its end, which is before all rows that have its value.
 *
 * @param keys as {@link chunkKey} gives them
 * @returns undefined where the key alone cuts better, or the partitions cannot be told
 */
export async function cutByPartitions(
  connection: SqlServerConnection, features: SourceFeatures, table: SourceTable, keys: readonly SourceColumn[], target: ChunkTarget,
): Promise<{ readonly keys: readonly SourceColumn[]; readonly chunks: PlannedChunk[] } | undefined> {
  const column = table.columns.find(({ name }) => name === table.partitioning?.column);
  if (!column || column.encrypted || !keyType(column) || chunkCount(table, target) === 1) return undefined;
  const found = await readPartitions(connection, table, column);
  if (!found) return undefined;
  const large = found.partitions.some((partition) => isLarge(partition, target));
  const leads = keys[0]?.name === column.name;
  if (large && keys.length > 0 && !(leads && table.partitioning!.isRight)) return undefined;
  if (!large || !leads) return { keys: [column], chunks: partitionChunks(found, column.nullable, target, []) };
  const { boundaries } = await findBoundaries(connection, features, table, keys, target, table.partitioning!.functionName);
  return { keys, chunks: partitionChunks(found, column.nullable, target, boundaries) };
}

/** A bound that a sample gave. */
interface SampledBound extends InnerBound {
  /** Rows of the sample before it. */
  readonly before: number;
}

async function findBoundaries(
  connection: SqlServerConnection, features: SourceFeatures, table: SourceTable, keys: readonly SourceColumn[], target: ChunkTarget,
  partitionFunction?: string,
): Promise<{ readonly sampleRows: number; readonly boundaries: SampledBound[] }> {
  const chunks = chunkCount(table, target);
  const byRows = target.rows !== undefined;
  const wanted = Math.max(LEAST_SAMPLE, SAMPLES_A_CHUNK * chunks);
  // What is sampled are pages, of which a memory-optimised table has none.
  const samplePercent = table.estimatedRows > 4 * wanted && !table.kind.memoryOptimized ? (100 * wanted) / table.estimatedRows : undefined;
  const ask = (percent?: number) => connection.query(
    boundarySql({ table, keys, chunks, samplePercent: percent, byRows, partitionFunction }, features), `cut ${quoteTable(table.schema, table.table)} into chunks`);
  let found = await ask(samplePercent);
  // Pages may hold so many rows each that none, or a few, were hit.
  if (samplePercent !== undefined && Number(found[0]?.sample_rows ?? 0) < wanted / 10) found = await ask();
  // The first row only tells how many were looked at; without any, every key is NULL.
  const sampleRows = Number(found[0]?.sample_rows ?? 0);
  const boundaries = found.slice(1).map((row): SampledBound => ({
    key: keys.map((_, at) => String(row[`k${at}`])), before: Number(row.sampled) - 1, partition: Number(row.partition_number ?? 1),
  }));
  return { sampleRows, boundaries: boundaries.filter(({ key }, at) => at === 0 || key.some((text, k) => text !== boundaries[at - 1].key[k])) };
}

function toChunks(
  table: SourceTable, nullable: boolean, sampleRows: number, boundaries: ReadonlyArray<{ readonly key: string[]; readonly before: number }>,
): PlannedChunk[] {
  const { estimatedRows, estimatedBytes } = table;
  const share = (from: number, to: number) => (sampleRows === 0 ? 1 : (to - from) / sampleRows);
  const nulls: PlannedChunk[] = nullable ? [{ chunk: 0, nullKey: true, estimatedRows: 0, estimatedBytes: 0 }] : [];
  const ends = [...boundaries, undefined];
  const ranges = ends.map((upper, at): PlannedChunk => {
    const lower = boundaries[at - 1];
    const part = share(lower?.before ?? 0, upper?.before ?? sampleRows);
    return {
      chunk: nulls.length + at,
      ...(lower && { lower: lower.key }),
      ...(upper && { upper: upper.key }),
      estimatedRows: Math.round(estimatedRows * part),
      // By weight all shares are alike, however the rows are spread.
      estimatedBytes: Math.round(estimatedBytes / ends.length),
    };
  });
  return [...nulls, ...ranges];
}
