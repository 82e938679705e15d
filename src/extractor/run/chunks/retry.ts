import { LegacyToS3Error, type ErrorCode } from '../../api/errors';
import { isRecurring, PASSING_NUMBERS } from '../../source/connection/passing-numbers';
import { causes, withRemedy } from '../../source/connection/source-errors';
import { noticeOf, retryDelay, type RetryNotice } from '../context/retry-notice';
import type { RunContext } from '../context/run-context';

/** Failures of sockets and of the store that pass; the next attempt may replace what is under its keys. */
const RETRIED_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['SOURCE_CONNECTION_LOST', 'SOURCE_STALLED', 'SOURCE_UNREACHABLE', 'TARGET_UNREACHABLE', 'TARGET_OCCUPIED']);

/** How often what most often comes back with the same chunk is tried again. */
const RECURRING_RETRIES = 2;

/** Whether reading the chunk anew may help. */
export function isTransient(error: unknown, further: readonly number[] = []): boolean {
  if (!(error instanceof LegacyToS3Error)) return false;
  if (RETRIED_CODES.has(error.code)) return true;
  return causes(error).some(({ number }) => number !== undefined && (PASSING_NUMBERS.has(number) || further.includes(number)));
}

/** Whether reading the chunk anew may help, but most often fails the same way. */
function mayRecur(error: unknown): boolean {
  return error instanceof LegacyToS3Error && causes(error).some(({ number }) => number !== undefined && isRecurring(number));
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
  let recurred = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (thrown) {
      const error = withRemedy(thrown);
      if (signal.aborted || attempt > options.maxRetries) throw error;
      if (!isTransient(error, options.retryErrorNumbers) && !(mayRecur(error) && ++recurred <= RECURRING_RETRIES)) throw error;
      const delay = retryDelay(attempt, clock.random());
      onRetry(noticeOf(error as LegacyToS3Error, attempt, delay));
      await clock.sleep(delay, signal).catch(() => signal.throwIfAborted());
    }
  }
}
