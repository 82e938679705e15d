import { setTimeout as delay } from 'node:timers/promises';
import type { GlueClient } from '@aws-sdk/client-glue';

/** Requests a second before Glue has said that it were too many, and the least that is tried. */
const FIRST_RATE = 20;
const LEAST_RATE = 1;

/** How much faster it goes after each request that was answered. */
const RISE = 0.1;

/** What Glue calls it when it is asked too often (Glue, "Common errors"; SDK, "isThrottlingError"). */
const THROTTLES: readonly string[] = [
  'ThrottlingException', 'Throttling', 'ThrottledException', 'TooManyRequestsException', 'RequestLimitExceeded', 'RequestThrottled', 'ProvisionedThroughputExceededException',
];

/** A throttled request is given up when less than this is left (milliseconds). */
const LEAST_LEFT_MS = 5_000;

/** Time, for tests too. */
export interface PaceClock {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

const CLOCK: PaceClock = { now: () => performance.now(), sleep: async (milliseconds) => delay(milliseconds) };

/** Whether a service refused a request because there were too many. */
export function isThrottle(error: unknown): boolean {
  return error instanceof Error && THROTTLES.includes(error.name);
}

/**
 * As many requests a second as Glue takes: half as many after it refused one, slowly more while it answers. One that it refused for
 * their number is repeated until the invocation ends: nothing is wrong with it.
 */
export class GluePace {
  private rate = FIRST_RATE;
  private next = 0;
  private line = Promise.resolve();
  private slowedAt = -Infinity;
  private remaining?: () => number;

  public constructor(private readonly clock: PaceClock = CLOCK) {}

  /** @param remaining milliseconds that the invocation has left */
  public begin(remaining: () => number): void {
    this.remaining = remaining;
  }

  /** Lets a client's requests wait for their turn. */
  public govern(glue: Pick<GlueClient, 'middlewareStack'>): void {
    glue.middlewareStack.add((next) => async (args) => this.paced(async () => next(args)), { step: 'initialize', name: 'gluePace' });
  }

  /** A request in its turn. */
  public async paced<T>(request: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.turn();
      try {
        const answer = await request();
        this.rate += RISE;
        return answer;
      } catch (error) {
        if (!isThrottle(error)) throw error;
        this.slow();
        if (this.remaining && this.remaining() < LEAST_LEFT_MS) throw error;
      }
    }
  }

  /** One after the other, by the rate that there is when the one before was let go. */
  private async turn(): Promise<void> {
    this.line = this.line.then(async () => {
      const wait = this.next - this.clock.now();
      if (wait > 0) await this.clock.sleep(wait);
      this.next = Math.max(this.next, this.clock.now()) + 1000 / this.rate;
    });
    return this.line;
  }

  /** Once a second: requests that were under way together are refused together. */
  private slow(): void {
    const now = this.clock.now();
    if (now - this.slowedAt < 1000) return;
    this.slowedAt = now;
    this.rate = Math.max(LEAST_RATE, this.rate / 2);
    this.next = Math.max(this.next, now + 1000 / this.rate);
  }
}
