import { Duration } from 'aws-cdk-lib';
import { AlarmSettings, AlarmState, alarmStates, evaluateAlarm, SynthesizedAlarm } from '../../../support/cloud/alarm-evaluation';
import { only, synthPipeline } from '../../synth';

const INSUFFICIENT = 'INSUFFICIENT_DATA';
const retain = undefined;

describe('the model of an evaluation is that of AWS\'s tables', () => {
  // "How alarm state is evaluated when data is missing"; undefined: the state before stays.
  const columns = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
  type Row = readonly [string, ...(AlarmState | undefined)[]];
  const threeOfThree: readonly Row[] = [
    ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
    ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
    ['- - - - -', INSUFFICIENT, retain, 'ALARM', 'OK'],
    ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['- - - - X', INSUFFICIENT, retain, 'ALARM', 'OK'],
    ['X - - - -', 'ALARM', retain, 'ALARM', 'OK'],
  ];
  const twoOfThree: readonly Row[] = [
    ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - - X', INSUFFICIENT, retain, 'ALARM', 'OK'],
  ];
  const cases = [[3, threeOfThree], [2, twoOfThree]] as const;
  test.each(cases.flatMap(([needed, rows]) => rows.map(([points, ...states]) => [needed, points, states] as const)))('%i of 3, %s', (needed, points, states) => {
    const range = points.split(' ').map((point) => point === '-' ? undefined : point === 'X');
    columns.forEach((treat, index) => {
      const settings: AlarmSettings = { EvaluationPeriods: 3, DatapointsToAlarm: needed, TreatMissingData: treat };
      for (const before of ['OK', 'ALARM', INSUFFICIENT] as const) {
        expect([treat, evaluateAlarm(settings, range, before)]).toEqual([treat, states[index] ?? before]);
      }
    });
  });
});

describe('an alarm for runs every four hours', () => {
  const alarm: SynthesizedAlarm = only(synthPipeline({ runFreshness: Duration.hours(4) }).template, 'AWS::CloudWatch::Alarm', 'LedgerAlarmsRunOverdue').Properties as SynthesizedAlarm;
  const none = (hours: number) => Array.from<undefined>({ length: hours });
  /** The state after each hour, in short. */
  const states = (values: readonly (number | undefined)[], beyond?: number) =>
    alarmStates(alarm, values, beyond).map((state) => ({ OK: '.', ALARM: '!', INSUFFICIENT_DATA: '?' })[state]).join('');

  test('is silent from the deployment to the first run, however long', () => {
    expect(states(none(200))).toBe('?'.repeat(200));
    expect(states([...none(30), 1])).toBe(`${'?'.repeat(30)}.`);
  });

  test('is quiet while runs come in time', () => {
    const runs = Array.from({ length: 40 }, (_each, hour) => hour % 4 === 0 ? 1 : undefined);
    expect(states(runs)).toBe('.'.repeat(40));
  });

  // At any number of data points more than it evaluates, of which CloudWatch says only that there are some.
  test.each([1, 2, 3, 10])('goes off after four hours without a run, no later, and stays on (%i retrieved beyond)', (beyond) => {
    expect(states([1, ...none(30)], beyond)).toBe(`....${'!'.repeat(27)}`);
    expect(states([...none(9), 1, undefined, 2, ...none(30)], beyond)).toBe(`${'?'.repeat(9)}......${'!'.repeat(27)}`);
  });

  test('is over with the next run, and counts anew', () => {
    expect(states([1, ...none(20), 1, ...none(6)])).toBe(`....${'!'.repeat(17)}....!!!`);
  });

  test('as it was, on the metric itself with missing data breaching, it went off at deployment and came late', () => {
    const { Metrics: _metrics, ...former } = { ...alarm, TreatMissingData: 'breaching' as const };
    const formerly = (values: readonly (number | undefined)[]) => alarmStates(former, values).map((state) => state === 'ALARM' ? '!' : '.').join('');
    expect(formerly(none(2))).toBe('!!');
    expect(formerly([1, ...none(9)])).toBe('......!!!!');
  });
});
