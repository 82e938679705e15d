import { Duration } from 'aws-cdk-lib';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { IConstruct } from 'constructs';
import { Changes, CountEvery, OnGap } from '../../../extractor/api/changes/changes-options';
import { Consistency, OnTableError } from '../../../extractor/api/extractor-props';
import { invalidInput, requireDuration } from '../../checks/validation';
import { ILegacyToS3Pipeline } from '../../interface/pipeline-interface';
import { ExtractionProps } from '../extraction-props';
import { isDaily } from '../extraction-starts';

/** Looks at the source that may be missed before the lag is told. */
const MISSED_LOOKS = 3;

/** A lag that no alarm tells of, however often the source is looked at. */
const LEAST_LAG = Duration.minutes(15);

/** Refuses what runs of changes cannot be made of. */
export function checkMode(scope: IConstruct, props: ExtractionProps): void {
  const { mode, schedule, consistency, format, onTableError, pipeline, source } = props;
  if (mode === undefined) return;
  if (typeof mode !== 'object' || mode === null) throw invalidInput(scope, `mode must be an object, such as ExtractionMode.full(), got ${JSON.stringify(mode)}`);
  if (!mode.changesOptions) return;
  const { every, changes = Changes.AUTO, onGap, countEvery, oneVersion } = mode.changesOptions;
  if (every === undefined) throw invalidInput(scope, 'mode: every must say how often the source is looked at, such as Duration.minutes(5), got undefined');
  if (every.isUnresolved()) throw invalidInput(scope, 'mode: every must be known at synthesis, got a token: schedule and alarms are reckoned by it');
  requireDuration(scope, 'mode: every', every, { min: Duration.minutes(1), max: Duration.days(1), whole: 'minutes' });
  checkChoice(scope, 'changes', changes, Object.values(Changes).filter((each) => each !== Changes.NONE));
  checkChoice(scope, 'onGap', onGap, Object.values(OnGap));
  checkChoice(scope, 'countEvery', countEvery, Object.values(CountEvery));
  if (oneVersion !== undefined && typeof oneVersion !== 'boolean') throw invalidInput(scope, `mode: oneVersion must be true or false, got ${JSON.stringify(oneVersion)}`);
  if (oneVersion && onTableError === OnTableError.CONTINUE) {
    throw invalidInput(scope, 'mode: oneVersion and onTableError: continue exclude each other: without a table that fails, a transaction over several tables would not land whole');
  }
  if (schedule) throw invalidInput(scope, 'schedule and mode: ExtractionMode.changes(…) exclude each other: runs of changes begin as often as `every` says');
  if (consistency !== undefined && consistency !== Consistency.SNAPSHOT) {
    throw invalidInput(scope, `consistency must be snapshot where mode is ExtractionMode.changes(…), got ${consistency}: changes are read in SNAPSHOT transactions alone, others would miss some`);
  }
  if (format && format.name !== 'parquet') {
    throw invalidInput(scope, `format must be parquet where mode is ExtractionMode.changes(…), got ${format.name}: changes are applied to Iceberg tables, which name Parquet files`);
  }
  const kind = pipeline.resources.landedTables?.kind;
  if (kind !== undefined && kind !== 'iceberg') {
    throw invalidInput(scope, `mode: ExtractionMode.changes(…) needs a pipeline with landedTables: LandedTables.iceberg(), got '${kind}': nothing else takes updates and deletes`);
  }
  if (source.readOnlyIntent && (changes === Changes.AUTO || changes === Changes.CHANGE_TRACKING)) {
    throw invalidInput(scope, 'source.readOnlyIntent leads to a secondary, where Change Tracking is refused (error 22117): leave it out, or name another way, such as changes: Changes.CDC');
  }
}

function checkChoice(scope: IConstruct, name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value)) throw invalidInput(scope, `mode: ${name} must be one of ${allowed.join(', ')}, got '${String(value)}'`);
}

/** What follows the source: how often, and by whom changes are applied. */
export interface Following {
  readonly every: Duration;
  readonly pipeline: ILegacyToS3Pipeline;
}

/** Undefined where all rows are read. */
export function followingOf({ mode, pipeline }: ExtractionProps): Following | undefined {
  return mode?.changesOptions && { every: mode.changesOptions.every, pipeline };
}

/** How changes are followed, as the begin of an execution is told; undefined where all rows are read. */
export function changesOf({ mode }: ExtractionProps): { readonly [name: string]: unknown } | undefined {
  if (!mode?.changesOptions) return undefined;
  const { every, ...options } = mode.changesOptions;
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** When executions begin, and how late one may begin; undefined where that is by hand. */
export function startsOf(
  { schedule, mode }: ExtractionProps,
): { readonly schedule: scheduler.ScheduleExpression; readonly latest?: Duration } | undefined {
  const every = mode?.changesOptions?.every;
  if (!every) return schedule && { schedule };
  // Later than that the next look sees the same.
  return { schedule: scheduler.ScheduleExpression.rate(every), latest: Duration.minutes(Math.min(60, every.toMinutes())) };
}

/** How long none may be completed; undefined where that is nobody's concern. */
export function overdueOf({ overdueAfter, schedule, enabled, mode }: ExtractionProps): Duration | undefined {
  if (overdueAfter || !(enabled ?? true)) return overdueAfter;
  const every = mode?.changesOptions?.every;
  if (every) return Duration.hours(Math.max(1, Math.ceil(MISSED_LOOKS * every.toMinutes() / 60)));
  return schedule && isDaily(schedule) ? Duration.hours(36) : undefined;
}

/** The lag from which on it is told. */
export function lagLimitOf({ every }: Following): Duration {
  return Duration.minutes(Math.max(LEAST_LAG.toMinutes(), MISSED_LOOKS * every.toMinutes()));
}
