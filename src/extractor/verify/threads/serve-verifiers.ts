import { setMaxListeners } from 'node:events';
import { isMainThread, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { FromVerifier, ToVerifier, VerifierData } from './verifier-messages';
import { openTarget } from '../../landing/open-target';
import { fromPlainError, toPlainError } from '../../run/threads/worker-thread';
import { checkObject } from '../objects/check-object';

/** Least time between two messages of an object's progress (ms). */
const INTERVAL_MS = 100;

/** Checks objects where this is a thread that `VerifierThread` started. */
export function serveVerifiersWhereStarted(): void {
  if (!isMainThread && (workerData as Partial<VerifierData> | null)?.cdkLegacyToS3 === 'verifiers') serveVerifiers(parentPort!, workerData as VerifierData);
}

function serveVerifiers(port: MessagePort, data: VerifierData): void {
  const target = openTarget(data.target, data.targetOptions);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const post = (message: FromVerifier) => port.postMessage(message);
  const check = async ({ id, job }: Extract<ToVerifier, { type: 'check' }>) => {
    let told = performance.now();
    let since = { rows: 0, bytes: 0 };
    const onProgress = ({ rows, bytes }: { readonly rows: number; readonly bytes: number }) => {
      since = { rows: since.rows + rows, bytes: since.bytes + bytes };
      if (performance.now() - told < INTERVAL_MS) return;
      told = performance.now();
      post({ type: 'progress', id, ...since });
      since = { rows: 0, bytes: 0 };
    };
    try {
      post({ type: 'checked', id, checked: await checkObject(target, job, { onProgress, signal: stop.signal }) });
    } catch (error) {
      post({ type: 'failed', id, error: toPlainError(error) });
    }
  };
  port.on('message', (message: ToVerifier) => {
    if (message.type === 'stop') stop.abort(fromPlainError(message.reason));
    else void check(message);
  });
}
