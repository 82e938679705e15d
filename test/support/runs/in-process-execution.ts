import { setTimeout as delay } from 'node:timers/promises';
import type { BeginAnswer, CompleteAnswer, ExtractionLimits, OverlapRule, WorkAnswer, WorkItem } from '../../../src/contract';
import type { ExtractEvent, ExtractorProps } from '../../../src/extractor/doors/public';
import { beginExecution } from '../../../src/extractor/run/distributed/begin-execution';
import { completeExecution, type CompletedExecution } from '../../../src/extractor/run/distributed/complete-execution';
import type { ExtractionSetting } from '../../../src/extractor/run/distributed/extraction-setting';
import { workItem } from '../../../src/extractor/run/distributed/work-item';
import type { Clock } from '../../../src/extractor/state/clock';
import type { FakeS3Server } from '../cloud/fake-s3-server';

export interface ExecutionOptions {
  readonly props: ExtractorProps;
  readonly settings?: { readonly [name: string]: unknown };
  readonly limits?: Partial<ExtractionLimits>;
  readonly overlap?: OverlapRule;
  /** How changes are followed. @default - all rows are read */
  readonly changes?: { readonly [name: string]: unknown };
  readonly extraction?: string;
  /** Milliseconds that each worker has. @default 15 minutes */
  readonly workerMs?: number;
  /** What each look at the time that is left tells, in place of it. */
  readonly remainingMs?: () => number;
  /** @default {@link HASTY} */
  readonly clock?: Clock;
  /** Told until when a worker, or the begin, is not to be called again (ISO 8601), and waits for it. @default it is a failure */
  readonly onWait?: (until: string) => void | Promise<void>;
  /** Stops workers. */
  readonly signal?: AbortSignal;
  /** What Step Functions would say when it is asked whether it was redriven. */
  readonly redriven?: () => boolean;
}

/** Waits for nothing but the end of a test. */
export const HASTY: Clock = {
  now: Date.now,
  random: () => 0,
  sleep: async (milliseconds, signal) => delay(Math.min(milliseconds, 1), undefined, { signal }),
};

const LIMITS: ExtractionLimits = { maxConcurrency: 4, bytesPerSecond: 20e6 };

/** The steps of executions, called as a state machine would call them, in this process. */
export class InProcessExecution {
  /** Of executions of which Step Functions would say that they run. */
  public static readonly running = new Set<string>();
  public readonly events: ExtractEvent[] = [];
  public readonly execution: { readonly arn: string; readonly startTime: string };

  public constructor(name: string, private readonly s3: FakeS3Server, private readonly options: ExecutionOptions) {
    this.execution = { arn: `arn:aws:states:eu-central-1:111122223333:execution:Nightly:${name}`, startTime: new Date().toISOString() };
    InProcessExecution.running.add(this.execution.arn);
  }

  public end(): void {
    InProcessExecution.running.delete(this.execution.arn);
  }

  public async begin(input: unknown = {}): Promise<BeginAnswer> {
    const { settings = {}, overlap = 'skip', limits, changes } = this.options;
    const step = { step: 'begin', execution: this.execution, input, settings, overlap, limits: { ...LIMITS, ...limits }, ...(changes && { changes }) } as const;
    return beginExecution(step, this.setting());
  }

  /** The items, as the Map would read them. */
  public items(begun: BeginAnswer): WorkItem[] {
    const { body } = this.s3.objects.get(of(begun).items.key)!;
    return body.toString('utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line) as WorkItem);
  }

  /** Calls workers for an item until it is finished. @returns how often */
  public async work(begun: BeginAnswer, item: WorkItem): Promise<number> {
    const { run } = of(begun);
    for (let calls = 1, done = 0; ; calls++) {
      const window = this.options.limits?.window;
      const answer = await workItem({ step: 'work', execution: this.execution, run, item, done, ...(window && { window }) }, this.setting(this.options.workerMs));
      if (answer.finished) return calls;
      ({ done } = answer);
      if (answer.waitUntil !== undefined) await this.wait(answer.waitUntil);
    }
  }

  /** What a task does: it is told the number of its item, and has no time limit. */
  public async task(begun: BeginAnswer, task: number): Promise<WorkAnswer> {
    return workItem({ execution: this.execution, run: of(begun).run, task }, { ...this.setting(), remainingMs: () => Infinity });
  }

  public async complete(begun: BeginAnswer, remainingMs?: number): Promise<CompletedExecution> {
    return completeExecution({ step: 'complete', execution: this.execution, run: of(begun).run }, this.setting(remainingMs));
  }

  /** From begin to end. */
  public async whole(input: unknown = {}): Promise<CompleteAnswer> {
    try {
      const begun = await this.begin(input);
      const items = this.items(begun);
      await Promise.all(Array.from({ length: 4 }, async () => {
        for (let item = items.shift(); item; item = items.shift()) await this.work(begun, item);
      }));
      return await this.complete(begun);
    } finally {
      this.end();
    }
  }

  private async wait(until: string): Promise<void> {
    const { onWait } = this.options;
    if (!onWait) throw new Error(`a worker is to be called again at ${until}, which nobody expected`);
    await onWait(until);
  }

  private setting(remaining = 900_000): ExtractionSetting {
    const until = Date.now() + remaining;
    return {
      name: this.options.extraction ?? 'Nightly',
      props: this.options.props,
      isRunning: async (arn) => InProcessExecution.running.has(arn),
      wasRedriven: async () => this.options.redriven?.(),
      clock: this.options.clock ?? HASTY,
      remainingMs: this.options.remainingMs ?? (() => until - Date.now()),
      onEvent: (event) => { this.events.push(event); },
      signal: this.options.signal,
    };
  }
}

function of(begun: BeginAnswer): Extract<BeginAnswer, { outcome: 'begun' }> {
  if (begun.outcome !== 'begun') throw new Error(`the execution was to begin, but ${begun.outcome}: ${begun.reason}`);
  return begun;
}
