import { EXTRACTOR_METRICS, metricNamespace, SERVICE_DIMENSION, SERVICES } from '../../contract';
import type { ExtractEvent } from '../api/extract-events';

export interface EmfMetricsOptions {
  /** Whose metrics these are: the namespace is that of the pipeline's own metrics. */
  readonly pipelineName: string;
  /** Takes a line without its end. @default - standard output */
  readonly writeLine?: (line: string) => void;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

interface Metric {
  readonly name: string;
  readonly unit: 'Count' | 'Bytes' | 'Milliseconds';
  readonly value: number;
}

/**
 * A listener that turns events into metrics, in CloudWatch's embedded metric format: lines of a log that CloudWatch Logs
 * receives, from a container or an agent, become metrics there; nothing is sent from here.
 */
export function emfMetrics(options: EmfMetricsOptions): (event: ExtractEvent) => void {
  const { pipelineName, writeLine = (line) => process.stdout.write(`${line}\n`), now = Date.now } = options;
  let runId: string | undefined;
  return (event) => {
    if (event.type === 'run-started') ({ runId } = event);
    const metrics = metricsOf(event);
    if (metrics.length === 0) return;
    writeLine(JSON.stringify({
      _aws: {
        Timestamp: now(),
        CloudWatchMetrics: [{
          Namespace: metricNamespace(pipelineName),
          Dimensions: [[SERVICE_DIMENSION]],
          Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        }],
      },
      [SERVICE_DIMENSION]: SERVICES.extractor,
      ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
      runId,
      ...('table' in event && { database: event.database, schema: event.schema, table: event.table }),
    }));
  };
}

function metricsOf(event: ExtractEvent): Metric[] {
  const { rowsExtracted, bytesRead, bytesWritten, retries, extractDuration } = EXTRACTOR_METRICS;
  switch (event.type) {
    case 'table-finished': return [
      { name: rowsExtracted, unit: 'Count', value: event.rows },
      { name: bytesRead, unit: 'Bytes', value: event.wireBytes },
      { name: bytesWritten, unit: 'Bytes', value: event.sizeBytes },
    ];
    case 'chunk-retry':
    case 'connect-retry':
    case 'target-retry': return [{ name: retries, unit: 'Count', value: 1 }];
    case 'run-finished': return [{ name: extractDuration, unit: 'Milliseconds', value: Math.round(event.result.seconds * 1000) }];
    default: return [];
  }
}
