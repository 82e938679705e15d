import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as logs from 'aws-cdk-lib/aws-logs';
import { METRICS } from '../../../../src/contract';
import { LogMetrics } from '../../../../src/pipeline';
import { only, synth, Synthesised } from '../../synth';

let synthesised: Synthesised<LogMetrics>;
let template: Template;
beforeAll(() => {
  synthesised = synth((stack: Stack) => new LogMetrics(stack, 'LogMetrics', {
    logGroup: logs.LogGroup.fromLogGroupName(stack, 'LogGroup', '/some/function'),
    namespace: 'CdkLegacyToS3/ledger',
  }));
  template = synthesised.template;
});

test.each([
  ['ErrorKeyword', '"Error" -"platform.initStart"', 'LogErrorKeyword'],
  ['FailureKeyword', '"Failure" -"platform.initStart"', 'LogFailureKeyword'],
  ['StructuredErrors', '{ ($.level = "ERROR") || ($.level = "CRITICAL") }', 'LogStructuredErrors'],
  ['Timeouts', '{ ($.type = "platform.report") && ($.record.status = "timeout") }', 'LogTimeouts'],
  ['OutOfMemory', '{ ($.type = "platform.report") && ($.record.errorType = "Runtime.OutOfMemory") }', 'LogOutOfMemory'],
])('%s counts the lines that match %s', (id, pattern, metricName) => {
  expect(only(template, 'AWS::Logs::MetricFilter', `LogMetrics${id}`).Properties).toEqual({
    FilterPattern: pattern,
    LogGroupName: '/some/function',
    MetricTransformations: [{
      MetricName: metricName, MetricNamespace: 'CdkLegacyToS3/ledger', MetricValue: '1', DefaultValue: 0, Unit: 'Count',
    }],
  });
});

test('a cold start\'s duration is what Lambda reports, and missing where there was none', () => {
  expect(only(template, 'AWS::Logs::MetricFilter', 'LogMetricsInitDuration').Properties).toMatchObject({
    FilterPattern: '{ ($.type = "platform.report") && ($.record.metrics.initDurationMs > 0) }',
    MetricTransformations: [{ MetricName: 'LogInitDuration', MetricValue: '$.record.metrics.initDurationMs', Unit: 'Milliseconds' }],
  });
  expect(only(template, 'AWS::Logs::MetricFilter', 'LogMetricsInitDuration').Properties.MetricTransformations[0]).not.toHaveProperty('DefaultValue');
});

test('the metrics are sums, but for the duration', () => {
  const { made, stack } = synthesised;
  for (const metric of [
    made.metricErrorKeyword(), made.metricFailureKeyword(), made.metricStructuredErrors(), made.metricTimeouts(), made.metricOutOfMemory(),
  ]) {
    expect(metric.toMetricConfig().metricStat).toMatchObject({ namespace: 'CdkLegacyToS3/ledger', statistic: 'Sum', period: Duration.minutes(5) });
    expect(stack.resolve(metric.dimensions)).toBeUndefined();
  }
  expect(made.metricInitDuration().toMetricConfig().metricStat).toMatchObject({ metricName: 'LogInitDuration', statistic: 'Maximum' });
  expect(made.metricErrorKeyword({ period: Duration.minutes(1) }).period.toSeconds()).toBe(60);
});

test('no metric of the recorder would match a keyword', () => {
  for (const name of Object.values(METRICS)) expect(name).not.toMatch(/Error|Failure/);
});
