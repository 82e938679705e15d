/** Metrics that the functions of an extraction emit, by the dimension `service`, which is the extraction's name. */
export const EXTRACTION_METRICS = {
  /** Rows of a complete run (count). */
  rows: 'ExtractedRows',
  /** Bytes that it landed (bytes). */
  bytes: 'ExtractedBytes',
  /** Chunks that it read (count). */
  chunks: 'ExtractedChunks',
  /** Attempts at chunks beyond the first (count). */
  retries: 'ChunkRetries',
  /** From the begin of the execution to the manifest (seconds). */
  seconds: 'ExtractionSeconds',
  /** That readers waited for the source, all of them together, in the attempts that landed (seconds). */
  sourceWaitSeconds: 'SourceWaitSeconds',
  /** That they waited for the target (seconds). */
  targetWaitSeconds: 'TargetWaitSeconds',
  /** From the time that a schedule names to the start of the execution (seconds). */
  lagSeconds: 'ScheduleLagSeconds',
  /** Time of a whole run as deployed, as multiple of the median of those before (number). */
  durationRatio: 'DurationRatio',
  /** Requests that the source refused since it had too many, and times that readers paused since it had become slow (count). */
  throttles: 'SourceThrottles',
  /** Executions that found another at work, and ended (count). */
  skipped: 'ExtractionsSkipped',
  /** Database snapshots that were dropped since nobody went on with their run (count). */
  snapshotsExpired: 'SnapshotsExpired',
  /** From the source's clock at the oldest mark of a run of changes to its manifest (seconds); 0 of an execution that found nothing changed. */
  changeLagSeconds: 'ChangeLagSeconds',
  /** Inserts, updates and deletes that a run of changes found: what the landed tables lacked (count). */
  changeLagRows: 'ChangeLagRows',
  /** Tables whose changes could not be learnt without a gap (count): they were read whole, or the run was refused. */
  changeGaps: 'ChangeGaps',
} as const;
