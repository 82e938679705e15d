/** A day of the week. */
export enum ExtractionDay {
  /** Monday. */
  MONDAY = 'MON',
  /** Tuesday. */
  TUESDAY = 'TUE',
  /** Wednesday. */
  WEDNESDAY = 'WED',
  /** Thursday. */
  THURSDAY = 'THU',
  /** Friday. */
  FRIDAY = 'FRI',
  /** Saturday. */
  SATURDAY = 'SAT',
  /** Sunday. */
  SUNDAY = 'SUN',
}

/** Hours in which an extraction may read, by the clock on the wall of a time zone: summer time is followed. */
export interface ExtractionWindow {
  /** When it begins: `HH:MM`, from `00:00` to `23:59`. */
  readonly from: string;

  /** When it ends: `HH:MM`, to `24:00`, not the same as `from`. Earlier than `from` it is of the next day. */
  readonly to: string;

  /** Time zone by its name in the IANA database, for example `Europe/Berlin`. */
  readonly timeZone: string;

  /**
   * Days on which it begins; the hours after midnight of a window over midnight are of the day before.
   *
   * @default - each day
   */
  readonly days?: ExtractionDay[];
}

/**
 * What AWS asks for, in US dollars, as executions are reckoned by. Without them they are the list prices of us-east-1 as assumed on
 * 2025-12-01; those of other regions differ.
 */
export interface ExtractionPrices {
  /**
   * A GB-second of a Lambda function.
   *
   * @default 0.0000133334, or 0.0000166667 where `architecture` is X86_64
   */
  readonly lambdaGbSecond?: number;

  /**
   * A request to a Lambda function.
   *
   * @default 0.0000002
   */
  readonly lambdaRequest?: number;

  /**
   * A request of S3 that writes or lists (PUT, COPY, POST, LIST).
   *
   * @default 0.000005
   */
  readonly s3Write?: number;

  /**
   * A request of S3 that reads (GET, HEAD).
   *
   * @default 0.0000004
   */
  readonly s3Read?: number;

  /**
   * A state transition of a Standard workflow of Step Functions.
   *
   * @default 0.000025
   */
  readonly stateTransition?: number;
}
