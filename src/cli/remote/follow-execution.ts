import type { Clock } from './clock';
import { counted } from '../../extractor/api/counted';
import { LegacyToS3Error, type RunWatch } from '../../extractor/doors/public';
import type { Execution, ExecutionsClient } from '../account/executions-client';
import type { Progress } from '../progress';

/** Time between two looks: at first, and while nothing changes (milliseconds). */
const FIRST_MS = 1_000;
const MOST_MS = 15_000;
const GROWTH = 1.5;

/** For how long a network may be away before following ends (milliseconds). */
const PATIENCE_MS = 10 * 60_000;

/** How long a run may be without a trace before that is said (milliseconds). */
const QUIET_MS = 30_000;

export interface FollowOptions {
  readonly executions: Pick<ExecutionsClient, 'describe' | 'items'>;
  /** ARN of the execution. */
  readonly execution: string;
  readonly watch: RunWatch;
  readonly progress: Progress;
  readonly clock: Clock;
  /** Ends following, not the execution. */
  readonly signal: AbortSignal;
}

/**
 * Shows an execution until it ends. What it lands is looked at in the state of its run; where that may not be read, the items of its
 * Map are counted.
 *
 * @returns the execution that has ended, or nothing where the signal came before
 * @throws LegacyToS3Error
 */
export async function followExecution(options: FollowOptions): Promise<Execution | undefined> {
  return new Follower(options).follow();
}

class Follower {
  private readonly began: number;
  /** When something answered last. */
  private answered: number;
  private isReadable = true;
  private last = '';
  /** Sentences that were said, each once. */
  private readonly said = new Set<string>();

  public constructor(private readonly options: FollowOptions) {
    this.began = this.answered = options.clock.now();
  }

  public async follow(): Promise<Execution | undefined> {
    const { clock, signal, executions, execution } = this.options;
    for (let wait = FIRST_MS; !signal.aborted; wait = Math.min(wait * GROWTH, MOST_MS)) {
      const described = await this.patiently(async () => executions.describe(execution));
      // Also after the end: what a run that failed has of its chunks stays.
      if (await this.patiently(async () => this.look()) === true) wait = FIRST_MS;
      if (described && !described.isRunning) return described;
      await clock.sleep(wait, signal).catch(() => undefined);
    }
    return undefined;
  }

  /** @returns whether there was anything new */
  private async look(): Promise<boolean> {
    const now = this.isReadable ? await this.lookAtRun() : await this.lookAtMap();
    const isNew = now !== this.last;
    this.last = now;
    return isNew;
  }

  private async lookAtRun(): Promise<string> {
    try {
      const counts = await this.options.watch.look();
      if (counts === undefined) {
        const { clock } = this.options;
        if (this.last === '' && clock.now() - this.began >= QUIET_MS) this.sayOnce('nothing of the run is there yet: its tables are planned, or another execution is waited for');
        return this.last;
      }
      const { chunks, finishedChunks, failedChunks } = counts;
      if (finishedChunks + failedChunks === chunks) this.sayOnce('all chunks are read; the tables are proven and the manifest is written next');
      return `${finishedChunks} ${failedChunks} ${chunks}`;
    } catch (error) {
      if (!(error instanceof LegacyToS3Error) || error.code !== 'TARGET_ACCESS_DENIED') throw error;
      this.isReadable = false;
      this.sayOnce(`warning: the state of the run cannot be read, so items of the Map are counted instead: ${error.message}`);
      return this.lookAtMap();
    }
  }

  private async lookAtMap(): Promise<string> {
    const items = await this.options.executions.items(this.options.execution);
    if (!items) return '';
    const text = `${items.succeeded.toLocaleString('en-US')} of ${counted(items.total, 'item')} done${items.failed > 0 ? `, ${items.failed} failed` : ''}`;
    if (text !== this.last) this.options.progress.note(text, { type: 'execution-items', ...items });
    return text;
  }

  /** A network that is away for a while ends no execution. */
  private async patiently<T>(ask: () => Promise<T>): Promise<T | undefined> {
    const { clock, execution } = this.options;
    try {
      const answer = await ask();
      this.answered = clock.now();
      return answer;
    } catch (error) {
      if (!(error instanceof LegacyToS3Error)) throw error;
      if (error.code === 'TARGET_UNREACHABLE' && clock.now() - this.answered < PATIENCE_MS) {
        this.sayOnce(`warning: ${error.message}; it is asked again`);
        return undefined;
      }
      throw new LegacyToS3Error(error.code, `${error.message}; execution ${execution} may go on`, { cause: error });
    }
  }

  private sayOnce(text: string): void {
    if (this.said.has(text)) return;
    this.said.add(text);
    const [, warning] = /^warning: (.*)$/s.exec(text) ?? [];
    this.options.progress.note(text, { type: warning === undefined ? 'execution' : 'warning', message: warning ?? text } as { readonly type: string });
  }
}
