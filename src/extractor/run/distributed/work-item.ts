import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { EarlierSessions, sessionName } from './earlier-sessions';
import type { ExtractionSetting } from './extraction-setting';
import { ReadingHold } from './reading-hold';
import { RunTexts, sparseTable } from './run-texts';
import { datasetRunFolder, partNamePrefix, type WorkAnswer, type WorkItem, type WorkStep } from '../../../contract';
import { counted } from '../../api/counted';
import { LegacyToS3Error, type ErrorCode } from '../../api/errors';
import type { PlannedChunk } from '../../api/extraction-plan';
import { openTarget } from '../../landing/open-target';
import { toSafeError } from '../../source/credentials/redact';
import type { RunRecord } from '../../state/checkpoint';
import { ChunkClaims, type ChunkFailure } from '../../state/chunk-claims';
import { openStore } from '../../state/open-store';
import { RunLease } from '../../state/run-lease';
import type { StateStore } from '../../state/state-store';
import { isTransient } from '../chunks/retry';
import { planJobs } from '../chunks/table-job';
import { openSource } from '../context/open-source';
import { chunkNameOf, type ReadJob } from '../context/read-job';
import { optionsOfRun } from '../context/resumed-options';
import type { RunContext } from '../context/run-context';
import { resolveOptions, type RunOptions } from '../context/run-options';
import { waysOf } from '../extract-run';
import { readAll } from '../read-all';
import { RunSnapshot } from '../run-snapshot';

/** Before its end a worker begins no chunk any more (milliseconds). */
const LAST_BEGIN_MS = 45_000;

/** Before its end a worker stops reading, so that it can still tell where it is (milliseconds). */
const LAST_READ_MS = 15_000;

/** What reads in one transaction. */
const ONE_READER = { readers: 1, threads: 0 } as const;

/** A chunk that a worker began in this first share of its life had it for itself. */
const LATE_SHARE = 0.1;

/** Codes of what is the matter with a table, however often and by whomever it is read. Others are of the way to it: they fail the worker, which is tried again. */
const OUTCOMES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SOURCE_QUERY_FAILED', 'SOURCE_PERMISSION_DENIED', 'SCHEMA_CHANGED', 'UNSUPPORTED_TYPE', 'INVALID_VALUE', 'PROTOCOL_ERROR', 'COUNT_MISMATCH', 'AGGREGATE_MISMATCH',
  'CHANGES_GAP', 'CHANGES_REFUSED',
]);

/**
 * Reads the chunks of an item that are not finished, until none is left or the time is up. What is wrong with a table is kept as
 * the outcome of its chunk, and is no failure of the worker.
 *
 * @throws LegacyToS3Error of the source's or the store's that may pass, or of code RUN_IN_USE when the run is not the execution's any more
 */
export async function workItem(step: WorkStep | TaskStep, setting: ExtractionSetting): Promise<WorkAnswer> {
  const options = await resolveOptions(setting.props);
  const opened = openStore(options.target, options.targetOptions);
  try {
    const { run: { runId, epoch } } = step;
    const item = 'task' in step ? await new RunTexts(opened.store, runId).taskItem(epoch, step.task) : step.item;
    return await new Worker({ step: 'work', ...step, item }, setting, opened.store).work(options);
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  } finally {
    opened.close();
  }
}

/** A step that names its item, in place of having it. */
export interface TaskStep extends Pick<WorkStep, 'execution' | 'run' | 'window'> {
  /** {@link WorkItem.task} */
  readonly task: number;
}

class Worker {
  /** Of this invocation, as the source shows it. */
  private readonly session: string;
  private readonly claims: ChunkClaims;
  private readonly lease: RunLease;
  private readonly texts: RunTexts;
  private readonly stop = new AbortController();
  /** Claims of the chunks that this worker reads, or has read. */
  private readonly own = new Map<string, number>();
  /** When it began those that it reads (milliseconds since 1970). */
  private readonly reading = new Map<string, number>();
  /** Of the item, so far. */
  private done = 0;
  private handedOver = false;
  /** When the next worker may begin (milliseconds since 1970); absent: at once. */
  private waitUntil?: number;
  private readonly hold: ReadingHold;
  private readonly begun: number;

  public constructor(private readonly step: WorkStep, private readonly setting: ExtractionSetting, store: StateStore) {
    const { run: { runId, epoch }, execution, window } = step;
    this.texts = new RunTexts(store, runId);
    this.session = sessionName(runId, epoch, randomBytes(8).toString('hex'));
    this.claims = new ChunkClaims(store, runId, `epoch ${epoch}`, this.session);
    this.lease = RunLease.ofExecution(store, runId, setting.clock, epoch, execution.arn);
    this.hold = new ReadingHold(store, setting.name, setting.clock, window);
    this.begun = setting.clock.now();
    setMaxListeners(0, this.stop.signal);
  }

  public async work(given: RunOptions): Promise<WorkAnswer> {
    const { item } = this.step;
    await this.lease.assertHeld();
    // Not even a connection.
    if (await this.isHeld()) return this.answer();
    const header = await this.texts.header();
    // As many as the plan told the source would have.
    const { readers } = item.oneVersion ? ONE_READER : { readers: given.readers, ...header };
    const connection = { ...given.connection, applicationName: this.session };
    const targetOptions = { ...given.targetOptions, writers: readers };
    const options = optionsOfRun({ ...given, ...(item.oneVersion && ONE_READER), connection, readers, targetOptions }, header);
    const jobs = await this.jobs(item, options, header);
    const target = openTarget(options.target, options.targetOptions);
    const remainingMs = this.setting.remainingMs();
    const handOver = () => this.stop.abort(new HandedOver());
    const timer = Number.isFinite(remainingMs) ? setTimeout(handOver, Math.max(0, remainingMs - LAST_READ_MS)) : undefined;
    const interrupt = () => this.stop.abort(this.setting.signal!.reason);
    this.setting.signal?.addEventListener('abort', interrupt);
    if (this.setting.signal?.aborted) interrupt();
    try {
      await this.read(jobs, options, header, target);
    } catch (error) {
      if (!(error instanceof HandedOver)) throw error;
      this.handedOver = true;
      if (!item.oneVersion) await this.tellLong(jobs);
    } finally {
      clearTimeout(timer);
      this.setting.signal?.removeEventListener('abort', interrupt);
      await target.close();
    }
    if (this.handedOver && item.oneVersion) await this.failRest(jobs);
    return this.answer();
  }

  /** Of a table that failed the other chunks are not read. */
  private answer(): WorkAnswer {
    const { handedOver, done, waitUntil } = this;
    return { finished: !handedOver, done, ...(waitUntil !== undefined && { waitUntil: new Date(waitUntil).toISOString() }) };
  }

  /** Whether reading is not allowed now, so that the worker hands over. */
  private async isHeld(): Promise<boolean> {
    const held = await this.hold.look();
    if (!held) return false;
    if (this.waitUntil === undefined) this.setting.onEvent({ type: 'warning', message: `${held.reason}; nothing is read meanwhile` });
    this.handedOver = true;
    this.waitUntil = held.until;
    return true;
  }

  /** One for each chunk of the item. */
  private async jobs({ tables }: WorkItem, { maxDop, format }: RunOptions, { consistency }: RunRecord): Promise<ReadJob[]> {
    const jobs: ReadJob[] = [];
    for (const { index, chunks } of tables) {
      const text = await this.texts.table(index);
      for (const job of planJobs({ tables: [sparseTable(text, chunks as readonly PlannedChunk[])] }, maxDop, format.types)) {
        // One worker's transaction does not show what the others read, so that the whole table is asked for only where it has it all.
        const isWhole = chunks.length === text.chunkCount || consistency === 'databaseSnapshot';
        jobs.push({ ...job, tableIndex: index, ...(job.source && !isWhole && { source: { ...job.source, whole: undefined } }) });
      }
    }
    return jobs;
  }

  private async read(
    jobs: readonly ReadJob[], options: RunOptions, { consistency, plan, begin }: RunRecord, target: ReturnType<typeof openTarget>,
  ): Promise<void> {
    const { run: { runId } } = this.step;
    const { clock, onEvent } = this.setting;
    const { signal } = this.stop;
    const warn = (message: string) => onEvent({ type: 'warning', message });
    const connection = await openSource(options.connection, { clock, signal, onRetry: onEvent });
    const earlier = new EarlierSessions(runId, options.connection, this.claims, warn);
    let context: RunContext = {
      runId,
      options,
      target,
      database: connection.database,
      consistency,
      signal,
      clock,
      ...waysOf(jobs),
      warn,
      emit: onEvent,
      mayComplete: async (surely, chunk) => {
        await (surely ? this.lease.assertHeld() : this.lease.assertHeldIfLate());
        if (surely && chunk) await this.claims.assertOwn(chunk, this.own.get(JSON.stringify(chunk))!);
      },
    };
    try {
      if (connection.database !== plan.database) {
        throw new LegacyToS3Error('INVALID_CONFIG', `run ${runId} is of database '${plan.database}', but the source is '${connection.database}'`);
      }
      if (consistency === 'databaseSnapshot') {
        const snapshot = await new RunSnapshot(options.connection, runId, warn).open(connection, 1);
        context = { ...context, snapshot: { ...snapshot, ...(begin && { begin }) } };
      }
      await readAll(context, {
        jobs,
        finished: [],
        first: connection,
        mayBegin: async (job) => this.mayBegin(job, context, earlier),
        onFinished: async (chunk) => {
          const name = JSON.stringify({ tableIndex: chunk.tableIndex, chunk: chunk.chunk });
          await this.claims.finish(chunk, this.own.get(name)!);
          this.reading.delete(name);
          this.done += 1;
        },
        endsTable: (error): error is LegacyToS3Error => !signal.aborted && error instanceof LegacyToS3Error && OUTCOMES.has(error.code)
          && !isTransient(error, options.retryErrorNumbers),
        onFailed: async (job, error) => this.fail(job, error),
        fail: (reason) => this.stop.abort(reason),
      });
    } finally {
      await connection.close();
    }
  }

  /** Claims the chunk, unless it is finished or the time is up; what a worker before left of it goes. */
  private async mayBegin(job: ReadJob, { target, database, runId }: RunContext, earlier: EarlierSessions): Promise<boolean> {
    if (this.setting.remainingMs() < LAST_BEGIN_MS) {
      this.handedOver = true;
      return false;
    }
    if (await this.isHeld()) return false;
    const name = chunkNameOf(job);
    const claim = await this.claims.claim(name);
    if (typeof claim !== 'number') {
      this.done += 1;
      return false;
    }
    this.own.set(JSON.stringify(name), claim);
    this.reading.set(JSON.stringify(name), this.setting.clock.now());
    const { schema, table, partitionPrefix } = job;
    const folder = datasetRunFolder(target.prefix, { database, schema, table, partitionPrefix }, runId);
    if (claim > 1) {
      await earlier.end(name, claim);
      await target.sweep(folder + partNamePrefix(job.chunk.chunk), new Set());
    }
    return true;
  }

  private async fail(job: ReadJob, { code, message }: ChunkFailure): Promise<void> {
    const name = chunkNameOf(job);
    await this.claims.fail(name, this.own.get(JSON.stringify(name))!, { code, message });
    this.reading.delete(JSON.stringify(name));
    this.done += 1;
  }

  /** What is left when the transaction ends in which all was to be read: another one would show another version. */
  private async failRest(jobs: readonly ReadJob[]): Promise<void> {
    const seconds = Math.round((this.setting.clock.now() - this.begun) / 1000);
    const left: ReadJob[] = [];
    for (const job of jobs) {
      const name = JSON.stringify(chunkNameOf(job));
      if (this.own.has(name) && !this.reading.has(name)) continue;
      const claim = this.own.get(name) ?? await this.claims.claim(chunkNameOf(job));
      if (typeof claim !== 'number') continue;
      this.own.set(name, claim);
      left.push(job);
    }
    const why = this.waitUntil === undefined ? `they were not in the ${seconds} s of a worker; take workers: ExtractionWorkers.fargate(), which have no such end, or leave oneVersion out`
      : 'reading was to stop meanwhile; the next execution reads them anew';
    for (const job of left) {
      await this.fail(job, { code: 'CHUNK_TOO_LONG', message: `${job.subject}: ${counted(jobs.length, 'chunk')} of tables that have changes were to be read in one transaction (oneVersion), and ${why}` });
    }
    this.handedOver = false;
    this.waitUntil = undefined;
  }

  /** A chunk that a worker read from its begin to its end, and did not finish, no other one will; one that it began later may be. */
  private async tellLong(jobs: readonly ReadJob[]): Promise<void> {
    const lived = this.setting.clock.now() - this.begun;
    const seconds = Math.round(lived / 1000);
    const isWhole = (job: ReadJob) => {
      const since = this.reading.get(JSON.stringify(chunkNameOf(job)));
      return since !== undefined && since - this.begun <= LATE_SHARE * lived;
    };
    for (const job of jobs.filter(isWhole)) {
      const advice = job.chunks > 1 || job.source?.whole !== undefined
        ? 'give a smaller targetChunkBytes' : 'the table has no key to be cut by: give it one (tableOptions chunkBy), or workers: ExtractionWorkers.auto()';
      await this.fail(job, {
        code: 'CHUNK_TOO_LONG',
        message: `${job.subject}: its ${job.chunk.estimatedRows.toLocaleString('en-US')} rows (${counted(job.chunk.estimatedBytes, 'byte')}, as estimated) were not read within the ${seconds} s of a worker; ${advice}`,
      });
    }
  }
}

/** The reason a worker stops for whose time is up. */
class HandedOver extends Error {
  public constructor() {
    super('the time of this worker is up; the next one goes on');
  }
}
