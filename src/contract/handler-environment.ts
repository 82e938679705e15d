/** Environment variables the pipeline sets on its functions and the functions read. */
export const HANDLER_ENV = {
  /** Name of the metadata table. */
  tableName: 'METADATA_TABLE_NAME',
  /** Namespace of this pipeline's metrics; Powertools reads it under this name. */
  metricsNamespace: 'POWERTOOLS_METRICS_NAMESPACE',
  /** Value of the `service` dimension and log field; Powertools reads it under this name. */
  serviceName: 'POWERTOOLS_SERVICE_NAME',
  /** Level of the logs; Powertools reads it under this name. */
  logLevel: 'POWERTOOLS_LOG_LEVEL',
  /** Name of the landing bucket. */
  bucketName: 'LANDING_BUCKET_NAME',
  /** Prefix of the keys the pipeline watches; empty or missing for the whole bucket. */
  landingPrefix: 'LANDING_PREFIX',
  /** Name of the recorder function. */
  recorderFunction: 'RECORDER_FUNCTION_NAME',
  /** Name of the function that completes runs; missing: manifests are recorded, and no run is completed. */
  runCompletionFunction: 'RUN_COMPLETION_FUNCTION_NAME',
  /** Name of the function that compacts tables; missing: there is none, and none of its events are replayed. */
  compactionFunction: 'COMPACTION_FUNCTION_NAME',
  /** URL of the failure queue. */
  failureQueueUrl: 'FAILURE_QUEUE_URL',
  /** URL of the queue that buffers events before the recorder; missing: there is none. */
  bufferQueueUrl: 'BUFFER_QUEUE_URL',
  /** How often a buffered event is tried before it goes to the failure queue. */
  bufferAttempts: 'BUFFER_ATTEMPTS',
  /** Seconds until a buffered event that failed is tried again. */
  bufferRetrySeconds: 'BUFFER_RETRY_SECONDS',
  /** Glue database that completed runs are registered in; missing: none is. */
  glueDatabase: 'GLUE_DATABASE_NAME',
  /** `LandedTablesSettings` as JSON: how completed runs become tables; missing: Hive tables. */
  landedTables: 'LANDED_TABLES',
  /** `CompactionSettings` as JSON: when landed tables are compacted, and by which function; missing: never. */
  compaction: 'COMPACTION',
  /** ARN of the event bus that runs are announced on; missing: the account's default one. */
  eventBus: 'RUN_EVENT_BUS_ARN',
} as const;
