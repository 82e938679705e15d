import { RunLease } from './run-lease';
import type { StateStore } from './state-store';
import { LegacyToS3Error } from '../errors';
import type { ExtractionPlan } from '../extraction-plan';
import type { Consistency } from '../extractor-props';
import type { OutputFormat } from '../formats/output-format';
import type { Clock } from '../run/clock';
import type { LandedChunk } from '../run/landed-chunk';

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
  /** As asked for; absent when the source decides. */
  readonly consistency?: Consistency;
}

/** The checkpoint of a run that did not end. */
export interface KeptRun {
  readonly record: RunRecord;
  readonly finished: readonly LandedChunk[];
}

const folder = (runId: string) => `run=${runId}/`;
const recordKey = (runId: string) => `${folder(runId)}run.json`;
const chunkKey = (runId: string, { tableIndex, chunk }: LandedChunk) =>
  `${folder(runId)}chunk-${String(tableIndex).padStart(5, '0')}-${String(chunk).padStart(5, '0')}.json`;

/** The checkpoint of one run: its plan, and a small text for each finished chunk. */
export class Checkpoint {
  /** Begins one. @throws LegacyToS3Error */
  public static async begin(store: StateStore, record: RunRecord, clock: Clock): Promise<Checkpoint> {
    await store.put(recordKey(record.runId), JSON.stringify(record));
    return new Checkpoint(store, record, [], await RunLease.acquire(store, record.runId, clock, false));
  }

  /**
   * Goes on with one.
   *
   * @throws LegacyToS3Error of code RUN_NOT_FOUND, which names the runs there are, or RUN_IN_USE
   */
  public static async resume(store: StateStore, runId: string, clock: Clock, takeOver: boolean): Promise<Checkpoint> {
    const text = await store.read(recordKey(runId));
    if (text === undefined) {
      const runs = await checkpointedRuns(store);
      throw new LegacyToS3Error('RUN_NOT_FOUND', `there is no checkpoint of run ${runId} under ${store.url}; `
        + (runs.length === 0 ? 'there is none at all' : `there are those of ${runs.slice(-5).join(', ')}`));
    }
    const lease = await RunLease.acquire(store, runId, clock, takeOver);
    return new Checkpoint(store, JSON.parse(text) as RunRecord, await readFinished(store, runId), lease);
  }

  /** Chunks finished by this process or before. */
  public finishedChunks: number;

  private constructor(
    private readonly store: StateStore,
    public readonly record: RunRecord,
    /** Chunks that were finished when the checkpoint was opened. */
    public readonly finished: readonly LandedChunk[],
    public readonly lease: RunLease,
  ) {
    this.finishedChunks = finished.length;
  }

  /** Keeps a finished chunk. @throws LegacyToS3Error of code RUN_IN_USE when another process has the run */
  public async finish(chunk: LandedChunk): Promise<void> {
    await this.lease.assertHeld();
    if (!await this.store.create(chunkKey(this.record.runId, chunk), JSON.stringify(chunk))) {
      throw new LegacyToS3Error('RUN_IN_USE', `run ${this.record.runId} is in use: `
        + `another process has finished chunk ${chunk.chunk} of table ${chunk.tableIndex}`);
    }
    this.finishedChunks += 1;
  }

  /** Forgets the run: it is complete, or given up. */
  public async remove(): Promise<void> {
    await this.lease.release();
    await forgetRun(this.store, this.record.runId);
  }
}

/** What is kept of a run, without taking it. @returns nothing when there is no checkpoint */
export async function readCheckpoint(store: StateStore, runId: string): Promise<KeptRun | undefined> {
  const text = await store.read(recordKey(runId));
  return text === undefined ? undefined : { record: JSON.parse(text) as RunRecord, finished: await readFinished(store, runId) };
}

async function readFinished(store: StateStore, runId: string): Promise<LandedChunk[]> {
  const finished: LandedChunk[] = [];
  // Columns are the same in each chunk of a table; one copy is kept.
  const columns = new Map<string, LandedChunk['columns']>();
  for (const key of await store.list(`${folder(runId)}chunk-`)) {
    const chunk = JSON.parse(await store.read(key) ?? 'null') as LandedChunk | null;
    if (!chunk) continue;
    const shape = JSON.stringify(chunk.columns);
    if (!columns.has(shape)) columns.set(shape, chunk.columns);
    finished.push({ ...chunk, columns: columns.get(shape)! });
  }
  return finished;
}

/** Deletes what is kept of a run: the record first, so that nobody goes on with half of it. */
export async function forgetRun(store: StateStore, runId: string): Promise<void> {
  const keys = await store.list(folder(runId));
  await store.remove([recordKey(runId), ...keys.filter((key) => key !== recordKey(runId))]);
}

/** The runs of which anything is kept: also those whose checkpoint was being removed when the process died. Oldest first. */
export async function knownRuns(store: StateStore): Promise<string[]> {
  return [...new Set((await store.list('run=')).flatMap((key) => /^run=([^/]+)\//.exec(key)?.[1] ?? []))];
}

/** The runs that have a checkpoint, oldest first. */
export async function checkpointedRuns(store: StateStore): Promise<string[]> {
  return (await store.list('run=')).flatMap((key) => /^run=([^/]+)\/run\.json$/.exec(key)?.[1] ?? []);
}
