import { ColumnType } from './column-type';
import { Dictionary, Page, PlainValues } from './page';
import { StoredColumn, widthOf } from './page-reader';

/** Values of one physical form in another. @throws RangeError for one that does not fit */
type Convert = (values: PlainValues) => PlainValues;

const WHOLE: ReadonlySet<string> = new Set(['INT32', 'INT64', 'FIXED_LEN_BYTE_ARRAY']);

/**
 * How values that a file holds are stored as a type of the table: as they are, or as those of a type that was widened since (Iceberg
 * spec, "Schema Evolution"). Whole numbers and decimals differ in their bytes alone.
 *
 * @param isNumber whether the type is a whole number or a decimal
 * @returns undefined for what is not done here: BYTE_ARRAY for a decimal
 */
export function converterOf(from: StoredColumn, to: ColumnType, isNumber: boolean): ((page: Page) => Page) | undefined {
  if (from.physical === to.physical && (to.length === undefined || from.length === to.length)) return (page) => page;
  const convert = convertOf(from, to, isNumber);
  if (!convert) return undefined;
  const dictionaries = new Map<Dictionary, Dictionary>();
  return (page) => {
    const { values } = page;
    if (values.count === 0) return page;
    if (!('dictionary' in values)) return { ...page, values: convert(values) };
    let dictionary = dictionaries.get(values.dictionary);
    if (!dictionary) dictionaries.set(values.dictionary, dictionary = convert(values.dictionary));
    return { ...page, values: { ...values, dictionary } };
  };
}

function convertOf(from: StoredColumn, to: ColumnType, isNumber: boolean): Convert | undefined {
  if (from.physical === 'FLOAT' && to.physical === 'DOUBLE') return doubles;
  if (!isNumber || !WHOLE.has(from.physical) || !WHOLE.has(to.physical)) return undefined;
  const isBig = ({ physical }: { readonly physical: string }) => physical === 'FIXED_LEN_BYTE_ARRAY';
  return (values) => resized(values, isBig(from), isBig(to), widthOf(to));
}

function doubles({ bytes, count }: PlainValues): PlainValues {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out = new DataView(new ArrayBuffer(8 * count));
  for (let i = 0; i < count; i++) out.setFloat64(8 * i, view.getFloat32(4 * i, true), true);
  return { bytes: new Uint8Array(out.buffer), count, width: 8 };
}

/** Numbers in two's complement: of so many bytes, the greatest first or last. */
function resized({ bytes, count, width: from }: PlainValues, isBig: boolean, toBig: boolean, to: number): PlainValues {
  const out = new Uint8Array(count * to);
  for (let i = 0; i < count; i++) {
    const sign = bytes[isBig ? i * from : (i + 1) * from - 1] >> 7 === 0 ? 0 : 0xff;
    for (let at = 0; at < Math.max(from, to); at++) {
      // From the least byte on.
      const byte = at < from ? bytes[isBig ? (i + 1) * from - 1 - at : i * from + at] : sign;
      if (at < to) out[toBig ? (i + 1) * to - 1 - at : i * to + at] = byte;
      if ((at >= to && byte !== sign) || (at === to - 1 && byte >> 7 !== sign >> 7)) throw new RangeError(`a number that does not fit into ${to} bytes`);
    }
  }
  return { bytes: out, count, width: to };
}
