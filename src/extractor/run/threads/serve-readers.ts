import { setMaxListeners } from 'node:events';
import { isMainThread, parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { type FromThread, type ThreadData, type ToThread } from './reader-messages';
import { fromPlainError, toPlainError } from './worker-thread';
import { openTarget } from '../../landing/open-target';
import { SYSTEM_CLOCK } from '../../state/clock';
import { ChunkReader } from '../chunks/chunk-reader';
import type { ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';

/** Serves readers where this is a thread that {@link ReaderThread} started. */
export function serveWhereStarted(): void {
  if (!isMainThread && (workerData as Partial<ThreadData> | null)?.cdkLegacyToS3 === 'readers') serveReaders(parentPort!, workerData as ThreadData);
}

function serveReaders(port: MessagePort, { run }: ThreadData): void {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const questions = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let asked = 0;
  const post = (message: FromThread) => port.postMessage(message);
  const context: RunContext = {
    ...run,
    target: openTarget(run.options.target, run.options.targetOptions),
    signal: stop.signal,
    clock: SYSTEM_CLOCK,
    mayComplete: (surely, chunk) => new Promise((resolve, reject) => {
      questions.set(++asked, { resolve, reject });
      post({ type: 'may-complete', question: asked, surely, chunk });
    }),
    emit: (event) => post({ type: 'event', event }),
    warn: (message) => post({ type: 'warning', message }),
  };
  const readers = new Map<number, ChunkReader>();
  const read = async (reader: number, job: ReadJob) => {
    const chunkReader = readers.get(reader) ?? new ChunkReader(context);
    readers.set(reader, chunkReader);
    try {
      post({ type: 'landed', reader, chunk: await chunkReader.read(job, { onProgress: (counts) => post({ type: 'progress', reader, ...counts }) }) });
    } catch (error) {
      post({ type: 'failed', reader, error: toPlainError(error) });
    }
  };
  const close = async (reader: number) => {
    await readers.get(reader)?.close();
    readers.delete(reader);
    post({ type: 'closed', reader });
  };
  port.on('message', (message: ToThread) => {
    switch (message.type) {
      case 'read': return void read(message.reader, message.job);
      case 'close': return void close(message.reader);
      case 'stop': return stop.abort(fromPlainError(message.reason));
      case 'complete': return answer(message);
    }
  });
  function answer({ question, error }: Extract<ToThread, { type: 'complete' }>): void {
    const waiting = questions.get(question)!;
    questions.delete(question);
    if (error) waiting.reject(fromPlainError(error));
    else waiting.resolve();
  }
}
