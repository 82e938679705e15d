import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, ECSClient, RunTaskCommand, StopTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { CfnOutput, Duration, SecretValue, type Stack } from 'aws-cdk-lib';
import { CfnCluster, ContainerImage, FargateTaskDefinition, LogDriver, Secret as EcsSecret } from 'aws-cdk-lib/aws-ecs';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { type StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { deployMachine, ended, execute, type Machine, start } from './step-functions/machine';
import { type LocalCloud, poll, startLocalCloud } from '../../../tools/local-cloud';

/** What the container's Node runs: it writes to S3 with the SDK that Lambda's images have, and does as MODE says. */
const SCRIPT = `
const { S3Client, DeleteObjectCommand, PutObjectCommand } = require('@aws-sdk/client-s3');
const fs = require('node:fs');
const { MODE, BUCKET, FOLDER, NODE_PATH, PASSWORD, SETTING, LEVEL } = process.env;
console.log('mode ' + MODE);
console.error(JSON.stringify({ node: process.execPath, modules: NODE_PATH === process.env.MODULES, PASSWORD, SETTING, LEVEL, args: process.argv.slice(1) }));
const main = async () => {
  if (MODE === 'fail') process.exit(3);
  if (MODE === 'tell') {
    const { SFNClient, SendTaskFailureCommand } = require('@aws-sdk/client-sfn');
    await new SFNClient({}).send(new SendTaskFailureCommand({ taskToken: process.env.TOKEN, error: 'TOO_LATE', cause: 'the shop is closed' }));
    process.exit(3);
  }
  if (MODE === 'wait' || MODE === 'stubborn') {
    process.on('SIGTERM', () => { console.log('told to stop'); if (MODE === 'wait') process.exit(7); });
    fs.writeFileSync(FOLDER + '/' + process.pid, '');
    setInterval(() => undefined, 1000);
    return;
  }
  const s3 = new S3Client({ forcePathStyle: true });
  await s3.send(MODE === 'delete' ? new DeleteObjectCommand({ Bucket: BUCKET, Key: 'done' }) : new PutObjectCommand({ Bucket: BUCKET, Key: 'done', Body: 'yes' }));
};
main().catch((error) => { console.error(error.name + ': ' + error.message); process.exit(1); });`;

let cloud: LocalCloud;
let ecs: ECSClient;
let sfn: SFNClient;
let machine: Machine;

function addTask(stack: Stack, stateMachine: StateMachine): void {
  const bucket = new Bucket(stack, 'Results');
  const logGroup = new LogGroup(stack, 'TaskLogs');
  const task = new FargateTaskDefinition(stack, 'Task', { cpu: 256, memoryLimitMiB: 512 });
  task.addContainer('worker', {
    image: ContainerImage.fromRegistry('public.ecr.aws/lambda/nodejs:22'),
    entryPoint: ['/var/lang/bin/node'],
    command: ['-e', SCRIPT, 'one'],
    environment: { BUCKET: bucket.bucketName, NODE_PATH: '/var/runtime/node_modules', MODULES: '/var/runtime/node_modules', LEVEL: 'info' },
    secrets: {
      PASSWORD: EcsSecret.fromSecretsManager(new Secret(stack, 'Secret', {
        secretObjectValue: { password: SecretValue.unsafePlainText('drowssap') },
      }), 'password'),
      SETTING: EcsSecret.fromSsmParameter(new StringParameter(stack, 'Setting', { stringValue: 'set' })),
    },
    stopTimeout: Duration.seconds(2),
    logging: LogDriver.awsLogs({ streamPrefix: 'task', logGroup }),
  });
  bucket.grantPut(task.taskRole);
  task.taskRole.attachInlinePolicy(new Policy(stack, 'Tell', {
    statements: [new PolicyStatement({ actions: ['states:SendTaskFailure'], resources: [stateMachine.stateMachineArn] })],
  }));
  const cluster = new CfnCluster(stack, 'Cluster');
  stateMachine.addToRolePolicy(new PolicyStatement({ actions: ['ecs:RunTask'], resources: [task.taskDefinitionArn] }));
  stateMachine.addToRolePolicy(new PolicyStatement({ actions: ['iam:PassRole'], resources: [task.taskRole.roleArn, task.executionRole!.roleArn] }));
  const outputs = { ResultsName: bucket.bucketName, TaskArn: task.taskDefinitionArn, ClusterName: cluster.ref, LogGroupName: logGroup.logGroupName };
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value });
}

beforeAll(async () => {
  cloud = await startLocalCloud();
  ecs = new ECSClient(cloud.clientConfig);
  sfn = new SFNClient(cloud.clientConfig);
  machine = await deployMachine(cloud, {
    grant: false,
    extend: addTask,
    definition: {
      StartAt: 'Run',
      States: {
        Run: {
          Type: 'Task',
          Resource: 'arn:aws:states:::ecs:runTask.sync',
          Parameters: {
            'LaunchType': 'FARGATE',
            'Cluster.$': '$.cluster',
            'TaskDefinition.$': '$.task',
            'NetworkConfiguration': { AwsvpcConfiguration: { Subnets: ['subnet-1'], AssignPublicIp: 'ENABLED' } },
            'Overrides': {
              ContainerOverrides: [{ Name: 'worker', Environment: [{ 'Name': 'MODE', 'Value.$': '$.mode' }, { 'Name': 'FOLDER', 'Value.$': '$.folder' }, { 'Name': 'TOKEN', 'Value.$': '$$.Task.Token' }] }],
            },
          },
          End: true,
        },
      },
    },
  });
});
afterAll(async () => {
  ecs?.destroy();
  sfn?.destroy();
  await cloud?.stop();
});

const folderFor = () => mkdtempSync(path.join(tmpdir(), 'ecs-test-'));
const input = (mode: string, folder = '/tmp') => ({ cluster: machine.outputs.ClusterName, task: machine.outputs.TaskArn, mode, folder });

async function run(mode: string, folder: string): Promise<string> {
  const { tasks } = await ecs.send(new RunTaskCommand({
    cluster: machine.outputs.ClusterName,
    taskDefinition: machine.outputs.TaskArn,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    overrides: { containerOverrides: [{ name: 'worker', environment: [{ name: 'MODE', value: mode }, { name: 'FOLDER', value: folder }] }] },
  }));
  return tasks![0].taskArn!;
}

async function stopped(taskArn: string): Promise<Task> {
  return poll(async () => {
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: machine.outputs.ClusterName, tasks: [taskArn] }));
    return tasks![0].lastStatus === 'STOPPED' && tasks![0];
  }, { what: `the end of ${taskArn}`, deadlineMs: 20_000 });
}

async function logOf(taskArn: string): Promise<string[]> {
  const logs = new CloudWatchLogsClient(cloud.clientConfig);
  const { events = [] } = await logs.send(new FilterLogEventsCommand({
    logGroupName: machine.outputs.LogGroupName, logStreamNames: [`task/worker/${taskArn.split('/').pop()}`],
  }));
  logs.destroy();
  return events.map(({ message }) => message!);
}

/** The process that wrote its number into the folder. */
async function processIn(folder: string): Promise<string> {
  return poll(async () => execFileSync('ls', [folder], { encoding: 'utf8' }).trim() || undefined, { what: 'the process', deadlineMs: 10_000 });
}

function lives(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

// https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
test('runTask.sync runs the command with its role, secrets and log, and gives the stopped task', async () => {
  const done = await execute(sfn, machine, input('write'));
  expect([done.status, done.cause]).toEqual(['SUCCEEDED', undefined]);
  const output = JSON.parse(done.output!);
  expect(output).toMatchObject({
    LastStatus: 'STOPPED', LaunchType: 'FARGATE', StopCode: 'EssentialContainerExited', Containers: [{ Name: 'worker', ExitCode: 0 }],
  });
  const s3 = new S3Client(cloud.clientConfig);
  expect(await (await s3.send(new GetObjectCommand({ Bucket: machine.outputs.ResultsName, Key: 'done' }))).Body!.transformToString()).toBe('yes');
  s3.destroy();
  const [first, second] = await logOf(output.TaskArn);
  expect(first).toBe('mode write');
  expect(JSON.parse(second)).toEqual({ node: process.execPath, modules: true, PASSWORD: 'drowssap', SETTING: 'set', LEVEL: 'info', args: ['one'] });
});

test('an exit code other than 0 fails the state with States.TaskFailed and the task in its cause', async () => {
  const failed = await execute(sfn, machine, input('fail'));
  expect(failed).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
  expect(JSON.parse(failed.cause!)).toMatchObject({ StopCode: 'EssentialContainerExited', Containers: [{ Name: 'worker', ExitCode: 3 }] });
});

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html
test('a task of a job may report its failure by its token before it ends', async () => {
  expect(await execute(sfn, machine, input('tell'))).toMatchObject({ status: 'FAILED', error: 'TOO_LATE', cause: 'the shop is closed' });
});

test('the task has the rights of its role and no others', async () => {
  const failed = await execute(sfn, machine, input('delete'));
  expect(failed.error).toBe('States.TaskFailed');
  expect(await logOf(JSON.parse(failed.cause!).TaskArn)).toContainEqual(expect.stringMatching(/AccessDenied.*not authorized to perform: s3:DeleteObject/));
});

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
test('StopTask sends SIGTERM, and the task has the exit code of what the process made of it', async () => {
  const folder = folderFor();
  const taskArn = await run('wait', folder);
  const pid = await processIn(folder);
  const { task } = await ecs.send(new StopTaskCommand({ cluster: machine.outputs.ClusterName, task: taskArn, reason: 'enough' }));
  expect(task!.desiredStatus).toBe('STOPPED');
  expect(await stopped(taskArn)).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'enough', containers: [{ exitCode: 7 }] });
  expect(lives(pid)).toBe(false);
  expect(await logOf(taskArn)).toContain('told to stop');
});

test('a process that stays is killed when the stop timeout is over', async () => {
  const folder = folderFor();
  const taskArn = await run('stubborn', folder);
  const pid = await processIn(folder);
  await ecs.send(new StopTaskCommand({ cluster: machine.outputs.ClusterName, task: taskArn }));
  expect(await stopped(taskArn)).toMatchObject({ stopCode: 'UserInitiated', containers: [{ exitCode: 137 }] });
  expect(lives(pid)).toBe(false);
});

test('stopping an execution stops its task', async () => {
  const folder = folderFor();
  const executionArn = await start(sfn, machine, input('wait', folder));
  const pid = await processIn(folder);
  await sfn.send(new StopExecutionCommand({ executionArn }));
  expect((await ended(sfn, executionArn)).status).toBe('ABORTED');
  await poll(async () => !lives(pid), { what: 'the process to end' });
});

// https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html#connect-ecs-iam
test('a machine whose role may not pass the task its roles does not run it', async () => {
  const other = await deployMachine(cloud, {
    grant: false,
    actions: ['ecs:RunTask'],
    definition: {
      StartAt: 'Run',
      States: { Run: { Type: 'Task', Resource: 'arn:aws:states:::ecs:runTask', Parameters: { 'TaskDefinition.$': '$.task' }, End: true } },
    },
  });
  const failed = await execute(sfn, other, input('write'));
  expect(failed).toMatchObject({ status: 'FAILED', error: 'ECS.AccessDeniedException' });
  expect(failed.cause).toContain('is not authorized to perform: iam:PassRole on resource: arn:aws:iam::');
});

test('processes end with the cloud', async () => {
  const folder = folderFor();
  await run('stubborn', folder);
  const pid = await processIn(folder);
  expect(lives(pid)).toBe(true);
  await cloud.stop();
  // It was killed; the machine takes its time to end it.
  await poll(async () => !lives(pid), { what: 'the process to end', deadlineMs: 5_000 });
});
