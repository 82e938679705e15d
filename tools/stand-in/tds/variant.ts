import { TypeToken, timeBytes } from './type-info';
import { ByteWriter } from '../../tds/byte-writer';
import { parseTicks } from '../engine/date-text';
import { uuidBytes } from '../engine/scalar-functions';
import { encodeText } from '../sql/code-pages';
import { collationOf } from '../sql/collations';
import { decimalBytes, parseType } from '../sql/type-declaration';
import { SqlType, TICKS_PER_DAY } from '../sql/types';

/**
 * Writes a sql_variant (MS-TDS 2.2.5.5.4): length, base type, property bytes and the value.
 *
 * @param stored `declaration|text`, the text in the form CONVERT gives with style 126 (binary: hex)
 */
export function writeVariant(out: ByteWriter, stored: string): void {
  const at = stored.indexOf('|');
  const type = parseType(stored.slice(0, at));
  const body = new ByteWriter();
  writeBody(body, type, stored.slice(at + 1));
  out.uint32(body.length).bytes(body.take());
}

function writeBody(body: ByteWriter, type: SqlType, text: string): void {
  const head = (token: TypeToken, ...properties: number[]) => {
    body.uint8(token).uint8(properties.length);
    properties.forEach((property) => body.uint8(property));
    return body;
  };
  const characters = (token: TypeToken, bytes: Buffer, maximum: number) => {
    body.uint8(token).uint8(7).bytes(collationOf(type.collation).wire).uint16(maximum).bytes(bytes);
  };
  switch (type.name) {
    case 'bit': head(TypeToken.BIT).uint8(Number(text)); return;
    case 'tinyint': head(TypeToken.INT1).uint8(Number(text)); return;
    case 'smallint': head(TypeToken.INT2).bytes(little(2, (buffer) => buffer.writeInt16LE(Number(text)))); return;
    case 'int': head(TypeToken.INT4).int32(Number(text)); return;
    case 'bigint': head(TypeToken.INT8).bytes(little(8, (buffer) => buffer.writeBigInt64LE(BigInt(text)))); return;
    case 'real': head(TypeToken.FLOAT4).bytes(little(4, (buffer) => buffer.writeFloatLE(Number(text)))); return;
    case 'float': head(TypeToken.FLOAT8).bytes(little(8, (buffer) => buffer.writeDoubleLE(Number(text)))); return;
    case 'smallmoney': head(TypeToken.MONEY4).int32(Number(unscaled(text, 4))); return;
    case 'money': {
      const units = BigInt.asUintN(64, unscaled(text, 4));
      head(TypeToken.MONEY).uint32(Number(units / 4294967296n)).uint32(Number(units % 4294967296n));
      return;
    }
    case 'decimal':
    case 'numeric': {
      const value = unscaled(text, type.scale!);
      const magnitude = Buffer.alloc(decimalBytes(type.precision!) - 1);
      let rest = value < 0n ? -value : value;
      for (let at = 0; at < magnitude.length; at++) {
        magnitude[at] = Number(rest % 256n);
        rest /= 256n;
      }
      head(type.name === 'decimal' ? TypeToken.DECIMAL : TypeToken.NUMERIC, type.precision!, type.scale!).uint8(value < 0n ? 0 : 1).bytes(magnitude);
      return;
    }
    case 'uniqueidentifier': head(TypeToken.GUID).bytes(uuidBytes(text)); return;
    case 'char': characters(TypeToken.CHAR, encodeText(text, collationOf(type.collation).codePage), type.length!); return;
    case 'varchar': characters(TypeToken.VARCHAR, encodeText(text, collationOf(type.collation).codePage), type.length!); return;
    case 'nchar': characters(TypeToken.NCHAR, Buffer.from(text, 'utf16le'), type.length! * 2); return;
    case 'nvarchar':
    case 'sysname': characters(TypeToken.NVARCHAR, Buffer.from(text, 'utf16le'), type.length! * 2); return;
    case 'binary':
    case 'varbinary':
      body.uint8(type.name === 'binary' ? TypeToken.BINARY : TypeToken.VARBINARY).uint8(2).uint16(type.length!).bytes(Buffer.from(text, 'hex'));
      return;
    default: writeTemporal(body, type, text);
  }
}

function writeTemporal(body: ByteWriter, type: SqlType, text: string): void {
  const { ticks, offset = 0 } = parseTicks(text, 0, type.name);
  const utc = ticks - BigInt(offset) * 600_000_000n;
  const local = type.name === 'datetimeoffset' ? utc : ticks;
  const days = Number(local / BigInt(TICKS_PER_DAY));
  const ofDay = Number(local % BigInt(TICKS_PER_DAY));
  const scale = type.scale ?? 0;
  const time = () => body.bytes(little(timeBytes(scale), (buffer) => buffer.writeUIntLE(Math.floor(ofDay / 10 ** (7 - scale)), 0, timeBytes(scale))));
  const date = () => body.bytes(little(3, (buffer) => buffer.writeUIntLE(days, 0, 3)));
  switch (type.name) {
    case 'date':
      body.uint8(TypeToken.DATE).uint8(0);
      date();
      return;
    case 'time':
      body.uint8(TypeToken.TIME).uint8(1).uint8(scale);
      time();
      return;
    case 'datetime2':
      body.uint8(TypeToken.DATETIME2).uint8(1).uint8(scale);
      time();
      date();
      return;
    case 'datetimeoffset':
      body.uint8(TypeToken.DATETIMEOFFSET).uint8(1).uint8(scale);
      time();
      date();
      body.bytes(little(2, (buffer) => buffer.writeInt16LE(offset)));
      return;
    case 'smalldatetime':
      body.uint8(TypeToken.DATETIME4).uint8(0).uint16(days - 693595).uint16(Math.floor(ofDay / 600000000));
      return;
    default:
      body.uint8(TypeToken.DATETIME).uint8(0).int32(days - 693595).uint32(Math.round((ofDay * 3) / 100000));
  }
}

function little(length: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(length);
  write(buffer);
  return buffer;
}

function unscaled(text: string, scale: number): bigint {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale));
}
