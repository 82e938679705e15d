import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { decompress as fzstd } from 'fzstd';
import { frameBytes, readFrameHeader } from './zstd-frame';
import { zstdDecompressor } from '../../../codec/zstd-decompressor';

/** Given out by zlib at a time. */
const CHUNK_BYTES = 0x40000;
/** The extractor makes frames of 1 MiB; what is said to be larger is left to a decoder that takes no memory for it in advance. */
const MAX_FRAME_BYTES = 0x4000000;

/** What is in a stream; a piece is good until the next is asked for. */
export function uncompressed(body: AsyncIterable<Uint8Array>, compression: string): AsyncIterable<Uint8Array> {
  return compression === 'gzip' ? gunzip(body) : compression === 'zstd' ? unzstd(body) : body;
}

function gunzip(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const out = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error of either ends the other.
  pipeline(Readable.from(body), out, () => undefined);
  return out;
}

/** Frame by frame (RFC 8878, section 3.1). */
async function* unzstd(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decompress = zstdDecompressor();
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of body) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (let size = frameBytes(rest); size !== undefined; size = frameBytes(rest)) {
      const frame = rest.subarray(0, size);
      const { contentBytes } = readFrameHeader(frame)!;
      // A copy: while the reader takes it, another object may be decompressed.
      yield contentBytes === undefined || contentBytes > MAX_FRAME_BYTES ? fzstd(frame) : decompress(frame, contentBytes).slice();
      rest = rest.subarray(size);
    }
  }
  if (rest.length > 0) throw new RangeError('it cannot be read: a zstd frame that does not end');
}
