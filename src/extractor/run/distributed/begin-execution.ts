import { createHash } from 'node:crypto';
import { leaveSlot, takeSlot } from './extraction-lock';
import type { ExtractionSetting } from './extraction-setting';
import { countsOf, RunTexts, type WrittenItems } from './run-texts';
import { packItems, type TableWork } from './work-items';
import { EXTRACTION_INPUTS, runIdAt, stateFolder, type BeginAnswer, type BeginStep, type ExtractionInput, type ExtractionLimits } from '../../../contract';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import type { ExtractionPlan } from '../../api/extraction-plan';
import type { ExtractorProps } from '../../api/extractor-props';
import { openTarget } from '../../landing/open-target';
import { bytesOf } from '../../landing/read-manifest';
import { parseS3Url } from '../../landing/s3/s3-url';
import { USUAL_CHUNK_BYTES } from '../../plan/chunk-size';
import { withPartitionPrefixes } from '../../plan/partition-prefixes';
import { quoteTable } from '../../source/catalog/identifiers';
import { toSafeError } from '../../source/credentials/redact';
import { Checkpoint, checkpointedRuns, type RunRecord } from '../../state/checkpoint';
import { failedPrefix } from '../../state/chunk-claims';
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
  const { plan, resume, ...chosen } = input;
  const props = { ...setting.props, ...step.settings, ...chosen } as ExtractorProps;
  const options = await resolveOptions(props);
  const opened = openStore(options.target, options.targetOptions);
  try {
    const busy = await takeExtraction(opened.store, step, setting);
    if (busy) return busy;
    return await new Beginning(step, setting, opened.store).begin(props, options, { plan, resume });
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  } finally {
    opened.close();
  }
}

/** @throws LegacyToS3Error of code INVALID_CONFIG; only what is named may be said by who starts an execution */
function checkInput(input: unknown): ExtractionInput {
  const refuse = (what: string) => new LegacyToS3Error('INVALID_CONFIG', `the input of the execution ${what}; it may have ${EXTRACTION_INPUTS.join(', ')}, all else is of the deployment`);
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw refuse(`is ${JSON.stringify(input) ?? 'nothing'}, no object`);
  // What EventBridge and the console add by themselves starts no SQL.
  const given = Object.entries(input).filter(([name]) => !name.startsWith('AWS_'));
  const unknown = given.map(([name]) => name).filter((name) => !EXTRACTION_INPUTS.includes(name));
  if (unknown.length > 0) throw refuse(`has ${unknown.map((name) => `'${name}'`).join(', ')}`);
  for (const [name, value] of given) {
    const isTexts = Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
    if (name === 'tables' ? !isTexts : typeof value !== 'string' || value === '') {
      throw refuse(`has ${JSON.stringify(value)} for ${name}, which is ${name === 'tables' ? 'a list of patterns' : 'a text'}`);
    }
  }
  const { resume, ...others } = Object.fromEntries(given) as ExtractionInput;
  if (resume !== undefined && Object.keys(others).length > 0) throw refuse(`has ${Object.keys(others).join(', ')} beside resume: a run goes on as it began`);
  return { ...others, resume };
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

  public constructor(private readonly step: BeginStep, private readonly setting: ExtractionSetting, private readonly store: StateStore) {
    this.execution = step.execution.arn;
  }

  public async begin(props: ExtractorProps, options: RunOptions, { plan, resume }: Pick<ExtractionInput, 'plan' | 'resume'>): Promise<BeginAnswer> {
    const runId = resume ?? ownRunId(this.step.execution);
    const target = openTarget(options.target, options.targetOptions);
    try {
      const checkpoint = await this.checkpointOf(runId, props, options, target, resume !== undefined);
      const before = checkpoint && await new RunTexts(this.store, runId).readItems(checkpoint.lease.epoch);
      // This function was called before, and its answer was lost.
      if (checkpoint && before) return this.answer(runId, checkpoint.lease.epoch, options.target, before);
      await target.check();
      if (checkpoint) return await this.work(runId, resumedOptions(options, props, checkpoint.record), target, checkpoint);
      const given = plan === undefined ? undefined : withPartitionPrefixes(await this.savedPlan(plan, options));
      return await this.work(runId, { ...options, ...(given && { plan: given }) }, target);
    } finally {
      await target.close();
    }
  }

  /** The checkpoint of a run that was begun before: by this execution's name, or by another. */
  private async checkpointOf(
    runId: string, props: ExtractorProps, options: RunOptions, target: ReturnType<typeof openTarget>, isResumed: boolean,
  ): Promise<Checkpoint | undefined> {
    if (!isResumed && !(await checkpointedRuns(this.store)).includes(runId)) return undefined;
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
      selection.warnings.forEach(warn);
      if (kept) await sweepUnfinished(context, openJobs(jobs, plan!, kept.finished), kept.finished);
      const checkpoint = kept ?? await Checkpoint.begin(
        this.store, recordOf(context, plan!, new Date(startTime)), clock,
        { takeOver: false, execution: this.execution, isRunning: this.setting.isRunning },
      );
      if (consistency === 'databaseSnapshot') await new RunSnapshot(options.connection, runId, warn).open(connection, checkpoint.finishedChunks);
      return await this.keepItems(checkpoint, selection, options);
    } finally {
      await connection.close();
    }
  }

  private async keepItems(checkpoint: Checkpoint, { plan, tables }: Selection, options: RunOptions): Promise<BeginAnswer> {
    const { record, lease: { epoch }, finished } = checkpoint;
    const { runId } = record;
    const texts = new RunTexts(this.store, runId);
    await texts.writePlan({ ...record, plan: plan! }, options.onTableError, (table) => tables[plan!.tables.indexOf(table)].relations);
    // Those that failed before are tried again.
    await this.store.remove(await this.store.list(failedPrefix(runId)));
    const done = new Set(finished.map(({ tableIndex, chunk }) => `${tableIndex} ${chunk}`));
    const work = plan!.tables.map(({ chunks }, index): TableWork => ({ index, chunks: chunks.filter(({ chunk }) => !done.has(`${index} ${chunk}`)) }));
    const items = packItems(work, this.step.limits.maxConcurrency);
    const key = await texts.writeItems(epoch, items);
    return this.answer(runId, epoch, options.target, { key, counts: countsOf(items) });
  }

  private answer(runId: string, epoch: number, target: string, { key, counts }: WrittenItems): BeginAnswer {
    const { bucket, prefix } = s3Of(target);
    return { outcome: 'begun', run: { runId, epoch }, items: { bucket, key: stateFolder(prefix) + key }, counts };
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

/** For each table that is not finished the job of a chunk that is not. */
function openJobs(jobs: readonly ReadJob[], { tables }: ExtractionPlan, finished: readonly LandedChunk[]): ReadJob[] {
  const done = new Set(finished.map(({ tableIndex, chunk }) => `${tableIndex} ${chunk}`));
  return jobs.flatMap((job) => {
    const chunk = tables[job.tableIndex].chunks.find((each) => !done.has(`${job.tableIndex} ${each.chunk}`));
    return chunk ? [{ ...job, chunk }] : [];
  });
}

function s3Of(target: string): { readonly bucket: string; readonly prefix: string } {
  const url = parseS3Url(target);
  if (!url) throw new LegacyToS3Error('INVALID_CONFIG', `an execution lands in S3, not in '${target}'`);
  return url;
}

/** An execution that begins twice has the same run. */
function ownRunId({ arn, startTime }: BeginStep['execution']): string {
  return runIdAt(new Date(startTime), createHash('sha256').update(arn).digest('hex').slice(0, 6));
}

/** Options to plan by, for all workers together. */
function spreadOptions(options: RunOptions, { maxConcurrency, maxChunkSeconds, bytesPerSecond }: ExtractionLimits): RunOptions {
  const readers = maxConcurrency * options.readers;
  if (options.chunkTarget || options.plan || maxChunkSeconds === undefined) return { ...options, readers };
  // A worker is to end a few chunks, also where the source is slower than it was reckoned.
  const most = Math.floor(bytesPerSecond * maxChunkSeconds / 4);
  return { ...options, readers, ...(most < USUAL_CHUNK_BYTES && { chunkTarget: { bytes: most } }) };
}

/** @throws LegacyToS3Error of code INVALID_CONFIG when something cannot be read in the time there is */
function refuseLong(plan: ExtractionPlan, { maxChunkSeconds, bytesPerSecond, maxSeconds, maxConcurrency }: ExtractionLimits, readers: number): void {
  if (maxChunkSeconds !== undefined) {
    const long = plan.tables.flatMap((table) => {
      const seconds = Math.max(...table.chunks.map(({ estimatedBytes }) => estimatedBytes / bytesPerSecond));
      return seconds > maxChunkSeconds ? [{ table, seconds }] : [];
    });
    if (long.length > 0) {
      const named = long.slice(0, 10).map(({ table: { schema, table, chunkKey: key }, seconds }) => (
        `${quoteTable(schema, table)} has ${key.length === 0 ? 'no key to be cut by, and takes' : 'a chunk that takes'} about ${minutes(seconds)}`
      ));
      throw new LegacyToS3Error('INVALID_CONFIG', `a worker may read one chunk for ${minutes(maxChunkSeconds)}, at a reckoned ${Math.round(bytesPerSecond / 1e6)} MB/s: ${named.join('; ')}`
        + `${long.length > 10 ? ` and ${long.length - 10} more` : ''}; give such a table a key (tableOptions chunkBy), a smaller targetChunkBytes, or workers without that limit`);
    }
  }
  if (maxSeconds === undefined) return;
  const bytes = plan.tables.reduce((sum, { estimatedBytes }) => sum + estimatedBytes, 0);
  const chunks = plan.tables.reduce((sum, table) => sum + table.chunks.length, 0);
  const seconds = bytes / bytesPerSecond / Math.max(1, Math.min(chunks, maxConcurrency * readers));
  if (seconds > maxSeconds) {
    throw new LegacyToS3Error('INVALID_CONFIG', `the run would take about ${minutes(seconds)} (${counted(bytes, 'byte')} by ${maxConcurrency} workers of `
      + `${counted(readers, 'reader')} at ${Math.round(bytesPerSecond / 1e6)} MB/s each), allowed are ${minutes(maxSeconds)} (maxSeconds)`);
  }
}

function minutes(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
