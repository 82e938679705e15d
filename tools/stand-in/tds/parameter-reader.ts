/* eslint-disable no-bitwise */
import { TypeToken } from './type-info';
import { ByteReader } from '../../tds/byte-reader';
import { civilOfDays } from '../engine/calendar';
import { toStorageText } from '../engine/lone-surrogates';
import { StorageValue } from '../sql/binder/bound';
import { decodeText } from '../sql/code-pages';
import { SqlError } from '../sql/errors';
import { MAX, OFFSET_BIAS, OFFSET_FACTOR, SqlType, TICKS_PER_DAY } from '../sql/types';

/** Type and value of an RPC parameter, the value in the text its storage type casts from. */
export interface TypedValue {
  readonly type: SqlType;
  readonly value: StorageValue;
}

const DAY = BigInt(TICKS_PER_DAY);

/** Reads TYPE_INFO and the value after it (MS-TDS 2.2.5.4 to 2.2.5.6). */
export function readTypedValue(reader: ByteReader): TypedValue {
  const token: TypeToken = reader.uint8();
  switch (token) {
    case TypeToken.INT1: return { type: { name: 'tinyint' }, value: String(reader.uint8()) };
    case TypeToken.BIT: return { type: { name: 'bit' }, value: String(reader.uint8() !== 0) };
    case TypeToken.INT2: return { type: { name: 'smallint' }, value: String(reader.bytes(2).readInt16LE()) };
    case TypeToken.INT4: return { type: { name: 'int' }, value: String(reader.int32()) };
    case TypeToken.INT8: return { type: { name: 'bigint' }, value: String(reader.bytes(8).readBigInt64LE()) };
    case TypeToken.FLOAT4: return { type: { name: 'real' }, value: String(reader.bytes(4).readFloatLE()) };
    case TypeToken.FLOAT8: return { type: { name: 'float' }, value: String(reader.bytes(8).readDoubleLE()) };
    case TypeToken.INTN: {
      const type: SqlType = { name: ({ 1: 'tinyint', 2: 'smallint', 4: 'int', 8: 'bigint' } as const)[reader.uint8() as 4] };
      return { type, value: short(reader, integerText) };
    }
    case TypeToken.BITN:
      reader.uint8();
      return { type: { name: 'bit' }, value: short(reader, (bytes) => String(bytes[0] !== 0)) };
    case TypeToken.FLOATN: {
      const size = reader.uint8();
      return { type: { name: size === 4 ? 'real' : 'float' }, value: short(reader, (bytes) => String(bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE())) };
    }
    case TypeToken.MONEYN: {
      const size = reader.uint8();
      return { type: { name: size === 4 ? 'smallmoney' : 'money' }, value: short(reader, money) };
    }
    case TypeToken.DATETIMEN: {
      const size = reader.uint8();
      return { type: { name: size === 4 ? 'smalldatetime' : 'datetime' }, value: short(reader, legacyDatetime) };
    }
    case TypeToken.DECIMAL:
    case TypeToken.NUMERIC: {
      reader.uint8();
      const type: SqlType = { name: token === TypeToken.DECIMAL ? 'decimal' : 'numeric', precision: reader.uint8(), scale: reader.uint8() };
      return { type, value: short(reader, (bytes) => decimalText(bytes, type.scale!)) };
    }
    case TypeToken.GUID:
      reader.uint8();
      return { type: { name: 'uniqueidentifier' }, value: short(reader, uuidText) };
    case TypeToken.DATE:
      return { type: { name: 'date' }, value: short(reader, (bytes) => dateText(bytes.readUIntLE(0, 3))) };
    case TypeToken.TIME: {
      const scale = reader.uint8();
      return { type: { name: 'time', scale }, value: short(reader, (bytes) => String(timeTicks(bytes, scale))) };
    }
    case TypeToken.DATETIME2: {
      const scale = reader.uint8();
      return { type: { name: 'datetime2', scale }, value: short(reader, (bytes) => String(dateTimeTicks(bytes, scale))) };
    }
    case TypeToken.DATETIMEOFFSET: {
      const scale = reader.uint8();
      return {
        type: { name: 'datetimeoffset', scale },
        value: short(reader, (bytes) => {
          const offset = BigInt(bytes.readInt16LE(bytes.length - 2));
          return String(dateTimeTicks(bytes.subarray(0, -2), scale) * OFFSET_FACTOR + offset + OFFSET_BIAS);
        }),
      };
    }
    default: return readVariable(reader, token);
  }
}

function readVariable(reader: ByteReader, token: TypeToken): TypedValue {
  switch (token) {
    case TypeToken.CHAR:
    case TypeToken.VARCHAR:
    case TypeToken.NCHAR:
    case TypeToken.NVARCHAR: {
      const size = reader.uint16();
      const codePage = codePageOf(reader.bytes(5));
      const unicode = token === TypeToken.NCHAR || token === TypeToken.NVARCHAR;
      const name = ({ [TypeToken.CHAR]: 'char', [TypeToken.VARCHAR]: 'varchar', [TypeToken.NCHAR]: 'nchar', [TypeToken.NVARCHAR]: 'nvarchar' } as const)[token];
      const length = size === 0xffff ? MAX : Math.max(1, unicode ? size / 2 : size);
      const bytes = size === 0xffff ? partial(reader) : long(reader);
      return { type: { name, length }, value: bytes && toStorageText(unicode ? bytes.toString('utf16le') : decodeText(bytes, codePage)) };
    }
    case TypeToken.BINARY:
    case TypeToken.VARBINARY: {
      const size = reader.uint16();
      const value = size === 0xffff ? partial(reader) : long(reader);
      return { type: { name: token === TypeToken.BINARY ? 'binary' : 'varbinary', length: size === 0xffff ? MAX : Math.max(1, size) }, value };
    }
    case TypeToken.TEXT:
    case TypeToken.NTEXT: {
      reader.uint32();
      const codePage = codePageOf(reader.bytes(5));
      const bytes = blob(reader);
      const unicode = token === TypeToken.NTEXT;
      return { type: { name: unicode ? 'nvarchar' : 'varchar', length: MAX }, value: bytes && toStorageText(unicode ? bytes.toString('utf16le') : decodeText(bytes, codePage)) };
    }
    case TypeToken.IMAGE:
      reader.uint32();
      return { type: { name: 'varbinary', length: MAX }, value: blob(reader) };
    case TypeToken.XML: {
      if (reader.uint8() === 1) {
        reader.bVarchar();
        reader.bVarchar();
        reader.usVarchar();
      }
      const bytes = partial(reader);
      return { type: { name: 'xml' }, value: bytes && toStorageText(bytes.toString('utf16le')) };
    }
    case TypeToken.VARIANT: {
      reader.uint32();
      const length = reader.uint32();
      if (length === 0) {
        return { type: { name: 'sql_variant' }, value: null };
      }
      return readVariant(new ByteReader(reader.bytes(length)));
    }
    default:
      throw new SqlError(8009, `The incoming tabular data stream (TDS) remote procedure call (RPC) protocol stream is incorrect. Parameter has an invalid data type: 0x${Number(token).toString(16)}.`);
  }
}

/** A variant parameter is taken as its base type. */
function readVariant(reader: ByteReader): TypedValue {
  const token = reader.uint8();
  const properties = reader.bytes(reader.uint8());
  const rest = reader.bytes(reader.remaining);
  const sized = Buffer.alloc(2);
  sized.writeUInt16LE(rest.length);
  switch (token) {
    case TypeToken.VARCHAR:
    case TypeToken.CHAR:
    case TypeToken.NVARCHAR:
    case TypeToken.NCHAR:
      return readTypedValue(new ByteReader(Buffer.concat([Buffer.from([token]), properties.subarray(5, 7), properties.subarray(0, 5), sized, rest])));
    case TypeToken.VARBINARY:
    case TypeToken.BINARY:
      return readTypedValue(new ByteReader(Buffer.concat([Buffer.from([token]), properties, sized, rest])));
    case TypeToken.DECIMAL:
    case TypeToken.NUMERIC:
      return readTypedValue(new ByteReader(Buffer.concat([Buffer.from([token, rest.length]), properties, Buffer.from([rest.length]), rest])));
    case TypeToken.DATE:
    case TypeToken.TIME:
    case TypeToken.DATETIME2:
    case TypeToken.DATETIMEOFFSET:
      return readTypedValue(new ByteReader(Buffer.concat([Buffer.from([token]), properties, Buffer.from([rest.length]), rest])));
    case TypeToken.GUID:
      return { type: { name: 'uniqueidentifier' }, value: uuidText(rest) };
    case TypeToken.MONEY:
    case TypeToken.MONEY4:
      return { type: { name: token === TypeToken.MONEY ? 'money' : 'smallmoney' }, value: money(rest) };
    case TypeToken.DATETIME:
    case TypeToken.DATETIME4:
      return { type: { name: token === TypeToken.DATETIME ? 'datetime' : 'smalldatetime' }, value: legacyDatetime(rest) };
    default:
      return readTypedValue(new ByteReader(Buffer.concat([Buffer.from([token]), rest])));
  }
}

/** A value after a one-byte length; 0 is NULL. */
function short(reader: ByteReader, read: (bytes: Buffer) => string): string | null {
  const length = reader.uint8();
  return length === 0 ? null : read(reader.bytes(length));
}

/** A value after a two-byte length; 0xFFFF is NULL. */
function long(reader: ByteReader): Buffer | null {
  const length = reader.uint16();
  return length === 0xffff ? null : Buffer.from(reader.bytes(length));
}

function blob(reader: ByteReader): Buffer | null {
  const length = reader.uint32();
  return length === 0xffffffff ? null : Buffer.from(reader.bytes(length));
}

/** A partially length-prefixed value (MS-TDS 2.2.5.2.3). */
function partial(reader: ByteReader): Buffer | null {
  if (reader.uint64() === 0xffffffffffffffffn) {
    return null;
  }
  const chunks: Buffer[] = [];
  for (let length = reader.uint32(); length !== 0; length = reader.uint32()) {
    chunks.push(reader.bytes(length));
  }
  return Buffer.concat(chunks);
}

/** tinyint is the only one without a sign. */
function integerText(bytes: Buffer): string {
  return String(bytes.length === 1 ? bytes[0] : bytes.length === 8 ? bytes.readBigInt64LE() : bytes.readIntLE(0, bytes.length));
}

function money(bytes: Buffer): string {
  const units = bytes.length === 4 ? BigInt(bytes.readInt32LE()) : BigInt(bytes.readInt32LE()) * 4294967296n + BigInt(bytes.readUInt32LE(4));
  return scaled(units, 4);
}

function legacyDatetime(bytes: Buffer): string {
  if (bytes.length === 4) {
    return String(BigInt(bytes.readUInt16LE() + 693595) * DAY + BigInt(bytes.readUInt16LE(2)) * 600_000_000n);
  }
  return String(BigInt(bytes.readInt32LE() + 693595) * DAY + (BigInt(bytes.readUInt32LE(4)) * 200_000n + 3n) / 6n);
}

function decimalText(bytes: Buffer, scale: number): string {
  const magnitude = BigInt('0x' + Buffer.from(bytes.subarray(1)).reverse().toString('hex'));
  return scaled(bytes[0] === 0 ? -magnitude : magnitude, scale);
}

function scaled(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${scale > 0 ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits}`;
}

function uuidText(bytes: Buffer): string {
  const hex = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((at) => bytes[at].toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function dateText(days: number): string {
  const { year, month, day } = civilOfDays(days);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function timeTicks(bytes: Buffer, scale: number): bigint {
  return BigInt(bytes.readUIntLE(0, bytes.length)) * 10n ** BigInt(7 - scale);
}

function dateTimeTicks(bytes: Buffer, scale: number): bigint {
  return BigInt(bytes.readUIntLE(bytes.length - 3, 3)) * DAY + timeTicks(bytes.subarray(0, -3), scale);
}

/** The stand-in's own collations all have code page 1252 or UTF-8; the flag is bit 26 of the collation. */
function codePageOf(collation: Buffer): number {
  return (collation.readUInt32LE() >>> 26) & 1 ? 65001 : 1252;
}
