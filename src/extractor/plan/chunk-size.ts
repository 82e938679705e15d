import type { SourceTable } from '../source/catalog/read-catalog';

/** How large chunks shall be. */
export interface ChunkTarget {
  /** Bytes of the source's pages. */
  readonly bytes: number;
  /** Cut by rows instead. */
  readonly rows?: number;
}

/** Most chunks of a table: part names have five digits for them. */
const MAX_CHUNKS = 99_999;

/** A table is cut when it is larger than this many chunks: halves smaller than the target are worth nothing. */
export const LEAST_TO_CUT = 1.5;

/** How many chunks the table shall have. */
export function chunkCount({ estimatedRows, estimatedBytes }: SourceTable, { bytes, rows }: ChunkTarget): number {
  const share = rows === undefined ? estimatedBytes / bytes : estimatedRows / rows;
  return share <= LEAST_TO_CUT ? 1 : Math.min(MAX_CHUNKS, Math.round(share));
}

/** Most bytes of a chunk, about: what is read anew after a failure. */
export const USUAL_CHUNK_BYTES = 512 * 1024 * 1024;

/**
 * Least bytes of a chunk that is cut for the readers' sake. About 50 MB of Parquet come of it: Trino and Athena read files by
 * 64 MB (`hive.max-split-size`) and Spark by 128 MB (`spark.sql.files.maxPartitionBytes`), so that many smaller ones would
 * cost them more to open than they save here, where each chunk costs about 0.1 s of its own.
 */
export const LEAST_CHUNK_BYTES = 128 * 1024 * 1024;

/** Chunks of a run for each reader: what is left alone at the end is then a small part of it. */
const CHUNKS_A_READER = 4;

/** What a run reads, and with how many readers. */
export interface ReaderLoad {
  readonly readers: number;
  /** Of all tables of the run (bytes of the source's pages). */
  readonly totalBytes: number;
}

/**
 * How large the chunks of a table shall be that no size was asked for: as usual, or smaller, where the run would have too
 * few for its readers. A table has its share of the run's chunks, so that those of a run of many tables stay whole; as many
 * for one reader as for the other, where it has one for each.
 */
export function spreadChunks(table: SourceTable, { readers, totalBytes }: ReaderLoad): ChunkTarget {
  const usual: ChunkTarget = { bytes: USUAL_CHUNK_BYTES };
  const { estimatedBytes } = table;
  if (readers === 1 || estimatedBytes < 2 * LEAST_CHUNK_BYTES) return usual;
  const share = Math.floor(CHUNKS_A_READER * readers * estimatedBytes / totalBytes);
  const most = Math.min(share, Math.floor(estimatedBytes / LEAST_CHUNK_BYTES));
  const chunks = most < readers ? most : most - most % readers;
  return chunks > chunkCount(table, usual) ? { bytes: estimatedBytes / chunks } : usual;
}
