import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CfnOutput, Duration, type Stack } from 'aws-cdk-lib';
import { CfnCluster, ContainerImage, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { deployMachine, type Machine } from './machine';
import { type LocalCloud, startLocalCloud } from '../../../../tools/local-cloud';

/** Sends one command of one client and gives its answer, or its error's name. */
const HANDLER = `
exports.handler = async ({ client, command, input }) => {
  const sdk = require('@aws-sdk/client-' + client);
  const Client = { sfn: sdk.SFNClient, ecs: sdk.ECSClient }[client];
  try {
    const { $metadata, ...answer } = await new Client({}).send(new sdk[command + 'Command'](input));
    return { answer };
  } catch (error) {
    return { error: error.name, message: error.message };
  }
};`;

let cloud: LocalCloud;
let lambda: LambdaClient;
let machine: Machine;

function addCallers(stack: Stack, target: StateMachine): void {
  const definition = new FargateTaskDefinition(stack, 'Task');
  definition.addContainer('c', { image: ContainerImage.fromRegistry('node'), command: ['node', '-e', '0'] });
  const cluster = new CfnCluster(stack, 'Cluster');
  const caller = (id: string, ...statements: PolicyStatement[]) => {
    const fn = new LambdaFunction(stack, id, {
      runtime: Runtime.NODEJS_20_X, handler: 'index.handler', code: Code.fromInline(HANDLER), timeout: Duration.seconds(20),
    });
    for (const statement of statements) fn.addToRolePolicy(statement);
    new CfnOutput(stack, `${id}Name`, { value: fn.functionName });
  };
  const executions = `arn:aws:states:*:*:execution:${target.stateMachineName}:*`;
  const run = new PolicyStatement({ actions: ['ecs:RunTask'], resources: [definition.taskDefinitionArn] });
  caller('Allowed',
    new PolicyStatement({ actions: ['states:StartExecution'], resources: [target.stateMachineArn] }),
    new PolicyStatement({ actions: ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'], resources: [executions] }),
    run,
    new PolicyStatement({ actions: ['iam:PassRole'], resources: [definition.taskRole.roleArn] }),
    new PolicyStatement({ actions: ['ecs:DescribeTasks', 'ecs:StopTask'], resources: ['arn:aws:ecs:*:*:task/*'] }));
  caller('Denied');
  caller('Runner', run);
  new CfnOutput(stack, 'TaskArn', { value: definition.taskDefinitionArn });
  new CfnOutput(stack, 'ClusterName', { value: cluster.ref });
}

beforeAll(async () => {
  cloud = await startLocalCloud();
  lambda = new LambdaClient(cloud.clientConfig);
  machine = await deployMachine(cloud, {
    definition: { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } }, extend: addCallers,
  });
});
afterAll(async () => {
  lambda?.destroy();
  await cloud?.stop();
});

interface Answer { readonly answer?: { readonly [name: string]: any }; readonly error?: string; readonly message?: string }

async function call(caller: string, client: string, command: string, input: object): Promise<Answer> {
  const { Payload } = await lambda.send(new InvokeCommand({
    FunctionName: machine.outputs[`${caller}Name`], Payload: JSON.stringify({ client, command, input }),
  }));
  return JSON.parse(Payload!.transformToString());
}

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
test('executions are started, described, stopped and redriven by those whose role says so', async () => {
  const started = await call('Allowed', 'sfn', 'StartExecution', { stateMachineArn: machine.arn });
  expect(started.error).toBeUndefined();
  const { executionArn } = started.answer!;
  const steps: [string, object][] = [
    ['DescribeExecution', { executionArn }], ['StopExecution', { executionArn }], ['RedriveExecution', { executionArn }],
  ];
  for (const [command, input] of [['StartExecution', { stateMachineArn: machine.arn }] as [string, object], ...steps]) {
    expect(await call('Denied', 'sfn', command, input)).toMatchObject({
      error: 'AccessDeniedException', message: expect.stringContaining(`not authorized to perform: states:${command}`),
    });
  }
  for (const [command, input] of steps) expect((await call('Allowed', 'sfn', command, input)).error).toBeUndefined();
});

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
test('tasks are run by those who may run the definition and pass its role', async () => {
  const input = { cluster: machine.outputs.ClusterName, taskDefinition: machine.outputs.TaskArn, launchType: 'FARGATE' };
  expect(await call('Denied', 'ecs', 'RunTask', input)).toMatchObject({
    error: 'AccessDeniedException', message: expect.stringContaining('not authorized to perform: ecs:RunTask'),
  });
  expect(await call('Runner', 'ecs', 'RunTask', input)).toMatchObject({
    error: 'AccessDeniedException', message: expect.stringContaining('not authorized to perform: iam:PassRole'),
  });
  const { answer, message } = await call('Allowed', 'ecs', 'RunTask', input);
  expect(message).toBeUndefined();
  const { taskArn } = answer!.tasks[0];
  const described = await call('Allowed', 'ecs', 'DescribeTasks', { cluster: input.cluster, tasks: [taskArn] });
  expect(described.answer!.tasks[0].taskArn).toBe(taskArn);
  expect((await call('Denied', 'ecs', 'StopTask', { cluster: input.cluster, task: taskArn })).error).toBe('AccessDeniedException');
});
