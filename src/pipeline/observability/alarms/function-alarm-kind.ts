import { AlarmKind } from './alarm-kind';

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
