import type { LegacyToS3Error } from '../../api/errors';
import { causes } from '../../source/connection/source-errors';

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/**
 * Time before the next attempt (milliseconds): doubles with each failure up to a minute, less a random part of up to
 * half, so that readers that failed together do not come back together.
 *
 * @param attempt the one that failed, from 1
 * @param random from 0 up to 1
 * @param firstMs before the second attempt
 */
export function retryDelay(attempt: number, random: number, firstMs = FIRST_DELAY_MS): number {
  const longest = Math.min(LONGEST_DELAY_MS, firstMs * 2 ** (attempt - 1));
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

/** What is told of a failure that is tried again. @param delayMs until then */
export function noticeOf(error: LegacyToS3Error, attempt: number, delayMs: number): RetryNotice {
  const { code, message } = error;
  const number = causes(error).find((cause) => cause.number !== undefined)?.number;
  return { attempt, delaySeconds: delayMs / 1000, code, ...(number !== undefined && { number }), message };
}
