import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import { FailureQueue, FunctionObservability } from '../../src/pipeline';
import { type DeployedStack, deployTemplate, type LocalCloud, type Observer, poll, startLocalCloud, startObserver } from '../../tools/local-cloud';

/** The alarms of a function that is no part of a pipeline, on the local cloud. */

const outdir = mkdtempSync(path.join(tmpdir(), 'any-function-'));
const problems: Error[] = [];
let cloud: LocalCloud;
let stack: DeployedStack;
let observer: Observer;
let functions: LambdaClient;
let cloudwatch: CloudWatchClient;

beforeAll(async () => {
  const app = new App({ outdir, analyticsReporting: false });
  const scope = new Stack(app, 'AnyFunction');
  const logGroup = new logs.LogGroup(scope, 'Logs', { removalPolicy: RemovalPolicy.DESTROY });
  const failureQueue = new FailureQueue(scope, 'Failures');
  const convert = new lambda.Function(scope, 'Convert', {
    code: lambda.Code.fromInline('exports.handler = async (event) => { if (event.bad) throw new Error("bad event"); return "done"; };'),
    handler: 'index.handler',
    runtime: lambda.Runtime.NODEJS_22_X,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    onFailure: new SqsDestination(failureQueue),
    retryAttempts: 0,
  });
  new FunctionObservability(scope, 'Watched', { function: convert, logGroup, failureQueue, alarmEmail: 'operator@example.com', coldStartShareLimit: 50 });
  new CfnOutput(scope, 'FunctionName', { value: convert.functionName });
  app.synth();
  cloud = await startLocalCloud({ asyncRetryBaseSeconds: 0.2 });
  stack = await deployTemplate(cloud, outdir);
  observer = startObserver(cloud, { intervalMs: 100, mathAlarms: stack.mathAlarms, onError: (error) => problems.push(error) });
  functions = new LambdaClient(cloud.clientConfig);
  cloudwatch = new CloudWatchClient(cloud.clientConfig);
});

afterAll(async () => {
  await observer?.stop();
  for (const client of [functions, cloudwatch]) client?.destroy();
  await cloud?.stop();
  rmSync(outdir, { recursive: true, force: true });
});

/** Names of the alarms that are on, without what CloudFormation puts around them. */
async function alarmsOn(): Promise<string[]> {
  const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
  const byName = new Map(Object.entries(stack.resources).map(([logicalId, physicalId]) => [physicalId, logicalId]));
  return MetricAlarms.map(({ AlarmName }) => byName.get(AlarmName!)!.replace(/^WatchedAlarms|[0-9A-F]{8}$/g, '')).sort();
}

const invoke = async (InvocationType: 'RequestResponse' | 'Event', event: object) =>
  functions.send(new InvokeCommand({ FunctionName: stack.outputs.FunctionName, InvocationType, Payload: JSON.stringify(event) }));

test('while all goes well no alarm is on', async () => {
  for (let i = 0; i < 3; i++) expect((await invoke('RequestResponse', {})).FunctionError).toBeUndefined();
  const from = observer.rounds;
  await poll(async () => observer.rounds >= from + 3, { what: 'three rounds of the observer' });
  expect(await alarmsOn()).toEqual([]);
});

test('what fails raises the alarms of errors, of the logs and of the failure queue, and no other', async () => {
  // The emulator counts errors of invocations that are answered only, and only those of events reach the failure queue.
  expect((await invoke('RequestResponse', { bad: true })).FunctionError).toBe('Unhandled');
  await invoke('Event', { bad: true });
  // The success rate is not judged: there were not enough invocations.
  const expected = ['FunctionErrors', 'FunctionFailureQueueNotEmpty', 'LogErrorKeyword'];
  const on = await poll(async () => {
    const names = await alarmsOn();
    return expected.every((name) => names.includes(name)) && names;
  }, { what: `the alarms ${expected.join(', ')}` });
  expect(on).toEqual(expected);
  expect(problems).toEqual([]);
});
