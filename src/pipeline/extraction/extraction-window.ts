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
