import { Duration } from 'aws-cdk-lib';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { definitionIn, make, synthExtraction } from './made';
import { Changes, ChangesModeOptions, CountEvery, ExtractionAlarmKind, ExtractionMode, ExtractionProps, OnGap } from '../../../src';
import { METRICS, SERVICES, stateFolder } from '../../../src/contract';
import { testProps } from '../prop-cases';
import { only, statements, Synthesised } from '../synth';

const following = (every: Duration, props: Partial<ExtractionProps> = {}) => synthExtraction({ mode: ExtractionMode.changes({ every }), extractionName: 'follow', ...props });
const alarmOf = ({ template }: Pick<Synthesised<unknown>, 'template'>, id: string) => only(template, 'AWS::CloudWatch::Alarm', `NightlyAlarmsExtraction${id}`).Properties;
const scheduleOf = ({ template }: Pick<Synthesised<unknown>, 'template'>) => only(template, 'AWS::Scheduler::Schedule').Properties;

const often = following(Duration.minutes(5));

test('the state machine ends at once where nothing changed: by what Begin answers, without a Map', () => {
  const { States } = definitionIn(often);
  expect(States.Begun.Choices).toContainEqual({ Variable: '$.outcome', StringEquals: 'unchanged', Next: 'Unchanged' });
  expect(States.Unchanged).toEqual({ Type: 'Succeed' });
  expect(States.Begin.Parameters.changes).toEqual({});
});

test('a full extraction knows of none of it', () => {
  for (const mode of [undefined, ExtractionMode.full()]) {
    const full = synthExtraction({ mode });
    expect(JSON.stringify(definitionIn(full))).not.toMatch(/nchanged|"changes"/);
    full.template.resourceCountIs('AWS::Scheduler::Schedule', 0);
    expect(Object.keys(full.made.alarms).filter((kind) => /hange/.test(kind))).toEqual([]);
  }
});

test.each([[1, 'rate(1 minute)', 60], [5, 'rate(5 minutes)', 300], [90, 'rate(90 minutes)', 3600]])(
  'looks every %d minutes are a rate, and one that is as late as the next is none', (minutes, expression, latest) => {
    const { ScheduleExpression, State, Target } = scheduleOf(following(Duration.minutes(minutes)));
    expect([ScheduleExpression, State, Target.RetryPolicy.MaximumEventAgeInSeconds]).toEqual([expression, 'ENABLED', latest]);
  });

test('the schedule of full extractions may be an hour late', () => {
  const { Target } = scheduleOf(synthExtraction({ schedule: scheduler.ScheduleExpression.rate(Duration.minutes(5)) }));
  expect(Target.RetryPolicy.MaximumEventAgeInSeconds).toBe(3600);
});

test('following is paused by enabled, which ends the alarm of silence too', () => {
  const paused = following(Duration.minutes(5), { enabled: false });
  expect(scheduleOf(paused).State).toBe('DISABLED');
  expect(paused.made.alarms).not.toHaveProperty(ExtractionAlarmKind.OVERDUE);
});

test.each([[1, 900, 1], [5, 900, 1], [10, 1800, 1], [30, 5400, 2], [1440, 259200, 72]])(
  'looks every %d minutes: an alarm tells of a lag of %d s, and of %d hours without one', (minutes, lag, hours) => {
    const made = following(Duration.minutes(minutes));
    expect(alarmOf(made, 'ChangesLagging')).toMatchObject({
      MetricName: 'ChangeLagSeconds',
      Statistic: 'Maximum',
      Threshold: lag,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      Dimensions: [{ Name: 'service', Value: 'follow' }],
    });
    expect(alarmOf(made, 'Overdue')).toMatchObject({ EvaluationPeriods: hours, DatapointsToAlarm: hours, TreatMissingData: 'ignore' });
  });

test('what is overdue is an execution that was in step, also one that found nothing changed', () => {
  const [expression, { MetricStat }] = alarmOf(often, 'Overdue').Metrics;
  expect(expression.Expression).toBe('IF(FILL(runs, REPEAT) > 0, FILL(runs, 0))');
  expect(MetricStat).toMatchObject({ Metric: { MetricName: 'ChangeLagSeconds' }, Stat: 'SampleCount' });
  expect(alarmOf(following(Duration.minutes(5), { overdueAfter: Duration.hours(9) }), 'Overdue').EvaluationPeriods).toBe(9);
});

test.each([[1, 300], [5, 300], [60, 3600]])('of runs every %d minutes tables that wait are told when they do in three of four periods of %d s', (minutes, period) => {
  const made = following(Duration.minutes(minutes));
  expect(alarmOf(made, 'ChangesWaiting')).toMatchObject({
    MetricName: METRICS.tablesWaiting,
    Statistic: 'Sum',
    Period: period,
    EvaluationPeriods: 4,
    DatapointsToAlarm: 3,
    Threshold: 1,
    Dimensions: [{ Name: 'service', Value: SERVICES.runCompletion }],
  });
});

test('a gap is told at once; that runs of changes take longer than others is nothing to tell', () => {
  expect(alarmOf(often, 'ChangeGap')).toMatchObject({ MetricName: 'ChangeGaps', Threshold: 1, Period: 300, EvaluationPeriods: 1 });
  expect(often.made.alarms).not.toHaveProperty(ExtractionAlarmKind.SLOW);
  expect(alarmOf(following(Duration.minutes(5), { alarmOverrides: { extractionChangesLagging: { threshold: 60 } } }), 'ChangesLagging').Threshold).toBe(60);
});

test('the functions may keep where a chain stands, in the state folder', () => {
  for (const role of ['NightlyControlRole', 'NightlyWorkerRole']) {
    const state = statements(often.template, role).find(({ Action, Resource }) => (
      [Action].flat().includes('s3:PutObject') && JSON.stringify(Resource).includes(stateFolder('landing/'))));
    expect(state?.Action).toEqual(['s3:GetObject', 's3:PutObject', 's3:DeleteObject']);
  }
});

describe('ExtractionMode.changes', () => {
  testProps<ChangesModeOptions>({
    every: { own: () => ({ every: Duration.minutes(7) }), shows: /^NightlyStartsSchedule\/Properties\/ScheduleExpression: rate\(7 minutes\)$/ },
    changes: { own: () => ({ changes: Changes.CDC }), shows: /DefinitionString: .*\\"changes\\":{\\"changes\\":\\"cdc\\"}/ },
    onGap: { own: () => ({ onGap: OnGap.RELOAD }), shows: /DefinitionString: .*\\"changes\\":{\\"onGap\\":\\"reload\\"}/ },
    countEvery: { own: () => ({ countEvery: CountEvery.DAY }), shows: /DefinitionString: .*\\"changes\\":{\\"countEvery\\":\\"day\\"}/ },
    oneVersion: { own: () => ({ oneVersion: true }), shows: /DefinitionString: .*\\"changes\\":{\\"oneVersion\\":true}/ },
  }, (stack, options) => make(stack, { mode: ExtractionMode.changes({ every: Duration.minutes(5), ...options }) }));
});
