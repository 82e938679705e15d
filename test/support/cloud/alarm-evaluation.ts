import { evaluateExpression } from '../../../src/cli/dashboard/metric-math/evaluate';
import { Series } from '../../../src/cli/dashboard/metric-math/series';

/** States of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** What decides of a state, named as in a template. */
export interface AlarmSettings {
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  readonly TreatMissingData: 'missing' | 'ignore' | 'breaching' | 'notBreaching';
}

/**
 * The state after one evaluation, as CloudWatch has it: "Configuring how CloudWatch alarms treat missing data", section "How
 * alarm state is evaluated when data is missing" (doc_source/AlarmThatSendsEmail.md of awsdocs/amazon-cloudwatch-user-guide).
 *
 * @param range the data points of the evaluation range, the oldest first: whether each breaches, undefined where it is missing
 */
export function evaluateAlarm(settings: AlarmSettings, range: readonly (boolean | undefined)[], state: AlarmState): AlarmState {
  const { EvaluationPeriods: periods, DatapointsToAlarm: needed, TreatMissingData: treat } = settings;
  const existing = range.filter((point): point is boolean => point !== undefined);
  const missing = Math.max(0, periods - existing.length);
  const breaching = existing.slice(-periods).filter(Boolean).length + (treat === 'breaching' ? missing : 0);
  if (missing === 0 || treat === 'breaching' || treat === 'notBreaching') return breaching >= needed ? 'ALARM' : 'OK';
  if (breaching >= needed) return 'ALARM';
  if (existing.includes(false)) return 'OK';
  if (treat === 'ignore') return state;
  // All there is breaches: that is enough once the oldest of it is as old as the data points that are needed.
  const oldest = range.findIndex((point) => point !== undefined);
  return oldest >= 0 && range.length - oldest >= needed ? 'ALARM' : 'INSUFFICIENT_DATA';
}

/** An alarm on a metric or an expression with one metric, as it stands in a template: its sums are of one period each. */
export interface SynthesizedAlarm extends AlarmSettings {
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly Metrics?: readonly { readonly Id: string; readonly Expression?: string }[];
}

/** Periods that CloudWatch retrieves beyond those it evaluates: two in the example of its documentation, "a higher number" in general. */
export const RANGE_BEYOND = 2;

/**
 * The states of a new alarm, evaluated after each period.
 *
 * @param values of its metric by period; undefined where there is none
 * @param beyond how many periods more than it evaluates the alarm retrieves
 */
export function alarmStates(alarm: SynthesizedAlarm, values: readonly (number | undefined)[], beyond: number = RANGE_BEYOND): AlarmState[] {
  const breaches = {
    LessThanThreshold: (value: number) => value < alarm.Threshold,
    GreaterThanThreshold: (value: number) => value > alarm.Threshold,
    GreaterThanOrEqualToThreshold: (value: number) => value >= alarm.Threshold,
  }[alarm.ComparisonOperator]!;
  let state: AlarmState = 'INSUFFICIENT_DATA';
  return values.map((_value, now) => {
    const from = now + 1 - alarm.EvaluationPeriods - beyond;
    const range = Array.from({ length: alarm.EvaluationPeriods + beyond }, (_each, index) => values[from + index]);
    const points = computed(alarm, range);
    state = evaluateAlarm(alarm, points.map((value) => value === undefined ? undefined : breaches(value)), state);
    return state;
  });
}

function computed({ Metrics = [] }: SynthesizedAlarm, range: readonly (number | undefined)[]): readonly (number | undefined)[] {
  const expression = Metrics.find(({ Expression }) => Expression !== undefined);
  if (!expression) return range;
  const [metric] = Metrics.filter(({ Expression }) => Expression === undefined);
  const known = range.flatMap((value, time) => value === undefined ? [] : [{ time, value }]);
  const [series] = evaluateExpression(expression.Id, {
    range: { start: 0, end: range.length, period: 1 },
    metrics: new Map([[metric.Id, Series.of(known.map(({ time }) => time), known.map(({ value }) => value))]]),
    expressions: new Map([[expression.Id, expression.Expression!]]),
  });
  return range.map((_value, time) => series.at(time));
}
