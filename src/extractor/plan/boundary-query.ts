import { keyType } from './key-types';
import { quoteName, quoteTable, selectedBy } from '../source/catalog/identifiers';
import type { SourceColumn, SourceTable } from '../source/catalog/read-catalog';
import type { SourceFeatures } from '../source/catalog/source-features';
import { isVariableLength } from '../source/catalog/type-names';

export interface BoundaryQuery {
  readonly table: SourceTable;
  readonly keys: readonly SourceColumn[];
  /** How many chunks to cut. */
  readonly chunks: number;
  /** Share of the table's pages to look at (percent); undefined for all of it. */
  readonly samplePercent?: number;
  /** Whether rows weigh alike, rather than by their length. */
  readonly byRows: boolean;
  /** Partition function whose number of the first key column is told as `partition_number`. */
  readonly partitionFunction?: string;
}

/** Seed of the sample: the same pages each time, while the table stays as it is. */
const SEED = 1;

/**
 * The query of a table's boundaries: keys at which the rows before them, in key order, make up another n-th of the whole
 * weight. A row weighs what its values are long, so wide and narrow rows give chunks of about equal bytes; DATALENGTH of
 * a LOB does not read it. `sampled` is the place of the boundary among the `sample_rows` that were looked at, of equal keys that of
 * the first; `keyed_rows` of them are not NULL in the first column, where that may be. NULL comes first, also in ROW_NUMBER.
 *
 * Large tables are sampled by page (TABLESAMPLE REPEATABLE), which reads only those pages. sys.dm_db_stats_histogram
 * would read none, but knows the first key column only, at most 200 steps, may be years old, and says nothing of bytes.
 */
export function boundarySql(
  { table, keys, chunks, samplePercent, byRows, partitionFunction }: BoundaryQuery, features: Pick<SourceFeatures, 'runningSums'>,
): string {
  const names = keys.map((_, at) => `k${at}`);
  const order = names.join(', ');
  const runningSums = !byRows && features.runningSums;
  const sample = samplePercent === undefined ? '' : ` TABLESAMPLE SYSTEM (${samplePercent.toFixed(6)} PERCENT) REPEATABLE (${SEED})`;
  const list = keys.map((key, at) => `${asBound(key)} AS k${at}`).join(', ');
  const keyed = keys[0].nullable ? ', q.keyed_rows' : '';
  const windows = runningSums
    ? `SUM(s.w) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING) AS upto, SUM(s.w) OVER () AS total`
    : `ROW_NUMBER() OVER (ORDER BY ${order}) AS upto, COUNT_BIG(*) OVER () AS total`;
  const partition = partitionFunction === undefined ? '' : `, $PARTITION.${quoteName(partitionFunction)}(q.k0) AS partition_number`;
  const part = (weight: string) => `FLOOR(${weight} * 1e0 * ${chunks} / q.total)`;
  return `
SELECT ${keys.map((key, at) => `${keyType(key)!.toText(`q.k${at}`)} AS k${at}`).join(', ')}, q.sampled, q.sample_rows${keyed}${partition}
FROM (
  SELECT ${order}, s.w, ${windows}, ROW_NUMBER() OVER (ORDER BY ${order}) AS place, RANK() OVER (ORDER BY ${order}) AS sampled,
    COUNT_BIG(*) OVER () AS sample_rows${keys[0].nullable ? ', COUNT_BIG(s.k0) OVER () AS keyed_rows' : ''}
  FROM (SELECT ${list}, ${runningSums ? weightOf(table) : 'CAST(1 AS bigint)'} AS w FROM ${quoteTable(table.schema, table.table)}${sample}) AS s
) AS q
WHERE q.place = 1 OR (${part('q.upto')} <> ${part('(q.upto - q.w)')} AND ${part('(q.upto - q.w)')} < ${chunks - 1})
ORDER BY q.place`;
}

/**
 * The value that its text gives back: that of a float may be beside it. In the order of these the bounds ascend; in that of the values
 * themselves two of them could share a text, and the columns behind descend.
 */
function asBound(key: SourceColumn): string {
  const { toText, fromText } = keyType(key)!;
  return key.type === 'float' ? fromText(toText(quoteName(key.name))) : quoteName(key.name);
}

/** Bytes of a row: its header and fixed columns, and what the others are long. */
function weightOf(table: SourceTable): string {
  const variable = table.columns.filter(({ type, encrypted }) => isVariableLength(type) && !encrypted);
  const fixed = 8 + 8 * (table.columns.length - variable.length);
  return [`CAST(${fixed} AS bigint)`, ...variable.map((column) => `ISNULL(CAST(DATALENGTH(${selectedBy(column)}) AS bigint), 0)`)].join(' + ');
}
