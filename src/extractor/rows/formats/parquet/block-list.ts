const BLOCK_BYTES = 0x10000;

/** Bytes one behind the other in blocks that are used again: it grows without copying and wastes less than a block. */
export class BlockList {
  private readonly blocks: Uint8Array[] = [];
  private total = 0;

  public get length(): number {
    return this.total;
  }

  /** Copies the bytes. */
  public append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const used = this.total % BLOCK_BYTES;
      const at = (this.total - used) / BLOCK_BYTES;
      const block = this.blocks[at] ??= new Uint8Array(BLOCK_BYTES);
      const count = Math.min(BLOCK_BYTES - used, bytes.length - from);
      block.set(bytes.subarray(from, from + count), used);
      from += count;
      this.total += count;
    }
  }

  /** Empties it. @returns what was in it, good until the next byte is appended */
  public take(): Uint8Array[] {
    const { total } = this;
    this.total = 0;
    return this.blocks.slice(0, Math.ceil(total / BLOCK_BYTES))
      .map((block, at) => (total - at * BLOCK_BYTES < BLOCK_BYTES ? block.subarray(0, total - at * BLOCK_BYTES) : block));
  }
}
