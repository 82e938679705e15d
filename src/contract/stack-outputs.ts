/**
 * What a stack's outputs are called: each output's logical id ends with one of these, after the pipeline's own name in
 * the stack (`LedgerBucketName`), so that a program that knows the stack alone finds them.
 */
export const STACK_OUTPUTS = {
  /** Name of the landing bucket. */
  bucketName: 'BucketName',
  /** Prefix of the keys the pipeline looks at; there is none when it looks at all. */
  landingPrefix: 'LandingPrefix',
  /** ARN of the KMS key that encrypts the landing bucket; there is none without such a key. */
  keyArn: 'KeyArn',
  /** Name of the metadata table. */
  tableName: 'TableName',
  /** Name of the recorder function. */
  recorderName: 'RecorderName',
  /** Name of the recorder's log group. */
  logGroupName: 'LogGroupName',
  /** Name of the function that completes runs. */
  runCompletionName: 'RunCompletionName',
  /** Name of the log group of run completion. */
  runCompletionLogGroupName: 'RunCompletionLogGroupName',
  /** Name of the function that compacts tables; there is none where no tables are compacted. */
  compactorName: 'CompactorName',
  /** Name of its log group. */
  compactorLogGroupName: 'CompactorLogGroupName',
  /** Name of the Glue database. */
  glueDatabaseName: 'GlueDatabaseName',
  /** Name of the Athena workgroup. */
  workGroupName: 'WorkGroupName',
  /** Name of the function that replays. */
  replayName: 'ReplayName',
  /** URL of the failure queue. */
  failureQueueUrl: 'FailureQueueUrl',
  /** ARN of the topic the alarms notify. */
  alarmTopicArn: 'AlarmTopicArn',
  /** Name of the dashboard. */
  dashboardName: 'DashboardName',
  /** Namespace of the pipeline's metrics. */
  metricNamespace: 'MetricNamespace',
} as const;

/**
 * What the outputs of an extraction are called, likewise: each logical id ends with one of these, after the extraction's own name in
 * the stack (`NightlyExtractionMachineArn`). None ends as one of {@link STACK_OUTPUTS} that finds pipelines (`bucketName`) does.
 */
export const EXTRACTION_OUTPUTS = {
  /** ARN of the state machine. */
  machineArn: 'ExtractionMachineArn',
  /** Where it lands: `s3://bucket/prefix`. */
  target: 'ExtractionTarget',
  /** Its name, under which its state is kept. */
  extractionName: 'ExtractionName',
} as const;
