import { LegacyToS3Error } from '../errors';

/** Names that the landing layout uses for partitions; a column cannot also have one in Glue. */
const PARTITION_NAMES = ['run'];

/**
 * The names under which columns land: their own, unless a name is a partition's or differs from an earlier one only by
 * case, which Glue and most engines cannot tell apart. Such a name gets the first free suffix of `_1`, `_2`, ….
 */
export function landedNames(columns: readonly string[]): string[] {
  const own = new Set(columns.map((name) => name.toLowerCase()));
  const taken = new Set(PARTITION_NAMES);
  return columns.map((name) => {
    let landed = name;
    for (let n = 1; taken.has(landed.toLowerCase()) || (landed !== name && own.has(landed.toLowerCase())); n++) landed = `${name}_${n}`;
    taken.add(landed.toLowerCase());
    return landed;
  });
}

/**
 * Refuses columns that cannot land under their names.
 *
 * @param subject for the message: the table or the query
 * @param advice what to do about it
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export function checkColumnNames(columns: readonly string[], subject: string, advice: string): void {
  const seen = new Map<string, string>();
  columns.forEach((name, index) => {
    const fail = (problem: string) => new LegacyToS3Error('INVALID_CONFIG', `${subject}: ${problem}; ${advice}`);
    if (name === '') throw fail(`column ${index + 1} has no name`);
    const folded = name.toLowerCase();
    if (PARTITION_NAMES.includes(folded)) throw fail(`column '${name}' has the name of a partition`);
    const earlier = seen.get(folded);
    if (earlier === name) throw fail(`two columns are named '${name}'`);
    if (earlier !== undefined) throw fail(`columns '${earlier}' and '${name}' differ only by case`);
    seen.set(folded, name);
  });
}
