import { ByteReader } from '../tds/byte-reader';

/** Finds columns, rows and values in a response's payload without decoding any (MS-TDS 2.2.7.4, 2.2.7.13, 2.2.7.19). */

/** How the length of a column's values is told. */
type Framing = 'fixed' | 'byte' | 'short' | 'long' | 'plp' | 'text';

export interface WalkedColumn {
  readonly name: string;
  /** TYPE_INFO's first byte (MS-TDS 2.2.5.4). */
  readonly type: number;
  readonly framing: Framing;
  /** Longest value as announced, in bytes; of decimals their sign is part. */
  readonly length: number;
  /** Where its definition stands in the payload, its name at the end. */
  readonly from: { readonly start: number; readonly end: number };
}

export interface WalkedRow {
  readonly token: typeof ROW | typeof NBC_ROW;
  /** Of the token byte in the payload. */
  readonly offset: number;
  /** Where each value's bytes begin, its length not included; -1 for NULL. */
  readonly starts: Int32Array;
  /** Bytes of each value, chunk headers of (max) values included; 0 for NULL. */
  readonly lengths: Int32Array;
}

export interface WalkedResult {
  readonly columns: readonly WalkedColumn[];
  /** Of the first byte behind COLMETADATA. */
  readonly rowsStart: number;
  /** Of the first byte behind the last row. */
  readonly rowsEnd: number;
  readonly rows: number;
}

export const ROW = 0xd1;
export const NBC_ROW = 0xd2;
const COLMETADATA = 0x81;
/** DECIMALNTYPE and NUMERICNTYPE (MS-TDS 2.2.5.4.2). */
const DECIMALS = [0x6a, 0x6c];
const VARIABLE = -1;

export function isDecimal({ type }: WalkedColumn): boolean {
  return DECIMALS.includes(type);
}

/** @param onRow gets the same object each time */
export function walkResult(payload: Buffer, onRow?: (row: WalkedRow, columns: readonly WalkedColumn[]) => void): WalkedResult {
  const reader = new ByteReader(payload);
  if (reader.uint8() !== COLMETADATA) throw new Error(`the payload begins with token 0x${payload[0].toString(16)}, not with COLMETADATA`);
  const columns = Array.from({ length: reader.uint16() }, () => readColumn(reader));
  const rowsStart = reader.position;
  const starts = new Int32Array(columns.length);
  const lengths = new Int32Array(columns.length);
  let rows = 0;
  while (reader.remaining > 0 && isRow(payload[reader.position])) {
    const offset = reader.position;
    const token = reader.uint8() as WalkedRow['token'];
    const nulls = token === NBC_ROW ? reader.bytes((columns.length + 7) >> 3) : undefined;
    columns.forEach((column, i) => {
      const length = nulls && (nulls[i >> 3] & 1 << (i & 7)) !== 0 ? VARIABLE : skipLength(reader, column);
      starts[i] = length === VARIABLE ? -1 : reader.position;
      if (column.framing === 'plp' && length !== VARIABLE) skipChunks(reader);
      else reader.bytes(Math.max(0, length));
      lengths[i] = starts[i] === -1 ? 0 : reader.position - starts[i];
    });
    rows += 1;
    onRow?.({ token, offset, starts, lengths }, columns);
  }
  return { columns, rowsStart, rowsEnd: reader.position, rows };
}

function isRow(token: number): boolean {
  return token === ROW || token === NBC_ROW;
}

/** Bytes of the value that follows, VARIABLE for NULL. */
function skipLength(reader: ByteReader, { framing, length }: WalkedColumn): number {
  switch (framing) {
    case 'fixed': return length;
    case 'byte': return reader.uint8() || VARIABLE;
    case 'short': {
      const bytes = reader.uint16();
      return bytes === 0xffff ? VARIABLE : bytes;
    }
    case 'long': return reader.uint32() || VARIABLE;
    case 'plp': return reader.uint64() === 0xffffffffffffffffn ? VARIABLE : 0;
    default: {
      // A text pointer and a timestamp come first (MS-TDS 2.2.5.2.4, GEN_NULL for none).
      const pointer = reader.uint8();
      if (pointer === 0) return VARIABLE;
      reader.bytes(pointer + 8);
      return reader.uint32();
    }
  }
}

/** Chunks up to the empty one (MS-TDS 2.2.5.2.3). */
function skipChunks(reader: ByteReader): void {
  for (let bytes = reader.uint32(); bytes > 0; bytes = reader.uint32()) reader.bytes(bytes);
}

function readColumn(reader: ByteReader): WalkedColumn {
  const start = reader.position;
  // UserType and Flags.
  reader.bytes(4 + 2);
  const type = reader.uint8();
  const [framing, length] = readTypeInfo(reader, type);
  const name = reader.bVarchar();
  return { type, framing, length, name, from: { start, end: reader.position } };
}

const FIXED: { readonly [type: number]: number } = {
  0x1f: 0, 0x30: 1, 0x32: 1, 0x34: 2, 0x38: 4, 0x3a: 4, 0x3b: 4, 0x3c: 8, 0x3d: 8, 0x3e: 8, 0x7a: 4, 0x7f: 8,
};

function readTypeInfo(reader: ByteReader, type: number): readonly [Framing, number] {
  if (type in FIXED) return ['fixed', FIXED[type]];
  switch (type) {
    case 0x24: case 0x26: case 0x68: case 0x6d: case 0x6e: case 0x6f: return ['byte', reader.uint8()];
    case 0x6a: case 0x6c: {
      const length = reader.uint8();
      // Precision and scale.
      reader.bytes(2);
      return ['byte', length];
    }
    case 0x28: return ['byte', 3];
    case 0x29: case 0x2a: case 0x2b: {
      const scale = reader.uint8();
      return ['byte', (scale <= 2 ? 3 : scale <= 4 ? 4 : 5) + (type === 0x29 ? 0 : type === 0x2a ? 3 : 5)];
    }
    case 0xa5: case 0xad: return shortOrMax(reader.uint16());
    case 0xa7: case 0xaf: case 0xe7: case 0xef: {
      const length = reader.uint16();
      // Collation.
      reader.bytes(5);
      return shortOrMax(length);
    }
    case 0xf1: {
      if (reader.uint8() !== 0) {
        reader.bVarchar();
        reader.bVarchar();
        reader.usVarchar();
      }
      return ['plp', 0xffff];
    }
    case 0xf0: {
      const length = reader.uint16();
      reader.bVarchar();
      reader.bVarchar();
      reader.bVarchar();
      reader.usVarchar();
      return ['plp', length];
    }
    case 0x22: case 0x23: case 0x63: {
      const length = reader.uint32();
      if (type !== 0x22) reader.bytes(5);
      for (let parts = reader.uint8(); parts > 0; parts--) reader.usVarchar();
      return ['text', length];
    }
    case 0x62: return ['long', reader.uint32()];
    default: throw new Error(`type 0x${type.toString(16)} is not known`);
  }
}

function shortOrMax(length: number): readonly [Framing, number] {
  return [length === 0xffff ? 'plp' : 'short', length];
}
