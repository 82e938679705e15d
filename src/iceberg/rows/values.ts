import { isUtf8 } from 'node:buffer';
import type { ParquetColumn, PhysicalValue } from './parquet-file';
import { IcebergError } from '../spec/errors';
import { decimalOf, IcebergType } from '../spec/types';

/**
 * A value of a row, exactly: boolean; int and date (days since 1970) a number; long, time, timestamp and timestamptz (microseconds,
 * since midnight or 1970) and decimal (unscaled) a bigint; float and double a number; string a text, or its bytes where they are no
 * UTF-8; uuid, binary and fixed their bytes; NULL null. Bytes are views of what was read.
 */
export type RowValue = boolean | number | bigint | string | Uint8Array | null;

/** Turns what a file holds into the value that a column of the table has. */
export type ToValue = (value: PhysicalValue) => RowValue;

/** Physical types that a column of a type may have, promotions among them (Iceberg spec, Appendix A, "Parquet", and "Schema Evolution"). */
const PHYSICAL_OF: { readonly [type: IcebergType]: readonly string[] } = {
  boolean: ['BOOLEAN'],
  int: ['INT32'],
  date: ['INT32'],
  long: ['INT64', 'INT32'],
  time: ['INT64', 'INT32'],
  timestamp: ['INT64'],
  timestamptz: ['INT64'],
  float: ['FLOAT'],
  double: ['DOUBLE', 'FLOAT'],
  string: ['BYTE_ARRAY'],
  binary: ['BYTE_ARRAY'],
  uuid: ['FIXED_LEN_BYTE_ARRAY'],
};

const PHYSICAL_OF_DECIMAL = ['INT32', 'INT64', 'FIXED_LEN_BYTE_ARRAY', 'BYTE_ARRAY'];

/**
 * How values of a file's column become those of a table's.
 *
 * @param uri for errors
 * @throws IcebergError TABLE_UNREADABLE when the file's column is of a type that the table's cannot be read by
 */
export function toValueOf(type: IcebergType, column: ParquetColumn, uri: string): ToValue {
  const { name, physical, unit } = column;
  const allowed = decimalOf(type) ? PHYSICAL_OF_DECIMAL : PHYSICAL_OF[type] ?? (type.startsWith('fixed') ? ['FIXED_LEN_BYTE_ARRAY'] : []);
  if (!allowed.includes(physical) || unit === 'NANOS') {
    throw new IcebergError('TABLE_UNREADABLE', `the column '${name}' of '${uri}' is ${physical}${unit === 'NANOS' ? ' of nanoseconds' : ''}, its table's is ${type}; `
      + `${allowed.length === 0 ? 'this type is not read' : `it may be ${allowed.join(', ')}`}`);
  }
  return nullOr(physicalTo(type, column));
}

function physicalTo(type: IcebergType, { physical, unit }: ParquetColumn): (value: NonNullable<PhysicalValue>) => RowValue {
  if (decimalOf(type)) return physical === 'INT32' || physical === 'INT64' ? (value) => BigInt(value as number | bigint) : (value) => unscaled(value as Uint8Array);
  switch (type) {
    case 'time': case 'timestamp': case 'timestamptz': return unit === 'MILLIS' ? (value) => BigInt(value as number | bigint) * 1000n : (value) => BigInt(value as bigint);
    case 'long': return physical === 'INT32' ? (value) => BigInt(value as number) : (value) => value as bigint;
    case 'string': return (value) => textOf(value as Uint8Array);
    default: return (value) => value as RowValue;
  }
}

function nullOr(to: (value: NonNullable<PhysicalValue>) => RowValue): ToValue {
  return (value) => (value === null || value === undefined ? null : to(value));
}

/** Big-endian two's complement. */
function unscaled(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${view.toString('hex')}`));
}

function textOf(bytes: Uint8Array): RowValue {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return isUtf8(view) ? view.toString('utf8') : view;
}


/**
 * A text by which two values of one column are equal exactly if they are the same, NULL among them: what hashes and keys are made of.
 * Values are of the forms of {@link RowValue}, so one column's texts never meet another kind's.
 */
export function textKey(value: RowValue): string {
  if (value === null) return '~';
  switch (typeof value) {
    case 'string': return `s${value}`;
    case 'boolean': return value ? 't' : 'f';
    case 'number': return Object.is(value, -0) ? 'n-0' : `n${value}`;
    case 'bigint': return `i${value}`;
    default: return `b${Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')}`;
  }
}
