import { counted } from '../../extractor/api/counted';
import type {
  ChunkRetryEvent, ConnectRetryEvent, ExtractResult, ReadersChangedEvent, RunProgressEvent, RunStartedEvent, RunVerifiedEvent, TableFailedEvent,
  TableFinishedEvent, TableName, TableProgressEvent, TargetRetryEvent,
} from '../../extractor/doors/public';
import { formatBytes } from '../config/byte-size';

/** `dbo.Transactions` */
export function nameOf({ schema, table }: TableName): string {
  return `${schema}.${table}`;
}

/** `run r: 1 table to s3://…` */
export function startedLine({ runId, tables, target }: RunStartedEvent): string {
  return `run ${runId}: ${counted(tables, 'table')} to ${target}`;
}

/** `1,200,000 rows (48 %), 680,000 rows/s, 71.2 MB/s` */
export function progressLine(event: TableProgressEvent): string {
  const { rows, seconds, wireBytes, estimatedRows } = event;
  // Estimates come from statistics and may be old: nothing is 100 % before it is finished.
  const share = estimatedRows ? ` (${Math.min(99, Math.floor((rows / estimatedRows) * 100))} %)` : '';
  return `${nameOf(event)}  ${counted(rows, 'row')}${share}, ${rates(rows, wireBytes, seconds)}`;
}

/** `total  12 of 40 chunks, 1,200,000 rows, 680,000 rows/s, 71.2 MB/s read, about 2 min left` */
export function totalLine({ finishedChunks, chunks, rows, rowsPerSecond, bytesPerSecond, etaSeconds }: RunProgressEvent): string {
  const left = etaSeconds === undefined ? '' : `, about ${duration(etaSeconds)} left`;
  return `total  ${count(finishedChunks)} of ${counted(chunks, 'chunk')}, ${counted(rows, 'row')}, ${rates(rowsPerSecond, bytesPerSecond, 1)}${left}`;
}

export function finishedLine(event: TableFinishedEvent): string {
  const { rows, objects, sizeBytes, seconds, wireBytes } = event;
  return `${nameOf(event)}  ${counted(rows, 'row')} in ${counted(objects, 'object')}, ${formatBytes(sizeBytes)}, `
    + `${seconds.toFixed(1)} s, ${rates(rows, wireBytes, seconds)}`;
}

/** `dbo.Transactions, chunk 3: SOURCE_CONNECTION_LOST …; read anew in 2.0 s` */
export function failedLine(event: TableFailedEvent): string {
  return `${nameOf(event)} is missing from the run: ${event.code}: ${event.message}`;
}

export function retryLine(event: ChunkRetryEvent): string {
  const { chunk, attempt, delaySeconds, code, message } = event;
  return `${nameOf(event)}, chunk ${chunk}: attempt ${attempt} failed with ${code}: ${message}; it is read anew in ${delaySeconds.toFixed(1)} s`;
}

/** `cannot write the manifest: TARGET_UNREACHABLE …; it is tried anew in 2.0 s` */
export function targetRetryLine({ what, attempt, delaySeconds, code, message }: TargetRetryEvent): string {
  return `attempt ${attempt} to ${what} failed with ${code}: ${message}; the next comes in ${delaySeconds.toFixed(1)} s`;
}

/** `attempt 1 to connect failed with SOURCE_UNREACHABLE: …; the next comes in 5.0 s` */
export function connectRetryLine({ attempt, delaySeconds, code, message }: ConnectRetryEvent): string {
  return `attempt ${attempt} to connect failed with ${code}: ${message}; the next comes in ${delaySeconds.toFixed(1)} s`;
}

/** `2 of 8 readers may read: the source is slow; each reader gets …` */
export function readersLine({ readers, of, reason, detail }: ReadersChangedEvent): string {
  const why = { slow: 'the source is slow', throttled: 'the source throttles', restored: 'the source has recovered' }[reason];
  return `${count(readers)} of ${counted(of, 'reader')} may read: ${why}; ${detail}`;
}

/** `verified: the rows of every table equal …` */
export function verifiedLine({ state, detail }: RunVerifiedEvent): string {
  return `${state}: ${detail}`;
}

export function resultLines(result: ExtractResult): string[] {
  const { rows, objects, sizeBytes, seconds, tables, verification, consistency, instants, sourceCheckSeconds } = result;
  const when = instants > 1 ? ` at ${counted(instants, 'instant')}` : '';
  const check = sourceCheckSeconds > 0 ? ` (which took the source ${sourceCheckSeconds.toFixed(1)} s)` : '';
  return [
    `run ${result.runId}: ${counted(rows, 'row')} of ${counted(tables.length, 'table')} in ${counted(objects, 'object')}, `
      + `${formatBytes(sizeBytes)}, ${seconds.toFixed(1)} s, ${count(Math.round(rows / Math.max(seconds, 0.001)))} rows/s; consistency ${consistency}${when}, ${verification}${check}`,
    `manifest ${result.manifestUrl}`,
  ];
}

function rates(rows: number, bytes: number, seconds: number): string {
  const per = Math.max(seconds, 0.001);
  // Even an empty table's answer has bytes: none means that nobody told.
  return `${count(Math.round(rows / per))} rows/s${bytes > 0 || rows === 0 ? `, ${(bytes / per / 1e6).toFixed(1)} MB/s read` : ''}`;
}

/** `40 s`, `12 min`, `3.5 h` */
export function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
