import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { zstdCompressor } from './zstd';
import { LandedObject, ObjectWriter } from '../landing/landing-target';

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
  switch (compression) {
    case 'none': return new PlainStream(writer);
    case 'gzip': return new GzipStream(writer);
    case 'zstd': return new ZstdStream(writer);
  }
}

class PlainStream implements ObjectStream {
  public landedBytes = 0;

  public constructor(protected readonly writer: ObjectWriter) {}

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

/** Each block is a frame of its own; frames in a row are one stream to every decoder. */
class ZstdStream extends PlainStream {
  private readonly compress = zstdCompressor();
  private readonly block = new Uint8Array(0x100000);
  private length = 0;

  public override write(bytes: Uint8Array): void | Promise<void> {
    if (this.length + bytes.length <= this.block.length) {
      this.block.set(bytes, this.length);
      this.length += bytes.length;
      return undefined;
    }
    const held = this.flush();
    const rest = (): void | Promise<void> => {
      if (bytes.length > this.block.length) return super.write(this.compress(bytes));
      return this.write(bytes);
    };
    return held ? held.then(rest) : rest();
  }

  public override async complete(): Promise<LandedObject> {
    await this.flush();
    return super.complete();
  }

  private flush(): void | Promise<void> {
    const { length } = this;
    this.length = 0;
    return length === 0 ? undefined : super.write(this.compress(this.block.subarray(0, length)));
  }
}

/** gzip runs on the thread pool. */
class GzipStream implements ObjectStream {
  public landedBytes = 0;
  private readonly gzip: Transform = zlib.createGzip({ chunkSize: 0x10000 });
  private failure: unknown;
  private readonly done: Promise<void>;

  public constructor(private readonly writer: ObjectWriter) {
    this.done = this.pump();
    // A failure is reported by the next write or by complete; nobody may be waiting yet.
    this.done.catch((error: unknown) => {
      this.failure = error;
      this.gzip.destroy();
    });
  }

  public write(bytes: Uint8Array): void | Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (this.gzip.write(Buffer.from(bytes))) return undefined;
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.gzip.off('drain', settle).off('close', settle);
        if (this.failure !== undefined) reject(this.failure as Error);
        else resolve();
      };
      this.gzip.on('drain', settle).on('close', settle);
    });
  }

  public async complete(): Promise<LandedObject> {
    this.gzip.end();
    await this.done;
    return this.writer.complete();
  }

  public async abort(): Promise<void> {
    this.gzip.destroy();
    await this.done.catch(() => undefined);
    await this.writer.abort();
  }

  private async pump(): Promise<void> {
    for await (const chunk of this.gzip) {
      const bytes = chunk as Buffer;
      this.landedBytes += bytes.length;
      await this.writer.write(bytes);
    }
  }
}
