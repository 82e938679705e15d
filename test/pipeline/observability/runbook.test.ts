import * as fs from 'fs';
import * as path from 'path';
import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AlarmKind, FunctionAlarmKind, FunctionObservability, LandingTrigger } from '../../../src/pipeline';
import { synth, synthPipeline } from '../synth';

const headings = fs.readFileSync(path.join(__dirname, '..', '..', '..', 'docs', 'runbook.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('## '))
  .map((line) => line.slice(3).toLowerCase().replace(/[^a-z0-9 -]/g, '').replace(/ /g, '-'));

const pipeline = synthPipeline({ runFreshness: Duration.hours(24), trigger: LandingTrigger.buffered() });
const watched = synth((stack) => new FunctionObservability(stack, 'Convert', {
  function: lambda.Function.fromFunctionName(stack, 'Function', 'convert'),
  logGroup: logs.LogGroup.fromLogGroupName(stack, 'LogGroup', '/of/convert'),
  failureQueue: new sqs.Queue(stack, 'Failures'),
  timeout: Duration.minutes(1),
  coldStartShareLimit: 10,
}));
const made = (type: string) => [pipeline, watched].flatMap(({ template }) => Object.entries(template.findResources(`AWS::CloudWatch::${type}`)));
const alarms = made('Alarm');

test('every alarm there is was made', () => {
  expect(alarms).toHaveLength(Object.values(AlarmKind).length + Object.values(FunctionAlarmKind).length);
});

test.each([...alarms, ...made('CompositeAlarm')])('%s links to a heading of the runbook', (_id, { Properties }) => {
  const anchor = /runbook\.md#([a-z-]+)/.exec(JSON.stringify(Properties.AlarmDescription))?.[1];
  expect(headings).toContain(anchor);
});
