import type { ExtractEvent } from '../api/extract-events';
import { isThrottling } from '../source/connection/passing-numbers';

/** Whether an event tells that the source has too much to do: it refused a request for that, or readers pause since it became slow. */
export function isThrottled(event: ExtractEvent): boolean {
  switch (event.type) {
    case 'chunk-retry':
    case 'connect-retry': return event.number !== undefined && isThrottling(event.number);
    // What is throttled is told by the retry before.
    case 'readers-changed': return event.reason === 'slow';
    default: return false;
  }
}
