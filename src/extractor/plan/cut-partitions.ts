import { LEAST_TO_CUT, type ChunkTarget } from './chunk-size';
import { keyType } from './key-types';
import type { PlannedChunk } from '../api/extraction-plan';
import { PARTITION_SIZES_SQL, partitionBoundariesSql } from '../source/catalog/catalog-queries';
import { quoteTable } from '../source/catalog/identifiers';
import type { SourceColumn, SourceTable } from '../source/catalog/read-catalog';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** A partition as the catalog views tell it. */
export interface SourcePartition {
  readonly rows: number;
  /** Pages, with LOBs (bytes). */
  readonly bytes: number;
}

/** The partitions of a table, and between them the boundaries: one fewer, as texts that the server converts back. */
export interface SourcePartitions {
  readonly partitions: readonly SourcePartition[];
  readonly boundaries: readonly string[];
}

const PAGE_BYTES = 8192;

/**
 * The partitions of a partitioned table.
 *
 * @param column the one it is partitioned by, of a type that bounds can be of
 * @returns undefined when the catalog does not tell them all, or a boundary is NULL
 */
export async function readPartitions(
  connection: SqlServerConnection, table: SourceTable, column: SourceColumn,
): Promise<SourcePartitions | undefined> {
  const name = quoteTable(table.schema, table.table);
  const purpose = `read the partitions of ${name}`;
  const sizes = await connection.query(PARTITION_SIZES_SQL, purpose, [{ name: 'name0', type: 'NVarChar', value: name, length: 1000 }]);
  const { toText } = keyType(column)!;
  const values = await connection.query(partitionBoundariesSql(table.partitioning!.functionId, column.type, toText), purpose);
  const boundaries = values.map(({ boundary }) => boundary);
  if (sizes.length !== boundaries.length + 1 || !boundaries.every((boundary): boundary is string => typeof boundary === 'string')) return undefined;
  return {
    partitions: sizes.map((row) => ({ rows: Number(row.partition_rows), bytes: Number(row.used_pages) * PAGE_BYTES })),
    boundaries: boundaries as string[],
  };
}

/** A bound within a partition. */
export interface InnerBound {
  /** Texts of all chunk key columns. */
  readonly key: string[];
  /** From 1. */
  readonly partition: number;
}

/** How many chunks of the target's size a partition would be. */
export function shareOf({ rows, bytes }: SourcePartition, target: ChunkTarget): number {
  return target.rows === undefined ? bytes / target.bytes : rows / target.rows;
}

/** Whether a partition is worth cutting. */
export function isLarge(partition: SourcePartition, target: ChunkTarget): boolean {
  return shareOf(partition, target) > LEAST_TO_CUT;
}

/**
 * Cuts a table where its partitions meet: small ones share a chunk up to its size, large ones are cut once more by the
 * bounds within. A boundary bounds rows by the first key column alone; rows that have its very value are in the chunk
 * after it, also where the function counts them to the partition before (RANGE LEFT, for which there are no bounds within).
 *
 * @param nullable whether the first key column may be NULL, which makes a chunk of its own
 * @param inner ascending; those of partitions that are not large are left out of account
 */
export function partitionChunks(
  { partitions, boundaries }: SourcePartitions, nullable: boolean, target: ChunkTarget, inner: readonly InnerBound[],
): PlannedChunk[] {
  const chunks: Array<{ readonly upper?: string[]; rows: number; bytes: number }> = [];
  let [rows, bytes, rowsBefore, bytesBefore] = [0, 0, 0, 0];
  const cut = (upper?: string[]) => {
    // Rounded so that all chunks together have the table's own numbers.
    const upTo = (before: number, here: number) => Math.round(before + here) - Math.round(before);
    chunks.push({ upper, rows: upTo(rowsBefore, rows), bytes: upTo(bytesBefore, bytes) });
    [rows, bytes, rowsBefore, bytesBefore] = [0, 0, rowsBefore + rows, bytesBefore + bytes];
  };
  partitions.forEach((partition, at) => {
    const next = partitions[at + 1];
    const begins = (key: readonly string[]) => at > 0 && key.length === 1 && key[0] === boundaries[at - 1];
    // Of a float it may be another number with the text of the boundary, which is behind it.
    const ends = ([first]: readonly string[]) => first === boundaries[at];
    const bounds = isLarge(partition, target) ? inner.filter((bound) => bound.partition === at + 1 && !begins(bound.key) && !ends(bound.key)) : [];
    for (const { key } of bounds) {
      rows += partition.rows / (bounds.length + 1);
      bytes += partition.bytes / (bounds.length + 1);
      cut(key);
    }
    rows += partition.rows / (bounds.length + 1);
    bytes += partition.bytes / (bounds.length + 1);
    const wouldExceed = () => shareOf({ rows: rows + next.rows, bytes: bytes + next.bytes }, target) > 1;
    const full = () => isLarge(partition, target) || isLarge(next, target) || wouldExceed();
    if (!next) cut();
    else if (full()) cut([boundaries[at]]);
  });
  const nulls: PlannedChunk[] = nullable ? [{ chunk: 0, nullKey: true, estimatedRows: 0, estimatedBytes: 0 }] : [];
  return [...nulls, ...chunks.map(({ upper, ...counts }, at): PlannedChunk => {
    const lower = chunks[at - 1]?.upper;
    return { chunk: nulls.length + at, ...(lower && { lower }), ...(upper && { upper }), estimatedRows: counts.rows, estimatedBytes: counts.bytes };
  })];
}
