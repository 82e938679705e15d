import type { ExtractEvent, ReadersChangedEvent } from '../api/extract-events';
import { isThrottling } from '../source/connection/passing-numbers';
import type { Clock } from '../state/clock';

export interface GovernorOptions {
  /** Most readers at work. */
  readonly readers: number;
  /** Whether fewer may be at work. */
  readonly backOff: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: (event: ReadersChangedEvent) => void;
}

/** Counts of a chunk so far. */
export interface ReadCounts {
  readonly wireBytes: number;
  /** How long the target was waited for, so that nothing was read (milliseconds). */
  readonly waitedMs: number;
}

/** A chunk being read, and its pace since it was looked at last. */
interface Pace extends ReadCounts {
  readonly since: number;
  /** Bytes a second; absent before the first look. */
  readonly rate?: number;
}

/** Time over which a pace is taken. */
const LOOK_MS = 2_000;

/** A reader is slow below this share of the best pace of the run. */
const SLOW_SHARE = 1 / 4;

/** Looks at each reader, one after the other, that must agree. */
const LOOKS = 2;

/** With fewer readers each must be so much faster, or they were not the reason. */
const HELPED = 1.5;

/** Time without trouble before one more reader may read. */
const RESTORE_MS = 30_000;

/**
 * How many readers are at work. Half of them pause, each when its chunk is done, when the source throttles or when all of
 * them read far slower than the best they did in this run; one after the other comes back while nothing of it recurs.
 * Where fewer readers do not make each faster, the number of readers was not the reason: all come back, and what is
 * slow is measured anew.
 */
export class ReaderGovernor {
  /** Readers that may be at work. */
  public allowed: number;
  private busy = 0;
  private readonly paces = new Map<string, Pace>();
  private readonly paused = new Set<() => void>();
  private readonly over = new AbortController();
  private best = 0;
  /** Looks in a row that found a slow reader. */
  private slowLooks = 0;
  /** Since readers were paused for being slow: their pace before, and the looks so far. */
  private trial?: { readonly before: number; looks: number };
  /** When the source was last in trouble, or a reader came back. */
  private changedAt = 0;
  private restoring = false;

  public constructor(private readonly options: GovernorOptions) {
    this.allowed = options.readers;
    options.signal.addEventListener('abort', () => this.end(), { once: true });
  }

  /** Waits until one more reader may be at work. */
  public async admit(): Promise<void> {
    while (this.busy >= this.allowed && !this.over.signal.aborted) await new Promise<void>((resolve) => { this.paused.add(resolve); });
    this.busy += 1;
  }

  /** A reader that was admitted has done its chunk. */
  public leave(): void {
    this.busy -= 1;
    this.wake();
  }

  /** Nothing is left to read: whoever waits may go. */
  public end(): void {
    this.over.abort();
    this.wake();
  }

  /** Takes what the readers tell. */
  public onEvent(event: ExtractEvent): void {
    if (event.type === 'chunk-retry' && event.number !== undefined && isThrottling(event.number)) this.throttled(event.message);
  }

  /** Takes a chunk's counts; `undefined` when it is done. */
  public onProgress(chunk: string, counts: ReadCounts | undefined): void {
    const now = this.options.clock.now();
    const pace = this.paces.get(chunk);
    if (!counts) return void this.paces.delete(chunk);
    // A chunk that is begun anew counts from zero.
    if (!pace || counts.wireBytes < pace.wireBytes) return void this.paces.set(chunk, { ...counts, since: now });
    const reading = now - pace.since - (counts.waitedMs - pace.waitedMs);
    if (reading < LOOK_MS) return;
    const rate = 1000 * (counts.wireBytes - pace.wireBytes) / reading;
    this.paces.set(chunk, { ...counts, since: now, rate });
    this.look(rate);
  }

  private look(rate: number): void {
    this.best = Math.max(this.best, rate);
    if (this.trial) return this.judge();
    this.slowLooks = rate < SLOW_SHARE * this.best ? this.slowLooks + 1 : 0;
    if (this.slowLooks < LOOKS * this.busy) return;
    this.slowLooks = 0;
    const mean = this.meanRate();
    const detail = `each reader gets ${Math.round(mean / 1024)} KiB/s, of ${Math.round(this.best / 1024)} KiB/s at best`;
    if (this.pause('slow', detail)) this.trial = { before: mean, looks: 0 };
  }

  /** Tells, when the readers that go on have been looked at, whether they are faster alone. */
  private judge(): void {
    const trial = this.trial!;
    if (this.busy > this.allowed) return;
    trial.looks += 1;
    if (trial.looks < LOOKS * this.busy) return;
    this.trial = undefined;
    const mean = this.meanRate();
    if (mean >= HELPED * trial.before) return;
    this.best = mean;
    this.allow(this.options.readers, 'restored', 'fewer readers were not faster');
  }

  private throttled(message: string): void {
    this.changedAt = this.options.clock.now();
    // Readers that fail together are one cause.
    if (this.busy > this.allowed) return;
    this.pause('throttled', message);
  }

  /** @returns whether fewer readers may be at work than were */
  private pause(reason: 'slow' | 'throttled', detail: string): boolean {
    const fewer = Math.max(1, Math.floor(Math.min(this.allowed, this.busy) / 2));
    if (!this.options.backOff || fewer >= this.allowed) return false;
    this.allow(fewer, reason, detail);
    void this.restore();
    return true;
  }

  private async restore(): Promise<void> {
    if (this.restoring) return;
    this.restoring = true;
    const { clock, readers } = this.options;
    while (this.allowed < readers && !this.over.signal.aborted) {
      const left = this.changedAt + RESTORE_MS - clock.now();
      if (left > 0) await clock.sleep(left, this.over.signal).catch(() => undefined);
      else this.allow(this.allowed + 1, 'restored', 'nothing slowed the source since');
    }
    this.restoring = false;
  }

  private allow(readers: number, reason: ReadersChangedEvent['reason'], detail: string): void {
    this.allowed = readers;
    this.changedAt = this.options.clock.now();
    this.options.emit({ type: 'readers-changed', readers, of: this.options.readers, reason, detail });
    this.wake();
  }

  private wake(): void {
    const paused = [...this.paused];
    this.paused.clear();
    for (const resume of paused) resume();
  }

  private meanRate(): number {
    const rates = [...this.paces.values()].flatMap(({ rate }) => rate ?? []);
    return rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length);
  }
}
