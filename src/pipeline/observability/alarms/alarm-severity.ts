/** How bad it is that an alarm goes off. */
export enum AlarmSeverity {
  /** Something is not recorded, lost or wrong until somebody acts. */
  CRITICAL = 'critical',

  /** It may become so, or has mended itself by a retry: to be looked at in working hours. */
  WARNING = 'warning',
}
