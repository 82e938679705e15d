import { setTimeout as wait } from 'node:timers/promises';

/** When and how often to look. */
export interface PollOptions {
  /** What is waited for; it stands in the error. */
  readonly what: string;
  /** @default 30000 */
  readonly deadlineMs?: number;
  /** @default 50 */
  readonly intervalMs?: number;
}

/** The condition did not come true in time. */
export class DeadlineError extends Error {
  public readonly code = 'DEADLINE';

  public constructor(what: string, deadlineMs: number, last: unknown) {
    super(`waited ${deadlineMs} ms for ${what}; last seen: ${describe(last)}`);
    this.name = 'DeadlineError';
  }
}

function describe(last: unknown): string {
  if (last instanceof Error) return `${last.name}: ${last.message}`;
  return JSON.stringify(last)?.slice(0, 2000) ?? String(last);
}

/**
 * Calls `look` until it gives something other than undefined or false, and returns that.
 * An error of `look` counts as "not yet".
 *
 * @throws DeadlineError with what was seen last
 */
export async function poll<T>(look: () => Promise<T | undefined | false>, options: PollOptions): Promise<T> {
  const deadlineMs = options.deadlineMs ?? 30_000;
  const end = Date.now() + deadlineMs;
  for (;;) {
    let last: unknown;
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= end) throw new DeadlineError(options.what, deadlineMs, last);
    await wait(options.intervalMs ?? 50);
  }
}
