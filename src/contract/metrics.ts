/**
 * Metric names. Each pipeline has a namespace of its own, so that two in one account never mix; metrics that a function
 * emits carry the dimension `service`, those made by metric filters carry none (a keyword filter cannot have one).
 *
 * No name here may contain `Error` or `Failure`: the names stand in EMF lines, which the keyword filters read.
 */
export const METRIC_NAMESPACE_ROOT = 'CdkLegacyToS3';

/** `CdkLegacyToS3/<pipeline>`; the pipeline's name is unique in an account and region. */
export function metricNamespace(pipelineName: string): string {
  return `${METRIC_NAMESPACE_ROOT}/${pipelineName}`;
}

/** The dimension Powertools sets. */
export const SERVICE_DIMENSION = 'service';

/** Values of {@link SERVICE_DIMENSION}. */
export const SERVICES = { recorder: 'landing-recorder', runCompletion: 'run-completion', replay: 'replay', compaction: 'table-compaction', extractor: 'extractor' } as const;

/** Metrics the functions emit in embedded metric format. */
export const METRICS = {
  /** Objects whose item was written (count). */
  objectsRecorded: 'ObjectsRecorded',
  /** Events that changed nothing: duplicates and late ones (count). */
  eventsIgnored: 'EventsIgnored',
  /** Size of the recorded objects (bytes). */
  bytesLanded: 'BytesLanded',
  /** From S3's event time to the item written (milliseconds). */
  recordLatency: 'RecordLatency',
  /** DynamoDB write as the function saw it, the first ones of an environment left out (milliseconds). */
  putItemLatency: 'PutItemLatency',
  /** The first DynamoDB writes of an environment, connecting included (milliseconds). */
  firstPutItemLatency: 'FirstPutItemLatency',
  /** 1 when an invocation was the first of its environment, and waited for it (count). */
  coldStarts: 'ColdStarts',
  /** From process start to the handler being ready (milliseconds); init on demand only. */
  coldStartDuration: 'ColdStartDuration',
  /** Attempts to handle one S3 event record (count). */
  recordAttempts: 'RecordAttempts',
  /** Attempts that succeeded (count). */
  recordSuccesses: 'RecordSuccesses',
  /** Runs whose manifest held (count). */
  runsComplete: 'RunsComplete',
  /** Runs whose manifest did not hold (count). */
  runsIncomplete: 'RunsIncomplete',
  /** Rows of completed runs (count). */
  rowsLanded: 'RowsLanded',
  /** Objects of completed runs (count). */
  runObjects: 'RunObjects',
  /** Size of the objects of completed runs (bytes). */
  runBytes: 'RunBytes',
  /** From the start of a run at its source to its completion (milliseconds). */
  endToEndLatency: 'EndToEndLatency',
  /** Tables of runs whose snapshot was committed (count). */
  tablesCommitted: 'TablesCommitted',
  /** Attempts to commit a table's snapshot that came to nothing (count). */
  tablesNotCommitted: 'TablesNotCommitted',
  /** Committed tables that are not what their run's manifest says, or whose files are gone (count). */
  tablesNotProven: 'TablesNotProven',
  /** Tables of runs of changes whose predecessor was not applied when they were tried (count): of each run and table once. */
  tablesWaiting: 'TablesWaiting',
  /** Rows inserted, updated and deleted in the source that were applied to landed tables (count). */
  changesApplied: 'ChangesApplied',
  /** From the source's clock at a run's mark to the commit that a table's rows are as of it by (seconds). */
  changeLagSeconds: 'ChangeLagSeconds',
  /** Tables that have other rows after a run than the source counted (count). */
  tablesCountedOtherwise: 'TablesCountedOtherwise',
  /** Tables that the source counted, and whose landed rows could not be (count). */
  tablesNotCounted: 'TablesNotCounted',
  /** Tables whose deletes were folded into their files (count). */
  tablesCompacted: 'TablesCompacted',
  /** Parts of tables, larger than one invocation, that were compacted while more was left (count). */
  tablesCompactedInPart: 'TablesCompactedInPart',
  /** Size of compacted tables, after it (bytes). */
  bytesCompacted: 'BytesCompacted',
  /** Attempts to compact a table that came to nothing (count). */
  tablesNotCompacted: 'TablesNotCompacted',
} as const;

/** Metrics the extractor emits in embedded metric format, where it is asked to. */
export const EXTRACTOR_METRICS = {
  /** Rows of finished tables (count). */
  rowsExtracted: 'RowsExtracted',
  /** Bytes read from the source for finished tables (bytes). */
  bytesRead: 'BytesRead',
  /** Size of the objects of finished tables (bytes). */
  bytesWritten: 'BytesWritten',
  /** Chunks, checkpoints and manifests that were tried anew (count). */
  retries: 'ExtractRetries',
  /** Of finished runs, from the call to the manifest (milliseconds). */
  extractDuration: 'ExtractDuration',
} as const;

/** The metrics of {@link METRICS} that run completion emits; those of no function are the recorder's. All emit cold starts, and these two writes. */
export const RUN_METRICS: readonly string[] = [
  METRICS.runsComplete, METRICS.runsIncomplete, METRICS.rowsLanded, METRICS.runObjects, METRICS.runBytes, METRICS.endToEndLatency,
  METRICS.tablesCommitted, METRICS.tablesNotCommitted, METRICS.tablesNotProven, METRICS.tablesWaiting, METRICS.changesApplied,
  METRICS.changeLagSeconds, METRICS.tablesCountedOtherwise, METRICS.tablesNotCounted,
];

/** The metrics of {@link METRICS} that the function emits which compacts tables. */
export const COMPACTION_METRICS: readonly string[] = [
  METRICS.tablesCompacted, METRICS.tablesCompactedInPart, METRICS.bytesCompacted, METRICS.tablesNotCompacted,
];

/** Metrics made from log lines by metric filters. */
export const LOG_METRICS = {
  /** Lines with the keyword `Error`. */
  errorKeyword: 'LogErrorKeyword',
  /** Lines with the keyword `Failure`. */
  failureKeyword: 'LogFailureKeyword',
  /** Structured lines of level ERROR or CRITICAL. */
  structuredErrors: 'LogStructuredErrors',
  /** Invocations that Lambda reported as timed out. */
  timeouts: 'LogTimeouts',
  /** Invocations that Lambda reported as out of memory. */
  outOfMemory: 'LogOutOfMemory',
  /** Lambda's own figure for a cold start (milliseconds). */
  initDuration: 'LogInitDuration',
} as const;
