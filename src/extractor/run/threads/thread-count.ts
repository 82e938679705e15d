import { availableParallelism } from 'node:os';

/**
 * What other threads must take off the busiest (bytes of the source's pages): starting two, each of which compiles its code
 * anew, takes about half a second, in which one thread alone reads about as much (bench/readers.ts).
 */
const WORTH_THREADS_BYTES = 128 * 1024 * 1024;

/**
 * How many threads read: as asked for, otherwise one for each core, but none where they would have little to share: with one
 * reader, of what is small, or of one chunk that is nearly all.
 *
 * @param readers readers at work
 * @param sizes of the chunks they are to read (bytes of the source's pages)
 */
export function threadCount(asked: number | undefined, readers: number, sizes: readonly number[]): number {
  if (asked !== undefined) return Math.min(asked, readers);
  const threads = Math.min(availableParallelism(), readers);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const longest = Math.max(total / threads, sizes.reduce((most, size) => Math.max(most, size), 0));
  return threads < 2 || total - longest < WORTH_THREADS_BYTES ? 0 : threads;
}
