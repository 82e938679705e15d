import { done, packetize } from '../../../tools/replay-server/tds-packets';

/** A cell: a number or bigint is sent as bigint, a string as nvarchar(4000); a column has cells of one kind. */
export type Cell = number | bigint | string | null;

const NVARCHAR = 0xe7;
const INTN = 0x26;
const NULLABLE = 0x01;

/** The packets of one result set (MS-TDS 2.2.7.4 COLMETADATA, 2.2.7.19 ROW), for a replay server. */
export function resultPackets(columns: readonly string[], rows: ReadonlyArray<readonly Cell[]>): Buffer {
  const isText = columns.map((_, index) => rows.some((row) => typeof row[index] === 'string'));
  const metadata = columns.map((name, index) =>
    Buffer.concat([u32(0), u16(NULLABLE), typeInfo(isText[index]), Buffer.from([name.length]), utf16(name)]));
  const tokens = rows.map((row) => Buffer.concat([Buffer.from([0xd1]), ...row.map((cell, index) => encode(cell, isText[index]))]));
  return packetize(Buffer.concat([Buffer.from([0x81]), u16(columns.length), ...metadata, ...tokens, done(0x10, rows.length)]), 4096, true);
}

/** The packet of a statement without a result. */
export function donePacket(): Buffer {
  return packetize(done(), 4096, true);
}

function typeInfo(text: boolean): Buffer {
  // Latin1_General_CI_AS; nvarchar is UTF-16 whatever the collation.
  return text ? Buffer.concat([Buffer.from([NVARCHAR]), u16(8000), Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34])]) : Buffer.from([INTN, 8]);
}

function encode(cell: Cell, text: boolean): Buffer {
  if (cell === null) return text ? u16(0xffff) : Buffer.from([0]);
  if (text) return Buffer.concat([u16(2 * String(cell).length), utf16(String(cell))]);
  const bytes = Buffer.alloc(9);
  bytes[0] = 8;
  bytes.writeBigInt64LE(BigInt(cell), 1);
  return bytes;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}
