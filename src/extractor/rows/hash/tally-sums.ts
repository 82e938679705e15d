import { decimalText, tallyTypeOf, unscaledOf, type TallyType } from './column-tally';
import type { ManifestColumn, ManifestTally } from '../../../contract';

/** A value in its column's order. */
interface Bound {
  readonly text: string;
  /** Texts of times have the order of what they say. */
  readonly value: bigint | number | string;
  /** Place of the tally that has it. */
  readonly at: number;
}

/**
 * The least or the greatest of a column. Of texts that are equal as values (`0` and `-0`) it is that of the first tally; a NaN, which
 * is neither less nor greater than anything, it is where the first tally that has a value has that.
 */
class Extreme {
  private first?: Bound;
  private found?: Bound;

  public constructor(private readonly type: TallyType, private readonly sign: 1 | -1) {}

  public add(text: string | undefined, at: number): void {
    if (text === undefined) return;
    const bound = { text, value: this.valueOf(text), at };
    if (!this.first || at < this.first.at) this.first = bound;
    if (Number.isNaN(bound.value)) return;
    const order = this.found ? compare(bound.value, this.found.value) * this.sign || at - this.found.at : -1;
    if (order < 0) this.found = bound;
  }

  public get text(): string | undefined {
    return (Number.isNaN(this.first?.value) ? this.first : this.found)?.text;
  }

  private valueOf(text: string): Bound['value'] {
    const { hasSum, kind } = this.type;
    if (hasSum) return unscaledOf(text);
    return kind === 'float' || kind === 'real' ? Number(text) : text;
  }
}

function compare(a: Bound['value'], b: Bound['value']): number {
  return a < b ? -1 : Number(a > b);
}

/** What was tallied of one column in several sets of rows. */
class TallySum {
  private readonly least: Extreme;
  private readonly greatest: Extreme;
  private tallies = 0;
  private nulls = 0;
  private bytes?: bigint;
  private digest?: bigint;
  private sum?: bigint;

  public constructor(private readonly type: TallyType, private readonly one: ManifestTally) {
    this.least = new Extreme(type, 1);
    this.greatest = new Extreme(type, -1);
  }

  public add({ nulls, bytes, digest, sum, least, greatest }: ManifestTally, at: number): void {
    this.tallies += 1;
    this.nulls += nulls;
    if (bytes !== undefined) this.bytes = (this.bytes ?? 0n) + BigInt(bytes);
    if (digest !== undefined) this.digest = BigInt.asUintN(64, (this.digest ?? 0n) + BigInt(`0x${digest}`));
    if (sum !== undefined) this.sum = (this.sum ?? 0n) + unscaledOf(sum);
    this.least.add(least, at);
    this.greatest.add(greatest, at);
  }

  public get total(): ManifestTally {
    if (this.tallies === 1) return this.one;
    const { one: { column }, nulls, bytes, digest, sum, least, greatest, type } = this;
    return {
      column,
      nulls,
      ...(bytes !== undefined && { bytes: String(bytes) }),
      ...(digest !== undefined && { digest: digest.toString(16).padStart(16, '0') }),
      ...(sum !== undefined && { sum: decimalText(sum, type.scale) }),
      ...(least.text !== undefined && { least: least.text }),
      ...(greatest.text !== undefined && { greatest: greatest.text }),
    };
  }
}

/** Adds up what was tallied of several sets of rows, which come in any order. */
export class TallySums {
  private readonly types: readonly TallyType[];
  private readonly columns: TallySum[] = [];

  /** @param columns those of the source, in the order of the tallies */
  public constructor(columns: readonly ManifestColumn[]) {
    this.types = columns.map(({ sourceType }) => tallyTypeOf(sourceType));
  }

  /** @param at place of the set among all of them */
  public add(tallies: readonly ManifestTally[], at: number): void {
    this.types.forEach((type, i) => {
      this.columns[i] ??= new TallySum(type, tallies[i]);
      this.columns[i].add(tallies[i], at);
    });
  }

  public get totals(): ManifestTally[] {
    return this.columns.map(({ total }) => total);
  }
}

/** Adds up what was tallied of several sets of rows. @param columns those of the source, in the order of the tallies */
export function mergeTallies(columns: readonly ManifestColumn[], tallies: ReadonlyArray<readonly ManifestTally[]>): ManifestTally[] {
  const sums = new TallySums(columns);
  tallies.forEach((each, at) => sums.add(each, at));
  return sums.totals;
}
