import { TALLY_BYTES } from './load-kernel';
import type { ManifestTally } from '../../../contract';
import type { ColumnType, ValueKind } from '../columns/column-type';
import { parseSourceType } from '../columns/source-type';
import { valueText } from '../text/value-text';

/** What the kernel does with a column's values: the numbers of row-kernel.as. */
const VALUE = {
  BYTES: 0,
  UINT8: 1,
  INT16: 2,
  INT32: 3,
  INT64: 4,
  MONEY: 5,
  UINT24: 6,
  UINT32: 7,
  UINT40: 8,
  SMALLDATETIME: 9,
  DATETIME: 10,
  DATETIME_24: 11,
  DATETIME_32: 12,
  DATETIME_40: 13,
  DECIMAL: 14,
  FLOAT: 15,
  REAL: 16,
} as const;

/** How a column is tallied. */
export interface TallyType {
  /** As the kernel numbers it. */
  readonly value: number;
  /** Of what its values are; nothing of text and binary. */
  readonly kind?: Exclude<ValueKind, 'utf16' | 'bytesText' | 'xml' | 'binary' | 'uniqueidentifier' | 'variant' | 'null'>;
  /** Decimals. */
  readonly scale: number;
  readonly hasSum: boolean;
  readonly hasRange: boolean;
}

const INTEGERS: { readonly [base: string]: number } = { tinyint: VALUE.UINT8, smallint: VALUE.INT16, int: VALUE.INT32, bigint: VALUE.INT64 };
/** By the bytes of the time of day. */
const bySize = (scale: number, values: readonly [number, number, number]) => (scale <= 2 ? values[0] : scale <= 4 ? values[1] : values[2]);

/** @param sourceType as SQL Server spells it */
export function tallyTypeOf(sourceType: string): TallyType {
  const { base, scale } = parseSourceType(sourceType);
  const number = (value: number, decimals: number) => ({ value, kind: base as TallyType['kind'], scale: decimals, hasSum: true, hasRange: base !== 'bit' });
  const ordered = (value: number) => ({ value, kind: base as TallyType['kind'], scale, hasSum: false, hasRange: true });
  switch (base) {
    case 'bit': return number(VALUE.UINT8, 0);
    case 'tinyint': case 'smallint': case 'int': case 'bigint': return number(INTEGERS[base], 0);
    case 'smallmoney': return number(VALUE.INT32, 4);
    case 'money': return number(VALUE.MONEY, 4);
    case 'decimal': case 'numeric': return { ...number(VALUE.DECIMAL, scale), kind: 'decimal' };
    case 'real': return ordered(VALUE.REAL);
    case 'float': return ordered(VALUE.FLOAT);
    case 'date': return ordered(VALUE.UINT24);
    case 'smalldatetime': return ordered(VALUE.SMALLDATETIME);
    case 'datetime': return ordered(VALUE.DATETIME);
    case 'time': return ordered(bySize(scale, [VALUE.UINT24, VALUE.UINT32, VALUE.UINT40]));
    case 'datetime2': case 'datetimeoffset': return ordered(bySize(scale, [VALUE.DATETIME_24, VALUE.DATETIME_32, VALUE.DATETIME_40]));
    default: return { value: VALUE.BYTES, scale: 0, hasSum: false, hasRange: false };
  }
}

/** Where a tally has what (row-kernel.as). */
const NULLS = 0;
const VALUES = 8;
const BYTES = 16;
const DIGEST = 24;
const SUM = 32;
const LEAST = 56;
const GREATEST = 72;

/** Reads what the kernel tallied of a column. @param tallies of all columns */
export function readTally(column: string, type: TallyType, tallies: Uint8Array, index: number): ManifestTally {
  const at = new DataView(tallies.buffer, tallies.byteOffset + index * TALLY_BYTES, TALLY_BYTES);
  const word = (offset: number) => at.getBigUint64(offset, true);
  const values = word(VALUES);
  return {
    column,
    nulls: Number(word(NULLS)),
    ...(!type.hasSum && { digest: word(DIGEST).toString(16).padStart(16, '0') }),
    ...(type.kind === undefined && { bytes: String(word(BYTES)) }),
    ...(values > 0n && type.hasSum && { sum: decimalText(wide(at, SUM, type.value === VALUE.DECIMAL ? 3 : 2), type.scale) }),
    ...(values > 0n && type.hasRange && { least: boundText(type, at, LEAST), greatest: boundText(type, at, GREATEST) }),
  };
}

/** A number in two's complement, least word first. */
function wide(at: DataView, offset: number, words: number): bigint {
  let value = at.getBigInt64(offset + 8 * (words - 1), true);
  for (let i = words - 2; i >= 0; i--) value = value << 64n | at.getBigUint64(offset + 8 * i, true);
  return value;
}

/** Digits, with as many decimals as the scale. */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${unscaled < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`;
}

/** Digits without their point. */
export function unscaledOf(text: string): bigint {
  return BigInt(text.replace('.', ''));
}

function boundText(type: TallyType, at: DataView, offset: number): string {
  const { value, scale } = type;
  if (value === VALUE.FLOAT || value === VALUE.REAL) return floatText(type, at.getFloat64(offset, true));
  if (type.hasSum) return decimalText(value === VALUE.DECIMAL ? wide(at, offset, 2) : at.getBigInt64(offset, true), scale);
  return timeText(type, at.getBigInt64(offset, true));
}

function floatText(type: TallyType, value: number): string {
  const bytes = Buffer.alloc(8);
  if (type.value === VALUE.FLOAT) bytes.writeDoubleLE(value);
  else bytes.writeFloatLE(value);
  return textOf(type, bytes, type.value === VALUE.FLOAT ? 8 : 4);
}

/** ISO 8601; a datetimeoffset's in UTC. @param key as row-kernel.as makes it */
function timeText(type: TallyType, key: bigint): string {
  const { kind, value } = type;
  const bytes = Buffer.alloc(16);
  const size = TIME_BYTES[value];
  if (value === VALUE.DATETIME) {
    bytes.writeInt32LE(Number(key >> 32n), 0);
    bytes.writeUInt32LE(Number(key & 0xffffffffn), 4);
  } else if (value === VALUE.SMALLDATETIME) {
    bytes.writeUInt16LE(Number(key >> 16n), 0);
    bytes.writeUInt16LE(Number(key & 0xffffn), 2);
  } else {
    bytes.writeBigUInt64LE(key & 0xffffffffffn, 0);
    if (kind === 'datetime2' || kind === 'datetimeoffset') bytes.writeUIntLE(Number(key >> 40n), size, 3);
  }
  return textOf(type, bytes, { smalldatetime: 4, datetime: 8, datetime2: size + 3, datetimeoffset: size + 5 }[kind as string] ?? size);
}

/** @param bytes as on the wire */
function textOf({ kind, scale }: TallyType, bytes: Buffer, size: number): string {
  const { write, extra } = valueText({ kind, scale } as ColumnType, 'hex');
  // Not a Buffer: the row path's own code would be compiled for two kinds of array, and every row be slower by it.
  const out = new Uint8Array(64);
  const end = write(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, size, out, 0, ...extra as never[]);
  return Buffer.from(out.subarray(0, end)).toString('latin1');
}

const TIME_BYTES: { readonly [value: number]: number } = {
  [VALUE.UINT24]: 3, [VALUE.UINT32]: 4, [VALUE.UINT40]: 5, [VALUE.DATETIME_24]: 3, [VALUE.DATETIME_32]: 4, [VALUE.DATETIME_40]: 5,
};
