import { keyType } from './key-types';
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
