import { estimateOf, readersOfWorker, refuseCostly, refuseLong } from './execution-estimate';
import { checkInput } from './execution-input';
import { leaveSlot, takeSlot } from './extraction-lock';
import type { ExtractionSetting } from './extraction-setting';
import { ReadingHold } from './reading-hold';
import { refuseOtherRows } from './refuse-other-rows';
import { countsOf, RunTexts, type HeaderText, type WrittenItems } from './run-texts';
import { itemsOf, type TableWork } from './work-items';
import {
  stateFolder, type BeginAnswer, type BeginStep, type ExtractionEstimate, type ExtractionInput, type ExtractionLimits,
  type WorkItem,
} from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { RunPlannedEvent } from '../../api/extract-events';
import type { ExtractionPlan } from '../../api/extraction-plan';
import type { ExtractorProps } from '../../api/extractor-props';
import { openTarget } from '../../landing/open-target';
import { bytesOf } from '../../landing/read-manifest';
import { parseS3Url } from '../../landing/s3/s3-url';
import { USUAL_CHUNK_BYTES } from '../../plan/chunk-size';
import { withPartitionPrefixes } from '../../plan/partition-prefixes';
import { toSafeError } from '../../source/credentials/redact';
import { Checkpoint, hasRecord, type RunRecord } from '../../state/checkpoint';
import { among, failedPrefix } from '../../state/chunk-claims';
import { wholeSelection } from '../../state/durations';
import { executionRunId } from '../../state/execution-run-id';
import type { LandedChunk } from '../../state/landed-chunk';
import { openStore } from '../../state/open-store';
import type { StateStore } from '../../state/state-store';
import { refuseFoldedFolders } from '../chunks/landing-names';
import { planOf } from '../chunks/landing-plan';
import { openSource } from '../context/open-source';
import type { ReadJob } from '../context/read-job';
import { resumedOptions } from '../context/resumed-options';
import type { RunContext } from '../context/run-context';
import { resolveOptions, type RunOptions } from '../context/run-options';
import { Findings } from '../findings';
import { refuseLargeManifest } from '../manifest/manifest-limits';
import { openCheckpoint, recordOf, sweepUnfinished } from '../run-checkpoint';
import { select, type Selection } from '../run-selection';
import { RunSnapshot } from '../run-snapshot';

/**
 * Begins an execution: takes the extraction, plans or goes on with a run, and keeps the items of its work. Called again by the same
 * execution it answers the same.
 *
 * @throws LegacyToS3Error
 */
export async function beginExecution(step: BeginStep, setting: ExtractionSetting): Promise<BeginAnswer> {
  const input = checkInput(step.input);
  const { plan, resume, scheduledAt, ...chosen } = input;
  const props = { ...setting.props, ...step.settings, ...chosen } as ExtractorProps;
  const resolved = await resolveOptions(props);
  const options = { ...resolved, readers: readersOfWorker(resolved, step.limits) };
  const opened = openStore(options.target, options.targetOptions);
  try {
    const busy = await takeExtraction(opened.store, step, setting);
    if (busy) return busy;
    // To cut tables by their keys, keys are read.
    const held = await new ReadingHold(opened.store, setting.name, setting.clock, step.limits.window).look();
    if (held) return { outcome: 'waiting', reason: held.reason, waitUntil: new Date(held.until).toISOString() };
    return await new Beginning(step, input, setting, opened.store).begin(props, options);
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  } finally {
    opened.close();
  }
}

/** @returns what is answered where another execution has the extraction */
async function takeExtraction(
  store: StateStore, { execution: { arn }, overlap }: BeginStep, { name, isRunning }: ExtractionSetting,
): Promise<BeginAnswer | undefined> {
  const owner = { extraction: name, execution: arn, isRunning };
  const holder = await takeSlot(store, 'running', owner);
  if (holder === arn) {
    await leaveSlot(store, 'waiting', owner);
    return undefined;
  }
  const reason = `execution ${holder} of extraction '${name}' is at work`;
  if (overlap === 'fail') throw new LegacyToS3Error('RUN_IN_USE', `${reason}; wait until it has ended, or stop it`);
  if (overlap === 'skip') return { outcome: 'skipped', reason };
  const waiter = await takeSlot(store, 'waiting', owner);
  return waiter === arn ? { outcome: 'waiting', reason } : { outcome: 'skipped', reason: `${reason}, and execution ${waiter} waits for it; one may wait` };
}

/** A run that an execution begins, or goes on with. */
class Beginning {
  private readonly execution: string;
  private readonly begunAt: number;

  public constructor(
    private readonly step: BeginStep, private readonly input: ExtractionInput, private readonly setting: ExtractionSetting,
    private readonly store: StateStore,
  ) {
    this.execution = step.execution.arn;
    this.begunAt = setting.clock.now();
  }

  public async begin(props: ExtractorProps, options: RunOptions): Promise<BeginAnswer> {
    const { plan, resume } = this.input;
    const runId = resume ?? executionRunId(this.step.execution);
    const target = openTarget(options.target, options.targetOptions);
    try {
      const checkpoint = await this.checkpointOf(runId, props, options, target, resume !== undefined);
      const before = checkpoint && await new RunTexts(this.store, runId).readItems(checkpoint.lease.epoch);
      // This function was called before, and its answer was lost.
      if (checkpoint && before) return this.answer(checkpoint, options, before);
      await target.check();
      if (checkpoint) return await this.work(runId, resumedOptions(options, props, checkpoint.record), target, checkpoint);
      const given = plan === undefined ? undefined : withPartitionPrefixes(await this.savedPlan(plan, options));
      if (given) refuseOtherRows(given, options);
      return await this.work(runId, { ...options, ...(given && { plan: given }) }, target);
    } finally {
      await target.close();
    }
  }

  /** The checkpoint of a run that was begun before: by this execution's name, or by another. */
  private async checkpointOf(
    runId: string, props: ExtractorProps, options: RunOptions, target: ReturnType<typeof openTarget>, isResumed: boolean,
  ): Promise<Checkpoint | undefined> {
    if (!isResumed && !await hasRecord(this.store, runId)) return undefined;
    const accept = (record: RunRecord) => void (isResumed && resumedOptions(options, props, record));
    const { execution, setting: { clock, isRunning } } = this;
    return openCheckpoint(runId, { target, store: this.store, clock, takeOver: false, execution, isRunning, accept });
  }

  /** Plans, and keeps what is to be done. */
  private async work(runId: string, options: RunOptions, target: ReturnType<typeof openTarget>, kept?: Checkpoint): Promise<BeginAnswer> {
    const { clock, onEvent } = this.setting;
    const { limits, execution: { startTime } } = this.step;
    const signal = new AbortController().signal;
    const connection = await openSource(options.connection, { clock, signal, onRetry: onEvent });
    try {
      const spread = spreadOptions(options, limits);
      // Of very many chunks each job would have texts of its own; here one for each table is looked at.
      const selection = await select(spread, connection, 1);
      const { jobs, tables, consistency, plan } = selection;
      refuseLargeManifest(tables, plan!.tables.reduce((sum, { chunks }) => sum + chunks.length, 0));
      const warn = (message: string) => onEvent({ type: 'warning', message });
      const context: RunContext = {
        runId,
        options: spread,
        target,
        database: connection.database,
        consistency,
        signal,
        clock,
        warn,
        emit: onEvent,
        mayComplete: async () => kept?.lease.assertHeld(),
      };
      const findings = new Findings();
      for (const job of jobs) await findings.look(() => planOf(context, job));
      await findings.look(async () => refuseFoldedFolders(plan!, target));
      await findings.look(() => refuseLong(plan!, limits, options.readers));
      findings.refuse();
      const items = this.itemsOf(plan!, kept);
      const estimate = estimateOf(items, limits, options);
      refuseCostly(estimate, limits);
      selection.warnings.forEach(warn);
      if (kept) await sweepUnfinished(context, openJobs(jobs, plan!, kept.finished), kept.finished);
      const checkpoint = kept ?? await Checkpoint.begin(
        this.store, recordOf(context, plan!, new Date(startTime)), clock,
        { takeOver: false, execution: this.execution, isRunning: this.setting.isRunning },
      );
      if (consistency === 'databaseSnapshot') await new RunSnapshot(options.connection, runId, warn).open(connection, checkpoint.finishedChunks);
      onEvent(plannedOf(plan!, items, estimate));
      return await this.keepItems(checkpoint, selection, options, items);
    } finally {
      await connection.close();
    }
  }

  /** Of what is left. */
  private itemsOf({ tables }: ExtractionPlan, kept: Checkpoint | undefined): WorkItem[] {
    const isFinished = among(kept?.finished ?? []);
    const work = tables.map(({ chunks }, tableIndex): TableWork => (
      { index: tableIndex, chunks: chunks.filter(({ chunk }) => !isFinished({ tableIndex, chunk })) }));
    return itemsOf(work, this.step.limits);
  }

  private async keepItems(
    checkpoint: Checkpoint, { plan, tables }: Selection, options: RunOptions, items: readonly WorkItem[],
  ): Promise<BeginAnswer> {
    const { record, lease: { epoch } } = checkpoint;
    const { runId } = record;
    const texts = new RunTexts(this.store, runId);
    const header = { ...record, plan: plan!, ...this.whole() };
    await texts.writePlan(header, options, (index) => tables[index].relations);
    // Those that failed before are tried again.
    await this.store.remove(await this.store.list(failedPrefix(runId)));
    return this.answer(checkpoint, options, { key: await texts.writeItems(epoch, items), items });
  }

  /** Nothing where whoever started the execution chose what it reads. */
  private whole(): Pick<HeaderText, 'whole'> {
    const { scheduledAt, ...chosen } = this.input;
    const isWhole = Object.values(chosen).every((each) => each === undefined);
    return isWhole ? { whole: wholeSelection(this.step.settings, this.begunAt) } : {};
  }

  private answer({ record, lease: { epoch } }: Checkpoint, { target, readers }: RunOptions, { key, items }: WrittenItems): BeginAnswer {
    const { bucket, prefix } = s3Of(target);
    return {
      outcome: 'begun',
      run: { runId: record.runId, epoch },
      items: { bucket, key: stateFolder(prefix) + key },
      counts: countsOf(items),
      estimate: estimateOf(items, this.step.limits, { readers, targetFileBytes: record.targetFileBytes }),
    };
  }

  /** A plan that was saved in the landing bucket. */
  private async savedPlan(key: string, options: RunOptions): Promise<ExtractionPlan> {
    const { bucket } = s3Of(options.target);
    const target = openTarget(`s3://${bucket}`, options.targetOptions);
    try {
      const stored = await target.read(key);
      if (!stored) throw new Error('there is no such object');
      return JSON.parse((await bytesOf(stored)).toString('utf8')) as ExtractionPlan;
    } catch (error) {
      throw new LegacyToS3Error('INVALID_CONFIG', `cannot read the plan s3://${bucket}/${key}: ${(error as Error).message}`, { cause: error });
    } finally {
      await target.close();
    }
  }
}

function plannedOf({ tables }: ExtractionPlan, items: readonly WorkItem[], { connections }: ExtractionEstimate): RunPlannedEvent {
  const chunks = tables.reduce((sum, table) => sum + table.chunks.length, 0);
  const left = items.flatMap((item) => item.tables.flatMap((table) => table.chunks));
  return {
    type: 'run-planned',
    tables: tables.length,
    chunks,
    finishedChunks: chunks - left.length,
    readers: connections,
    estimatedRows: tables.reduce((sum, { estimatedRows }) => sum + estimatedRows, 0),
    estimatedBytes: tables.reduce((sum, { estimatedBytes }) => sum + estimatedBytes, 0),
  };
}

/** For each table that is not finished the job of a chunk that is not. */
function openJobs(jobs: readonly ReadJob[], { tables }: ExtractionPlan, finished: readonly LandedChunk[]): ReadJob[] {
  const isFinished = among(finished);
  return jobs.flatMap((job) => {
    const chunk = tables[job.tableIndex].chunks.find((each) => !isFinished({ tableIndex: job.tableIndex, chunk: each.chunk }));
    return chunk ? [{ ...job, chunk }] : [];
  });
}

function s3Of(target: string): { readonly bucket: string; readonly prefix: string } {
  const url = parseS3Url(target);
  if (!url) throw new LegacyToS3Error('INVALID_CONFIG', `an execution lands in S3, not in '${target}'`);
  return url;
}

/** Options to plan by, for all workers together. */
function spreadOptions(options: RunOptions, { maxConcurrency, maxChunkSeconds, bytesPerSecond }: ExtractionLimits): RunOptions {
  const readers = maxConcurrency * options.readers;
  if (options.chunkTarget || options.plan || maxChunkSeconds === undefined) return { ...options, readers };
  // A worker is to end a few chunks, also where the source is slower than it was reckoned.
  const most = Math.floor(bytesPerSecond * maxChunkSeconds / 4);
  return { ...options, readers, ...(most < USUAL_CHUNK_BYTES && { chunkTarget: { bytes: most } }) };
}
