import { gunzipSync } from 'node:zlib';
import { zstdDecompressor } from '../../../codec/zstd-decompressor';
import { readFrameHeader } from '../compression/zstd-frame';
import type { VerifyKernel } from '../kernel/load-verify-kernel';

/** Puts what is in a page at a place of the kernel's memory, where there is room for it. @throws RangeError */
export type PageDecompressor = (page: Uint8Array, size: number, at: number) => void;

/** Whether the page itself says that it has this size; a header that is damaged says any. */
function states(codec: string, page: Uint8Array, size: number): boolean {
  switch (codec) {
    case 'ZSTD': return readFrameHeader(page)?.contentBytes === size;
    case 'GZIP': return page.length >= 18 && new DataView(page.buffer, page.byteOffset + page.length - 4, 4).getUint32(0, true) === size % 2 ** 32;
    case 'SNAPPY': {
      let stated = 0;
      for (let i = 0; i < 5; i++) {
        stated += (page[i] & 0x7f) * 2 ** (7 * i);
        if (page[i] < 0x80) break;
      }
      return stated === size;
    }
    default: return page.length === size;
  }
}

/**
 * Decompresses the pages of a codec (CompressionCodec of parquet.thrift).
 *
 * @param staging makes room in the kernel's memory
 * @returns nothing of codecs that are not ours
 */
export function pageDecompressor(
  codec: string, { functions, memory }: VerifyKernel, staging: (size: number) => number,
): PageDecompressor | undefined {
  const decompress = decompressorOf(codec);
  if (!decompress) return undefined;
  return (page, size, at) => {
    if (!states(codec, page, size)) throw new RangeError(`its header says that ${size} bytes are in it, which it does not`);
    try {
      decompress(page, size, at);
    } catch (error) {
      throw new RangeError(`it cannot be decompressed: ${(error as Error).message}`, { cause: error });
    }
  };

  function decompressorOf(name: string): PageDecompressor | undefined {
    switch (name) {
      case 'UNCOMPRESSED': return (page, _, at) => memory.set(page, at);
      case 'GZIP': return (page, size, at) => {
        const bytes = gunzipSync(page, { maxOutputLength: Math.max(1, size) });
        if (bytes.length !== size) throw new RangeError(`${bytes.length} bytes are in it, not ${size}`);
        memory.set(bytes, at);
      };
      case 'SNAPPY': return (page, size, at) => {
        const from = staging(page.length);
        memory.set(page, from);
        if (functions.unsnappy(from, from + page.length, at, size) === 0) throw new RangeError('not snappy of that size');
      };
      case 'ZSTD': {
        const zstd = zstdDecompressor();
        return (page, size, at) => memory.set(zstd(page, size), at);
      }
      default: return undefined;
    }
  }
}
