import { createHash } from 'node:crypto';
import { ChunkClaims, chunkKey, ChunkTexts, keptChunks, landedPrefix, type KeptChunk } from './chunk-claims';
import type { Clock } from './clock';
import type { LandedChunk } from './landed-chunk';
import { folderOf } from './run-folder';
import { RunLease, type AcquireOptions } from './run-lease';
import { readTexts, type StateStore } from './state-store';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractionPlan, SourceRisk } from '../api/extraction-plan';
import type { Consistency, SourceHashes } from '../api/extractor-props';
import type { TableOptions } from '../api/selection';
import type { TransactionBegin } from '../changes/changed-table';
import type { OutputFormat } from '../rows/columns/output-format';

/** Which tables a run was to read, and how to cut them: as it was asked for, with defaults filled in. */
export interface RunSelection {
  /** Absent when all were asked for. */
  readonly tables?: readonly string[];
  readonly excludeTables: readonly string[];
  /** Absent when they are not. */
  readonly includeViews?: boolean;
  readonly tableOptions: readonly TableOptions[];
  /** This or `targetChunkRows`. */
  readonly targetChunkBytes?: number;
  readonly targetChunkRows?: number;
}

/** What a run needs to go on as it began. */
export interface RunRecord {
  readonly version: 1;
  readonly runId: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly target: string;
  readonly format: OutputFormat;
  readonly targetFileBytes: number;
  readonly plan: ExtractionPlan;
  /** Absent when the run was given its plan. */
  readonly selection?: RunSelection;
  /** As the run reads, whether asked for or decided by the source. */
  readonly consistency: Consistency;
  readonly sourceAggregates: boolean;
  readonly sourceHashes: SourceHashes;
  readonly accepted: readonly SourceRisk[];
  /** Where the database stood before the run's database snapshot was made; absent where changes cannot follow. */
  readonly begin?: TransactionBegin;
  /** Key of the chain of runs of changes that the run is of; absent where it is of none. */
  readonly chain?: string;
}

/** The checkpoint of a run that did not end. */
export interface KeptRun {
  readonly record: RunRecord;
  readonly finished: readonly LandedChunk[];
}

const recordKey = (runId: string) => `${folderOf(runId)}run.json`;

/** The checkpoint of one run: its plan, and a small text for each finished chunk. */
export class Checkpoint {
  /** Begins one. @throws LegacyToS3Error */
  public static async begin(store: StateStore, record: RunRecord, clock: Clock, options: AcquireOptions = { takeOver: false }): Promise<Checkpoint> {
    await store.put(recordKey(record.runId), JSON.stringify(record));
    return new Checkpoint(store, record, [], await RunLease.acquire(store, record.runId, clock, options));
  }

  /**
   * Goes on with one, and deletes what a process that died was writing of it.
   *
   * @param accept looks at the record before the run is taken; what it throws leaves the run as it is
   * @throws LegacyToS3Error of code RUN_NOT_FOUND, which names the runs there are, or RUN_IN_USE
   */
  public static async resume(
    store: StateStore, runId: string, clock: Clock, options: AcquireOptions, accept: (record: RunRecord) => void = () => undefined,
  ): Promise<Checkpoint> {
    accept(await readRecord(store, runId));
    const lease = await RunLease.acquire(store, runId, clock, options);
    try {
      // The process that had the run may have ended it meanwhile.
      const record = await readRecord(store, runId);
      await lease.clearLeftovers();
      const kept = await readKept(store, runId);
      // The workers of an execution claim for themselves.
      const claims = options.execution === undefined ? await claimOpen(store, runId, lease, kept) : undefined;
      return new Checkpoint(store, record, await readFinished(store, kept), lease, claims);
    } catch (error) {
      await lease.release();
      if (error instanceof LegacyToS3Error && error.code === 'RUN_NOT_FOUND') await forgetRun(store, runId);
      throw error;
    }
  }

  /** Chunks finished by this process or before. */
  public finishedChunks: number;

  private constructor(
    private readonly store: StateStore,
    public readonly record: RunRecord,
    /** Chunks that were finished when the checkpoint was opened. */
    public readonly finished: readonly LandedChunk[],
    public readonly lease: RunLease,
    /** Of chunks that workers had claimed, by key of the chunk. */
    private readonly claims: ReadonlyMap<string, number> = new Map(),
  ) {
    this.finishedChunks = finished.length;
  }

  /** Keeps a finished chunk. @throws LegacyToS3Error of code RUN_IN_USE when another process has the run */
  public async finish(chunk: LandedChunk): Promise<void> {
    await this.lease.assertHeld();
    const claim = this.claims.get(chunkKey('', 'chunk', chunk, 0)) ?? 0;
    if (!await this.store.create(chunkKey(this.record.runId, 'chunk', chunk, claim), JSON.stringify(chunk))) {
      throw new LegacyToS3Error('RUN_IN_USE', `run ${this.record.runId} is in use: `
        + `another process has finished chunk ${chunk.chunk} of table ${chunk.tableIndex}`);
    }
    this.finishedChunks += 1;
  }

  /** Forgets the chunks of a table, so that whoever goes on reads it anew. @throws LegacyToS3Error of code RUN_IN_USE */
  public async forgetTable(tableIndex: number): Promise<void> {
    await this.lease.assertHeld();
    const keys = await this.store.list(landedPrefix(this.record.runId, tableIndex));
    await this.store.remove(keys);
    this.finishedChunks -= new Set(keys.map((key) => keptChunks([key])[0].chunk)).size;
  }

  /** Forgets the run: it is complete, or given up. */
  public async remove(): Promise<void> {
    await this.lease.release();
    await forgetRun(this.store, this.record.runId);
  }
}

function* finishedKeys(kept: Iterable<KeptChunk>): Generator<string> {
  for (const { state, key } of kept) if (state === 'finished' && key !== undefined) yield key;
}

/** What is kept of a run, without taking it. @returns nothing when there is no checkpoint */
export async function readCheckpoint(store: StateStore, runId: string): Promise<KeptRun | undefined> {
  const record = await findRecord(store, runId);
  return record && { record, finished: await readFinished(store, await readKept(store, runId)) };
}

/** The record of a run; undefined where it has no checkpoint. */
export async function findRecord(store: StateStore, runId: string): Promise<RunRecord | undefined> {
  const text = await store.read(recordKey(runId));
  return text === undefined ? undefined : JSON.parse(text) as RunRecord;
}

/** Whether a run has a checkpoint, without reading it. */
export async function hasRecord(store: StateStore, runId: string): Promise<boolean> {
  return (await store.list(recordKey(runId))).length > 0;
}

/** @throws LegacyToS3Error of code RUN_NOT_FOUND, which names the runs there are */
export async function readRecord(store: StateStore, runId: string): Promise<RunRecord> {
  const record = await findRecord(store, runId);
  if (record) return record;
  const runs = await checkpointedRuns(store);
  throw new LegacyToS3Error('RUN_NOT_FOUND', `there is no checkpoint of run ${runId} under ${store.url}; `
    + (runs.length === 0 ? 'there is none at all' : `there are those of ${runs.slice(-5).join(', ')}`));
}

/** What is kept of the chunks of a run. */
export async function readKept(store: StateStore, runId: string): Promise<KeptChunk[]> {
  return (await readChunkTexts(store, runId)).kept();
}

/** The same, of very many chunks. */
export async function readChunkTexts(store: StateStore, runId: string): Promise<ChunkTexts> {
  const folder = folderOf(runId);
  const texts = new ChunkTexts();
  // One after the other, since of very many chunks each list is long.
  for (const kind of ['chunk-', 'claim-', 'failed-']) texts.add(await store.list(folder + kind));
  return texts;
}

/** Claims what workers of an execution left, so that what one of them tells late is not heard. */
async function claimOpen(store: StateStore, runId: string, lease: RunLease, kept: readonly KeptChunk[]): Promise<Map<string, number>> {
  const claims = new ChunkClaims(store, runId, `epoch ${lease.epoch}`);
  const own = new Map<string, number>();
  for (const chunk of kept.filter(({ claim, state }) => claim > 0 && state !== 'finished')) {
    own.set(chunkKey('', 'chunk', chunk, 0), await claims.claimAfter(chunk, chunk.claim));
  }
  return own;
}

async function readFinished(store: StateStore, kept: readonly KeptChunk[]): Promise<LandedChunk[]> {
  const finished: LandedChunk[] = [];
  for await (const chunk of finishedChunks(store, kept)) finished.push(chunk);
  return finished;
}

/** The finished ones of these chunks, one after the other in their order: of very many not all need be held at once. */
export async function* finishedChunks(store: StateStore, kept: Iterable<KeptChunk>): AsyncGenerator<LandedChunk> {
  // Columns are the same in each chunk of a table; one copy is kept.
  const columns = new Map<string, LandedChunk['columns']>();
  for await (const { text } of readTexts(store, finishedKeys(kept))) {
    const chunk = JSON.parse(text ?? 'null') as LandedChunk | null;
    if (!chunk) continue;
    const shape = createHash('sha256').update(JSON.stringify(chunk.columns)).digest('base64');
    if (!columns.has(shape)) columns.set(shape, chunk.columns);
    yield { ...chunk, columns: columns.get(shape)! };
  }
}

/** Texts deleted between two questions whether there is time for more. */
const FORGOTTEN_AT_ONCE = 5_000;

/**
 * Deletes what is kept of a run: the record first, so that nobody goes on with half of it.
 *
 * @param hasTime asked before each further part of very many texts
 * @returns whether all of it is gone
 */
export async function forgetRun(store: StateStore, runId: string, hasTime: () => boolean = () => true): Promise<boolean> {
  const record = recordKey(runId);
  const keys = [...await store.list(folderOf(runId)), ...await store.leftovers(folderOf(runId))].filter((key) => key !== record);
  await store.remove([record]);
  for (let at = 0; at < keys.length; at += FORGOTTEN_AT_ONCE) {
    if (at > 0 && !hasTime()) return false;
    await store.remove(keys.slice(at, at + FORGOTTEN_AT_ONCE));
  }
  return true;
}

/** The runs of which anything is kept: also those whose checkpoint was being removed when the process died. Oldest first. */
export async function knownRuns(store: StateStore): Promise<string[]> {
  return runsOf(await store.list('run='));
}

/** The runs of which nothing is kept but texts that are not whole: their process is about to begin a checkpoint, or died then. */
export async function runsNotBegun(store: StateStore): Promise<string[]> {
  const leftovers = runsOf(await store.leftovers('run='));
  const known = new Set(await knownRuns(store));
  return leftovers.filter((runId) => !known.has(runId));
}

function runsOf(keys: readonly string[]): string[] {
  return [...new Set(keys.flatMap((key) => /^run=([^/]+)\//.exec(key)?.[1] ?? []))];
}

/** The runs that have a checkpoint, oldest first. */
export async function checkpointedRuns(store: StateStore): Promise<string[]> {
  return (await store.list('run=')).flatMap((key) => /^run=([^/]+)\/run\.json$/.exec(key)?.[1] ?? []);
}
