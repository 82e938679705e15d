/** A request shorter than its own lengths say. */
export class TruncatedError extends Error {}

/** Little-endian reader over one request's bytes. */
export class ByteReader {
  position = 0;

  constructor(readonly data: Buffer) {}

  get remaining(): number {
    return this.data.length - this.position;
  }

  uint8(): number {
    return this.data[this.advance(1)];
  }

  uint16(): number {
    return this.data.readUInt16LE(this.advance(2));
  }

  uint32(): number {
    return this.data.readUInt32LE(this.advance(4));
  }

  int32(): number {
    return this.data.readInt32LE(this.advance(4));
  }

  uint64(): bigint {
    return this.data.readBigUInt64LE(this.advance(8));
  }

  bytes(count: number): Buffer {
    const start = this.advance(count);
    return this.data.subarray(start, start + count);
  }

  /** UTF-16LE text of `characters` code units. */
  ucs2(characters: number): string {
    return this.bytes(characters * 2).toString('utf16le');
  }

  /** Text after a one-byte length in characters (B_VARCHAR). */
  bVarchar(): string {
    return this.ucs2(this.uint8());
  }

  /** Text after a two-byte length in characters (US_VARCHAR). */
  usVarchar(): string {
    return this.ucs2(this.uint16());
  }

  private advance(count: number): number {
    const start = this.position;
    if (count < 0 || start + count > this.data.length) {
      throw new TruncatedError(`request ends at byte ${this.data.length}, ${start + count} wanted`);
    }
    this.position = start + count;
    return start;
  }
}
