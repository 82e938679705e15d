import { isUtf8 } from 'node:buffer';
import { decimalOf, IcebergType } from './types';

/** Characters of a text's bound, and bytes of a binary's (Iceberg's `write.metadata.metrics.default`, `truncate(16)`). */
const BOUND_LENGTH = 16;

/** Columns that have metrics (Iceberg's `write.metadata.metrics.max-inferred-column-defaults`). */
export const MAX_COLUMNS_WITH_METRICS = 100;

/**
 * A bound in Iceberg's single-value form (Iceberg spec, Appendix D) from a statistic of a Parquet footer, which has PLAIN's
 * (parquet.thrift, `Statistics`).
 *
 * @param physical Parquet's physical type
 * @returns undefined where there is none: NaN has no place in the order, and nothing is above the greatest text
 */
export function icebergBound(type: IcebergType, physical: string, statistic: Uint8Array, end: 'lower' | 'upper'): Buffer | undefined {
  const value = Buffer.from(statistic.buffer, statistic.byteOffset, statistic.length);
  if (decimalOf(type)) return minimalTwosComplement(physical === 'FIXED_LEN_BYTE_ARRAY' || physical === 'BYTE_ARRAY' ? value : Buffer.from(value).reverse());
  switch (type) {
    case 'float': return float(value, value.readFloatLE(), (zero) => zero.writeFloatLE(end === 'lower' ? -0 : 0));
    case 'double': return float(value, value.readDoubleLE(), (zero) => zero.writeDoubleLE(end === 'lower' ? -0 : 0));
    // What stands for bytes that are no text may be greater or less than they are.
    case 'string': return !isUtf8(value) ? undefined : end === 'lower' ? truncatedText(value) : nextText(value);
    case 'binary': return end === 'lower' ? value.subarray(0, BOUND_LENGTH) : nextBinary(value);
    default: return value;
  }
}

/** NaN is no bound; -0 is below 0, and a writer may have taken either for the other. */
function float(value: Buffer, number: number, zero: (into: Buffer) => void): Buffer | undefined {
  if (Number.isNaN(number)) return undefined;
  if (number !== 0) return value;
  const bytes = Buffer.alloc(value.length);
  zero(bytes);
  return bytes;
}

/** The fewest bytes, big-endian, that hold the number (Iceberg spec, Appendix D, decimal). */
export function minimalTwosComplement(value: Buffer): Buffer {
  let from = 0;
  while (from < value.length - 1 && (value[from] === 0 ? value[from + 1] < 0x80 : value[from] === 0xff && value[from + 1] >= 0x80)) from++;
  return value.subarray(from);
}

/** By code points, as Iceberg counts characters. */
function truncatedText(value: Buffer): Buffer {
  const points = [...value.toString('utf8')];
  return points.length <= BOUND_LENGTH ? value : Buffer.from(points.slice(0, BOUND_LENGTH).join(''));
}

/** The text, or the next greater one of 16 characters at most. */
function nextText(value: Buffer): Buffer | undefined {
  const points = [...value.toString('utf8')];
  if (points.length <= BOUND_LENGTH) return value;
  const kept = points.slice(0, BOUND_LENGTH).map((point) => point.codePointAt(0)!);
  for (let last = kept.length - 1; last >= 0; last--) {
    // What lies between the two planes of surrogates is no character.
    const next = kept[last] === 0xd7ff ? 0xe000 : kept[last] + 1;
    if (next <= 0x10ffff) return Buffer.from(String.fromCodePoint(...kept.slice(0, last), next));
  }
  return undefined;
}

function nextBinary(value: Buffer): Buffer | undefined {
  if (value.length <= BOUND_LENGTH) return value;
  const kept = Buffer.from(value.subarray(0, BOUND_LENGTH));
  for (let last = kept.length - 1; last >= 0; last--) {
    if (kept[last] < 0xff) {
      kept[last] += 1;
      return kept.subarray(0, last + 1);
    }
  }
  return undefined;
}
