import { LandedObject, ObjectWriter } from '../../landing/target/landing-target';
import { BufferPool } from '../../landing/target/part-queue';
import { blockCodec, type BlockCodec } from '../formats/compression/block-codec';

/** One object being written, compressed on the way where its format asks for it. */
export interface ObjectStream {
  /** Bytes handed to the target so far. */
  readonly landedBytes: number;
  /** The bytes are copied or written before the call returns or its promise resolves. */
  write(bytes: Uint8Array): void | Promise<void>;
  complete(): Promise<LandedObject>;
  abort(): Promise<void>;
}

export function objectStream(writer: ObjectWriter, compression: 'none' | 'gzip' | 'zstd'): ObjectStream {
  return compression === 'none' ? new PlainStream(writer) : new BlockStream(writer, blockCodec(compression));
}

class PlainStream implements ObjectStream {
  public landedBytes = 0;

  public constructor(private readonly writer: ObjectWriter) {}

  public write(bytes: Uint8Array): void | Promise<void> {
    this.landedBytes += bytes.length;
    return this.writer.write(bytes);
  }

  public complete(): Promise<LandedObject> {
    return this.writer.complete();
  }

  public abort(): Promise<void> {
    return this.writer.abort();
  }
}

const BLOCK_BYTES = 0x100000;
/** As many as the thread pool has threads by default. */
const BLOCKS_AT_WORK = 4;

/** Compresses blocks side by side and writes them in order. */
export class BlockStream implements ObjectStream {
  public landedBytes = 0;
  private readonly pool = new BufferPool(BLOCKS_AT_WORK + 1);
  private block = this.pool.take(BLOCK_BYTES);
  private length = 0;
  private failure: { readonly reason: unknown } | undefined;
  /** The write of the newest block, behind those before it; never rejects. */
  private written: Promise<void>;
  /** The writes of all blocks at work, the oldest first. */
  private readonly atWork: Array<Promise<void>> = [];

  public constructor(private readonly writer: ObjectWriter, private readonly codec: BlockCodec) {
    this.written = codec.header ? this.inOrder(Promise.resolve(), async () => codec.header!) : Promise.resolve();
  }

  public write(bytes: Uint8Array): void | Promise<void> {
    if (this.failure) return Promise.reject(this.failure.reason);
    for (let from = 0; from < bytes.length;) {
      const count = Math.min(BLOCK_BYTES - this.length, bytes.length - from);
      this.block.set(bytes.subarray(from, from + count), this.length);
      this.length += count;
      from += count;
      if (this.length < BLOCK_BYTES) break;
      this.cut();
      // One write may be larger than all blocks at work may be together.
      if (this.atWork.length >= BLOCKS_AT_WORK) return this.room(bytes.subarray(from));
    }
    return undefined;
  }

  public async complete(): Promise<LandedObject> {
    if (this.length > 0) this.cut();
    await this.written;
    if (this.failure) throw this.failure.reason;
    const trailer = this.codec.trailer?.();
    if (trailer) await this.land(trailer);
    return this.writer.complete();
  }

  public async abort(): Promise<void> {
    this.failure ??= { reason: new Error('given up') };
    // A write that hangs ends by it.
    await this.writer.abort();
    await this.written;
  }

  private async room(rest: Uint8Array): Promise<void> {
    await this.atWork[0];
    await this.write(rest);
  }

  /** Sets the block to work and begins the next one. */
  private cut(): void {
    const { block, length } = this;
    const bytes = block.subarray(0, length);
    this.codec.next?.(bytes);
    const compressed = this.codec.compress(bytes).finally(() => this.pool.give(block));
    // Looked at when its turn comes.
    compressed.catch(() => undefined);
    this.block = this.pool.take(BLOCK_BYTES);
    this.length = 0;
    this.written = this.inOrder(this.written, () => compressed).then(() => void this.atWork.shift());
    this.atWork.push(this.written);
  }

  private async inOrder(before: Promise<void>, bytes: () => Promise<Uint8Array>): Promise<void> {
    try {
      await before;
      const compressed = await bytes();
      if (!this.failure) await this.land(compressed);
    } catch (reason) {
      this.failure ??= { reason };
    }
  }

  private async land(bytes: Uint8Array): Promise<void> {
    this.landedBytes += bytes.length;
    await this.writer.write(bytes);
  }
}
