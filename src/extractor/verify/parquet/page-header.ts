/** Header of a page (PageHeader of parquet.thrift). */
export interface PageHeader {
  /** 0 data, 2 dictionary. */
  readonly type: number;
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
  /** Values, NULL among them. */
  readonly values: number;
  readonly encoding: number;
  /** Of the definition levels; of a data page. */
  readonly levels: number;
  /** Bytes of the header itself. */
  readonly size: number;
}

export const PAGE = { DATA: 0, DICTIONARY: 2 } as const;
export const ENCODING = { PLAIN: 0, PLAIN_DICTIONARY: 2, RLE: 3, RLE_DICTIONARY: 8 } as const;

/** Types of Thrift's compact protocol (thrift-compact-protocol.md). */
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;
const DEEPEST = 8;

type Fields = ReadonlyMap<number, number | Fields>;

/**
 * Reads the header of a page.
 *
 * @returns nothing where it does not end before the bytes do
 * @throws RangeError when it is none
 */
export function readPageHeader(bytes: Uint8Array): PageHeader | undefined {
  const reader = new CompactReader(bytes);
  let fields: Fields;
  try {
    fields = reader.struct(0);
  } catch (error) {
    if (error === CUT) return undefined;
    throw error;
  }
  const number = (from: Fields | undefined, id: number): number => {
    const value = from?.get(id);
    return typeof value === 'number' ? value : NaN;
  };
  const struct = (id: number) => {
    const value = fields.get(id);
    return typeof value === 'object' ? value : undefined;
  };
  const type = number(fields, 1);
  const of = struct(type === PAGE.DICTIONARY ? 7 : 5);
  return {
    type,
    uncompressedBytes: number(fields, 2),
    compressedBytes: number(fields, 3),
    values: number(of, 1),
    encoding: number(of, 2),
    levels: number(of, 3),
    size: reader.position,
  };
}

const CUT = Symbol('the bytes end');

class CompactReader {
  public position = 0;

  public constructor(private readonly bytes: Uint8Array) {}

  public struct(depth: number): Fields {
    if (depth > DEEPEST) throw new RangeError('its header is no Thrift struct');
    const fields = new Map<number, number | Fields>();
    for (let id = 0; ;) {
      const byte = this.byte();
      if (byte === 0) return fields;
      const delta = byte >> 4;
      id = delta === 0 ? this.zigzag() : id + delta;
      const value = this.value(byte & 15, depth);
      if (value !== undefined) fields.set(id, value);
    }
  }

  private value(type: number, depth: number): number | Fields | undefined {
    switch (type) {
      case TRUE: case FALSE: return undefined;
      case BYTE: return void this.skip(1);
      case I16: case I32: case I64: return this.zigzag();
      case DOUBLE: return void this.skip(8);
      case BINARY: return void this.skip(this.varint());
      case LIST: case SET: {
        const head = this.byte();
        const count = head >> 4 === 15 ? this.varint() : head >> 4;
        for (let i = 0; i < count; i++) this.value(head & 15, depth + 1);
        return undefined;
      }
      case STRUCT: return this.struct(depth + 1);
      default: throw new RangeError('its header is no Thrift struct');
    }
  }

  private byte(): number {
    if (this.position >= this.bytes.length) throw CUT;
    return this.bytes[this.position++];
  }

  private skip(count: number): void {
    if (count > this.bytes.length - this.position) throw CUT;
    this.position += count;
  }

  private varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 63; factor *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError('its header is no Thrift struct');
  }

  private zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
