import { LegacyToS3Error } from '../../api/errors';

/** Names that the landing layout uses for partitions; a column cannot also have one in Glue. */
const PARTITION_NAMES = ['run'];

/** A column by what it is selected by. */
export interface NamedColumn {
  readonly name: string;
  /** Of a graph's pseudo-column. */
  readonly catalogName?: string;
}

/**
 * The names under which columns land: their own, unless a name is a partition's or differs from an earlier one only by
 * case, which Glue and most engines cannot tell apart. Such a name gets the first free suffix of `_1`, `_2`, …. A pseudo-column
 * lands without its `$`, which Athena takes in no name; a column that has that name itself keeps it.
 */
export function landedNames(columns: readonly NamedColumn[]): string[] {
  const own = new Set(columns.filter(({ catalogName }) => catalogName === undefined).map(({ name }) => name.toLowerCase()));
  const taken = new Set(PARTITION_NAMES);
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

/**
 * Refuses columns that have the name of a partition.
 *
 * @param subject for the message: the table or the query
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function refusePartitionNames(columns: readonly string[], subject: string): void {
  const refused = columns.find((name) => PARTITION_NAMES.includes(name.toLowerCase()));
  if (refused === undefined) return;
  throw new LegacyToS3Error('INVALID_CONFIG',
    `${subject}: column '${refused}' has the name of the partition that runs land in; give it another name with AS in the query`);
}
