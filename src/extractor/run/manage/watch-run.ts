import { WatchedTable } from './watched-table';
import { manifestKey, type Manifest, type ManifestTable } from '../../../contract';
import type { ExtractEvent } from '../../api/extract-events';
import type { ExtractResult } from '../../api/extract-result';
import type { PlannedTable } from '../../api/extraction-plan';
import type { LandingProps } from '../../api/landing-props';
import type { ExecutionRun, RunCounts, RunWatch, WatchOptions } from '../../api/run-summary';
import { openTarget, targetOptions } from '../../landing/open-target';
import { readManifest } from '../../landing/read-manifest';
import type { LandingTarget } from '../../landing/target/landing-target';
import { quoteTable } from '../../source/catalog/identifiers';
import { findRecord, hasRecord, readKept, type RunRecord } from '../../state/checkpoint';
import type { ChunkFailure, KeptChunk } from '../../state/chunk-claims';
import { executionRunId } from '../../state/execution-run-id';
import type { LandedChunk } from '../../state/landed-chunk';
import { openStore } from '../../state/open-store';
import { readTexts, type StateStore } from '../../state/state-store';
import { RunProgress } from '../tables/run-progress';

/** Watches a run of a target. Reaches nothing yet. @param run its id, or the execution that began it */
export function watch(props: LandingProps, run: string | ExecutionRun, options: WatchOptions = {}): RunWatch {
  const stored = targetOptions(props);
  const { store, close } = openStore(props.target, stored);
  const target = openTarget(props.target, stored);
  return new Watch(typeof run === 'string' ? run : executionRunId(run), target, store, options, async () => {
    close();
    await target.close();
  });
}

/** Turns what is kept of a run into the events that the run itself would tell. */
class Watch implements RunWatch {
  private record?: RunRecord;
  private progress?: RunProgress;
  private tables: WatchedTable[] = [];
  /** Keys of texts that were read. */
  private readonly seen = new Set<string>();

  public constructor(
    public readonly runId: string, private readonly target: LandingTarget, private readonly store: StateStore,
    private readonly options: WatchOptions, public readonly close: () => Promise<void>,
  ) {}

  public async look(): Promise<RunCounts | undefined> {
    const kept = await readKept(this.store, this.runId);
    // Looked at last: the record goes first, and what is left of the chunks then says nothing.
    const isKept = this.record ? await hasRecord(this.store, this.runId) : await this.begin();
    if (!isKept) return undefined;
    const landed = await this.read<LandedChunk>(kept.filter(({ state }) => state === 'finished'));
    const { plan } = this.record!;
    if (!this.progress) {
      const jobs = plan.tables.flatMap(({ chunks, estimatedRows }, tableIndex) => chunks.map((chunk) => ({ tableIndex, chunk, estimatedRows })));
      this.tell(plannedEvent(plan.tables, jobs.length, landed.length));
      this.progress = new RunProgress(jobs, landed.map(({ told }) => told));
    }
    for (const { tableIndex } of kept) this.tables[tableIndex]?.start();
    for (const { told } of landed) {
      this.progress.finish(told.tableIndex, told.chunk, told);
      this.tables[told.tableIndex]?.finish(told);
    }
    await this.tellFailures(kept);
    this.tables.forEach((table) => table.tellProgress());
    this.tell(this.progress.event());
    return this.counts(kept);
  }

  public async result(): Promise<ExtractResult | undefined> {
    const key = manifestKey(this.target.prefix, this.runId);
    if (!await this.target.has(key)) return undefined;
    const manifest = await readManifest(this.target, this.runId);
    for (const table of manifest.tables) this.tellFinished(table);
    for (const { schema, table, code, message } of manifest.missingTables ?? []) {
      this.tell({ type: 'table-failed', database: manifest.source.database, schema, table, code, message });
    }
    this.tell({ type: 'run-verified', state: manifest.verification.state, detail: manifest.verification.detail });
    const result = resultOfManifest(manifest, key, this.target.url + key.slice(this.target.prefix.length));
    this.tell({ type: 'run-finished', result });
    return result;
  }

  /** @returns whether there is a checkpoint */
  private async begin(): Promise<boolean> {
    const record = this.record = await findRecord(this.store, this.runId);
    if (!record) return false;
    const { plan, consistency, startedAt } = record;
    const since = this.options.since ?? Date.parse(startedAt);
    this.tables = plan.tables.map((table) => new WatchedTable(plan.database, table, since, (event) => this.tell(event)));
    this.tell({ type: 'run-started', runId: this.runId, target: this.target.url, tables: plan.tables.length, consistency });
    return true;
  }

  private counts(kept: readonly KeptChunk[]): RunCounts {
    const sum = (of: 'rows' | 'objects' | 'sizeBytes' | 'chunks') => this.tables.reduce((total, table) => total + table[of], 0);
    const inState = (wanted: KeptChunk['state']) => kept.filter(({ state }) => state === wanted).length;
    return {
      tables: this.tables.length,
      chunks: sum('chunks'),
      finishedChunks: inState('finished'),
      failedChunks: inState('failed'),
      rows: sum('rows'),
      objects: sum('objects'),
      sizeBytes: sum('sizeBytes'),
    };
  }

  private async tellFailures(kept: readonly KeptChunk[]): Promise<void> {
    for (const { chunk, told } of await this.read<ChunkFailure>(kept.filter(({ state }) => state === 'failed'))) {
      const { schema, table } = this.record!.plan.tables[chunk.tableIndex];
      this.tell({ type: 'warning', message: `${quoteTable(schema, table)}, chunk ${chunk.chunk} cannot land: ${told.code}: ${told.message}` });
    }
  }

  /** The texts of chunks that were not read before; those that are gone meanwhile are left out. */
  private async read<T>(kept: readonly KeptChunk[]): Promise<Array<{ readonly chunk: KeptChunk; readonly told: T }>> {
    const fresh = new Map(kept.flatMap((chunk) => (chunk.key !== undefined && !this.seen.has(chunk.key) ? [[chunk.key, chunk] as const] : [])));
    const texts: Array<{ readonly chunk: KeptChunk; readonly told: T }> = [];
    for await (const { key, text } of readTexts(this.store, fresh.keys())) {
      this.seen.add(key);
      if (text !== undefined) texts.push({ chunk: fresh.get(key)!, told: JSON.parse(text) as T });
    }
    return texts;
  }

  private tellFinished(landed: ManifestTable): void {
    const watched = this.tables.find(({ schema, table }) => schema === landed.schema && table === landed.table);
    if (watched?.isTold) return;
    const { database, schema, table, rows, sizeBytes, rowsOffKernel } = landed;
    const objects = landed.objects.length;
    this.tell({ type: 'table-finished', database, schema, table, rows, objects, sizeBytes, wireBytes: 0, seconds: secondsOf(landed), ...(rowsOffKernel && { rowsOffKernel }) });
  }

  private tell(event: ExtractEvent): void {
    this.options.onEvent?.(event);
  }
}

function plannedEvent(tables: readonly PlannedTable[], chunks: number, finishedChunks: number): ExtractEvent {
  const sum = (of: 'estimatedRows' | 'estimatedBytes') => tables.reduce((total, table) => total + table[of], 0);
  return { type: 'run-planned', tables: tables.length, chunks, finishedChunks, readers: 0, estimatedRows: sum('estimatedRows'), estimatedBytes: sum('estimatedBytes') };
}

function secondsOf({ chunks = [] }: ManifestTable): number {
  return chunks.reduce((sum, { seconds }) => sum + seconds, 0);
}

function resultOfManifest(manifest: Manifest, key: string, manifestUrl: string): ExtractResult {
  const { runId, consistency, verification, tables, missingTables = [], totals, startedAt, finishedAt } = manifest;
  const instants = new Set(tables.flatMap(({ chunks = [] }) => chunks.flatMap(({ instant }) => instant ?? [])));
  return {
    runId,
    manifestKey: key,
    manifestUrl,
    consistency: consistency.mode,
    instants: Math.max(1, instants.size),
    verification: verification.state,
    sourceCheckSeconds: verification.sourceSeconds ?? 0,
    tables: tables.map((each) => ({
      database: each.database,
      schema: each.schema,
      table: each.table,
      rows: each.rows,
      objects: each.objects.length,
      sizeBytes: each.sizeBytes,
      seconds: secondsOf(each),
    })),
    missingTables: missingTables.map((table) => ({ ...table })),
    rows: totals.rows,
    objects: totals.objects,
    sizeBytes: totals.sizeBytes,
    seconds: (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000,
    warnings: [],
  };
}
