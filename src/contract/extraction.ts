import type { ExtractionChanges } from './extraction-changes';

/**
 * What the construct of an extraction, its state machine and the functions that it starts agree on. An execution is *begin → work, by
 * many → complete*; each function is told by a `step` what it is to do.
 */

/** Environment variables that the construct sets on the functions of an extraction. Nothing that an execution is given changes them. */
export const EXTRACTION_ENV = {
  /** Name of the extraction; its lock against overlap is kept under it. */
  name: 'EXTRACTION_NAME',
  /** The source without a password, as JSON (`SqlServerSource`); a secret is named by its ARN. */
  source: 'EXTRACTION_SOURCE',
  /** Where it lands, as JSON (`LandingProps`). */
  landing: 'EXTRACTION_LANDING',
  /** `s3://bucket/key` of the certificates that the server's one is checked with (PEM); missing: those of Node.js. */
  caUrl: 'EXTRACTION_CA_URL',
  /** How a worker reads, as JSON (`readers`, `threads`, time-outs and retries of the extractor's properties). */
  reading: 'EXTRACTION_READING',
  /** Namespace of the pipeline's metrics. */
  metricsNamespace: 'EXTRACTION_METRICS_NAMESPACE',
} as const;

/** What whoever starts an execution may say. Everything else is of the deployment: it may be read by others, and could start SQL. */
export interface ExtractionInput {
  /** Patterns of tables, in place of the deployment's. */
  readonly tables?: readonly string[];
  /** In place of the deployment's. */
  readonly consistency?: string;
  /** Key of a saved plan (JSON) in the landing bucket. */
  readonly plan?: string;
  /** Id of a run to go on with, which did not end. */
  readonly resume?: string;
  /** When a schedule was to start it (ISO 8601 with a time zone): what it lags behind is measured. */
  readonly scheduledAt?: string;
}

/** Names of {@link ExtractionInput}. */
export const EXTRACTION_INPUTS: readonly string[] = ['tables', 'consistency', 'plan', 'resume', 'scheduledAt'];

/** What an execution does that finds another one of the same extraction at work. */
export type OverlapRule = 'skip' | 'wait' | 'fail';

/** An execution, as the context of a state machine tells (`$$.Execution`). */
export interface ExecutionName {
  /** ARN (`$$.Execution.Id`). */
  readonly arn: string;
  /** ISO 8601 (`$$.Execution.StartTime`). */
  readonly startTime: string;
}

/** To the control function, first: plan, and keep what is to be done. */
export interface BeginStep {
  readonly step: 'begin';
  readonly execution: ExecutionName;
  /** Anything: what is wrong with it is told. */
  readonly input: unknown;
  /** Of the deployment: properties of the extractor that are neither source nor landing, nor of {@link EXTRACTION_ENV.reading}. */
  readonly settings: { readonly [name: string]: unknown };
  readonly overlap: OverlapRule;
  readonly limits: ExtractionLimits;
  /** How changes are followed: properties of the extractor that `sync` has beside. Absent: all rows are read. */
  readonly changes?: { readonly [name: string]: unknown };
}

/** Days on which a {@link ReadingWindow} may begin. */
export const WINDOW_DAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

/** Hours in which an extraction may read, by the clock on the wall of a time zone. */
export interface ReadingWindow {
  /** `HH:MM`, from `00:00` to `23:59`. */
  readonly from: string;
  /** `HH:MM`, not the same as `from`, to `24:00`; earlier than `from` it is of the next day. */
  readonly to: string;
  /** Name in the IANA database of time zones. */
  readonly timeZone: string;
  /** Days on which it begins, of {@link WINDOW_DAYS}; absent: each. */
  readonly days?: readonly string[];
}

/** What bounds an execution. */
export interface ExtractionLimits {
  /** Most workers at a time. */
  readonly maxConcurrency: number;
  /** Longest that a worker may read one chunk, unless it is a task (seconds); absent where there is none. */
  readonly maxChunkSeconds?: number;
  /**
   * Most workers at a time that are tasks, which have no time limit; absent where there are none. They read the chunks that are reckoned
   * to take longer than `maxChunkSeconds`, and where that is absent all.
   */
  readonly maxTasks?: number;
  /** Pace at which a stream of the source is reckoned (bytes a second). */
  readonly bytesPerSecond: number;
  /** Most seconds of the whole, as reckoned; absent where there is none. */
  readonly maxSeconds?: number;
  /** When it may read; absent: at any time. */
  readonly window?: ReadingWindow;
  /** What a worker costs; absent where that is not known. */
  readonly worker?: { /** MB. */ readonly memorySize: number; readonly prices: ExtractionPrices };
  /** Most US dollars of the whole, as reckoned; absent where there is none. */
  readonly maxCost?: number;
}

/** What is paid for, by what it is counted in: prices (US dollars) of one, or how many. */
export interface ExtractionPrices {
  readonly lambdaGbSecond: number;
  readonly lambdaRequest: number;
  /** PUT, COPY, POST, LIST. */
  readonly s3Write: number;
  /** GET, HEAD. */
  readonly s3Read: number;
  readonly stateTransition: number;
}

/** What an execution is reckoned to take, before it reads. */
export interface ExtractionEstimate {
  /** At a time. */
  readonly workers: number;
  /** Of each worker. */
  readonly readers: number;
  /** Most connections of the source: workers times readers. */
  readonly connections: number;
  /** Of reading, without waits for a window. */
  readonly seconds: number;
  /** All of it in a line: `16 workers × 2 readers = 32 connections, about 40 min, about US$1.23 (…)`. */
  readonly text: string;
  /** Absent where prices are not known. */
  readonly cost?: { readonly usd: number; readonly units: ExtractionPrices; readonly prices: ExtractionPrices };
}

/** What the state machine decides by. */
export type BeginAnswer =
  | {
    readonly outcome: 'begun';
    readonly run: ExtractionRun;
    readonly items: { readonly bucket: string; readonly key: string };
    readonly counts: ExtractionCounts;
    readonly estimate: ExtractionEstimate;
    /** Tables whose changes could not be told; absent where there are none. */
    readonly gaps?: number;
  }
  /** Another execution is at work, and this one ends. */
  | { readonly outcome: 'skipped'; readonly reason: string }
  /** Nothing changed in the source since the run named, and this one ends; of runs of changes. */
  | { readonly outcome: 'unchanged'; readonly reason: string; readonly since: string; readonly gaps?: number }
  /** Another execution is at work, or reading is not allowed now: ask again, where `waitUntil` is given not before (ISO 8601, UTC). */
  | { readonly outcome: 'waiting'; readonly reason: string; readonly waitUntil?: string };

/** Names a run to its workers. */
export interface ExtractionRun {
  readonly runId: string;
  /** Of the lease that names the execution. */
  readonly epoch: number;
}

/** What an execution is to do. */
export interface ExtractionCounts {
  readonly tables: number;
  readonly chunks: number;
  readonly items: number;
  /** Of the chunks that are to be read. */
  readonly estimatedBytes: number;
}

/** To a worker: one item of the Map, as a line of the items' file has it. */
export interface WorkStep {
  readonly step: 'work';
  readonly execution: Pick<ExecutionName, 'arn'>;
  readonly run: ExtractionRun;
  readonly item: WorkItem;
  /** Of the execution's limits. */
  readonly window?: ReadingWindow;
  /** Chunks of the item that the worker before has done, which need not be looked at again. */
  readonly done?: number;
}

/** Chunks that one worker reads, of about as many bytes in each item. */
export interface WorkItem {
  /** Number among the items of tasks, from 0, under which it is kept as a text of its own; absent of an item that a function reads. */
  readonly task?: number;
  /** Whether its chunks are read in one transaction, by one reader; who cannot end it fails what is left. */
  readonly oneVersion?: true;
  /** By table of the plan, which is kept in the state of the run without its chunks. */
  readonly tables: ReadonlyArray<{ readonly index: number; readonly chunks: readonly ItemChunk[] }>;
}

/** A chunk as the plan has it: the rows whose key is not below `lower` and is below `upper`. */
export interface ItemChunk {
  /** Number within the table, from 0. */
  readonly chunk: number;
  readonly lower?: string[];
  readonly upper?: string[];
  /** Whether it is the rows whose first key column is NULL. */
  readonly nullKey?: boolean;
  readonly estimatedRows: number;
  /** Of the source's pages (bytes). */
  readonly estimatedBytes: number;
}

/**
 * Environment variables that the state machine sets on a task: which item it reads. The item itself may be longer than all that RunTask may
 * override (8,192 characters: Amazon ECS API Reference, "TaskOverride").
 */
export const TASK_ENV = {
  /** ARN of the execution. */
  execution: 'EXTRACTION_TASK_EXECUTION',
  runId: 'EXTRACTION_TASK_RUN',
  epoch: 'EXTRACTION_TASK_EPOCH',
  /** {@link WorkItem.task}. */
  item: 'EXTRACTION_TASK_ITEM',
  /** By which the state machine is told why the task failed. */
  token: 'EXTRACTION_TASK_TOKEN',
  /** When it may read, as JSON ({@link ReadingWindow}); missing: at any time. */
  window: 'EXTRACTION_TASK_WINDOW',
} as const;

/** Where a worker left off. */
export interface WorkAnswer {
  /** Whether nothing of the item is left; else the worker is to be called again. */
  readonly finished: boolean;
  readonly done: number;
  /** Before then the worker need not be called again (ISO 8601, UTC); absent: it may be at once. */
  readonly waitUntil?: string;
}

/** To the control function, last: prove the tables, write the manifest, forget the state. */
export interface CompleteStep {
  readonly step: 'complete';
  readonly execution: ExecutionName;
  readonly run: ExtractionRun;
}

/** Of the last step. */
export interface CompleteAnswer {
  /** Whether all is done; else the function is to be called again. */
  readonly finished: boolean;
  readonly runId: string;
  readonly manifestKey: string;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly objects: number;
  readonly verification: string;
  /** Of a run of changes. */
  readonly changes?: ExtractionChanges;
}

/** To the control function, by a rule, when an execution failed, timed out or was stopped. */
export interface LeaveStep {
  readonly step: 'leave';
  readonly execution: ExecutionName;
  /** `FAILED`, `TIMED_OUT` or `ABORTED`. */
  readonly status: string;
}

/** To the control function, by a schedule: give back what executions that ended left for too long. */
export interface ExpireStep {
  readonly step: 'expire';
  /** How long a database snapshot is kept after its execution ended (hours). */
  readonly keepSnapshotHours: number;
}

/** Events of the control function. */
export type ControlStep = BeginStep | CompleteStep | LeaveStep | ExpireStep;

/**
 * Names of errors of the functions that may pass when they are called again: of the way to source or store, and of a worker that
 * lost a chunk to another one. What is wrong with a table is no error of a worker.
 */
export const EXTRACTION_PASSING_ERRORS = [
  'SOURCE_UNREACHABLE', 'SOURCE_CONNECTION_LOST', 'SOURCE_STALLED', 'TARGET_UNREACHABLE', 'TARGET_OCCUPIED', 'RUN_IN_USE',
] as const;

/** Most bytes of an item, a line of the items' file: half of what an item of a Distributed Map may have, since it becomes a payload with others. */
export const MAX_ITEM_BYTES = 0x20000;

/** Most items of an execution: their empty results are the Map's output, which Step Functions bounds to 256 KiB ("maximum input or output size"). */
export const MAX_ITEMS = 40_000;

/**
 * How Node.js divides a function's memory (`NODE_OPTIONS`). Left alone, Lambda gives a twentieth of it to each half of the new space,
 * in which garbage of very many requests then lies for long; 16 MB are what Node.js itself has, and what is measured (bench/scale.ts).
 *
 * @param memorySize of the function (MB); nine tenths are the old space, as Lambda has it
 */
export function heapOptions(memorySize: number): string {
  return `--max-semi-space-size=16 --max-old-space-size=${Math.floor(memorySize * 0.9)}`;
}
