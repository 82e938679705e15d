import { EXIT } from './exit-codes';

export interface SignalStop {
  readonly signal: AbortSignal;
  dispose(): void;
}

/** Aborts on the first SIGINT or SIGTERM and ends the process on the second. */
export function stopOnSignals(): SignalStop {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('stopping: uploads in flight are aborted; press Ctrl-C again to end at once\n');
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
