import { decimalText, tallyTypeOf, unscaledOf, type TallyType } from './column-tally';
import type { ManifestColumn, ManifestTally } from '../../../contract';

/** Adds up what was tallied of several sets of rows. @param columns those of the source, in the order of the tallies */
export function mergeTallies(columns: readonly ManifestColumn[], tallies: ReadonlyArray<readonly ManifestTally[]>): ManifestTally[] {
  return columns.map(({ sourceType }, i) => {
    const type = tallyTypeOf(sourceType);
    return tallies.map((each) => each[i]).reduce((a, b) => merged(type, a, b));
  });
}

function merged(type: TallyType, a: ManifestTally, b: ManifestTally): ManifestTally {
  return {
    column: a.column,
    nulls: a.nulls + b.nulls,
    ...either(a.bytes, b.bytes, 'bytes', (x, y) => String(BigInt(x) + BigInt(y))),
    ...either(a.digest, b.digest, 'digest', (x, y) => BigInt.asUintN(64, BigInt(`0x${x}`) + BigInt(`0x${y}`)).toString(16).padStart(16, '0')),
    ...either(a.sum, b.sum, 'sum', (x, y) => decimalText(unscaledOf(x) + unscaledOf(y), type.scale)),
    ...either(a.least, b.least, 'least', (x, y) => (isLess(type, y, x) ? y : x)),
    ...either(a.greatest, b.greatest, 'greatest', (x, y) => (isLess(type, x, y) ? y : x)),
  };
}

function either<Key extends keyof ManifestTally>(
  a: string | undefined, b: string | undefined, key: Key, both: (a: string, b: string) => string,
): { readonly [key in Key]?: string } {
  const value = a === undefined ? b : b === undefined ? a : both(a, b);
  return (value === undefined ? {} : { [key]: value }) as { readonly [key in Key]?: string };
}

/** Texts of times have the order of what they say. */
function isLess({ kind, hasSum }: TallyType, a: string, b: string): boolean {
  if (hasSum) return unscaledOf(a) < unscaledOf(b);
  return kind === 'float' || kind === 'real' ? Number(a) < Number(b) : a < b;
}
