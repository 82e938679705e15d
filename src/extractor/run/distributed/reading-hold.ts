import { readPause } from './pause';
import { ReadingHours } from './reading-hours';
import type { ReadingWindow } from '../../../contract';
import type { Clock } from '../../state/clock';
import type { StateStore } from '../../state/state-store';

/** How old the answer whether the extraction is paused may be. */
const ASK_AGAIN_MS = 15_000;

/**
 * For how long one who finds a pause waits: a tenth of what it lasts already. By the minute alone a child would have used up its
 * history after two days: 25,000 events (Step Functions, "Quotas"), of which asking takes nine.
 */
const WAIT_MS = { share: 0.1, least: 60_000, most: 900_000 };

/** Why nothing may be read now. */
export interface Held {
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Whether an extraction may read: not outside its window, nor while it is paused. */
export class ReadingHold {
  private readonly hours?: ReadingHours;
  private askedAt = -Infinity;
  private pause: ReturnType<typeof readPause> = Promise.resolve(undefined);

  public constructor(
    private readonly store: StateStore, private readonly extraction: string, private readonly clock: Clock, private readonly window?: ReadingWindow,
  ) {
    this.hours = window && new ReadingHours(window);
  }

  /** @returns nothing when it may read */
  public async look(): Promise<Held | undefined> {
    const now = this.clock.now();
    if (now - this.askedAt >= ASK_AGAIN_MS) {
      this.askedAt = now;
      this.pause = readPause(this.store, this.extraction);
    }
    const pause = await this.pause;
    const opens = this.hours?.nextOpen(now) ?? now;
    const asks = pause ? now + waitOf(now - Date.parse(pause.since)) : now;
    const until = Math.max(opens, asks);
    if (until === now) return undefined;
    const reasons = [
      ...pause ? [`extraction '${this.extraction}' is paused since ${pause.since}`] : [],
      ...opens > now ? [`it is outside of the window, ${told(this.window!)}, until ${new Date(opens).toISOString()}`] : [],
    ];
    return { reason: reasons.join(', and '), until };
  }
}

function waitOf(lasted: number): number {
  return Math.max(WAIT_MS.least, Math.min(WAIT_MS.most, lasted * WAIT_MS.share));
}

function told({ from, to, timeZone, days }: ReadingWindow): string {
  return `${from} to ${to} ${timeZone}${days ? ` on ${days.join(', ')}` : ''}`;
}
