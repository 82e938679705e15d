/** Growing little-endian writer. */
export class ByteWriter {
  data: Buffer;
  length = 0;

  constructor(capacity = 256) {
    this.data = Buffer.allocUnsafe(capacity);
  }

  /** Makes room for `count` more bytes; the position where they go is returned by the write methods. */
  reserve(count: number): void {
    if (this.length + count > this.data.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.data.length * 2, this.length + count));
      this.data.copy(grown, 0, 0, this.length);
      this.data = grown;
    }
  }

  take(): Buffer {
    return Buffer.from(this.data.subarray(0, this.length));
  }

  clear(): void {
    this.length = 0;
  }

  uint8(value: number): this {
    this.reserve(1);
    this.data[this.length++] = value;
    return this;
  }

  uint16(value: number): this {
    this.reserve(2);
    this.length = this.data.writeUInt16LE(value, this.length);
    return this;
  }

  uint32(value: number): this {
    this.reserve(4);
    this.length = this.data.writeUInt32LE(value, this.length);
    return this;
  }

  int32(value: number): this {
    this.reserve(4);
    this.length = this.data.writeInt32LE(value, this.length);
    return this;
  }

  uint64(value: bigint): this {
    this.reserve(8);
    this.length = this.data.writeBigUInt64LE(value, this.length);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.reserve(value.length);
    this.data.set(value, this.length);
    this.length += value.length;
    return this;
  }

  ucs2(value: string): this {
    this.reserve(value.length * 2);
    this.length += this.data.write(value, this.length, 'utf16le');
    return this;
  }

  /** Text after a one-byte length in characters (B_VARCHAR). */
  bVarchar(value: string): this {
    return this.uint8(value.length).ucs2(value);
  }

  /** Text after a two-byte length in characters (US_VARCHAR). */
  usVarchar(value: string): this {
    return this.uint16(value.length).ucs2(value);
  }
}
