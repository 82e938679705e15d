import { randomBytes } from 'node:crypto';
import type { LandedChunk } from './landed-chunk';
import { folderOf } from './run-folder';
import type { StateStore } from './state-store';
import { LegacyToS3Error, type ErrorCode } from '../api/errors';

/** A chunk of a table of the plan, both by number. */
export interface ChunkName {
  readonly tableIndex: number;
  readonly chunk: number;
}

/** Why a chunk cannot land, however often it is read. */
export interface ChunkFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What is kept of one chunk under its last claim. */
export type ChunkState = 'finished' | 'failed' | 'open';

const five = (number: number) => String(number).padStart(5, '0');
const three = (number: number) => String(number).padStart(3, '0');
const nameOf = ({ tableIndex, chunk }: ChunkName) => `${five(tableIndex)}-${five(chunk)}`;

/** What is kept of a chunk: by whom it is read, that it is landed, that it cannot be. */
type Kind = 'claim' | 'chunk' | 'failed';

/** @param claim 0 for what a process landed that had the whole run */
export function chunkKey(runId: string, kind: Kind, name: ChunkName, claim: number): string {
  return folderOf(runId) + fileName(kind, name, claim);
}

function fileName(kind: Kind, name: ChunkName, claim: number): string {
  return `${kind}-${nameOf(name)}${claim === 0 ? '' : `-${three(claim)}`}.json`;
}

/** Of the texts that say what of a table is landed. */
export const landedPrefix = (runId: string, tableIndex: number) => `${folderOf(runId)}chunk-${five(tableIndex)}-`;

/** Whether a chunk is one of these. */
export function among(chunks: readonly ChunkName[]): (name: ChunkName) => boolean {
  const text = ({ tableIndex, chunk }: ChunkName) => `${tableIndex} ${chunk}`;
  const names = new Set(chunks.map(text));
  return (name) => names.has(text(name));
}

/** Of what is kept of chunks that cannot land. */
export const failedPrefix = (runId: string) => `${folderOf(runId)}failed-`;

const KEY = /(claim|chunk|failed)-(\d{5})-(\d{5})(?:-(\d{3,}))?\.json$/;

/** What is known of a chunk that has any text. */
export interface KeptChunk extends ChunkName {
  /** The highest; 0 where nobody claimed it. */
  readonly claim: number;
  readonly state: ChunkState;
  /** Of the text that says so; absent of an open one. */
  readonly key?: string;
}

/** What was told of a chunk so far; of very many chunks it is kept, and so it is small. */
interface ToldChunk {
  /** The highest. */
  claim: number;
  /** The highest that was told of, and what; of lower ones nothing counts any more. */
  toldClaim: number;
  told: ChunkState;
}

/**
 * What the texts of chunks say together. A chunk is finished, or failed, only by the text of its highest claim: what a worker
 * tells that was replaced by another meanwhile is not heard.
 *
 * @param keys in any order, of texts of one run
 */
export function keptChunks(keys: readonly string[]): KeptChunk[] {
  const texts = new ChunkTexts();
  texts.add(keys);
  return texts.kept();
}

/** As {@link keptChunks} of keys that come one list after the other. */
export class ChunkTexts {
  /** By table, then by chunk. */
  private readonly tables = new Map<number, Map<number, ToldChunk>>();
  private folder = '';

  public add(keys: readonly string[]): void {
    for (const key of keys) {
      const found = KEY.exec(key);
      if (!found) continue;
      this.folder ||= key.slice(0, found.index);
      const [, kind, table, number, claimed = '0'] = found;
      this.tell(this.chunk(Number(table), Number(number)), kind as Kind, Number(claimed));
    }
  }

  /** By table and chunk. */
  public kept(): KeptChunk[] {
    return [...this.tables.keys()].sort((a, b) => a - b).flatMap((table) => [...this.of(table)]);
  }

  /** Of one table, by chunk. */
  public* of(tableIndex: number): Generator<KeptChunk> {
    const chunks = this.tables.get(tableIndex) ?? new Map<number, ToldChunk>();
    for (const chunk of [...chunks.keys()].sort((a, b) => a - b)) {
      const { claim, told, toldClaim } = chunks.get(chunk)!;
      const name = { tableIndex, chunk };
      if (told === 'open' || toldClaim < claim) yield { ...name, claim, state: 'open' };
      else yield { ...name, claim, state: told, key: this.folder + fileName(told === 'finished' ? 'chunk' : 'failed', name, claim) };
    }
  }

  private tell(chunk: ToldChunk, kind: Kind, claim: number): void {
    chunk.claim = Math.max(chunk.claim, claim);
    if (kind === 'claim' || claim < chunk.toldClaim) return;
    // A chunk that landed and failed under one claim is landed: whoever tells both did so in this order after a lost answer.
    if (kind === 'failed' && claim === chunk.toldClaim && chunk.told === 'finished') return;
    chunk.told = kind === 'chunk' ? 'finished' : 'failed';
    chunk.toldClaim = claim;
  }

  private chunk(table: number, number: number): ToldChunk {
    const chunks = this.tables.get(table) ?? new Map<number, ToldChunk>();
    this.tables.set(table, chunks);
    const chunk = chunks.get(number) ?? { claim: 0, toldClaim: 0, told: 'open' };
    chunks.set(number, chunk);
    return chunk;
  }
}

/**
 * The right to read a chunk, of which many workers have one each. A claim's text is created only once, so that of two workers
 * one gets the next number; the one before it loses: its state is not heard any more, and the store refuses what it writes late.
 */
export class ChunkClaims {
  private readonly holder = randomBytes(8).toString('hex');

  /**
   * @param worker who claims, for whoever looks
   * @param session name of the sessions that read it at the source; absent where they have none of their own
   */
  public constructor(
    private readonly store: StateStore, private readonly runId: string, private readonly worker: string, private readonly session?: string,
  ) {}

  /** @returns the number of the claim from 1, or why there is nothing to read */
  public async claim(name: ChunkName): Promise<number | 'finished' | 'failed'> {
    // Of most chunks there is nothing yet, which one request tells.
    for (let next = 1; ;) {
      if (await this.create(name, next)) return next;
      const kept = await this.look(name);
      if (kept && kept.state !== 'open') return kept.state;
      next = (kept?.claim ?? 0) + 1;
    }
  }

  /** The claim after one that is known. @throws LegacyToS3Error of code RUN_IN_USE when another has it */
  public async claimAfter(name: ChunkName, claim: number): Promise<number> {
    if (!await this.create(name, claim + 1)) throw this.lost(name, 'another worker has claimed it at this moment');
    return claim + 1;
  }

  /** Names of the sessions of whoever had the chunk before a claim, each once. */
  public async sessionsBefore(name: ChunkName, claim: number): Promise<string[]> {
    const texts = await Promise.all(Array.from({ length: claim - 1 }, async (_, before) => this.store.read(chunkKey(this.runId, 'claim', name, before + 1))));
    return [...new Set(texts.flatMap((text) => (JSON.parse(text ?? '{}') as { readonly session?: string }).session ?? []))];
  }

  /** @throws LegacyToS3Error of code RUN_IN_USE when another worker has claimed the chunk since, or the run is over */
  public async assertOwn(name: ChunkName, claim: number): Promise<void> {
    if (await this.store.read(chunkKey(this.runId, 'claim', name, claim + 1)) !== undefined) throw this.lost(name, 'another worker reads it by now');
    if (await this.store.read(chunkKey(this.runId, 'claim', name, claim)) === undefined) throw this.lost(name, 'the run was ended meanwhile');
  }

  /** Keeps a landed chunk. @throws LegacyToS3Error of code RUN_IN_USE */
  public async finish(chunk: LandedChunk, claim: number): Promise<void> {
    await this.assertOwn(chunk, claim);
    if (!await this.store.create(chunkKey(this.runId, 'chunk', chunk, claim), JSON.stringify(chunk))) throw this.lost(chunk, 'another worker has finished it');
  }

  /** Keeps that a chunk cannot land. @throws LegacyToS3Error of code RUN_IN_USE */
  public async fail(name: ChunkName, claim: number, { code, message }: ChunkFailure): Promise<void> {
    await this.assertOwn(name, claim);
    await this.store.put(chunkKey(this.runId, 'failed', name, claim), JSON.stringify({ code, message } satisfies ChunkFailure));
  }

  private async create(name: ChunkName, claim: number): Promise<boolean> {
    return this.store.create(chunkKey(this.runId, 'claim', name, claim), JSON.stringify({ worker: this.worker, holder: this.holder, session: this.session }));
  }

  private async look(name: ChunkName): Promise<KeptChunk | undefined> {
    const folder = folderOf(this.runId);
    const keys = await Promise.all((['claim', 'chunk', 'failed'] as const).map(async (kind) => this.store.list(`${folder}${kind}-${nameOf(name)}`)));
    return keptChunks(keys.flat())[0];
  }

  private lost({ tableIndex, chunk }: ChunkName, reason: string): LegacyToS3Error {
    return new LegacyToS3Error('RUN_IN_USE', `run ${this.runId} is in use: chunk ${chunk} of table ${tableIndex} is lost: ${reason}`);
  }
}
