import { isTransient, retryDelay } from './retry';
import type { LegacyToS3Error } from '../../api/errors';
import { causes } from '../../source/connection/source-errors';
import type { RunContext } from '../context/run-context';

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
