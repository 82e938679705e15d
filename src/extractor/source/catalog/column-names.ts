import { PARTITION_KEYS, partitionPrefix } from '../../../contract';

/** A column by what it is selected by. */
export interface NamedColumn {
  readonly name: string;
  /** Of a graph's pseudo-column. */
  readonly catalogName?: string;
}

/**
 * The names under which columns land: their own, unless a name differs from an earlier one only by case, which Glue and most
 * engines cannot tell apart. Such a name gets the first free suffix of `_1`, `_2`, …. A pseudo-column lands without its `$`, which
 * Athena takes in no name; a column that has that name itself keeps it.
 *
 * @param prefix of the table's partition keys; where a table has none, a column `run` gets a suffix too, as in runs that were
 * begun before there were prefixes
 */
export function landedNames(columns: readonly NamedColumn[], prefix?: string): string[] {
  const own = new Set(columns.filter(({ catalogName }) => catalogName === undefined).map(({ name }) => name.toLowerCase()));
  const taken = new Set<string>(prefix === undefined ? ['run'] : []);
  return columns.map(({ name: selected, catalogName }) => {
    const isPseudo = catalogName !== undefined;
    const name = isPseudo ? selected.replace(/^\$/, '') : selected;
    let landed = name;
    const isFree = () => !taken.has(landed.toLowerCase()) && (landed === name && !isPseudo || !own.has(landed.toLowerCase()));
    for (let n = 1; !isFree(); n++) landed = `${name}_${n}`;
    taken.add(landed.toLowerCase());
    return landed;
  });
}

/** The columns that have the name of a partition key, but for case. */
export function columnsLikePartitions(columns: readonly string[]): string[] {
  return columns.filter((name) => (PARTITION_KEYS as readonly string[]).includes(name.toLowerCase()));
}

/**
 * What is to stand before the names of a table's partition keys: nothing, unless a column has the name of one, but for case.
 * Readers of Hive's layout show the partition's value in place of such a column's: DuckDB, Polars and Arrow do so or refuse
 * the table (DuckDB, "Hive partitioning"; Polars, "scan_parquet", `hive_partitioning`).
 */
export function freePartitionPrefix(columns: readonly string[]): string | undefined {
  const taken = new Set(columns.map((name) => name.toLowerCase()));
  if (columnsLikePartitions(columns).length === 0) return undefined;
  for (let n = 1; ; n++) {
    const prefix = partitionPrefix(n);
    if (PARTITION_KEYS.every((key) => !taken.has(prefix + key))) return prefix;
  }
}
