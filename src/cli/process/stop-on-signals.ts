import { EXIT } from './exit-codes';

export interface SignalStop {
  readonly signal: AbortSignal;
  dispose(): void;
}

/** Aborts on the first SIGINT or SIGTERM and ends the process on the second. @param doing what the first one starts @param before what comes before it is told */
export function stopOnSignals(doing = 'uploads in flight are aborted', before: () => void = () => undefined): SignalStop {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    before();
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
