import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { LegacyToS3Error, type ErrorCode } from '../../api/errors';

/** What a thread loads: this file itself where it is bundled; else the bundle, since a thread loads no TypeScript. */
export function engineBundle(): string {
  return __filename.endsWith('.ts') ? join(__dirname, '..', '..', '..', '..', 'assets', 'extractor', 'index.js') : __filename;
}

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
 * @param sizes of the chunks they are to read (bytes of the source's pages), or of the objects
 */
export function threadCount(asked: number | undefined, readers: number, sizes: readonly number[]): number {
  if (asked !== undefined) return Math.min(asked, readers);
  const threads = Math.min(availableParallelism(), readers);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const longest = Math.max(total / threads, sizes.reduce((most, size) => Math.max(most, size), 0));
  return threads < 2 || total - longest < WORTH_THREADS_BYTES ? 0 : threads;
}

/** An error as data: a copy between threads loses class and code. */
export interface PlainError {
  /** Absent for errors of other kinds. */
  readonly code?: ErrorCode;
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: PlainError;
}

export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    ...(error instanceof LegacyToS3Error && { code: error.code }),
    name,
    message,
    stack,
    ...(cause !== undefined && { cause: toPlainError(cause) }),
  };
}

export function fromPlainError({ code, name, message, stack, cause }: PlainError): Error {
  const options = cause && { cause: fromPlainError(cause) };
  const error = code ? new LegacyToS3Error(code, message, options) : Object.assign(new Error(message, options), { name });
  return Object.assign(error, { stack });
}
