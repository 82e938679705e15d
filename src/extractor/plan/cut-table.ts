import { boundarySql } from './boundary-query';
import { chunkCount, type ChunkTarget } from './chunk-size';
import { isLarge, partitionChunks, readPartitions, type InnerBound } from './cut-partitions';
import { keyType } from './key-types';
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
  return toChunks(table, keys[0].nullable, await findBoundaries(connection, features, table, keys, target));
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
  /** Share of the sample's rows before it (0 to 1). */
  readonly rows: number;
  /** Share of its weight before it, or a little more, where many rows have one key. */
  readonly weight: number;
}

interface Boundaries {
  /** Share of the sample's rows whose first key column is NULL (0 to 1). */
  readonly nulls: number;
  readonly boundaries: readonly SampledBound[];
}

async function findBoundaries(
  connection: SqlServerConnection, features: SourceFeatures, table: SourceTable, keys: readonly SourceColumn[], target: ChunkTarget,
  partitionFunction?: string,
): Promise<Boundaries> {
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
  return boundariesOf(found, keys);
}

/** @param found the first row only tells how many were looked at; without any there were none */
function boundariesOf(found: ReadonlyArray<Readonly<Record<string, unknown>>>, keys: readonly SourceColumn[]): Boundaries {
  const sampleRows = Number(found[0]?.sample_rows ?? 0);
  const nullRows = sampleRows - Number(found[0]?.keyed_rows ?? sampleRows);
  const boundaries: SampledBound[] = [];
  found.slice(1).forEach((row, at) => {
    // Before all rows with the values so far is as before those that go on with NULL, which comes first.
    const end = keys.findIndex((_, k) => row[`k${k}`] === null);
    const key = keys.slice(0, end < 0 ? keys.length : end).map((_, k) => String(row[`k${k}`]));
    const before = Number(row.sampled) - 1;
    const previous = boundaries.at(-1);
    // Rows of one key are not parted, and what begins with the least one ends nothing.
    if (key.length === 0 || before <= nullRows || before / sampleRows === previous?.rows) return;
    if (previous?.key.length === key.length && key.every((text, k) => text === previous.key[k])) return;
    boundaries.push({ key, rows: before / sampleRows, weight: (at + 1) / found.length, partition: Number(row.partition_number ?? 1) });
  });
  return { nulls: sampleRows === 0 ? 0 : nullRows / sampleRows, boundaries };
}

function toChunks({ estimatedRows, estimatedBytes }: SourceTable, nullable: boolean, { nulls, boundaries }: Boundaries): PlannedChunk[] {
  const start = { rows: nulls, weight: nulls };
  const own: PlannedChunk[] = nullable
    ? [{ chunk: 0, nullKey: true, estimatedRows: Math.round(estimatedRows * nulls), estimatedBytes: Math.round(estimatedBytes * nulls) }] : [];
  const ranges = [...boundaries, undefined].map((upper, at): PlannedChunk => {
    const lower = boundaries[at - 1];
    const [from, to] = [lower ?? start, upper ?? { rows: 1, weight: 1 }];
    return {
      chunk: own.length + at,
      ...(lower && { lower: lower.key }),
      ...(upper && { upper: upper.key }),
      estimatedRows: Math.round(estimatedRows * (to.rows - from.rows)),
      estimatedBytes: Math.round(estimatedBytes * Math.max(0, to.weight - from.weight)),
    };
  });
  return [...own, ...ranges];
}
