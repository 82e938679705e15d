import { COLUMNS, DESCRIPTION_BYTES, MAX_COLUMNS, NAMES, NAMES_BYTES, type VerifyKernel } from './load-verify-kernel';
import type { ManifestColumn, ValueFraming } from '../../../contract';
import { INTEGER_BYTES, parseSourceType } from '../../rows/columns/source-type';
import { timeBytes } from '../../rows/tds/framing';
import { characterForm } from '../values/character-value';
import type { ValueRules } from '../values/object-reading';
import { companionOf, isStoredAsText, type ParquetField } from '../values/parquet-field';
import { decimalBytes, WIDE_DECIMAL_BYTES } from '../values/wire-value';

/** What values are: the numbers of text-value.as. */
const VALUE_KIND = {
  BIT: 1,
  INTEGER: 2,
  DECIMAL: 3,
  MONEY: 4,
  REAL: 5,
  FLOAT: 6,
  DATE: 7,
  TIME: 8,
  SMALLDATETIME: 9,
  DATETIME: 10,
  DATETIME2: 11,
  DATETIMEOFFSET: 12,
  UNIQUEIDENTIFIER: 13,
  UTF16: 14,
  CODE_PAGE: 15,
  UTF8: 16,
  HEXADECIMAL: 17,
  BASE64: 18,
  BYTES: 19,
  SMALLMONEY: 20,
} as const;
/** Added where a value is stored as what it is (stored-value.as). */
const STORED_VALUE = 32;
const CHARACTERS = { utf16: VALUE_KIND.UTF16, codePage: VALUE_KIND.CODE_PAGE, utf8: VALUE_KIND.UTF8 };
const ENCODINGS = { hex: VALUE_KIND.HEXADECIMAL, base64: VALUE_KIND.BASE64 };

/** Bytes of length before a value as it is hashed. */
export const PREFIX_BYTES: { readonly [framing in ValueFraming]: number } = {
  fixed: 0, byteLength: 1, shortLength: 2, longLength: 4, textPointer: 4, plp: 8,
};

// Where a column's description has what (kernel-column.as).
const KIND = 0;
const PREFIX = 1;
const SIZE = 2;
const SCALE = 3;
const STORED = 4;
const COMPANION = 5;
const STRIDE = 6;
const CHARSET = 8;
const TICKS = 12;
const OFFSETS = 16;
const NAME = 20;
const NAME_SIZE = 24;
/** The current value, and whether it is in the dictionary. */
export const PLACE = 52;
export const IN_DICTIONARY = 56;

const BOOLEAN_STRIDE = 255;
const STRIDES: { readonly [physical: string]: number } = { BOOLEAN: BOOLEAN_STRIDE, INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8, BYTE_ARRAY: 0 };

/** What a value is hashed as: kind, bytes where all have as many. */
interface ValueForm {
  readonly kind: number;
  readonly size?: number;
  readonly scale?: number;
}

/** @returns nothing of binary that is stored as it is */
function formOf(column: ManifestColumn, { wideDecimals }: ValueRules): ValueForm {
  const { base, precision, scale } = parseSourceType(column.sourceType);
  if (column.encoding) return { kind: ENCODINGS[column.encoding] };
  if (base in INTEGER_BYTES) return { kind: VALUE_KIND.INTEGER, size: INTEGER_BYTES[base] };
  const time = timeBytes(scale);
  switch (base) {
    case 'bit': return { kind: VALUE_KIND.BIT, size: 1 };
    case 'decimal': case 'numeric': return { kind: VALUE_KIND.DECIMAL, size: 1 + (wideDecimals ? WIDE_DECIMAL_BYTES : decimalBytes(precision)), scale };
    case 'smallmoney': return { kind: VALUE_KIND.SMALLMONEY, size: 4 };
    case 'money': return { kind: VALUE_KIND.MONEY, size: 8 };
    case 'real': return { kind: VALUE_KIND.REAL, size: 4 };
    case 'float': return { kind: VALUE_KIND.FLOAT, size: 8 };
    case 'date': return { kind: VALUE_KIND.DATE, size: 3 };
    case 'time': return { kind: VALUE_KIND.TIME, size: time, scale };
    case 'smalldatetime': return { kind: VALUE_KIND.SMALLDATETIME, size: 4 };
    case 'datetime': return { kind: VALUE_KIND.DATETIME, size: 8 };
    case 'datetime2': return { kind: VALUE_KIND.DATETIME2, size: time + 3, scale };
    case 'datetimeoffset': return { kind: VALUE_KIND.DATETIMEOFFSET, size: time + 5, scale };
    case 'uniqueidentifier': return { kind: VALUE_KIND.UNIQUEIDENTIFIER, size: 16 };
    case 'sql_variant': return { kind: VALUE_KIND.UTF8 };
    default: return { kind: CHARACTERS[characterForm(column)] };
  }
}

/** Bytes of the columns' descriptions being put together. */
class Descriptions {
  public readonly bytes: Uint8Array;
  private readonly view: DataView;

  public constructor(private readonly kernel: VerifyKernel, count: number) {
    this.bytes = new Uint8Array(count * DESCRIPTION_BYTES);
    this.view = new DataView(this.bytes.buffer);
  }

  public set(i: number, at: number, value: number): void {
    this.bytes[i * DESCRIPTION_BYTES + at] = value;
  }

  public setWord(i: number, at: number, value: number): void {
    this.view.setUint32(i * DESCRIPTION_BYTES + at, value, true);
  }

  /** @returns false where it is not for the kernel */
  public form(i: number, column: ManifestColumn, { kind, size = 0, scale = 0 }: ValueForm): boolean {
    this.set(i, KIND, kind);
    this.set(i, PREFIX, PREFIX_BYTES[column.framing!]);
    this.set(i, SIZE, size);
    this.set(i, SCALE, scale);
    if (kind !== VALUE_KIND.CODE_PAGE) return true;
    const charset = this.kernel.charset(column);
    this.setWord(i, CHARSET, charset ?? 0);
    return charset !== undefined;
  }
}

/** Describes the columns of a text format. @param prefixes what stands before each value @returns nothing where they are not for the kernel */
export function describeText(
  kernel: VerifyKernel, columns: readonly ManifestColumn[], rules: ValueRules, prefixes: readonly Uint8Array[] = [],
): Uint8Array | undefined {
  const names = Buffer.concat(prefixes);
  if (columns.length > MAX_COLUMNS || names.length > NAMES_BYTES - 8) return undefined;
  const descriptions = new Descriptions(kernel, columns.length);
  let name = NAMES;
  for (const [i, column] of columns.entries()) {
    if (!descriptions.form(i, column, formOf(column, rules))) return undefined;
    const size = prefixes[i]?.length ?? 0;
    descriptions.setWord(i, NAME, name);
    descriptions.setWord(i, NAME_SIZE, size);
    name += size;
  }
  kernel.memory.set(names, NAMES);
  return descriptions.bytes;
}

/** Describes the columns of a Parquet file. @returns nothing where they are not for the kernel */
export function describeParquet(
  kernel: VerifyKernel, columns: readonly ManifestColumn[], fields: readonly ParquetField[], rules: ValueRules,
): Uint8Array | undefined {
  if (columns.length > MAX_COLUMNS) return undefined;
  const descriptions = new Descriptions(kernel, columns.length);
  const address = (i: number) => (i < 0 ? 0 : COLUMNS + i * DESCRIPTION_BYTES);
  for (const [i, column] of columns.entries()) {
    const { physical, length } = fields[i];
    descriptions.set(i, STRIDE, STRIDES[physical] ?? length);
    if (column.framing === undefined) {
      descriptions.set(i, COMPANION, 1);
      continue;
    }
    const form = formOf(column, rules);
    if (!descriptions.form(i, column, isStoredAsText(column) ? form : storedForm(column, form))) return undefined;
    descriptions.set(i, STORED, stored(column, fields[i]));
    if (isStoredAsText(column)) continue;
    descriptions.setWord(i, TICKS, address(companionOf(columns, column, '100ns')));
    descriptions.setWord(i, OFFSETS, address(companionOf(columns, column, 'offset_minutes')));
  }
  return descriptions.bytes;
}

function storedForm(column: ManifestColumn, form: ValueForm): ValueForm {
  if (column.outputType === 'BINARY') return { kind: STORED_VALUE + VALUE_KIND.BYTES };
  return column.outputType === 'STRING' ? form : { ...form, kind: STORED_VALUE + form.kind };
}

/** How a number or a time is stored: decimals of the second; bytes of a decimal, 0 of an INT32, 1 of an INT64. */
function stored({ outputType }: ManifestColumn, { physical, length }: ParquetField): number {
  if (outputType.startsWith('TIME')) return outputType.includes('NANOS') ? 9 : 6;
  return physical === 'FIXED_LEN_BYTE_ARRAY' ? length : physical === 'INT64' ? 1 : 0;
}
