/** Bytes that grow at the end. */
export class ByteRoom {
  public length = 0;
  private bytes: Uint8Array;

  /** @param expected bytes; memory is taken as they come */
  public constructor(expected = 1024) {
    this.bytes = Buffer.allocUnsafeSlow(expected);
  }

  public append(bytes: Uint8Array): void {
    this.make(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  public fill(value: number, count: number): void {
    this.make(count);
    this.bytes.fill(value, this.length, this.length + count);
    this.length += count;
  }

  /** All of them; good until the next are appended. */
  public view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  public clear(): void {
    this.length = 0;
  }

  private make(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.length + count, 2 * this.bytes.length));
    grown.set(this.view());
    this.bytes = grown;
  }
}
