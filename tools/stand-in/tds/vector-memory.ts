/* eslint-disable no-bitwise */
import { DuckDBVector } from '@duckdb/node-api';
import { StringMemory } from './string-memory';

/** What the encoders read of a vector: DuckDB's own memory, which its accessors would turn into objects. */
interface RawVector {
  readonly items?: Int8Array | Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array | BigInt64Array;
  readonly dataView?: DataView;
  readonly validity: { readonly data: BigUint64Array | null };
}

/** The memory of the vector that is read, as every kind of value needs it. */
export class VectorMemory {
  protected vector!: DuckDBVector;
  /** Integer and float vectors as their typed array. */
  protected items!: Int32Array;
  /** 64- and 128-bit vectors as little-endian words. */
  protected words!: Uint32Array;
  protected shorts!: Int16Array;
  protected octets!: Uint8Array;
  protected readonly memory = new StringMemory();
  private validity: Uint8Array | undefined;

  /** @param isText whether values are strings or bytes, which the vector only points to */
  constructor(private readonly isText: boolean) {}

  bind(vector: DuckDBVector): void {
    const raw = vector as unknown as RawVector;
    const bits = raw.validity?.data;
    this.validity = bits ? new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength) : undefined;
    this.vector = vector;
    this.items = raw.items as Int32Array;
    const memory = raw.items ?? raw.dataView;
    if (memory) {
      this.octets = new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength);
    }
    if (this.isText) {
      this.memory.bind(vector, (row) => this.isNull(row));
    } else if (memory && memory.byteOffset % 4 === 0) {
      this.words = new Uint32Array(memory.buffer, memory.byteOffset, memory.byteLength >>> 2);
      this.shorts = new Int16Array(memory.buffer, memory.byteOffset, memory.byteLength >>> 1);
    }
  }

  isNull(row: number): boolean {
    return this.validity !== undefined && (this.validity[row >>> 3] & (1 << (row & 7))) === 0;
  }

  protected bigint(row: number): bigint {
    return (this.items as unknown as BigInt64Array)[row];
  }
}
