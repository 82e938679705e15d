/** Frames of Zstandard (RFC 8878, section 3.1). */

const MAGIC = 0xfd2fb528;
/** The longest header: magic, descriptor, window, dictionary, size. */
export const MAX_HEADER_BYTES = 18;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const SIZE_BYTES = [0, 2, 4, 8];
const SIZE_OF_TWO_BYTES_FROM = 256;
const RLE_BLOCK = 1;
const CHECKSUM_BYTES = 4;

/** What the header of a frame says. */
export interface ZstdFrameHeader {
  readonly headerBytes: number;
  /** Of what is in the frame; absent where the frame does not say. */
  readonly contentBytes?: number;
  readonly hasChecksum: boolean;
}

/** @returns nothing where the header does not end before the bytes do @throws RangeError when they are no frame */
export function readFrameHeader(bytes: Uint8Array): ZstdFrameHeader | undefined {
  if (bytes.length < 5) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('not a zstd frame');
  const descriptor = bytes[4];
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeBytes = SIZE_BYTES[descriptor >> 6] || (isSingleSegment ? 1 : 0);
  const at = 5 + (isSingleSegment ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3];
  const headerBytes = at + sizeBytes;
  if (bytes.length < headerBytes) return undefined;
  let contentBytes = 0;
  for (let i = sizeBytes - 1; i >= 0; i--) contentBytes = contentBytes * 256 + bytes[at + i];
  if (sizeBytes === 2) contentBytes += SIZE_OF_TWO_BYTES_FROM;
  return { headerBytes, hasChecksum: (descriptor & 4) !== 0, ...(sizeBytes > 0 && { contentBytes }) };
}

/** Bytes of the frame the bytes begin with; undefined where it does not end before they do. @throws RangeError when they are no frame */
export function frameBytes(bytes: Uint8Array): number | undefined {
  const header = readFrameHeader(bytes);
  if (!header) return undefined;
  for (let at = header.headerBytes; ;) {
    if (at + 3 > bytes.length) return undefined;
    const block = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16;
    at += 3 + ((block >> 1 & 3) === RLE_BLOCK ? 1 : block >> 3);
    if ((block & 1) === 0) continue;
    if (header.hasChecksum) at += CHECKSUM_BYTES;
    return at <= bytes.length ? at : undefined;
  }
}
