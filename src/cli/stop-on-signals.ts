import { EXIT } from './exit-codes';

export interface SignalStop {
  readonly signal: AbortSignal;
  dispose(): void;
}

/** Aborts on the first SIGINT or SIGTERM and ends the process on the second. @param doing what the first one starts */
export function stopOnSignals(doing = 'uploads in flight are aborted'): SignalStop {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write(`stopping: ${doing}; press Ctrl-C again to end at once\n`);
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
