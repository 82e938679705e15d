import { Buffer } from 'node:buffer';

/** Builds COLMETADATA and rows (MS-TDS 2.2.7.4, 2.2.7.13, 2.2.7.19) from value bytes. */

export interface WireColumn {
  readonly name: string;
  readonly type: number;
  /** What follows the type in COLMETADATA: length, precision, scale, collation. */
  readonly typeInfo: Buffer;
  readonly framing: 'fixed' | 'byte' | 'short' | 'long' | 'plp' | 'text';
  readonly userType?: number;
  /** 0x0009: nullable and writable, as usual. */
  readonly flags?: number;
}

/** Latin1_General_CI_AS and Latin1_General_100_CI_AS_SC_UTF8, and what the others say. */
export const COLLATION = {
  latin1: Buffer.from('0904d00034', 'hex'),
  utf8: Buffer.from('0904d02600', 'hex'),
  /** Japanese_CI_AS: code page 932. */
  japanese: Buffer.from('1104d00000', 'hex'),
} as const;

const u16 = (value: number) => Buffer.from([value & 0xff, value >> 8]);

/** Columns by the names SQL Server gives their types. */
export const wireColumn = {
  intN: (name: string, size: 1 | 2 | 4 | 8): WireColumn => ({ name, type: 0x26, typeInfo: Buffer.from([size]), framing: 'byte' }),
  bit: (name: string): WireColumn => ({ name, type: 0x68, typeInfo: Buffer.from([1]), framing: 'byte' }),
  floatN: (name: string, size: 4 | 8): WireColumn => ({ name, type: 0x6d, typeInfo: Buffer.from([size]), framing: 'byte' }),
  moneyN: (name: string, size: 4 | 8): WireColumn => ({ name, type: 0x6e, typeInfo: Buffer.from([size]), framing: 'byte' }),
  /** @param announced longest value in bytes, sign included */
  decimal: (name: string, precision: number, scale: number, announced = decimalSize(precision)): WireColumn => (
    { name, type: 0x6a, typeInfo: Buffer.from([announced, precision, scale]), framing: 'byte' }),
  date: (name: string): WireColumn => ({ name, type: 0x28, typeInfo: Buffer.alloc(0), framing: 'byte' }),
  time: (name: string, scale: number): WireColumn => ({ name, type: 0x29, typeInfo: Buffer.from([scale]), framing: 'byte' }),
  datetime2: (name: string, scale: number): WireColumn => ({ name, type: 0x2a, typeInfo: Buffer.from([scale]), framing: 'byte' }),
  datetimeoffset: (name: string, scale: number): WireColumn => ({ name, type: 0x2b, typeInfo: Buffer.from([scale]), framing: 'byte' }),
  datetimeN: (name: string, size: 4 | 8): WireColumn => ({ name, type: 0x6f, typeInfo: Buffer.from([size]), framing: 'byte' }),
  guid: (name: string): WireColumn => ({ name, type: 0x24, typeInfo: Buffer.from([16]), framing: 'byte' }),
  nvarchar: (name: string, characters: number, collation: Buffer = COLLATION.latin1): WireColumn => (
    { name, type: 0xe7, typeInfo: Buffer.concat([u16(2 * characters), collation]), framing: 'short' }),
  varchar: (name: string, bytes: number, collation: Buffer = COLLATION.latin1): WireColumn => (
    { name, type: 0xa7, typeInfo: Buffer.concat([u16(bytes), collation]), framing: 'short' }),
  char: (name: string, bytes: number, collation: Buffer = COLLATION.latin1): WireColumn => (
    { name, type: 0xaf, typeInfo: Buffer.concat([u16(bytes), collation]), framing: 'short' }),
  nchar: (name: string, characters: number, collation: Buffer = COLLATION.latin1): WireColumn => (
    { name, type: 0xef, typeInfo: Buffer.concat([u16(2 * characters), collation]), framing: 'short' }),
  binary: (name: string, bytes: number): WireColumn => ({ name, type: 0xad, typeInfo: u16(bytes), framing: 'short' }),
  nvarcharMax: (name: string): WireColumn => ({ name, type: 0xe7, typeInfo: Buffer.concat([u16(0xffff), COLLATION.latin1]), framing: 'plp' }),
  varcharMax: (name: string, collation: Buffer = COLLATION.latin1): WireColumn => (
    { name, type: 0xa7, typeInfo: Buffer.concat([u16(0xffff), collation]), framing: 'plp' }),
  varbinary: (name: string, bytes: number): WireColumn => ({ name, type: 0xa5, typeInfo: u16(bytes), framing: 'short' }),
  varbinaryMax: (name: string): WireColumn => ({ name, type: 0xa5, typeInfo: u16(0xffff), framing: 'plp' }),
  rowversion: (name: string): WireColumn => ({ name, type: 0xad, typeInfo: u16(8), framing: 'short', userType: 0x50 }),
  xml: (name: string): WireColumn => ({ name, type: 0xf1, typeInfo: Buffer.from([0]), framing: 'plp' }),
  image: (name: string): WireColumn => ({ name, type: 0x22, typeInfo: tableName(Buffer.from([0xff, 0xff, 0xff, 0x7f])), framing: 'text' }),
  text: (name: string): WireColumn => (
    { name, type: 0x23, typeInfo: tableName(Buffer.from([0xff, 0xff, 0xff, 0x7f]), COLLATION.latin1), framing: 'text' }),
  ntext: (name: string): WireColumn => (
    { name, type: 0x63, typeInfo: tableName(Buffer.from([0xfe, 0xff, 0xff, 0x7f]), COLLATION.latin1), framing: 'text' }),
  variant: (name: string): WireColumn => ({ name, type: 0x62, typeInfo: Buffer.from([0x49, 0x1f, 0, 0]), framing: 'long' }),
  /** A CLR type of the server's own (MS-TDS 2.2.5.5.2): longest value, database, schema, name, assembly. */
  udt: (name: string, typeName: string): WireColumn => (
    { name, type: 0xf0, typeInfo: Buffer.concat([u16(0xffff), text8('Ledger'), text8('sys'), text8(typeName), u16(3), Buffer.from('any', 'utf16le')]), framing: 'plp' }),
  fixed: (name: string, type: number): WireColumn => ({ name, type, typeInfo: Buffer.alloc(0), framing: 'fixed', flags: 0x0008 }),
};

const text8 = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')]);

/** text, ntext and image name their table: here one part, "t". */
function tableName(...info: Buffer[]): Buffer {
  return Buffer.concat([...info, Buffer.from([1, 1, 0, 0x74, 0])]);
}

export function decimalSize(precision: number): number {
  return precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
}

export function colMetadata(columns: readonly WireColumn[]): Buffer {
  return Buffer.concat([
    Buffer.from([0x81]),
    u16(columns.length),
    ...columns.flatMap(({ name, type, typeInfo, userType = 0, flags = 0x0009 }) => {
      const head = Buffer.alloc(7);
      head.writeUInt32LE(userType, 0);
      head.writeUInt16LE(flags, 4);
      head[6] = type;
      return [head, typeInfo, Buffer.from([name.length]), Buffer.from(name, 'utf16le')];
    }),
  ]);
}

/** A value, NULL, or the chunks of a (max) value sent with unknown length. */
export type WireCell = Buffer | null | readonly Buffer[];

export function row(columns: readonly WireColumn[], cells: readonly WireCell[]): Buffer {
  return Buffer.concat([Buffer.from([0xd1]), ...columns.flatMap((column, i) => cell(column, cells[i]))]);
}

/** A row whose NULLs are in a bitmap. */
export function nbcRow(columns: readonly WireColumn[], cells: readonly WireCell[]): Buffer {
  const bitmap = Buffer.alloc((columns.length + 7) >> 3);
  cells.forEach((value, i) => {
    if (value === null) bitmap[i >> 3] |= 1 << (i & 7);
  });
  return Buffer.concat([Buffer.from([0xd2]), bitmap, ...columns.flatMap((column, i) => (cells[i] === null ? [] : cell(column, cells[i])))]);
}

function cell({ framing }: WireColumn, value: WireCell): Buffer[] {
  if (framing === 'plp') return plp(value);
  if (Array.isArray(value)) throw new Error('only (max) values come in chunks');
  const bytes = value as Buffer | null;
  const length = bytes?.length ?? 0;
  switch (framing) {
    case 'fixed':
      if (!bytes) throw new Error('a fixed-length value cannot be NULL in a ROW');
      return [bytes];
    case 'byte': return bytes ? [Buffer.from([length]), bytes] : [Buffer.from([0])];
    case 'short': return bytes ? [u16(length), bytes] : [u16(0xffff)];
    case 'long': return bytes ? [u32(length), bytes] : [u32(0)];
    default: return bytes ? [Buffer.from([16]), Buffer.alloc(16 + 8, 0x11), u32(length), bytes] : [Buffer.from([0])];
  }
}

function plp(value: WireCell): Buffer[] {
  if (value === null) return [Buffer.alloc(8, 0xff)];
  const chunks = (Array.isArray(value) ? value : [value]) as readonly Buffer[];
  const total = Buffer.alloc(8, 0xff);
  if (Array.isArray(value)) total[0] = 0xfe;
  else total.writeBigUInt64LE(BigInt((value as Buffer).length));
  return [total, ...chunks.filter(({ length }) => length > 0).flatMap((chunk) => [u32(chunk.length), chunk]), u32(0)];
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
