import { EXTRACTION_ENV, EXTRACTION_METRICS, SERVICE_DIMENSION } from '../../contract';
import type { ExtractEvent } from '../api/extract-events';

type Unit = 'Count' | 'Bytes' | 'Seconds' | 'None';
type MetricName = keyof typeof EXTRACTION_METRICS;

const UNITS: { readonly [name in MetricName]: Unit } = {
  rows: 'Count',
  bytes: 'Bytes',
  chunks: 'Count',
  retries: 'Count',
  seconds: 'Seconds',
  sourceWaitSeconds: 'Seconds',
  targetWaitSeconds: 'Seconds',
  lagSeconds: 'Seconds',
  durationRatio: 'None',
  throttles: 'Count',
  skipped: 'Count',
  snapshotsExpired: 'Count',
  changeLagSeconds: 'Seconds',
  changeLagRows: 'Count',
  changeGaps: 'Count',
};

/** Events that a line is worth. Progress is not: it is what the state of the run says. */
const TOLD: ReadonlySet<ExtractEvent['type']> = new Set<ExtractEvent['type']>([
  'run-started', 'run-planned', 'chunk-retry', 'connect-retry', 'target-retry', 'chunk-finished', 'table-finished', 'table-failed', 'readers-changed', 'run-verified', 'warning',
]);

const writeLine = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Writes an event as a line of JSON. */
export function logEvent(event: ExtractEvent, facts: object): void {
  if (TOLD.has(event.type)) writeLine({ level: event.type === 'warning' || event.type === 'table-failed' || event.type.endsWith('-retry') ? 'WARN' : 'INFO', ...event, ...facts });
}

/** Writes what a step came to. */
export function logAnswer(message: string, facts: object): void {
  writeLine({ level: 'INFO', message, ...facts });
}

export function logFailure(error: Error, facts: object): void {
  writeLine({ level: 'ERROR', message: error.message, code: error.name, ...facts });
}

/** Writes metrics in CloudWatch's embedded metric format. */
export function emitMetrics(name: string, values: { readonly [metric in MetricName]?: number }): void {
  const metrics = Object.entries(values) as Array<[MetricName, number]>;
  writeLine({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{
        Namespace: process.env[EXTRACTION_ENV.metricsNamespace] ?? '',
        Dimensions: [[SERVICE_DIMENSION]],
        Metrics: metrics.map(([metric]) => ({ Name: EXTRACTION_METRICS[metric], Unit: UNITS[metric] })),
      }],
    },
    [SERVICE_DIMENSION]: name,
    ...Object.fromEntries(metrics.map(([metric, value]) => [EXTRACTION_METRICS[metric], value])),
  });
}
