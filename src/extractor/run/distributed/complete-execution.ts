import { linkedTable, RunChain, type LinkedTable } from './changes/run-chain';
import type { ExtractionSetting } from './extraction-setting';
import { RunTexts, type HeaderText } from './run-texts';
import { datasetRunFolder, manifestKey, type CompleteAnswer, type CompleteStep, type ExtractionChanges, type Manifest, type ManifestMissingTable } from '../../../contract';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import type { PlannedTable } from '../../api/extraction-plan';
import { OnTableError } from '../../api/extractor-props';
import { openTarget } from '../../landing/open-target';
import { readManifestSummary } from '../../landing/read-manifest';
import type { LandingTarget } from '../../landing/target/landing-target';
import { quoteTable } from '../../source/catalog/identifiers';
import { toSafeError } from '../../source/credentials/redact';
import { linkKey } from '../../state/chain-store';
import { finishedChunks, forgetRun, readChunkTexts, readRecord } from '../../state/checkpoint';
import { landedPrefix, type ChunkFailure, type ChunkTexts, type KeptChunk } from '../../state/chunk-claims';
import { keepDuration, type WholeSelection } from '../../state/durations';
import { openStore } from '../../state/open-store';
import { RunLease } from '../../state/run-lease';
import type { StateStore } from '../../state/state-store';
import { landedPrimaryKey } from '../chunks/table-job';
import { optionsOfRun } from '../context/resumed-options';
import type { RunContext } from '../context/run-context';
import { resolveOptions, type RunOptions } from '../context/run-options';
import { manifestHead, TablesSummary } from '../manifest/build-manifest';
import { ManifestWriter } from '../manifest/write-manifest';
import { RunSnapshot } from '../run-snapshot';
import { TableAssembly, type ChunkEntry, type LandedTable } from '../tables/landed-table';

/** Before its end the function begins to delete no more (milliseconds). */
const LAST_DELETE_MS = 60_000;

/** Larger manifests are written in pages (bytes without blanks): the whole is never in memory. */
const PAGED_FROM_BYTES = 4 * 1024 * 1024;

/** Chunks of a table whose entries are kept; those of a larger one are read twice, once for their sums and once for the manifest. */
const MOST_KEPT = 1_000;

/** The sum of what chunks tell, for metrics. */
interface ChunkSums {
  chunks: number;
  retries: number;
  sourceWaitSeconds: number;
  targetWaitSeconds: number;
}

/** What came of an execution. */
export interface CompletedExecution extends CompleteAnswer {
  /** Of this call; absent where an earlier one wrote the manifest. */
  readonly completed?: ChunkSums & {
    readonly seconds: number;
    /** As multiple of what is usual; absent where it cannot be compared. */
    readonly durationRatio?: number;
    /** Of a run of changes. */
    readonly changeLagSeconds?: number;
    readonly changeLagRows?: number;
  };
}

/**
 * Ends an execution: proves each table, writes the manifest, forgets the state of the run. Called again it goes on where it was.
 *
 * @throws LegacyToS3Error; of the first table's code, naming all, when tables cannot land and the run does not go without them
 */
export async function completeExecution({ run, execution }: CompleteStep, setting: ExtractionSetting): Promise<CompletedExecution> {
  const options = await resolveOptions(setting.props);
  const opened = openStore(options.target, options.targetOptions);
  const target = openTarget(options.target, options.targetOptions);
  try {
    const lease = RunLease.ofExecution(opened.store, run.runId, setting.clock, run.epoch, execution.arn);
    const ending = new Ending(run.runId, setting, opened.store, target, lease, execution.arn);
    const key = manifestKey(target.prefix, run.runId);
    const before = await target.has(key) ? await readManifestSummary(target, run.runId) : undefined;
    // An earlier end of the run may have left tables out, which this one has.
    const isEnded = before !== undefined && (before.missingTables === undefined || Date.parse(before.finishedAt) >= Date.parse(execution.startTime));
    const completed = isEnded ? undefined : await ending.complete(options, before !== undefined);
    const manifest = completed?.manifest ?? before!;
    const changes = await ending.link(manifest, completed?.landed);
    const seconds = (Date.parse(manifest.finishedAt) - Date.parse(manifest.startedAt)) / 1000;
    const durationRatio = completed && await ending.compare(completed.manifest, completed.whole, execution.arn);
    const finished = manifest.missingTables !== undefined || await ending.forget(options, manifest);
    return {
      finished,
      runId: run.runId,
      manifestKey: key,
      rows: manifest.totals.rows,
      sizeBytes: manifest.totals.sizeBytes,
      objects: manifest.totals.objects,
      verification: manifest.verification.state,
      ...(changes && { changes }),
      ...(completed && {
        completed: {
          ...completed.sums,
          seconds,
          ...(durationRatio !== undefined && { durationRatio }),
          ...(changes && { changeLagSeconds: changes.lagSeconds ?? seconds, changeLagRows: changes.inserts + changes.updates + changes.deletes }),
        },
      }),
    };
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  } finally {
    opened.close();
    await target.close();
  }
}

/** A table that can land. */
interface EndedTable extends LandedTable {
  readonly objects: number;
  /** Of a table that has too many to be kept, which comes without them. */
  readonly chunks?: AsyncIterable<ChunkEntry>;
}

/** What a call wrote the manifest of. */
interface Completed {
  readonly manifest: Manifest;
  readonly sums: ChunkSums;
  readonly whole?: WholeSelection;
  readonly landed: readonly LinkedTable[];
}

/** A table that cannot land. */
interface FailedTable extends ChunkFailure {
  readonly index: number;
  /** Whether all its chunks landed, but are not the table together. */
  readonly asWhole?: true;
}

class Ending {
  private readonly texts: RunTexts;
  private readonly chain: RunChain;
  /** Names of the states that chunks with marks show. */
  private readonly versions = new Set<string>();
  private readonly sums: ChunkSums = { chunks: 0, retries: 0, sourceWaitSeconds: 0, targetWaitSeconds: 0 };

  public constructor(
    private readonly runId: string, private readonly setting: ExtractionSetting, private readonly store: StateStore,
    private readonly target: LandingTarget, private readonly lease: RunLease, execution: string,
  ) {
    this.texts = new RunTexts(store, runId);
    this.chain = new RunChain(runId, setting, store, target, execution);
  }

  /** @param replaces whether there is a manifest that left tables out */
  public async complete(given: RunOptions, replaces: boolean): Promise<Completed> {
    await this.lease.assertHeld();
    const [record, header] = [await readRecord(this.store, this.runId), await this.texts.header()];
    const { plan, consistency, startedAt } = record;
    const options = optionsOfRun(given, record);
    const { runId, target, setting } = this;
    const warn = (message: string) => setting.onEvent({ type: 'warning', message });
    const context: RunContext = {
      runId,
      options,
      target,
      database: plan.database,
      consistency,
      signal: new AbortController().signal,
      clock: setting.clock,
      mayComplete: async () => this.lease.assertHeld(),
      warn,
      emit: setting.onEvent,
    };
    const texts = await readChunkTexts(this.store, this.runId);
    const replace = replaces ? async () => this.lease.assertHeld() : 'never';
    const writer = new ManifestWriter(target, runId, { pagedFromBytes: PAGED_FROM_BYTES, replace });
    const summary = new TablesSummary();
    const failed: FailedTable[] = [];
    const landed: LinkedTable[] = [];
    for (const [index, table] of plan.tables.entries()) {
      const outcome = await this.tableOf(context, index, table, texts);
      if ('code' in outcome) {
        failed.push(outcome);
        continue;
      }
      summary.add(outcome.table, outcome.objects);
      landed.push(linkedTable(outcome.table));
      // Of a run that will be refused nothing need be written.
      if (failed.length === 0 || header.onTableError === OnTableError.CONTINUE) await writer.addTable(outcome.table, outcome.chunks);
    }
    const gaps = failed.filter(({ code }) => code === 'CHANGES_GAP');
    await this.chain.askReloads(header.following, new Map(gaps.map(({ index, message }) => [linkKey(plan.tables[index]), message])));
    const missing = await this.missing(context, plan.tables, failed, header, summary.totals.tables);
    const manifest = manifestHead(context, plan.productVersion, summary, new Date(startedAt), missing);
    if (summary.proof.incomparable) warn(manifest.verification.detail);
    context.emit({ type: 'run-verified', state: manifest.verification.state, detail: manifest.verification.detail });
    this.refuseVersions(header);
    await this.chain.refuseOvertaken(header.following, landed);
    await this.lease.assertHeld();
    await writer.finish(manifest);
    return { manifest, sums: this.sums, whole: header.whole, landed };
  }

  /** @throws LegacyToS3Error of code CHANGES_REFUSED where a run that is to show one version shows several */
  private refuseVersions({ oneVersion }: HeaderText): void {
    if (!oneVersion || this.versions.size <= 1) return;
    throw new LegacyToS3Error('CHANGES_REFUSED', `run ${this.runId} was to show one version (oneVersion), but its transaction was begun ${this.versions.size} times; the next execution reads it anew`);
  }

  /** Adds the run to the chain of its database. @param landed its tables, where they are known; else the manifest tells them */
  public async link(manifest: Manifest, landed: readonly LinkedTable[] | undefined): Promise<ExtractionChanges | undefined> {
    return this.chain.link(manifest, landed);
  }

  /** @returns how long the run took, as multiple of what is usual; nothing where that cannot be told, which is no reason to fail */
  public async compare({ missingTables, finishedAt }: Manifest, whole: WholeSelection | undefined, execution: string): Promise<number | undefined> {
    const { name, wasRedriven, onEvent } = this.setting;
    // The time until somebody redrove it says nothing of the source.
    if (!whole || missingTables !== undefined) return undefined;
    try {
      return await wasRedriven?.(execution) ? undefined : await keepDuration(this.store, name, whole, finishedAt);
    } catch (error) {
      onEvent({ type: 'warning', message: `the time of run ${this.runId} is not compared with that of others: ${(error as Error).message}` });
      return undefined;
    }
  }

  /** Drops what was kept for the run. @returns whether all of it is gone */
  public async forget({ connection }: RunOptions, { consistency }: Manifest): Promise<boolean> {
    const warn = (message: string) => this.setting.onEvent({ type: 'warning', message });
    if (consistency.mode === 'databaseSnapshot') await new RunSnapshot(connection, this.runId, warn).drop();
    return forgetRun(this.store, this.runId, () => this.setting.remainingMs() >= LAST_DELETE_MS);
  }

  private async tableOf(context: RunContext, index: number, table: PlannedTable, texts: ChunkTexts): Promise<EndedTable | FailedTable> {
    const { failure, finished } = outcomeOf(texts.of(index));
    if (failure) return { index, ...JSON.parse(await this.store.read(failure.key!) ?? '{}') as ChunkFailure };
    if (finished !== table.chunks.length) {
      throw new LegacyToS3Error('INTERNAL', `of ${counted(table.chunks.length, 'chunk')} of ${quoteTable(table.schema, table.table)} ${finished} are finished; start an execution with {"resume": "${this.runId}"}`);
    }
    const { relations } = await this.texts.table(index);
    const identity = { ...table, primaryKey: landedPrimaryKey(table), relations };
    const assembly = new TableAssembly(context.database, identity, context.options.format, MOST_KEPT);
    for await (const chunk of finishedChunks(this.store, texts.of(index))) {
      this.sums.chunks += 1;
      this.sums.retries += chunk.attempts - 1;
      this.sums.sourceWaitSeconds += chunk.sourceWaitSeconds ?? 0;
      this.sums.targetWaitSeconds += chunk.targetWaitSeconds ?? 0;
      if (chunk.mark) this.versions.add(chunk.state ?? '');
      assembly.add(chunk);
    }
    try {
      const chunks = assembly.isWhole ? undefined : this.entriesOf(assembly, texts.of(index));
      return { ...assembly.finish(), objects: assembly.objects, chunks };
    } catch (error) {
      if (!(error instanceof LegacyToS3Error)) throw error;
      return { index, code: error.code, message: error.message, asWhole: true };
    }
  }

  private async* entriesOf(assembly: TableAssembly, finished: Iterable<KeptChunk>): AsyncGenerator<ChunkEntry> {
    for await (const chunk of finishedChunks(this.store, finished)) yield assembly.entryOf(chunk);
  }

  /** Takes what there is of failed tables away, where the run goes without them. @throws LegacyToS3Error where it does not */
  private async missing(
    context: RunContext, tables: readonly PlannedTable[], failed: readonly FailedTable[], { onTableError, following }: HeaderText, landed: number,
  ): Promise<ManifestMissingTable[]> {
    if (failed.length === 0) return [];
    if (onTableError !== OnTableError.CONTINUE || landed === 0) {
      const told = failed.map(({ index, message }) => (message.includes(tables[index].table) ? message : `${quoteTable(tables[index].schema, tables[index].table)}: ${message}`));
      const advice = following?.reloads && failed.every(({ code }) => code === 'CHANGES_GAP') ? `the next execution reads ${failed.length === 1 ? 'it' : 'them'} whole`
        : failed.some(({ asWhole }) => asWhole) ? 'give the run up (abort), and begin anew'
          : `mend that, and start an execution with {"resume": "${this.runId}"}, which reads only what is left`;
      throw new LegacyToS3Error(failed[0].code, `${counted(failed.length, 'table')} of run ${this.runId} cannot land: ${told.join('; besides ')}; ${advice}`);
    }
    for (const { index, code, message } of failed) {
      const { schema, table, partitionPrefix } = tables[index];
      context.emit({ type: 'table-failed', database: context.database, schema, table, code, message });
      await context.mayComplete(true);
      // Claims stay, so that no worker of before is heard.
      await this.store.remove(await this.store.list(landedPrefix(this.runId, index)));
      const dataset = { database: context.database, schema, table, partitionPrefix };
      await context.target.sweep(datasetRunFolder(context.target.prefix, dataset, this.runId), new Set());
    }
    return failed.map(({ index, code, message }) => ({ schema: tables[index].schema, table: tables[index].table, code, message }));
  }
}

/** The first chunk that cannot land, and how many are landed. */
function outcomeOf(kept: Iterable<KeptChunk>): { readonly failure?: KeptChunk; readonly finished: number } {
  let finished = 0;
  for (const chunk of kept) {
    if (chunk.state === 'failed') return { failure: chunk, finished };
    if (chunk.state === 'finished') finished += 1;
  }
  return { finished };
}
