import { joined, keyedRows, type KeyedRow } from './keyed-rows';
import { bucketOf, RowBuckets } from './row-buckets';
import { spelledValue } from './spelled-value';
import type { RowBatch } from '../../../iceberg/rows/read-rows';
import type { Field } from '../../../iceberg/spec/schema';

/** A key whose row is not the same on both sides. */
export interface RowDifference {
  /** By column, as text. */
  readonly key: { readonly [column: string]: string };
  readonly what: 'missingInLanded' | 'missingInSource' | 'doubled' | 'value';
  /** Whose values are others, where `what` is `value`. */
  readonly columns?: readonly string[];
  /** Landed rows of the key, where `what` is `doubled`. */
  readonly copies?: number;
}

/** What a comparison came to. */
export interface RowComparison {
  /** Compared on each side: those of changed keys are not among them. */
  readonly landedRows: number;
  readonly sourceRows: number;
  /** Keys that differ, as many as were found; more where not all were looked into. */
  readonly differing: number;
  /** Of these, keys that landed and that the source has not. */
  readonly extra: number;
  /** Whether all that differs was looked into. */
  readonly isWhole: boolean;
  readonly differences: readonly RowDifference[];
}

/** Both sides; each may be read twice, and gives the same. */
export interface ComparedSides {
  /** Columns that are compared, those of the key among them. */
  readonly fields: readonly Field[];
  /** Field ids of the key. */
  readonly keys: readonly number[];
  /** Texts of keys that are left out. */
  readonly changed: ReadonlySet<string>;
  source(take: (batch: RowBatch) => void): Promise<void>;
  landed(take: (batch: RowBatch) => void): Promise<void>;
  /** Asked when the source was read. */
  check(): Promise<void>;
}

/** Rows of one side that are held to be compared one by one. */
const MOST_HELD_ROWS = 200_000;

/**
 * Compares all rows: bucket by bucket by their keys, and where buckets differ, once more, row by row, down to the keys that do. Where nothing
 * differs each side is read once.
 *
 * @param most differences that are listed
 */
export async function compareRows(sides: ComparedSides, most: number): Promise<RowComparison> {
  const [source, landed] = [new RowBuckets(), new RowBuckets()];
  const into = (buckets: RowBuckets) => (batch: RowBatch) => {
    for (const { key, texts } of rowsOf(sides, batch)) buckets.add(key, joined(texts));
  };
  await sides.source(into(source));
  await sides.check();
  await sides.landed(into(landed));
  const counts = { landedRows: landed.rows, sourceRows: source.rows };
  const differing = source.differing(landed);
  if (differing.length === 0) return { ...counts, differing: 0, extra: 0, isWhole: true, differences: [] };
  const looked = new Set<number>();
  let held = 0;
  for (const bucket of differing) {
    held += landed.counts[bucket];
    // One at least, however large.
    if (held > MOST_HELD_ROWS && looked.size > 0) break;
    looked.add(bucket);
  }
  const found = await differingKeys(sides, looked, most);
  return { ...counts, ...found, isWhole: looked.size === differing.length };
}

function* rowsOf({ keys, changed }: ComparedSides, batch: RowBatch): Generator<KeyedRow> {
  for (const row of keyedRows(batch, keys)) if (!changed.has(row.key)) yield row;
}

async function differingKeys(sides: ComparedSides, looked: ReadonlySet<number>, most: number): Promise<Pick<RowComparison, 'differing' | 'extra' | 'differences'>> {
  const { fields, keys } = sides;
  const landed = new Map<string, KeyedRow[]>();
  await sides.landed((batch) => {
    for (const row of rowsOf(sides, batch)) {
      if (!looked.has(bucketOf(row.key))) continue;
      const same = landed.get(row.key);
      if (same) same.push(row);
      else landed.set(row.key, [row]);
    }
  });
  const differences: RowDifference[] = [];
  let differing = 0;
  const keyFields = keys.map((id) => fields.find((field) => field.id === id)!);
  const tell = ({ keyValues }: KeyedRow, difference: Omit<RowDifference, 'key'>) => {
    differing += 1;
    if (differences.length >= most) return;
    differences.push({ key: Object.fromEntries(keyFields.map(({ name, type }, at) => [name, spelledValue(type, keyValues[at])])), ...difference });
  };
  await sides.source((batch) => {
    for (const row of rowsOf(sides, batch)) {
      if (!looked.has(bucketOf(row.key))) continue;
      const found = landed.get(row.key);
      landed.delete(row.key);
      if (!found) {tell(row, { what: 'missingInLanded' });} else if (found.length > 1) {tell(row, { what: 'doubled', copies: found.length });} else {
        const columns = fields.flatMap(({ name }, at) => (row.texts[at] === found[0].texts[at] ? [] : [name]));
        if (columns.length > 0) tell(row, { what: 'value', columns });
      }
    }
  });
  for (const [row] of landed.values()) tell(row, { what: 'missingInSource' });
  return { differing, extra: landed.size, differences };
}
