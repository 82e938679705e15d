import { PutObserver } from './item-store';
import { Telemetry } from './telemetry';

/**
 * Measures writes to the table. Those that began before any was answered are the first of their environment: they wait for
 * name resolution, TCP, TLS and credentials, which say nothing of the table; they are part of the cold start, and counted apart.
 */
export function putLatencyObserver(telemetry: Pick<Telemetry, 'metric'>): PutObserver {
  let firstAnswer: number | undefined;
  return (milliseconds) => {
    const now = performance.now();
    const first = firstAnswer === undefined || now - milliseconds < firstAnswer;
    firstAnswer ??= now;
    telemetry.metric(first ? 'firstPutItemLatency' : 'putItemLatency', milliseconds);
  };
}
