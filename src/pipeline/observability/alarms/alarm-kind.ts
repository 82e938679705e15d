/** The alarms of a pipeline: keys of `alarmOverrides`, and of the alarms a pipeline made. */
export class AlarmKind {
  /** Something is in the failure queue: an event could not be recorded. */
  public static readonly FAILURE_QUEUE_NOT_EMPTY = 'failureQueueNotEmpty';

  /** Lambda, or EventBridge by its trigger, could not even write to the failure queue: an event is lost. */
  public static readonly FAILURE_QUEUE_UNREACHABLE = 'failureQueueUnreachable';

  /** A log line has the keyword `Error`. */
  public static readonly LOG_ERROR_KEYWORD = 'logErrorKeyword';

  /** A log line has the keyword `Failure`. */
  public static readonly LOG_FAILURE_KEYWORD = 'logFailureKeyword';

  /** A JSON log line has the level ERROR or CRITICAL. */
  public static readonly LOG_STRUCTURED_ERRORS = 'logStructuredErrors';

  /** The recorder function failed. */
  public static readonly RECORDER_ERRORS = 'recorderErrors';

  /** The recorder function is held back for want of concurrency. */
  public static readonly RECORDER_THROTTLES = 'recorderThrottles';

  /** The recorder function needed most of its time limit. */
  public static readonly RECORDER_NEAR_TIMEOUT = 'recorderNearTimeout';

  /** The function that completes runs failed. */
  public static readonly COMPLETION_ERRORS = 'completionErrors';

  /** The function that completes runs is held back for want of concurrency. */
  public static readonly COMPLETION_THROTTLES = 'completionThrottles';

  /** The function that completes runs needed most of its time limit. */
  public static readonly COMPLETION_NEAR_TIMEOUT = 'completionNearTimeout';

  /** Too few attempts to record an object succeed. */
  public static readonly SUCCESS_RATE_LOW = 'successRateLow';

  /** Objects are recorded long after they landed. */
  public static readonly RECORD_LATENCY_HIGH = 'recordLatencyHigh';

  /** DynamoDB refuses writes to the metadata table or its indexes. */
  public static readonly TABLE_THROTTLES = 'tableThrottles';

  /** Events wait in the buffer and nobody takes them; only with a buffered trigger. */
  public static readonly BUFFER_DELAYED = 'bufferDelayed';

  /** A run's manifest does not hold. */
  public static readonly RUN_INCOMPLETE = 'runIncomplete';

  /** The snapshot of a run's table could not be committed; only with Iceberg tables. */
  public static readonly TABLES_NOT_COMMITTED = 'tablesNotCommitted';

  /** A committed table is not what its run's manifest says, or its files are gone; only with Iceberg tables. */
  public static readonly TABLES_NOT_PROVEN = 'tablesNotProven';

  /** A table has other rows after a run than its source counted; only with Iceberg tables. */
  public static readonly TABLES_COUNTED_OTHERWISE = 'tablesCountedOtherwise';

  /** The source counted a table, and its landed rows could not be; only with Iceberg tables. */
  public static readonly TABLES_NOT_COUNTED = 'tablesNotCounted';

  /** A landed table could not be compacted; only where tables are. */
  public static readonly TABLES_NOT_COMPACTED = 'tablesNotCompacted';

  /** No run was completed for too long; only with `runFreshness`. */
  public static readonly RUN_OVERDUE = 'runOverdue';

  private constructor() {}
}

/** The alarms of a function: keys of `alarmOverrides`, and of the alarms `FunctionAlarms` made. */
export class FunctionAlarmKind {
  /** An invocation failed. */
  public static readonly ERRORS = 'errors';

  /** The function is held back for want of concurrency. */
  public static readonly THROTTLES = 'throttles';

  /** An invocation needed most of the time limit. */
  public static readonly NEAR_TIMEOUT = 'nearTimeout';

  /** An invocation was ended by its time limit; from Lambda's JSON reports. */
  public static readonly TIMEOUTS = 'timeouts';

  /** An invocation ran out of memory; from Lambda's JSON reports. */
  public static readonly OUT_OF_MEMORY = 'outOfMemory';

  /** Too few invocations succeed. */
  public static readonly SUCCESS_RATE_LOW = 'successRateLow';

  /** Too many invocations wait for a cold start, from Lambda's JSON reports; only with `coldStartShareLimit`. */
  public static readonly COLD_STARTS_HIGH = 'coldStartsHigh';

  /** Something is in the failure queue; only with `failureQueue`. */
  public static readonly FAILURE_QUEUE_NOT_EMPTY = AlarmKind.FAILURE_QUEUE_NOT_EMPTY;

  /** Lambda could not write to the failure queue: an event is lost; only with `failureQueue`. */
  public static readonly FAILURE_QUEUE_UNREACHABLE = AlarmKind.FAILURE_QUEUE_UNREACHABLE;

  /** A log line has the keyword `Error`. */
  public static readonly LOG_ERROR_KEYWORD = AlarmKind.LOG_ERROR_KEYWORD;

  /** A log line has the keyword `Failure`. */
  public static readonly LOG_FAILURE_KEYWORD = AlarmKind.LOG_FAILURE_KEYWORD;

  /** A JSON log line has the level ERROR or CRITICAL. */
  public static readonly LOG_STRUCTURED_ERRORS = AlarmKind.LOG_STRUCTURED_ERRORS;

  private constructor() {}
}
