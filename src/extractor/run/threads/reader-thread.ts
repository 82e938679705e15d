import { Worker } from 'node:worker_threads';
import { type FromThread, type ThreadData, type ToThread } from './reader-messages';
import { engineBundle, fromPlainError, toPlainError } from './worker-thread';
import { LegacyToS3Error } from '../../api/errors';
import type { LandedChunk } from '../../state/landed-chunk';
import type { Reader } from '../chunks/chunk-reader';
import type { ChunkProgress } from '../chunks/land-rows';
import type { RunContext } from '../context/run-context';

/** What a reader of the thread waits for. */
interface Waiting {
  readonly progress?: Pick<ChunkProgress, 'onProgress'>;
  resolve(chunk?: LandedChunk): void;
  reject(reason: unknown): void;
}

/** Rows make hardly any objects; a small young generation is collected often, and with it the buffers of the socket. */
const YOUNG_GENERATION_MB = 2;

/**
 * A thread whose readers connect, decode, hash, encode and upload there: one process then uses as many cores as it has
 * threads. Chunks, progress, events and the lease's questions go over messages; rows never do.
 */
export class ReaderThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private failure?: LegacyToS3Error;
  private readers = 0;

  /** @param entry a script that serves readers: the engine's bundle */
  public constructor(private readonly context: RunContext, entry = engineBundle()) {
    const { runId, options, database, consistency, snapshot, ways, signal } = context;
    // The jobs hold what is to be read; the plan may be large.
    const workerData: ThreadData = { cdkLegacyToS3: 'readers', run: { runId, options: { ...options, plan: undefined }, database, consistency, snapshot, ways } };
    this.worker = new Worker(entry, { workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB } });
    this.worker.on('message', (message: FromThread) => void this.take(message));
    this.worker.on('error', (error: Error) => this.fail(`a reader thread failed: ${error.message}`, error));
    this.worker.on('exit', (code) => this.fail(`a reader thread ended with code ${code}`));
    signal.addEventListener('abort', this.stop, { once: true });
    if (signal.aborted) this.stop();
  }

  /** One more reader in this thread. */
  public reader(): Reader {
    const reader = this.readers++;
    return {
      read: async (job, progress) => (await this.ask({ type: 'read', reader, job }, reader, progress))!,
      close: async () => {
        if (!this.failure) await this.ask({ type: 'close', reader }, reader).catch(() => undefined);
      },
    };
  }

  /** Ends the thread, whose readers are closed. Never throws. */
  public async close(): Promise<void> {
    this.context.signal.removeEventListener('abort', this.stop);
    this.failure ??= new LegacyToS3Error('INTERNAL', 'the reader thread is closed');
    await this.worker.terminate();
  }

  private readonly stop = () => this.post({ type: 'stop', reason: toPlainError(this.context.signal.reason) });

  private post(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private async ask(message: ToThread, reader: number, progress?: Waiting['progress']): Promise<LandedChunk | undefined> {
    if (this.failure) throw this.failure;
    return new Promise((resolve, reject) => {
      this.waiting.set(reader, { progress, resolve, reject });
      this.post(message);
    });
  }

  private async take(message: FromThread): Promise<void> {
    switch (message.type) {
      case 'progress': return this.waiting.get(message.reader)?.progress?.onProgress(message);
      case 'landed': return this.settle(message.reader)?.resolve(message.chunk);
      case 'failed': return this.settle(message.reader)?.reject(fromPlainError(message.error));
      case 'closed': return this.settle(message.reader)?.resolve();
      case 'event': return this.context.emit(message.event);
      case 'warning': return this.context.warn(message.message);
      case 'may-complete': return this.answer(message);
    }
  }

  private async answer({ question, surely, chunk }: Extract<FromThread, { type: 'may-complete' }>): Promise<void> {
    const error = await this.context.mayComplete(surely, chunk).then(() => undefined, toPlainError);
    this.post({ type: 'complete', question, error });
  }

  private settle(reader: number): Waiting | undefined {
    const waiting = this.waiting.get(reader);
    this.waiting.delete(reader);
    return waiting;
  }

  private fail(message: string, cause?: Error): void {
    this.failure ??= new LegacyToS3Error('INTERNAL', message, { cause });
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}
