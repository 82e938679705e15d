import { Worker } from 'node:worker_threads';
import type { FromVerifier, ToVerifier, VerifierData } from './verifier-messages';
import { LegacyToS3Error } from '../../api/errors';
import type { TargetOptions } from '../../landing/open-target';
import { engineBundle, fromPlainError, toPlainError } from '../../run/threads/worker-thread';
import type { CheckedObject, ObjectJob, ObjectChecker } from '../objects/check-object';
import type { ObjectReading } from '../values/object-reading';

interface Waiting {
  readonly onProgress: NonNullable<ObjectReading['onProgress']>;
  resolve(checked: CheckedObject): void;
  reject(reason: unknown): void;
}

/** A thread that reads objects, decompresses, decodes and hashes them; rows never go over messages. */
export class VerifierThread implements ObjectChecker {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private failure?: LegacyToS3Error;
  private objects = 0;

  /** @param entry a script that serves verifiers: the engine's bundle */
  public constructor(target: string, targetOptions: TargetOptions, private readonly signal: AbortSignal, entry = engineBundle()) {
    const workerData: VerifierData = { cdkLegacyToS3: 'verifiers', target, targetOptions };
    this.worker = new Worker(entry, { workerData });
    this.worker.on('message', (message: FromVerifier) => this.take(message));
    this.worker.on('error', (error: Error) => this.fail(`a verifying thread failed: ${error.message}`, error));
    this.worker.on('exit', (code) => this.fail(`a verifying thread ended with code ${code}`));
    signal.addEventListener('abort', this.stop, { once: true });
    if (signal.aborted) this.stop();
  }

  public async check(job: ObjectJob, onProgress: Waiting['onProgress']): Promise<CheckedObject> {
    if (this.failure) throw this.failure;
    const id = this.objects++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { onProgress, resolve, reject });
      this.post({ type: 'check', id, job });
    });
  }

  public async close(): Promise<void> {
    this.signal.removeEventListener('abort', this.stop);
    this.failure ??= new LegacyToS3Error('INTERNAL', 'the verifying thread is closed');
    await this.worker.terminate();
  }

  private readonly stop = () => this.post({ type: 'stop', reason: toPlainError(this.signal.reason) });

  private post(message: ToVerifier): void {
    this.worker.postMessage(message);
  }

  private take(message: FromVerifier): void {
    const waiting = this.waiting.get(message.id);
    if (message.type === 'progress') return waiting?.onProgress(message);
    this.waiting.delete(message.id);
    if (message.type === 'checked') waiting?.resolve(message.checked);
    else waiting?.reject(fromPlainError(message.error));
  }

  private fail(message: string, cause?: Error): void {
    this.failure ??= new LegacyToS3Error('INTERNAL', message, { cause });
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}
