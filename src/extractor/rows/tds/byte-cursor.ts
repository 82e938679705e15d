/** Thrown when a token is not wholly in the buffer yet; the token is read again when more bytes are there. */
export const INCOMPLETE = new Error('incomplete token');

/** Reads the rare tokens (metadata, errors); rows are read by generated code. */
export class ByteCursor {
  public constructor(private readonly bytes: Uint8Array, public position: number, private readonly end: number) {}

  public skip(count: number): number {
    const from = this.position;
    if (from + count > this.end) throw INCOMPLETE;
    this.position = from + count;
    return from;
  }

  public u8(): number {
    return this.bytes[this.skip(1)];
  }

  public u16(): number {
    const at = this.skip(2);
    return this.bytes[at] | (this.bytes[at + 1] << 8);
  }

  public u32(): number {
    const at = this.skip(4);
    return (this.bytes[at] | (this.bytes[at + 1] << 8) | (this.bytes[at + 2] << 16) | (this.bytes[at + 3] << 24)) >>> 0;
  }

  public take(count: number): Uint8Array {
    const at = this.skip(count);
    return this.bytes.subarray(at, at + count);
  }

  public utf16(characters: number): string {
    const raw = this.take(2 * characters);
    return Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('utf16le');
  }

  /** A string after its length in characters as one byte (MS-TDS B_VARCHAR). */
  public shortString(): string {
    return this.utf16(this.u8());
  }

  /** A string after its length in characters as two bytes (MS-TDS US_VARCHAR). */
  public longString(): string {
    return this.utf16(this.u16());
  }

  /** Passes over a value that `scan` finds the end of; it is given the value's position. */
  public skipValue(scan: (view: DataView, start: number, end: number) => number): void {
    const after = scan(new DataView(this.bytes.buffer, this.bytes.byteOffset), this.position, this.end);
    if (after < 0) throw INCOMPLETE;
    this.position = after;
  }
}
