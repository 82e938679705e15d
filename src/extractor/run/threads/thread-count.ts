import { availableParallelism } from 'node:os';

/** Work (bytes of the source's pages) from which the start of threads is a small part of it. */
const WORTH_THREADS_BYTES = 128 * 1024 * 1024;

/**
 * How many threads read: as asked for, otherwise one for each core, and none for what is small or for one reader alone.
 *
 * @param readers readers at work
 * @param bytes what they are to read
 */
export function threadCount(asked: number | undefined, readers: number, bytes: number): number {
  if (asked !== undefined) return Math.min(asked, readers);
  return readers < 2 || bytes < WORTH_THREADS_BYTES ? 0 : Math.min(availableParallelism(), readers);
}
