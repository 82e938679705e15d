import { BlockStream } from './block-stream';
import { LandedObject, ObjectWriter } from '../../landing/landing-target';
import { blockCodec } from '../formats/compression/block-codec';

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
