import { performance } from 'node:perf_hooks';
import type { Clock } from '../../state/clock';

/** How long the thread has had nothing to do, since it began (milliseconds; Node.js, `performance.eventLoopUtilization`). */
const threadIdle = () => performance.eventLoopUtilization().idle;

/**
 * How long a reader waits while it reads a chunk. It waits for the target from a write to its end. It waits for the source while it
 * does not wait for the target and its thread has nothing to do: what other readers of the thread work meanwhile is no waiting.
 */
export class ReaderWaits {
  /** For the target so far (milliseconds). */
  public targetMs = 0;
  private writes = 0;
  private since = 0;
  private idleSince = 0;
  private idleInTarget = 0;
  private readonly idleBefore: number;

  /** @param idle milliseconds that the thread has been idle */
  public constructor(private readonly clock: Pick<Clock, 'now'>, private readonly idle: () => number = threadIdle) {
    this.idleBefore = idle();
  }

  /** Whether the target is waited for at this moment. */
  public get isForTarget(): boolean {
    return this.writes > 0;
  }

  /** For the source so far (milliseconds). */
  public get sourceMs(): number {
    const now = this.idle();
    const inTarget = this.idleInTarget + (this.isForTarget ? now - this.idleSince : 0);
    return Math.max(0, now - this.idleBefore - inTarget);
  }

  /** Counts the time until a write has ended. */
  public forTarget<T>(pending: T | Promise<T>): T | Promise<T> {
    if (!(pending instanceof Promise)) return pending;
    if (this.writes++ === 0) [this.since, this.idleSince] = [this.clock.now(), this.idle()];
    return pending.finally(() => {
      if (--this.writes > 0) return;
      this.targetMs += this.clock.now() - this.since;
      this.idleInTarget += this.idle() - this.idleSince;
    });
  }
}
