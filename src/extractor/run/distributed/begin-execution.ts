import { lookForChanges } from './changes/begin-changes';
import { acquireChain } from './changes/hold-chain';
import { estimateOf, readersOfWorker, refuseCostly, refuseLong, spreadOptions } from './execution-estimate';
import { checkInput } from './execution-input';
import { leaveSlot, takeSlot } from './extraction-lock';
import type { ExtractionSetting } from './extraction-setting';
import { ReadingHold } from './reading-hold';
import { countsOf, isTogether, RunTexts, type FollowingText, type HeaderText, type WrittenItems } from './run-texts';
import { placeOf, savedPlan } from './saved-plan';
import { itemsOf, openJobs, type TableWork } from './work-items';
import {
  stateFolder, type BeginAnswer, type BeginStep, type ExtractionEstimate, type ExtractionInput,
  type WorkItem,
} from '../../../contract';
import { ChangeWay } from '../../api/changes/planned-changes';
import { LegacyToS3Error } from '../../api/errors';
import type { RunPlannedEvent } from '../../api/extract-events';
import type { ExtractionPlan } from '../../api/extraction-plan';
import type { ExtractorProps } from '../../api/extractor-props';
import { readBegin } from '../../changes/transaction-begin';
import { openTarget } from '../../landing/open-target';
import type { LandingTarget } from '../../landing/target/landing-target';
import { toSafeError } from '../../source/credentials/redact';
import { readChain } from '../../state/chain-store';
import { Checkpoint, hasRecord, type RunRecord } from '../../state/checkpoint';
import { among, failedPrefix } from '../../state/chunk-claims';
import { wholeSelection } from '../../state/durations';
import { executionRunId } from '../../state/execution-run-id';
import { openStore } from '../../state/open-store';
import type { StateStore } from '../../state/state-store';
import { refuseFoldedFolders } from '../chunks/landing-names';
import { planOf } from '../chunks/landing-plan';
import { openSource } from '../context/open-source';
import { resumedOptions } from '../context/resumed-options';
import type { RunContext } from '../context/run-context';
import { resolveOptions, type RunOptions } from '../context/run-options';
import { waysOf } from '../extract-run';
import { Findings } from '../findings';
import { refuseLargeManifest } from '../manifest/manifest-limits';
import { openCheckpoint, recordOf, sweepUnfinished } from '../run-checkpoint';
import { select, type Selection } from '../run-selection';
import { RunSnapshot } from '../run-snapshot';
import { refuseOptions } from '../sync/sync-run';

/**
 * Begins an execution: takes the extraction, plans or goes on with a run, and keeps the items of its work. Called again by the same
 * execution it answers the same.
 *
 * @throws LegacyToS3Error
 */
export async function beginExecution(step: BeginStep, setting: ExtractionSetting): Promise<BeginAnswer> {
  const input = checkInput(step.input);
  const { plan, resume, scheduledAt, ...chosen } = input;
  if (step.changes) refuseChoice({ plan, ...chosen });
  const props = { ...setting.props, ...step.settings, ...step.changes, ...chosen } as ExtractorProps;
  const resolved = await resolveOptions(props);
  const options = { ...resolved, readers: readersOfWorker(resolved, step.limits) };
  // What is read together is so whatever the number of readers.
  if (step.changes) refuseOptions({ ...options, readersChosen: false }, {});
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

/** What follows is all that is deployed. @throws LegacyToS3Error of code INVALID_CONFIG */
function refuseChoice(chosen: object): void {
  const [name] = Object.entries(chosen).flatMap(([each, value]) => (value === undefined ? [] : [each]));
  if (name === undefined) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `the input of the execution has ${name}, but the extraction follows its source, by the tables that are deployed: it may have resume and scheduledAt`);
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

/** What a run is begun, or gone on with. */
interface Begun {
  readonly kept?: Checkpoint;
  /** Of a run of changes, and of the first load that they follow. */
  readonly following?: FollowingText;
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
    const { input: { plan, resume }, step: { changes, execution } } = this;
    const target = openTarget(options.target, options.targetOptions);
    try {
      const runId = resume ?? executionRunId(execution);
      const isBegun = resume !== undefined || await hasRecord(this.store, runId);
      if (isBegun) return await this.again(await this.checkpointOf(runId, props, options, target, resume !== undefined), props, options, target);
      // Where nothing changed, nothing is landed.
      if (changes) return await this.follow(props, options, target);
      await target.check();
      const given = plan === undefined ? undefined : await savedPlan(plan, options);
      return await this.work(runId, { ...options, ...(given && { plan: given }) }, target);
    } finally {
      await target.close();
    }
  }

  private async again(checkpoint: Checkpoint, props: ExtractorProps, options: RunOptions, target: LandingTarget): Promise<BeginAnswer> {
    const before = await new RunTexts(this.store, checkpoint.record.runId).readItems(checkpoint.lease.epoch);
    // This function was called before, and its answer was lost.
    if (before) return this.answer(checkpoint, options, before);
    await target.check();
    return this.goOn(checkpoint, props, options, target);
  }

  private async goOn(checkpoint: Checkpoint, props: ExtractorProps, options: RunOptions, target: LandingTarget): Promise<BeginAnswer> {
    const { chain, plan: { tables } } = checkpoint.record;
    if (chain !== undefined) await acquireChain(this.store, chain, this.execution, this.setting);
    const isLater = tables.some(({ changes }) => changes?.from) || chain !== undefined && await readChain(this.store, chain) !== undefined;
    const kind = isLater ? 'changes' : 'firstLoad';
    if (options.oneVersion && kind === 'changes' && checkpoint.finished.some(({ mark }) => mark)) {
      const { runId } = checkpoint.record;
      await checkpoint.lease.release();
      throw new LegacyToS3Error('CHANGES_REFUSED', `run ${runId} has read tables in a transaction that has ended, and is to show one version (oneVersion): the next execution reads its changes anew`);
    }
    const following: FollowingText | undefined = chain === undefined ? undefined : { key: chain, kind, unchanged: {}, gaps: 0, isWhole: true };
    return this.work(checkpoint.record.runId, resumedOptions(options, props, checkpoint.record), target, { kept: checkpoint, following });
  }

  /** Reads all rows where there is no run that changes could follow, else what changed since. */
  private async follow(props: ExtractorProps, options: RunOptions, target: LandingTarget): Promise<BeginAnswer> {
    const { store, setting, execution, step: { limits, overlap, execution: own } } = this;
    try {
      const start = await lookForChanges({ props, options: spreadOptions(options, limits), target, store, setting, execution });
      if (start.kind === 'unchanged') {
        const { since, database, gaps } = start;
        return { outcome: 'unchanged', reason: `nothing changed in ${database} since run ${since}`, since, ...(gaps > 0 && { gaps }) };
      }
      if (start.kind === 'resume') return await this.again(await this.checkpointOf(start.runId, props, options, target, true), props, options, target);
      await target.check();
      const { after, following } = start;
      return await this.work(executionRunId(own, after), { ...start.options, readers: options.readers }, target, { following });
    } catch (error) {
      // A redriven execution, or a sync of another place.
      const isHeld = error instanceof LegacyToS3Error && error.code === 'RUN_IN_USE' && overlap === 'skip';
      if (isHeld) return { outcome: 'skipped', reason: error.message };
      throw error;
    }
  }

  /** The checkpoint of a run that was begun before: by this execution's name, or by another. */
  private async checkpointOf(
    runId: string, props: ExtractorProps, options: RunOptions, target: LandingTarget, isResumed: boolean,
  ): Promise<Checkpoint> {
    const accept = (record: RunRecord) => void (isResumed && resumedOptions(options, props, record));
    const { execution, setting: { clock, isRunning } } = this;
    return openCheckpoint(runId, { target, store: this.store, clock, takeOver: false, execution, isRunning, accept });
  }

  /** Plans, and keeps what is to be done. */
  private async work(runId: string, options: RunOptions, target: LandingTarget, { kept, following }: Begun = {}): Promise<BeginAnswer> {
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
      const items = this.itemsOf(plan!, kept, isTogether(options, following));
      const estimate = estimateOf(items, limits, options);
      refuseCostly(estimate, limits);
      selection.warnings.forEach(warn);
      if (kept) await sweepUnfinished(context, openJobs(jobs, plan!, kept.finished), kept.finished);
      // Before the snapshot is made: what was committed until then is in it.
      const ways = consistency === 'databaseSnapshot' && !kept ? waysOf(jobs).ways : undefined;
      const begin = ways && await readBegin(connection, ways);
      const checkpoint = kept ?? await Checkpoint.begin(
        this.store, { ...recordOf(context, plan!, new Date(startTime)), ...(begin && { begin }) }, clock,
        { takeOver: false, execution: this.execution, isRunning: this.setting.isRunning },
      );
      if (consistency === 'databaseSnapshot') await new RunSnapshot(options.connection, runId, warn).open(connection, checkpoint.finishedChunks);
      onEvent(plannedOf(plan!, items, estimate));
      return await this.keepItems(checkpoint, selection, options, items, following);
    } finally {
      await connection.close();
    }
  }

  /** Of what is left. @param together whether tables that have marks are read in one transaction */
  private itemsOf({ tables }: ExtractionPlan, kept: Checkpoint | undefined, together: boolean): WorkItem[] {
    const isFinished = among(kept?.finished ?? []);
    const work = tables.map(({ chunks }, tableIndex): TableWork => (
      { index: tableIndex, chunks: chunks.filter(({ chunk }) => !isFinished({ tableIndex, chunk })) }));
    const isMarked = ({ index, chunks }: TableWork) => together && chunks.length > 0 && tables[index].changes!.way !== ChangeWay.WHOLE;
    return itemsOf(work.filter((each) => !isMarked(each)), this.step.limits, work.filter(isMarked));
  }

  private async keepItems(
    checkpoint: Checkpoint, { plan, tables }: Selection, options: RunOptions, items: readonly WorkItem[], following?: FollowingText,
  ): Promise<BeginAnswer> {
    const { record, lease: { epoch } } = checkpoint;
    const { runId } = record;
    const texts = new RunTexts(this.store, runId);
    const oneVersion = isTogether(options, following) && { oneVersion: true as const };
    const header = { ...record, plan: plan!, ...this.whole(), ...(following && { following }), ...oneVersion };
    await texts.writePlan(header, options, (index) => tables[index].relations);
    // Those that failed before are tried again.
    await this.store.remove(await this.store.list(failedPrefix(runId)));
    const answer = this.answer(checkpoint, options, { key: await texts.writeItems(epoch, items), items });
    return { ...answer, ...(following && following.gaps > 0 && { gaps: following.gaps }) };
  }

  /** Nothing where whoever started the execution chose what it reads, or it is as much as there are changes. */
  private whole(): Pick<HeaderText, 'whole'> {
    const { scheduledAt, ...chosen } = this.input;
    const isWhole = !this.step.changes && Object.values(chosen).every((each) => each === undefined);
    return isWhole ? { whole: wholeSelection(this.step.settings, this.begunAt) } : {};
  }

  private answer({ record, lease: { epoch } }: Checkpoint, { target, readers }: RunOptions, { key, items }: WrittenItems): BeginAnswer {
    const { bucket, prefix } = placeOf(target);
    return {
      outcome: 'begun',
      run: { runId: record.runId, epoch },
      items: { bucket, key: stateFolder(prefix) + key },
      counts: countsOf(items),
      estimate: estimateOf(items, this.step.limits, { readers, targetFileBytes: record.targetFileBytes }),
    };
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
