/* eslint-disable no-bitwise */
import { hasTextPointer, userType, writeTypeInfo } from './type-info';
import { ByteWriter } from '../../tds/byte-writer';
import { BoundColumn } from '../sql/binder/bound';
import { collationOf } from '../sql/collations';
import { SqlError } from '../sql/errors';
import { SqlType, family } from '../sql/types';

/** Tokens of a tabular result (MS-TDS 2.2.7). */
export enum Token {
  RETURN_STATUS = 0x79,
  COLUMN_METADATA = 0x81,
  ORDER = 0xa9,
  ERROR = 0xaa,
  INFO = 0xab,
  RETURN_VALUE = 0xac,
  LOGIN_ACK = 0xad,
  FEATURE_ACK = 0xae,
  ROW = 0xd1,
  NBC_ROW = 0xd2,
  ENV_CHANGE = 0xe3,
  DONE = 0xfd,
  DONE_PROC = 0xfe,
  DONE_IN_PROC = 0xff,
}

/** Status bits of the DONE tokens (MS-TDS 2.2.7.6). */
export const DONE_FINAL = 0x00;
export const DONE_MORE = 0x01;
export const DONE_ERROR = 0x02;
export const DONE_IN_TRANSACTION = 0x04;
export const DONE_COUNT = 0x10;
export const DONE_ATTENTION = 0x20;

/** Types of ENVCHANGE (MS-TDS 2.2.7.9). */
export enum EnvChange {
  DATABASE = 1,
  LANGUAGE = 2,
  PACKET_SIZE = 4,
  COLLATION = 7,
  BEGIN_TRANSACTION = 8,
  COMMIT_TRANSACTION = 9,
  ROLLBACK_TRANSACTION = 10,
  RESET_ACK = 18,
}

export const SERVER_NAME = 'STAND-IN';

export function columnMetadata(columns: readonly BoundColumn[], database: string): Buffer {
  const out = new ByteWriter();
  out.uint8(Token.COLUMN_METADATA).uint16(columns.length);
  for (const column of columns) {
    out.uint32(userType(column.type)).uint16(columnFlags(column));
    writeTypeInfo(out, column.type, column.nullable, database);
    if (hasTextPointer(column.type)) {
      const table = column.source?.table;
      const parts = table ? [table.database, table.schema, table.name] : [];
      out.uint8(parts.length);
      parts.forEach((part) => out.usVarchar(part));
    }
    out.bVarchar(column.name.slice(0, 128));
  }
  return out.take();
}

/** Flags of a column (MS-TDS 2.2.7.4): nullable, case-sensitive, updateable, identity, computed. */
function columnFlags({ nullable, type, source }: BoundColumn): number {
  const caseSensitive = family(type) === 'string' && collationOf(type.collation).caseSensitive;
  const computed = !source || source.column.computed !== undefined;
  return (nullable ? 0x01 : 0) | (caseSensitive ? 0x02 : 0) | (computed || type.name === 'timestamp' ? 0 : 0x08)
    | (source?.column.identity ? 0x10 : 0) | (computed ? 0x20 : 0);
}

export function done(token: Token.DONE | Token.DONE_PROC | Token.DONE_IN_PROC, status: number, rowCount = 0n, command = 0): Buffer {
  return new ByteWriter(13).uint8(token).uint16(status).uint16(command).uint64(rowCount).take();
}

/** ERROR or INFO (MS-TDS 2.2.7.10, 2.2.7.13); severity 10 and below is information. */
export function message(error: SqlError): Buffer {
  const body = new ByteWriter();
  body.int32(error.number).uint8(error.state).uint8(error.severity)
    .usVarchar(error.message.slice(0, 2047)).bVarchar(SERVER_NAME).bVarchar(error.procedure).uint32(error.line);
  return new ByteWriter().uint8(error.severity > 10 ? Token.ERROR : Token.INFO).uint16(body.length).bytes(body.take()).take();
}

export function envChange(type: EnvChange, next: string | Buffer, previous: string | Buffer): Buffer {
  const body = new ByteWriter();
  body.uint8(type);
  for (const value of [next, previous]) {
    if (typeof value === 'string') {
      body.bVarchar(value);
    } else {
      body.uint8(value.length).bytes(value);
    }
  }
  return new ByteWriter().uint8(Token.ENV_CHANGE).uint16(body.length).bytes(body.take()).take();
}

export function returnStatus(value: number): Buffer {
  return new ByteWriter(5).uint8(Token.RETURN_STATUS).int32(value).take();
}

/** Head of RETURNVALUE (MS-TDS 2.2.7.19); the value follows as in a row. */
export function returnValueHead(ordinal: number, name: string, type: SqlType, database: string): Buffer {
  const out = new ByteWriter();
  out.uint8(Token.RETURN_VALUE).uint16(ordinal).bVarchar(name).uint8(1).uint32(userType(type)).uint16(0x01);
  writeTypeInfo(out, type, true, database);
  return out.take();
}

/** LOGINACK (MS-TDS 2.2.7.14): TDS 7.4, SQL Server 16.0.4181. */
export function loginAck(tdsVersion: number): Buffer {
  const body = new ByteWriter();
  const version = Buffer.alloc(4);
  version.writeUInt32BE(tdsVersion);
  body.uint8(1).bytes(version).bVarchar('Microsoft SQL Server').bytes(Buffer.from([16, 0, 0x10, 0x55]));
  return new ByteWriter().uint8(Token.LOGIN_ACK).uint16(body.length).bytes(body.take()).take();
}

/** FEATUREEXTACK (MS-TDS 2.2.7.11): acknowledges UTF-8 support, the only one the stand-in has. */
export function featureAck(features: ReadonlyMap<number, Buffer>): Buffer {
  const UTF8_SUPPORT = 0x0a;
  const out = new ByteWriter().uint8(Token.FEATURE_ACK);
  if (features.has(UTF8_SUPPORT)) {
    out.uint8(UTF8_SUPPORT).uint32(1).uint8(1);
  }
  return out.uint8(0xff).take();
}
