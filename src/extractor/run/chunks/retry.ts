import { LegacyToS3Error, type ErrorCode } from '../../api/errors';
import { causes } from '../../source/connection/source-errors';
import type { RunContext } from '../context/run-context';

/**
 * Numbers of sys.messages after which the same request may succeed: those Microsoft's SqlClient retries by itself
 * ("Configurable retry logic"), 3960 and 3961, which end a SNAPSHOT transaction, and those of memory-optimised tables
 * ("Transactions with Memory-Optimized Tables", retry logic).
 */
export const RETRIED_NUMBERS: readonly number[] = [
  233, 997, 1204, 1205, 1222, 3960, 3961, 4060, 4221, 10053, 10054, 10060, 10928, 10929, 40143, 40197, 40501, 40540, 40613, 42108, 42109,
  49918, 49919, 49920, 41301, 41302, 41305, 41325, 41839,
];

/** Failures of sockets and of the store that pass. */
const RETRIED_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['SOURCE_CONNECTION_LOST', 'SOURCE_STALLED', 'SOURCE_UNREACHABLE', 'TARGET_UNREACHABLE']);

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/** Whether reading the chunk anew may help. */
export function isTransient(error: unknown, further: readonly number[] = []): boolean {
  if (!(error instanceof LegacyToS3Error)) return false;
  if (RETRIED_CODES.has(error.code)) return true;
  return causes(error).some(({ number }) => number !== undefined && (RETRIED_NUMBERS.includes(number) || further.includes(number)));
}

/**
 * Time before the next attempt (milliseconds): doubles with each failure up to a minute, less a random part of up to
 * half, so that readers that failed together do not come back together.
 *
 * @param attempt the one that failed, from 1
 * @param random from 0 up to 1
 */
export function retryDelay(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return Math.round(longest * (1 - random / 2));
}

/** An attempt that failed, and when the next one comes. */
export interface RetryNotice {
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** Time until the next attempt (seconds). */
  readonly delaySeconds: number;
  /** Stable code of the failure. */
  readonly code: string;
  /** SQL Server's, where it gave one. */
  readonly number?: number;
  readonly message: string;
}

/**
 * Does the work, anew after failures that pass, up to the run's number of retries.
 *
 * @param onRetry told before each wait
 * @throws what the last attempt threw, or the reason the run was stopped for
 */
export async function retrying<T>(
  { options, clock, signal }: Pick<RunContext, 'options' | 'clock' | 'signal'>, work: (attempt: number) => Promise<T>, onRetry: (notice: RetryNotice) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (signal.aborted || attempt > options.maxRetries || !isTransient(error, options.retryErrorNumbers)) throw error;
      const delay = retryDelay(attempt, clock.random());
      const { code, message } = error as LegacyToS3Error;
      const number = causes(error).find((cause) => cause.number !== undefined)?.number;
      onRetry({ attempt, delaySeconds: delay / 1000, code, ...(number !== undefined && { number }), message });
      await clock.sleep(delay, signal).catch(() => signal.throwIfAborted());
    }
  }
}
