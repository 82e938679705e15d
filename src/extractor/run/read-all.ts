import { ChunkReader } from './chunks/chunk-reader';
import type { Reader } from './chunks/chunk-reader';
import { chunkNameOf, type ReadJob } from './context/read-job';
import { endsTableOnly, tellFailure } from './missing-tables';
import { ReaderGovernor } from './reader-governor';
import type { LegacyToS3Error } from '../api/errors';
import { among } from '../state/chunk-claims';
import type { LandedChunk } from '../state/landed-chunk';
import type { RunContext } from './context/run-context';
import { TableProgress } from './tables/table-progress';
import { ReaderThread } from './threads/reader-thread';
import { threadCount } from './threads/worker-thread';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

export interface ReadAllOptions {
  readonly jobs: readonly ReadJob[];
  /** Chunks landed before, which are not read again. */
  readonly finished: readonly LandedChunk[];
  /** A connection that is open already; it becomes the first reader's. */
  readonly first: SqlServerConnection;
  /** Told of each chunk before it counts as finished. */
  readonly onFinished: (chunk: LandedChunk) => Promise<void>;
  /** Stops the run. */
  readonly fail: (reason: unknown) => void;
  /** Asked before each chunk is read; one that may not is passed over. @default - all may */
  readonly mayBegin?: (job: ReadJob) => Promise<boolean>;
  /** Whether a failure ends the chunk's table only. @default {@link endsTableOnly} */
  readonly endsTable?: (error: unknown) => error is LegacyToS3Error;
  /** Told of each chunk whose failure ends its table only. */
  readonly onFailed?: (job: ReadJob, error: LegacyToS3Error) => Promise<void>;
}

/** What was read. */
export interface ReadOutcome {
  /** The chunks, those finished before among them, of tables that did not fail. */
  readonly chunks: readonly LandedChunk[];
  /** By index of the table. */
  readonly failures: ReadonlyMap<number, LegacyToS3Error>;
}

/**
 * Reads all jobs with a bounded number of readers, each on a connection of its own; the largest chunks go first, so that
 * none is left alone at the end. The first failure stops the others, but for one that ends its table only
 * ({@link endsTableOnly}): what is left of that table is not read, and what is being read of it is dropped.
 *
 * @throws the first failure, after every reader has ended
 */
export async function readAll(context: RunContext, options: ReadAllOptions): Promise<ReadOutcome> {
  const { jobs, finished, first, onFinished, fail, mayBegin } = options;
  const { endsTable = (error: unknown): error is LegacyToS3Error => endsTableOnly(context, error) } = options;
  const landed = [...finished];
  const failures = new Map<number, LegacyToS3Error>();
  const isFinished = among(finished);
  const queue = jobs.filter((job) => !isFinished(chunkNameOf(job))).sort(largestFirst).reverse();
  const progress = new TableProgress(context, jobs, finished);
  const count = Math.max(1, Math.min(context.options.readers, queue.length));
  const governor = new ReaderGovernor({ ...context, readers: count, backOff: context.options.backOff });
  const governed: RunContext = {
    ...context,
    emit: (event) => {
      governor.onEvent(event);
      context.emit(event);
    },
  };
  const readOrFail = async (reader: Reader, job: ReadJob, told: Parameters<Reader['read']>[1]): Promise<LandedChunk | undefined> => {
    try {
      return await reader.read(job, told);
    } catch (error) {
      if (!endsTable(error)) throw error;
      // Other readers may fail at the same table; the first failure is told.
      if (!failures.has(job.tableIndex)) tellFailure(context, job, error);
      failures.set(job.tableIndex, failures.get(job.tableIndex) ?? error);
      await options.onFailed?.(job, error);
      return undefined;
    }
  };
  const readNext = async (reader: Reader): Promise<boolean> => {
    let job = context.signal.aborted ? undefined : queue.pop();
    while (job && failures.has(job.tableIndex)) job = queue.pop();
    if (!job) return false;
    if (mayBegin && !await mayBegin(job)) return true;
    const name = `${job.tableIndex} ${job.chunk.chunk}`;
    const tracked = progress.start(job);
    const chunk = await readOrFail(reader, job, {
      onProgress: (counts) => {
        tracked.onProgress(counts);
        governor.onProgress(name, counts);
      },
    }).finally(() => governor.onProgress(name, undefined));
    if (!chunk || failures.has(job.tableIndex)) return true;
    await onFinished(chunk);
    landed.push(chunk);
    tracked.finish(chunk);
    return true;
  };
  const work = async (reader: Reader) => {
    try {
      for (let more = true; more;) {
        await governor.admit();
        more = await readNext(reader).finally(() => governor.leave());
      }
    } finally {
      await reader.close();
    }
  };
  const sizes = queue.map(({ chunk }) => chunk.estimatedBytes);
  const threads = Array.from({ length: threadCount(context.options.threads, count, sizes) }, () => new ReaderThread(governed));
  // A thread cannot take a connection over.
  if (threads.length > 0) await first.close();
  const readers = Array.from({ length: count },
    (_, at): Reader => threads[at % threads.length]?.reader() ?? new ChunkReader(governed, at === 0 ? first : undefined));
  const outcomes = await Promise.allSettled(readers.map(async (reader) => {
    try {
      await work(reader);
    } catch (error) {
      fail(error);
      throw error;
    }
  }));
  governor.end();
  await Promise.all(threads.map((thread) => thread.close()));
  const failed = outcomes.some(({ status }) => status === 'rejected');
  if (failed || context.signal.aborted) throw context.signal.reason;
  return { chunks: landed.filter(({ tableIndex }) => !failures.has(tableIndex)), failures };
}

/** By bytes, then by rows: small tables have no pages to tell them apart. */
function largestFirst(a: ReadJob, b: ReadJob): number {
  return b.chunk.estimatedBytes - a.chunk.estimatedBytes || b.chunk.estimatedRows - a.chunk.estimatedRows;
}
