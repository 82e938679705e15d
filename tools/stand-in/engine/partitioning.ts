import { quoteText } from './identifiers';
import { SqlType, storageType } from '../sql/types';

/** A partition function: P boundaries cut the values into P + 1 ranges, numbered from 1. */
export interface PartitionFunctionEntry {
  readonly id: number;
  readonly name: string;
  readonly type: SqlType;
  /** RANGE RIGHT: a boundary is the first value of the range after it; else the last of the one before. */
  readonly right: boolean;
  /** In the text their storage type casts from, ascending. */
  readonly boundaries: readonly string[];
  /** As sql_variant. */
  readonly variants: readonly string[];
}

export interface PartitionSchemeEntry {
  /** Of its data space. */
  readonly id: number;
  readonly name: string;
  readonly partitionFunction: PartitionFunctionEntry;
}

/** How a table, its heap or clustered index, is partitioned. */
export interface Partitioning {
  readonly scheme: PartitionSchemeEntry;
  readonly column: string;
  /** Rows of each partition when the system views were filled last. */
  rows?: readonly bigint[];
}

/** DuckDB SQL of the number of a value's partition; NULLs are in the first. */
export function partitionNumber(value: string, { boundaries, right, type }: PartitionFunctionEntry): string {
  const compare = right ? '>=' : '>';
  const terms = boundaries.map((boundary) => `CASE WHEN ${value} ${compare} CAST(${quoteText(boundary)} AS ${storageType(type)}) THEN 1 ELSE 0 END`);
  return `CAST(${['1', ...terms].join(' + ')} AS INTEGER)`;
}
