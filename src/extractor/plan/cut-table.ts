import { boundarySql } from './boundary-query';
import { keyType } from './key-types';
import type { PlannedChunk } from '../extraction-plan';
import type { SourceColumn, SourceTable } from '../source/catalog/read-catalog';
import { quoteTable } from '../source/identifiers';
import type { SqlServerConnection } from '../source/sql-server-connection';

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
const LEAST_TO_CUT = 1.5;

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
  const names = table.clusteredKey.length > 0 ? table.clusteredKey : table.primaryKey;
  const columns = names.map((name) => table.columns.find((column) => column.name === name));
  const end = columns.findIndex((column, at) => !column || column.encrypted || !keyType(column) || (at > 0 && column.nullable));
  return (end < 0 ? columns : columns.slice(0, end)) as SourceColumn[];
}

/** How many chunks the table shall have. */
export function chunkCount({ estimatedRows, estimatedBytes }: SourceTable, { bytes, rows }: ChunkTarget): number {
  const share = rows === undefined ? estimatedBytes / bytes : estimatedRows / rows;
  return share <= LEAST_TO_CUT ? 1 : Math.min(MAX_CHUNKS, Math.round(share));
}

/**
 * Cuts a table by its key.
 *
 * @param keys as {@link chunkKey} gives them, at least one
 * @throws LegacyToS3Error when the source refuses the query
 */
export async function cutTable(
  connection: SqlServerConnection, major: number, table: SourceTable, keys: readonly SourceColumn[], target: ChunkTarget,
): Promise<PlannedChunk[]> {
  const chunks = chunkCount(table, target);
  if (chunks === 1) return wholeTable(table);
  const byRows = target.rows !== undefined;
  const wanted = Math.max(LEAST_SAMPLE, SAMPLES_A_CHUNK * chunks);
  const samplePercent = table.estimatedRows > 4 * wanted ? (100 * wanted) / table.estimatedRows : undefined;
  const ask = (percent?: number) => connection.query(
    boundarySql({ table, keys, chunks, samplePercent: percent, byRows }, major), `cut ${quoteTable(table.schema, table.table)} into chunks`);
  let found = await ask(samplePercent);
  // Pages may hold so many rows each that none, or a few, were hit.
  if (samplePercent !== undefined && Number(found[0]?.sample_rows ?? 0) < wanted / 10) found = await ask();
  // The first row only tells how many were looked at; without any, every key is NULL.
  const sampleRows = Number(found[0]?.sample_rows ?? 0);
  const boundaries = found.slice(1).map((row) => ({ key: keys.map((_, at) => String(row[`k${at}`])), before: Number(row.sampled) - 1 }));
  const distinct = boundaries.filter(({ key }, at) => at === 0 || key.some((text, k) => text !== boundaries[at - 1].key[k]));
  return toChunks(table, keys[0].nullable, sampleRows, distinct);
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
