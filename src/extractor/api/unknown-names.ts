import { LegacyToS3Error } from './errors';

/** Every property of a struct; the compiler says when one is missing. */
export type NamesOf<Struct> = { readonly [name in keyof Required<Struct>]: true };

/** Names only: a value may be a secret. @throws LegacyToS3Error of code INVALID_CONFIG */
export function refuseUnknown(prefix: string, struct: unknown, names: { readonly [name: string]: true }): void {
  if (typeof struct !== 'object' || struct === null) return;
  const unknown = Object.keys(struct).find((name) => !Object.hasOwn(names, name));
  if (unknown === undefined) return;
  throw unknownProp(prefix, unknown, Object.keys(names));
}

/** Names the path of an unknown option, and the nearest allowed one or all of them. */
export function unknownProp(prefix: string, unknown: string, allowed: readonly string[]): LegacyToS3Error {
  const [near] = nearestNames(unknown, allowed, 1);
  const hint = near === undefined ? `allowed are ${allowed.map((name) => `${prefix}${name}`).join(', ')}` : `did you mean ${prefix}${near}?`;
  return new LegacyToS3Error('INVALID_CONFIG', `there is no option ${prefix}${unknown}; ${hint}`);
}

/** The names most like `wanted`, nearest first: those it is a part of, and those a few letters away. Case does not matter. */
export function nearestNames(wanted: string, names: readonly string[], count: number): string[] {
  const target = wanted.toLowerCase();
  return names
    .map((name) => ({ name, distance: editDistance(target, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, target.length / 4) || (target.length > 2 && name.toLowerCase().includes(target)))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name);
}

/** Levenshtein distance: inserted, deleted and replaced characters. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, previous[j] + 1, row[j - 1] + 1));
    }
    previous = row;
  }
  return previous[b.length];
}
