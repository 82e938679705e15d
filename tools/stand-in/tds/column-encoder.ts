/* eslint-disable no-bitwise */
import { DuckDBVector } from '@duckdb/node-api';
import { writeCodePage, writeUtf16 } from './text-transcoder';
import { hasPartialLength, timeBytes } from './type-info';
import { writeVariant } from './variant';
import { VectorMemory } from './vector-memory';
import { ByteWriter } from '../../tds/byte-writer';
import { collationOf } from '../sql/collations';
import { decimalBytes } from '../sql/type-declaration';
import { SqlType, TICKS_PER_DAY, family, isUnicode, OFFSET_BIAS, OFFSET_FACTOR } from '../sql/types';

/** Puts one column's values on the wire, straight from DuckDB's vector. */
export interface ColumnEncoder {
  /** Takes the column's vector of the next chunk. */
  bind(vector: DuckDBVector): void;
  isNull(row: number): boolean;
  /** Writes a value that is not NULL, with its length where the type has one. */
  write(out: ByteWriter, row: number): void;
  /** Writes NULL as a ROW token has it; a fixed-length column never asks for it. */
  writeNull(out: ByteWriter): void;
}

type Write = (out: ByteWriter, row: number) => void;

/** Days from 0001-01-01 to 1970-01-01 and to 1900-01-01. */
const DAYS_TO_1970 = 719162;
const DAYS_TO_1900 = 693595;
const DAY = BigInt(TICKS_PER_DAY);
const NULL_PLP = 0xffffffffffffffffn;
/** Bytes of one chunk of a partially length-prefixed value. */
const PLP_CHUNK = 0x8000;

export function createColumnEncoder(type: SqlType, fixedLength: boolean): ColumnEncoder {
  return new VectorEncoder(type, fixedLength);
}

class VectorEncoder extends VectorMemory implements ColumnEncoder {
  readonly write: Write;

  constructor(private readonly type: SqlType, private readonly fixed: boolean) {
    super(['string', 'xml', 'binary', 'udt'].includes(family(type)));
    this.write = this.createWrite();
  }

  writeNull(out: ByteWriter): void {
    const { name } = this.type;
    if (hasPartialLength(this.type)) {
      out.uint64(NULL_PLP);
    } else if (name === 'sql_variant') {
      out.uint32(0);
    } else if (/^n?(var)?char$|^(var)?binary$|^timestamp$|^sysname$/.test(name)) {
      out.uint16(0xffff);
    } else {
      out.uint8(0);
    }
  }

  private createWrite(): Write {
    const { type } = this;
    const prefixed = (bytes: number, write: Write): Write => (this.fixed ? (out, row) => {
      out.reserve(bytes);
      write(out, row);
    } : (out, row) => {
      out.reserve(bytes + 1);
      out.data[out.length++] = bytes;
      write(out, row);
    });
    switch (type.name) {
      case 'bit':
        return prefixed(1, (out, row) => { out.data[out.length++] = this.octets[row]; });
      case 'tinyint':
        return prefixed(1, (out, row) => { out.data[out.length++] = this.items[row]; });
      case 'smallint':
        return prefixed(2, (out, row) => { out.length = out.data.writeInt16LE(this.items[row], out.length); });
      case 'int':
        return prefixed(4, (out, row) => { out.length = out.data.writeInt32LE(this.items[row], out.length); });
      case 'bigint':
        return prefixed(8, (out, row) => this.writeWords(out, row * 2, 2));
      case 'real':
        return prefixed(4, (out, row) => { out.length = out.data.writeFloatLE(this.items[row], out.length); });
      case 'float':
        return prefixed(8, (out, row) => { out.length = out.data.writeDoubleLE(this.items[row], out.length); });
      case 'money':
        return prefixed(8, (out, row) => {
          out.length = out.data.writeUInt32LE(this.words[row * 4 + 1], out.length);
          out.length = out.data.writeUInt32LE(this.words[row * 4], out.length);
        });
      case 'smallmoney':
        return prefixed(4, (out, row) => this.writeWords(out, row * 2, 1));
      case 'decimal':
      case 'numeric': return this.decimalWrite();
      case 'date':
        return prefixed(3, (out, row) => writeDays(out, this.items[row] + DAYS_TO_1970));
      case 'time':
        return prefixed(timeBytes(type.scale!), (out, row) => this.writeTime(out, this.words[row * 2] + this.words[row * 2 + 1] * 4294967296));
      case 'datetime2':
        return prefixed(timeBytes(type.scale!) + 3, (out, row) => this.writeDateTime(out, this.bigint(row)));
      case 'datetimeoffset':
        return prefixed(timeBytes(type.scale!) + 5, (out, row) => {
          const value = this.vector.getItem(row) as bigint;
          this.writeDateTime(out, value / OFFSET_FACTOR);
          out.length = out.data.writeInt16LE(Number(value % OFFSET_FACTOR - OFFSET_BIAS), out.length);
        });
      case 'datetime':
        return prefixed(8, (out, row) => {
          const ticks = this.bigint(row);
          const days = Number(ticks / DAY);
          out.length = out.data.writeInt32LE(days - DAYS_TO_1900, out.length);
          out.length = out.data.writeUInt32LE(Math.round((Number(ticks - BigInt(days) * DAY) * 3) / 100000), out.length);
        });
      case 'smalldatetime':
        return prefixed(4, (out, row) => {
          const minutes = Number(this.bigint(row) / 600000000n);
          out.length = out.data.writeUInt16LE(Math.floor(minutes / 1440) - DAYS_TO_1900, out.length);
          out.length = out.data.writeUInt16LE(minutes % 1440, out.length);
        });
      case 'uniqueidentifier':
        return prefixed(16, (out, row) => this.writeUuid(out, row * 4));
      case 'sql_variant':
        return (out, row) => writeVariant(out, this.vector.getItem(row) as string);
      case 'binary':
      case 'varbinary':
      case 'image':
      case 'timestamp':
      case 'hierarchyid':
      case 'geometry':
      case 'geography':
        return this.bytesWrite();
      default: return this.textWrite();
    }
  }

  private textWrite(): Write {
    const { memory, type } = this;
    if (isUnicode(type)) {
      return this.framed((out) => writeUtf16(out, memory.source, memory.start, memory.length));
    }
    const { codePage } = collationOf(type.collation);
    return this.framed((out) => writeCodePage(out, memory.source, memory.start, memory.length, codePage));
  }

  private bytesWrite(): Write {
    const { memory } = this;
    return this.framed((out) => {
      out.bytes(memory.source.subarray(memory.start, memory.start + memory.length));
      return memory.length;
    });
  }

  /** Puts the length the type has before what `append` writes of the value located. */
  private framed(append: (out: ByteWriter) => number): Write {
    const { name } = this.type;
    const { memory } = this;
    if (name === 'text' || name === 'ntext' || name === 'image') {
      return (out, row) => {
        memory.locate(row);
        out.uint8(TEXT_POINTER.length).bytes(TEXT_POINTER).uint64(0n).uint32(0);
        const lengthAt = out.length - 4;
        const length = append(out);
        out.data.writeUInt32LE(length, lengthAt);
      };
    }
    if (hasPartialLength(this.type)) {
      const scratch = new ByteWriter();
      return (out, row) => {
        memory.locate(row);
        scratch.clear();
        append(scratch);
        writePartial(out, scratch.data.subarray(0, scratch.length));
      };
    }
    return (out, row) => {
      memory.locate(row);
      out.uint16(0);
      const lengthAt = out.length - 2;
      const length = append(out);
      out.data.writeUInt16LE(length, lengthAt);
    };
  }

  /** DuckDB holds a decimal in 16, 32, 64 or 128 bits; the wire has a sign and a magnitude of 4 to 16 bytes. */
  private decimalWrite(): Write {
    const precision = this.type.precision!;
    const bytes = decimalBytes(precision);
    if (precision <= 9) {
      return (out, row) => {
        const value = precision <= 4 ? this.shorts[row] : this.words[row] | 0;
        out.reserve(6);
        out.data[out.length++] = 5;
        out.data[out.length++] = value < 0 ? 0 : 1;
        out.length = out.data.writeUInt32LE(Math.abs(value), out.length);
      };
    }
    const stored = precision <= 18 ? 2 : 4;
    const sent = (bytes - 1) / 4;
    return (out, row) => {
      out.reserve(bytes + 1);
      out.data[out.length++] = bytes;
      const start = row * stored;
      const negative = this.words[start + stored - 1] >>> 31 === 1;
      out.data[out.length++] = negative ? 0 : 1;
      let carry = 1;
      for (let at = 0; at < sent; at++) {
        let word = at < stored ? this.words[start + at] : 0;
        if (negative && at < stored) {
          const inverted = (~word >>> 0) + carry;
          word = inverted >>> 0;
          carry = inverted > 0xffffffff ? 1 : 0;
        }
        out.length = out.data.writeUInt32LE(word, out.length);
      }
    };
  }

  private writeWords(out: ByteWriter, start: number, count: number): void {
    for (let at = 0; at < count; at++) {
      out.length = out.data.writeUInt32LE(this.words[start + at], out.length);
    }
  }

  /** DuckDB keeps a UUID as a 128-bit integer with its top bit inverted; the wire swaps the first three groups. */
  private writeUuid(out: ByteWriter, start: number): void {
    const { words } = this;
    out.length = out.data.writeUInt32LE((words[start + 3] ^ 0x80000000) >>> 0, out.length);
    out.length = out.data.writeUInt16LE(words[start + 2] >>> 16, out.length);
    out.length = out.data.writeUInt16LE(words[start + 2] & 0xffff, out.length);
    out.length = out.data.writeUInt32BE(words[start + 1], out.length);
    out.length = out.data.writeUInt32BE(words[start], out.length);
  }

  private writeTime(out: ByteWriter, ticks: number): void {
    const count = Math.floor(ticks / 10 ** (7 - this.type.scale!));
    out.length = out.data.writeUIntLE(count, out.length, timeBytes(this.type.scale!));
  }

  private writeDateTime(out: ByteWriter, ticks: bigint): void {
    const days = ticks / DAY;
    this.writeTime(out, Number(ticks - days * DAY));
    writeDays(out, Number(days));
  }
}

/** SQL Server sends a pointer of 16 bytes and a timestamp before text, ntext and image; clients skip both. */
const TEXT_POINTER = Buffer.from('stand-in pointer', 'latin1');

function writeDays(out: ByteWriter, days: number): void {
  out.length = out.data.writeUIntLE(days, out.length, 3);
}

/** Partially length-prefixed data of known length (MS-TDS 2.2.5.2.3). */
function writePartial(out: ByteWriter, value: Uint8Array): void {
  out.uint64(BigInt(value.length));
  for (let start = 0; start < value.length; start += PLP_CHUNK) {
    const chunk = value.subarray(start, start + PLP_CHUNK);
    out.uint32(chunk.length).bytes(chunk);
  }
  out.uint32(0);
}
