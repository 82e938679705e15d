import { extract, resume } from './run-functions';
import type { ResumeControls, ExtractControls } from '../api/controls';
import type { ExtractEvent } from '../api/extract-events';
import type { ExtractResult } from '../api/extract-result';
import type { ExtractorProps } from '../api/extractor-props';

/**
 * Runs an extraction and hands on its events, `run-finished` last. Leaving the loop early stops the run as an abort does.
 *
 *     for await (const event of extractEvents(props)) console.log(event.type);
 *
 * @throws LegacyToS3Error, from the iterator, when the run fails
 */
export function extractEvents(
  props: ExtractorProps, { signal }: Pick<ExtractControls, 'signal'> = {},
): AsyncGenerator<ExtractEvent, ExtractResult, undefined> {
  return eventsOf(async (controls) => extract(props, controls), signal);
}

/** Goes on with a run as {@link extractEvents} runs one. @throws LegacyToS3Error, from the iterator, when the run fails */
export function resumeEvents(
  props: ExtractorProps, runId: string, { signal, takeOver }: Omit<ResumeControls, 'onEvent'> = {},
): AsyncGenerator<ExtractEvent, ExtractResult, undefined> {
  return eventsOf(async (controls) => resume(props, runId, { ...controls, takeOver }), signal);
}

async function* eventsOf(
  start: (controls: ExtractControls) => Promise<ExtractResult>, signal: AbortSignal | undefined,
): AsyncGenerator<ExtractEvent, ExtractResult, undefined> {
  const left = new AbortController();
  const queue: ExtractEvent[] = [];
  let ended = false;
  let wake = () => {};
  const onEvent = (event: ExtractEvent) => {
    queue.push(event);
    wake();
  };
  const running = start({ onEvent, signal: signal ? AbortSignal.any([signal, left.signal]) : left.signal }).finally(() => {
    ended = true;
    wake();
  });
  // Its failure is thrown below, when the events before it have been taken.
  running.catch(() => undefined);
  try {
    for (;;) {
      for (let event = queue.shift(); event; event = queue.shift()) yield event;
      if (ended) return await running;
      await new Promise<void>((resolve) => { wake = resolve; });
    }
  } finally {
    left.abort();
    await running.catch(() => undefined);
  }
}
