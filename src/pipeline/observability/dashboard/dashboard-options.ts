import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { invalidInput, requireDuration } from '../../checks/validation';

/** A section of a pipeline's dashboard. */
export enum DashboardSection {
  /** The state at a glance: success rate, writes to the table, what landed, and the alarms. */
  GLANCE = 'glance',

  /** The runs, with a table of the latest. */
  RUNS = 'runs',

  /** From landed to recorded, and the writes to the table. */
  LATENCY = 'latency',

  /** Cold starts, throttles and invocations of the recorder. */
  RECORDER = 'recorder',

  /** The queue events wait in; empty without a buffered trigger. */
  BUFFER = 'buffer',

  /** Attempts, failure queue and errors in the logs. */
  TROUBLES = 'troubles',

  /** A table of the latest errors. */
  LATEST_ERRORS = 'latestErrors',
}

/** What a pipeline's dashboard shows, and how. */
export interface PipelineDashboardOptions {
  /**
   * The time range shown at first, 1 minute to 455 days, for which CloudWatch keeps metrics.
   *
   * @default Duration.hours(3)
   */
  readonly defaultInterval?: Duration;

  /**
   * How far apart the points of graphs are, whole minutes, 1 minute to 1 day; CloudWatch takes coarser ones when the time range
   * is long. The figures at a glance are of the whole time range.
   *
   * @default Duration.minutes(1)
   */
  readonly period?: Duration;

  /**
   * The sections shown below the title, in this order.
   *
   * @default - all of them, in the order of `DashboardSection`
   */
  readonly sections?: DashboardSection[];
}

/**
 * Refuses what CloudWatch would, and a dashboard of nothing.
 *
 * @param path what the messages call the options by
 */
export function checkDashboardOptions(scope: Construct, path: string, { defaultInterval, period, sections }: PipelineDashboardOptions): void {
  requireDuration(scope, `${path}defaultInterval`, defaultInterval, { min: Duration.minutes(1), max: Duration.days(455) });
  requireDuration(scope, `${path}period`, period, { min: Duration.minutes(1), max: Duration.days(1), whole: 'minutes' });
  if (sections === undefined) return;
  const known: readonly string[] = Object.values(DashboardSection);
  const wrong = sections.find((section, index) => !known.includes(section) || sections.indexOf(section) !== index);
  if (sections.length > 0 && wrong === undefined) return;
  throw invalidInput(scope, `${path}sections must name at least one of ${known.join(', ')}, each once, got ${sections.join(', ') || 'none'}`);
}
