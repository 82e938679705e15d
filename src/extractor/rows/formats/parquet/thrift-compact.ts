/** Types of Thrift's compact protocol, as Parquet's metadata uses it. */
const enum Type { TRUE = 1, FALSE = 2, I16 = 4, I32 = 5, I64 = 6, BINARY = 8, LIST = 9, STRUCT = 12 }

/** Writes Thrift structs in the compact protocol. Fields must come in the order of their ids. */
export class ThriftWriter {
  private bytes = new Uint8Array(256);
  private length = 0;
  private lastField = 0;

  public get result(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  public bool(id: number, value: boolean): this {
    this.field(id, value ? Type.TRUE : Type.FALSE);
    return this;
  }

  public i16(id: number, value: number): this {
    this.field(id, Type.I16);
    this.zigzag(value);
    return this;
  }

  public i32(id: number, value: number): this {
    this.field(id, Type.I32);
    this.zigzag(value);
    return this;
  }

  /** @param value a whole number below 2^53 */
  public i64(id: number, value: number): this {
    this.field(id, Type.I64);
    this.zigzag(value);
    return this;
  }

  public binary(id: number, value: Uint8Array | string): this {
    this.field(id, Type.BINARY);
    this.blob(value);
    return this;
  }

  public struct(id: number, write: (writer: this) => void): this {
    this.field(id, Type.STRUCT);
    this.nested(write);
    return this;
  }

  public structs<T>(id: number, items: readonly T[], write: (writer: this, item: T) => void): this {
    this.listHeader(id, items.length, Type.STRUCT);
    for (const item of items) this.nested((writer) => write(writer, item));
    return this;
  }

  public i32s(id: number, items: readonly number[]): this {
    this.listHeader(id, items.length, Type.I32);
    for (const item of items) this.zigzag(item);
    return this;
  }

  public strings(id: number, items: readonly string[]): this {
    this.listHeader(id, items.length, Type.BINARY);
    for (const item of items) this.blob(item);
    return this;
  }

  /** Ends the outermost struct. */
  public stop(): Uint8Array {
    this.byte(0);
    return this.result;
  }

  private nested(write: (writer: this) => void): void {
    const outer = this.lastField;
    this.lastField = 0;
    write(this);
    this.byte(0);
    this.lastField = outer;
  }

  private listHeader(id: number, size: number, type: Type): void {
    this.field(id, Type.LIST);
    if (size < 15) {
      this.byte(size << 4 | type);
    } else {
      this.byte(0xf0 | type);
      this.varint(size);
    }
  }

  private field(id: number, type: Type): void {
    const delta = id - this.lastField;
    if (delta > 0 && delta <= 15) {
      this.byte(delta << 4 | type);
    } else {
      this.byte(type);
      this.zigzag(id);
    }
    this.lastField = id;
  }

  private blob(value: Uint8Array | string): void {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    this.varint(bytes.length);
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  private zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  private varint(value: number): void {
    while (value >= 0x80) {
      this.byte(value % 0x80 | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.byte(value);
  }

  private byte(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(2 * (this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
