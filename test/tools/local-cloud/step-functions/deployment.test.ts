import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeStateMachineCommand, ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { CfnOutput } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { DefinitionBody, LogLevel, StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { deployMachine, ended, execute, start } from './machine';
import { type LocalCloud, poll, startLocalCloud } from '../../../../tools/local-cloud';

let cloud: LocalCloud;
let sfn: SFNClient;
beforeAll(async () => {
  cloud = await startLocalCloud();
  sfn = new SFNClient(cloud.clientConfig);
});
afterAll(async () => {
  sfn?.destroy();
  await cloud?.stop();
});

const WAIT = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } };

// https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
test('status changes of executions reach the targets of EventBridge rules', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'events-')), 'events');
  writeFileSync(file, '');
  const machine = await deployMachine(cloud, {
    definition: WAIT,
    extend: (stack, target) => {
      const listener = new LambdaFunction(stack, 'Listener', {
        runtime: Runtime.NODEJS_20_X,
        handler: 'index.handler',
        code: Code.fromInline(
          'exports.handler = async (event) => require("node:fs").appendFileSync(process.env.FILE, JSON.stringify(event) + "\\n");'),
        environment: { FILE: file },
      });
      new Rule(stack, 'Rule', {
        eventPattern: {
          source: ['aws.states'],
          detailType: ['Step Functions Execution Status Change'],
          detail: { stateMachineArn: [target.stateMachineArn], status: ['RUNNING', 'ABORTED'] },
        },
        targets: [new FunctionTarget(listener)],
      });
    },
  });
  const executionArn = await start(sfn, machine, { some: 'input' });
  await sfn.send(new StopExecutionCommand({ executionArn }));
  await ended(sfn, executionArn);
  const events = await poll(async () => {
    const lines = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean);
    return lines.length >= 2 && lines.map((line) => JSON.parse(line));
  }, { what: 'two events' });
  expect(events.map(({ detail }) => detail.status).sort()).toEqual(['ABORTED', 'RUNNING']);
  expect(events.find(({ detail }) => detail.status === 'ABORTED')).toMatchObject({
    'source': 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    'resources': [executionArn],
    'detail': { executionArn, stateMachineArn: machine.arn, input: '{"some":"input"}', redriveCount: 0, redriveStatus: 'REDRIVABLE' },
  });
});

test('a rule and a schedule start a machine that was built with versions, an alias, logs and traces', async () => {
  const { outputs } = await deployMachine(cloud, {
    definition: WAIT,
    extend: (stack) => {
      const fn = new LambdaFunction(stack, 'Versioned', {
        runtime: Runtime.NODEJS_20_X, handler: 'index.handler', code: Code.fromInline('exports.handler = async (event) => ({ seen: event });'),
      });
      const machine = new StateMachine(stack, 'Built', {
        definitionBody: DefinitionBody.fromChainable(
          new LambdaInvoke(stack, 'Ask', { lambdaFunction: fn.addAlias('live'), outputPath: '$.Payload' }).next(new Succeed(stack, 'Done'))),
        logs: { destination: new LogGroup(stack, 'Log'), level: LogLevel.ALL },
        tracingEnabled: true,
      });
      new Rule(stack, 'Rule', { eventPattern: { source: ['test.start'] }, targets: [new SfnStateMachine(machine)] });
      new Schedule(stack, 'Schedule', {
        schedule: ScheduleExpression.at(new Date()),
        target: new StepFunctionsStartExecution(machine, { input: ScheduleTargetInput.fromObject({ c: 3 }) }),
      });
      new CfnOutput(stack, 'BuiltArn', { value: machine.stateMachineArn });
    },
  });
  const arn = outputs.BuiltArn;
  expect(await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: arn }))).toMatchObject({
    type: 'STANDARD', loggingConfiguration: { level: 'ALL' }, tracingConfiguration: { enabled: true },
  });
  expect(JSON.parse((await execute(sfn, { arn, bucket: '', functionName: '', outputs }, { a: 1 })).output!)).toEqual({ seen: { a: 1 } });

  const events = new EventBridgeClient(cloud.clientConfig);
  await events.send(new PutEventsCommand({ Entries: [{ Source: 'test.start', DetailType: 'Start', Detail: '{"b":2}' }] }));
  events.destroy();
  const started = await poll(async () => {
    const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: arn, statusFilter: 'SUCCEEDED' }));
    return executions!.length === 3 && executions!;
  }, { what: 'the executions of the rule and the schedule' });
  const outputsOf = await Promise.all(started.map(async ({ executionArn }) => JSON.parse((await ended(sfn, executionArn!)).output!)));
  expect(outputsOf).toContainEqual({ seen: expect.objectContaining({ 'source': 'test.start', 'detail-type': 'Start', 'detail': { b: 2 } }) });
  expect(outputsOf).toContainEqual({ seen: { c: 3 } });
});

test('a definition is read from S3', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'definition-')), 'machine.asl.json');
  writeFileSync(file, JSON.stringify({ StartAt: 'Say', States: { Say: { Type: 'Pass', Result: '${Word}', End: true } } }));
  const { outputs } = await deployMachine(cloud, {
    definition: WAIT,
    extend: (stack) => {
      const machine = new StateMachine(stack, 'FromFile', {
        definitionBody: DefinitionBody.fromFile(file), definitionSubstitutions: { Word: 'read' },
      });
      new CfnOutput(stack, 'FromFileArn', { value: machine.stateMachineArn });
    },
  });
  expect((await execute(sfn, { arn: outputs.FromFileArn, bucket: '', functionName: '', outputs })).output).toBe('"read"');
});
