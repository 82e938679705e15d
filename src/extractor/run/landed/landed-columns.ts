import { LegacyToS3Error } from '../../api/errors';
import type { LandingTarget } from '../../landing/target/landing-target';
import { parquetColumns, type ParquetBlock } from '../../verify/parquet/parquet-rows';

/** Of the end of an object, read at once: footers are shorter mostly. */
const END_BYTES = 0x10000;

/**
 * Reads some columns of a landed object, which is a Parquet file, by parts: of its other columns nothing is read.
 *
 * @throws LegacyToS3Error of code CONTENT_MISMATCH when the object is not there, or not what it was
 */
export async function* landedColumns(target: LandingTarget, key: string, names: readonly string[]): AsyncGenerator<ParquetBlock> {
  const end = await target.readPart(key, -1, END_BYTES);
  if (!end) throw unreadable(key, 'is not there any more');
  const endsFrom = end.sizeBytes - end.bytes.length;
  const slice = async (from: number, to = end.sizeBytes): Promise<ArrayBuffer> => {
    if (from >= endsFrom) return bufferOf(end.bytes.subarray(from - endsFrom, to - endsFrom));
    const part = await target.readPart(key, from, to - from);
    if (!part) throw unreadable(key, 'is not there any more');
    return bufferOf(part.bytes);
  };
  try {
    yield* parquetColumns({ byteLength: end.sizeBytes, slice }, names, END_BYTES);
  } catch (error) {
    throw asUnreadable(key, error);
  }
}

/** What an error of reading a landed object's keys is told as. */
export function asUnreadable(key: string, error: unknown): LegacyToS3Error {
  return error instanceof LegacyToS3Error ? error : unreadable(key, `cannot be read: ${(error as Error).message}`, error);
}

function unreadable(key: string, why: string, cause?: unknown): LegacyToS3Error {
  return new LegacyToS3Error('CONTENT_MISMATCH', `${key} holds keys that landed, and ${why}`, { cause });
}

/** Reads some columns of a Parquet file that is in memory. @throws RangeError */
export async function* columnsInMemory(bytes: Buffer, names: readonly string[]): AsyncGenerator<ParquetBlock> {
  yield* parquetColumns({ byteLength: bytes.length, slice: (from, to) => bufferOf(bytes.subarray(from, to)) }, names);
}

function bufferOf({ buffer, byteOffset, length }: Buffer): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
}
