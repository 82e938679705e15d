import { BytesBuffer } from '../../columns/bytes-buffer';
import * as calendar from '../../columns/calendar';
import { BooleanBuffer, ColumnBuffer, FixedBytesBuffer, Int32Buffer, Int64Buffer } from '../../columns/column-buffer';
import { ColumnType, replacesSequences, replacesSurrogates } from '../../columns/column-type';
import { ParquetColumn, ParquetType } from '../../columns/type-table';
import { timeBytes } from '../../tds/framing';
import { uint32 } from '../../tds/little-endian';
import { badLength, ValueError } from '../../tds/value-error';
import { checkDecimal, checkDecimalLength, isNegative, readBit } from '../../text/number-text';
import { valueText } from '../../text/value-text';
import { variantBaseTypeText, variantText } from '../../text/variant-text';

/** Code that puts a column's values into its buffers; see RowCode. */
export interface ColumnCode {
  readonly before: string;
  readonly onNull: string;
  readonly onValue: string;
  readonly bindings: { readonly [name: string]: unknown };
}

export function makeBuffer(type: ParquetType): ColumnBuffer {
  switch (type.physical) {
    case 'BOOLEAN': return new BooleanBuffer();
    case 'INT32': case 'FLOAT': return new Int32Buffer();
    case 'INT64': case 'DOUBLE': return new Int64Buffer();
    case 'FIXED_LEN_BYTE_ARRAY': return new FixedBytesBuffer(type.length);
    case 'BYTE_ARRAY': return new BytesBuffer();
  }
}

/** Names the generated code of any column may use. */
export const COLUMN_BINDINGS = {
  ...calendar,
  badLength,
  decimal32,
  decimal64,
  decimal128,
  money64,
  money128,
  nanos,
  readBit,
  uuid,
  variantText,
  variantBaseTypeText,
  floor: Math.floor,
};

/** @param landed the source column's Parquet columns and their buffers, companions behind the value */
export function columnCode(
  source: ColumnType, landed: readonly { readonly column: ParquetColumn; readonly buffer: ColumnBuffer }[], id: number,
): ColumnCode {
  const names = landed.map((_, i) => `k${id}_${i}`);
  const bindings: { [name: string]: unknown } = Object.fromEntries(landed.map(({ buffer }, i) => [names[i], buffer]));
  const [k] = names;
  const companion = (name: string) => {
    const at = landed.findIndex(({ column }) => column.companion === name);
    return at < 0 ? undefined : names[at];
  };
  const exact = (length: number) => `if (n !== ${length}) badLength(n);`;
  const add32 = (value: string) => `${k}.values[${k}.count++] = ${value};`;
  const { scale, precision } = source;
  const { type: landedType } = landed[0].column;
  const ticks = (at: string, day: string) => {
    if (landedType.physical === 'INT64' && landedType.logical === 'TIMESTAMP' && landedType.unit === 'NANOS') {
      return `nanos(${k}, readDate(v, ${day}), readTime(v, ${at}, ${scale}, false) * 100);`;
    }
    return timestampCode(k, at, day, scale, companion('100ns'), `altered${id}`);
  };
  bindings[`altered${id}`] = source.altered;
  bindings[`column${id}`] = source;

  const altered = replacesSurrogates(source.options) || replacesSequences(source.options) ? `altered${id}` : '';
  const text = (): string => {
    const { write, extra, bound } = valueText(source, 'hex');
    bindings[`write${id}`] = write;
    const more = extra.map((x, j) => {
      if (typeof x === 'number') return `, ${x}`;
      bindings[`extra${id}_${j}`] = x;
      return `, extra${id}_${j}`;
    }).join('');
    const room = 'bytes' in bound ? String(bound.bytes) : `n * ${Math.ceil(bound.bytesPerWireByte)}`;
    return known(k, room, (at) => `write${id}(v, p, n, ${k}.data, ${at}${more})`, altered);
  };
  const value = (): string => {
    if (source.kind !== 'variant' && 'logical' in landedType && landedType.logical === 'STRING') return text();
    switch (source.kind) {
      case 'null': return '';
      case 'bit': return `${exact(1)} ${k}.add(readBit(v, p));`;
      case 'tinyint': return `${exact(1)} ${add32('v.getUint8(p)')}`;
      case 'smallint': return `${exact(2)} ${add32('int16(v, p)')}`;
      case 'int': case 'real': return `${exact(4)} ${add32('int32(v, p)')}`;
      case 'bigint': case 'float': return `${exact(8)} ${k}.add(int32(v, p), int32(v, p + 4));`;
      case 'smallmoney': return `${exact(4)} money64(${k}, int32(v, p));`;
      case 'money': return `${exact(8)} money128(${k}, uint32(v, p + 4), int32(v, p));`;
      case 'decimal': {
        const { physical } = landedType;
        if (physical === 'INT32') return add32(`decimal32(v, p, n, ${precision})`);
        return `${physical === 'INT64' ? 'decimal64' : 'decimal128'}(${k}, v, p, n, ${precision});`;
      }
      case 'time':
        return `${exact(timeBytes(scale))} ${k}.addUint53(readTime(v, p, ${scale}, false) * ${scale === 7 ? 100 : 10 ** (6 - scale)});`;
      case 'uniqueidentifier': return `${exact(16)} uuid(${k}, v, p);`;
      case 'date': return `${exact(3)} ${add32('readDate(v, p)')}`;
      case 'smalldatetime':
        return `${exact(4)} ${k}.addMicros(readSmalldatetimeDay(v, p), readSmalldatetimeMinutes(v, p) * 60000000);`;
      case 'datetime':
        return `${exact(8)} ${k}.addMicros(readDatetimeDay(v, p), readDatetimeMillis(v, p) * 1000);`;
      case 'datetime2': {
        const size = timeBytes(scale);
        return `${exact(size + 3)} ${ticks('p', `p + ${size}`)}`;
      }
      case 'datetimeoffset': {
        const size = timeBytes(scale);
        const offset = companion('offset_minutes');
        return `${exact(size + 5)} ${ticks('p', `p + ${size}`)} ${offset}.values[${offset}.count++] = readLocalOffset(v, p, ${scale});`;
      }
      case 'variant': {
        const base = companion('base_type');
        // Of the base type the dictionary is found by its own bytes, not by those of the value too.
        return `${known(k, '4 * n + 64', (at) => `variantText(v, p, n, ${k}.data, ${at}, column${id})`, altered)}
          { const value = n; n = 2 + v.getUint8(p + 1); ${known(base!, '64', (at) => `variantBaseTypeText(v, p, n, ${base}.data, ${at})`)} n = value; }`;
      }
      case 'binary':
        return known(k, 'n', (at) => `copy(v, p, n, ${k}.data, ${at})`);
      default: throw new Error(`${source.kind} is landed as text`);
    }
  };
  bindings.copy = copy;
  return {
    before: '',
    onNull: names.map((name) => `${name}.addNull(s.row);`).join(' '),
    onValue: value(),
    bindings,
  };
}

/**
 * A value of varying length: by the dictionary, or converted.
 *
 * @param altered `altered<id>` where what is replaced is counted: a value that has some must not come from the dictionary the
 * next time, because it would not be counted again
 */
function known(k: string, room: string, write: (at: string) => string, altered = ''): string {
  const convert = `const at = ${k}.begin(${room}); ${k}.commit(at, ${write('at')}, v, p, n);`;
  if (altered === '') return `if (!${k}.addKnown(v, p, n)) { ${convert} }`;
  const count = `${altered}.replacedSurrogates + ${altered}.replacedSequences`;
  return `if (!${k}.addKnown(v, p, n)) { const before = ${count}; ${convert} if (${count} !== before) ${k}.leaveDictionary(); }`;
}

/** Microseconds, floored; at scale 7 the last digit goes into the companion, or is counted where it is dropped. */
function timestampCode(k: string, time: string, day: string, scale: number, digit: string | undefined, altered: string): string {
  const read = `const t = readTime(v, ${time}, ${scale}, false);`;
  if (scale <= 6) return `${read} ${k}.addMicros(readDate(v, ${day}), t * ${10 ** (6 - scale)});`;
  const rest = digit === undefined ? `if (t !== micros * 10) ${altered}.truncatedTimes++;` : `${digit}.values[${digit}.count++] = t - micros * 10;`;
  return `${read} const micros = floor(t / 10); ${k}.addMicros(readDate(v, ${day}), micros); ${rest}`;
}

function nanos(buffer: Int64Buffer, day: number, nanosOfDay: number): void {
  if (!buffer.addNanos(day, nanosOfDay)) {
    throw new ValueError('a time stamp outside 1677-09-21T00:12:43.1452242 to 2262-04-11T23:47:16.8547758, which nanoseconds do not hold; '
      + 'the option timestamps has companion and text for it');
  }
}

/** RFC 9562 has the bytes in the order of the text; on the wire the first three groups are reversed (MS-TDS 2.2.5.5.1.4). */
const UUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

function uuid(buffer: FixedBytesBuffer, v: DataView, p: number): void {
  const at = 16 * buffer.count++;
  for (let i = 0; i < 16; i++) buffer.bytes[at + i] = v.getUint8(p + UUID_ORDER[i]);
}

function copy(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n > 64) {
    out.set(new Uint8Array(v.buffer, v.byteOffset + p, n), o);
    return o + n;
  }
  for (let i = 0; i < n; i++) out[o + i] = v.getUint8(p + i);
  return o + n;
}

/** A decimal of up to 9 digits. */
function decimal32(v: DataView, p: number, n: number, precision: number): number {
  checkDecimalLength(n);
  const low = uint32(v, p + 1);
  checkDecimal(precision, low, n > 5 ? uint32(v, p + 5) : 0, n > 9 ? uint32(v, p + 9) : 0, n > 13 ? uint32(v, p + 13) : 0);
  return isNegative(v, p) ? -low | 0 : low | 0;
}

/** A decimal of up to 18 digits. */
function decimal64(buffer: Int64Buffer, v: DataView, p: number, n: number, precision: number): void {
  checkDecimalLength(n);
  const low = uint32(v, p + 1);
  const high = n > 5 ? uint32(v, p + 5) : 0;
  checkDecimal(precision, low, high, n > 9 ? uint32(v, p + 9) : 0, n > 13 ? uint32(v, p + 13) : 0);
  if (isNegative(v, p)) buffer.add(-low | 0, low === 0 ? -high | 0 : ~high);
  else buffer.add(low | 0, high | 0);
}

function decimal128(buffer: FixedBytesBuffer, v: DataView, p: number, n: number, precision: number): void {
  checkDecimalLength(n);
  const l0 = uint32(v, p + 1);
  const l1 = n > 5 ? uint32(v, p + 5) : 0;
  const l2 = n > 9 ? uint32(v, p + 9) : 0;
  const l3 = n > 13 ? uint32(v, p + 13) : 0;
  checkDecimal(precision, l0, l1, l2, l3);
  buffer.addDecimal(isNegative(v, p), l0, l1, l2, l3);
}

function money64(buffer: Int64Buffer, value: number): void {
  buffer.add(value, value >> 31);
}

function money128(buffer: FixedBytesBuffer, low: number, high: number): void {
  if (high >= 0) {
    buffer.addDecimal(false, low, high, 0, 0);
  } else {
    buffer.addDecimal(true, -low >>> 0, (low === 0 ? -high : ~high) >>> 0, 0, 0);
  }
}

