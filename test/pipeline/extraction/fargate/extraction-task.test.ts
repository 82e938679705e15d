import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Authentication, AutoWorkersOptions, ExtractionProps, ExtractionWorkers, FargateWorkersOptions } from '../../../../src';
import { EXTRACTION_PASSING_ERRORS, TASK_ENV } from '../../../../src/contract';
import { LASTING_ERRORS, NO_ROOM } from '../../../../src/pipeline/extraction/fargate/run-task-state';
import { vpcOf } from '../../prop-case-sets';
import { testProps } from '../../prop-cases';
import { arnOf, failureOf, given, Given, only, statements, synth, Synthesised } from '../../synth';
import { definitionIn, make, secretOf } from '../made';

const synthTasks = (workers: ExtractionWorkers, props: Given<Partial<ExtractionProps>> = {}) => (
  synth((stack) => make(stack, { vpc: vpcOf(stack), workers, ...given(props, stack) })));
const all = synthTasks(ExtractionWorkers.fargate());
const both = synthTasks(ExtractionWorkers.auto());
const definitionOf = ({ template }: Pick<Synthesised<unknown>, 'template'>) => only(template, 'AWS::ECS::TaskDefinition');
const containerOf = (made: Pick<Synthesised<unknown>, 'template'>) => definitionOf(made).Properties.ContainerDefinitions[0];
const processorOf = (made: Pick<Synthesised<unknown>, 'template'>) => definitionIn(made).States.Chunks.ItemProcessor;
const begin = (made: Pick<Synthesised<unknown>, 'template'>) => definitionIn(made).States.Begin.Parameters.limits;

describe('the task definition', () => {
  test('runs a loader in Lambda\'s base image, of its processor, where nothing but /tmp is written', () => {
    const { Properties } = definitionOf(all);
    expect(Properties).toMatchObject({
      Cpu: '1024',
      Memory: '2048',
      NetworkMode: 'awsvpc',
      RequiresCompatibilities: ['FARGATE'],
      Volumes: [{ Name: 'tmp' }],
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
      TaskRoleArn: arnOf('NightlyWorkerRole'),
      ExecutionRoleArn: arnOf('NightlyTaskExecutionRole'),
    });
    expect(containerOf(all)).toMatchObject({
      Name: 'worker',
      Image: 'public.ecr.aws/lambda/nodejs:24',
      EntryPoint: ['/var/lang/bin/node'],
      Command: ['-e', expect.stringContaining('createHash(\'sha256\')')],
      ReadonlyRootFilesystem: true,
      MountPoints: [{ ContainerPath: '/tmp', ReadOnly: false, SourceVolume: 'tmp' }],
      LogConfiguration: { LogDriver: 'awslogs', Options: { 'awslogs-group': { Ref: expect.stringMatching(/^NightlyWorkerLogGroup/) }, 'awslogs-stream-prefix': 'task' } },
    });
  });

  test('has the environment of the functions, and the SHA-256 of what is fetched', () => {
    const environment = Object.fromEntries(containerOf(both).Environment.map(({ Name, Value }: any) => [Name, Value]));
    // A task has its memory by itself.
    const { POWERTOOLS_LOG_LEVEL: _, NODE_OPTIONS: _heap, ...ofFunction } = only(both.template, 'AWS::Lambda::Function', 'NightlyWorker').Properties.Environment.Variables;
    expect(environment).toMatchObject(ofFunction);
    expect(environment.NODE_PATH).toMatch(/(^|:)\/var\/runtime\/node_modules$/);
    const folder = path.join(__dirname, '..', '..', '..', '..', 'assets', 'extraction');
    const files = JSON.stringify(environment.EXTRACTION_LOADER_FILES);
    for (const name of ['index.js', 'wasm-zstd.wasm']) {
      const sha256 = createHash('sha256').update(readFileSync(path.join(folder, name))).digest('hex');
      expect(files).toContain(`"name\\":\\"${name}`.replace(/^"/, '\\"'));
      expect(files).toContain(sha256);
    }
  });

  test('of another deployment leaves its revision to the executions that run it', () => {
    expect([definitionOf(all).UpdateReplacePolicy, definitionOf(all).DeletionPolicy]).toEqual(['Retain', 'Delete']);
    const family = definitionOf(synthTasks(ExtractionWorkers.fargate({ cpu: 2048, memoryMiB: 4096 }))).Properties.Family;
    expect(family).toBe(definitionOf(all).Properties.Family);
  });
});

describe('roles', () => {
  const own = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
  const trust = (made: Pick<Synthesised<unknown>, 'template'>, role: string) => (
    only(made.template, 'AWS::IAM::Role', role).Properties.AssumeRolePolicyDocument.Statement.map(({ Principal, Condition }: any) => [Principal.Service, Condition]));
  const sidless = (list: any[]) => list.map(({ Sid, Action }) => Sid ?? Action);

  test('tasks have that of the workers: one for functions and tasks', () => {
    expect(trust(all, 'NightlyWorkerRole')).toEqual([['ecs-tasks.amazonaws.com', own]]);
    expect(trust(both, 'NightlyWorkerRole')).toEqual([['lambda.amazonaws.com', undefined], ['ecs-tasks.amazonaws.com', own]]);
    expect(both.made.workerRole).toBe(both.made.workerFunction!.role);
    expect(both.made.workerTaskDefinition!.taskRole).toBe(both.made.workerRole);
    expect([all.made.workerFunction, both.made.workerCluster!.node.path]).toEqual([undefined, 'Stack/Nightly/Task/Cluster']);
  });

  test('a task lands, reads the password and the program, and writes no logs itself', () => {
    expect(sidless(statements(all.template, 'NightlyWorkerRole'))).toEqual([
      ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:GetObject', 's3:DeleteObject'],
      ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
      ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
      's3:GetObject',
    ]);
    const [fetch] = statements(all.template, 'NightlyWorkerRole').filter(({ Action }) => Action === 's3:GetObject');
    expect(fetch.Resource.map((each: unknown) => /[0-9a-f]{64}\.(js|wasm)"/.exec(JSON.stringify(each))?.[1])).toEqual(['js', 'wasm']);
  });

  test('and may tell its state machine that it failed', () => {
    const machine = { Ref: expect.stringMatching(/^NightlyMachineStateMachine/) };
    expect(statements(all.template, 'NightlyTaskTellPolicy')).toEqual([
      { Sid: 'TellFailures', Effect: 'Allow', Action: 'states:SendTaskFailure', Resource: [machine, { 'Fn::Join': ['', [machine, '/Chunks']] }] },
    ]);
  });

  test('ECS writes the logs, and fetches a public image by no right', () => {
    expect(statements(all.template, 'NightlyTaskExecutionRole')).toEqual([
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: arnOf('NightlyWorkerLogGroup') },
    ]);
    const mine = synthTasks(ExtractionWorkers.fargate(), (stack) => ({
      workers: ExtractionWorkers.fargate({ image: ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, 'Mine', 'mine')) }),
    }));
    expect(JSON.stringify(statements(mine.template, 'NightlyTaskExecutionRole'))).toMatch(/ecr:BatchGetImage.*:repository\/mine/);
  });

  test('the state machine runs revisions of the one family in the one cluster, and passes the two roles', () => {
    const byName = Object.fromEntries(statements(all.template, 'NightlyMachineRole').filter(({ Sid }) => Sid).map((each) => [each.Sid, each]));
    const family = definitionOf(all).Properties.Family;
    expect(JSON.stringify(byName.RunTasks.Resource)).toContain(`:task-definition/${family}:*`);
    expect(byName.RunTasks.Condition).toEqual({ ArnEquals: { 'ecs:cluster': arnOf('NightlyTaskCluster') } });
    expect(JSON.stringify(byName.FollowTasks)).toMatch(/"ecs:DescribeTasks","ecs:StopTask".*:task\/",\{"Ref":"NightlyTaskCluster\w+"\},"\/\*"/);
    expect(JSON.stringify(byName.HearOfTasks.Resource)).toContain(':rule/StepFunctionsGetEventsForECSTaskRule');
    expect(byName.PassRoles).toEqual({
      Sid: 'PassRoles',
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: [arnOf('NightlyWorkerRole'), arnOf('NightlyTaskExecutionRole')],
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    });
    expect(byName.InvokeVersions.Resource).toEqual({ 'Fn::Join': ['', [arnOf('NightlyControlFunction'), ':*']] });
  });

  test('one that was given gets the same rights', () => {
    const { template } = synthTasks(ExtractionWorkers.fargate(), (stack) => ({
      workerRole: new iam.Role(stack, 'Own', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }),
    }));
    expect(sidless(statements(template, 'Own')).flat()).toEqual(expect.arrayContaining(['s3:PutObject', 'secretsmanager:GetSecretValue', 's3:GetObject']));
    expect(definitionOf({ template }).Properties.TaskRoleArn).toEqual(arnOf('Own'));
  });
});

describe('the state machine', () => {
  test('runs a task for each item, told which by its environment, and waits for its end', () => {
    const { StartAt, States } = processorOf(all);
    expect([StartAt, Object.keys(States)]).toEqual(['RunTask', ['RunTask', 'Done']]);
    const { Resource, Parameters, ResultPath, Next } = States.RunTask;
    expect([Resource, ResultPath, Next]).toEqual(['arn:<AWS::Partition>:states:::ecs:runTask.sync', null, 'Done']);
    expect(Parameters).toMatchObject({
      LaunchType: 'FARGATE',
      Cluster: expect.stringMatching(/^<NightlyTaskCluster/),
      TaskDefinition: expect.stringMatching(/^<NightlyTaskDefinition/),
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['subnet-private'], SecurityGroups: [expect.stringMatching(/^<NightlySecurityGroup/)], AssignPublicIp: 'DISABLED' } },
    });
    const [{ Name, Environment }] = Parameters.Overrides.ContainerOverrides;
    expect([Name, Environment.map((each: any) => each.Name)]).toEqual(['worker', Object.values(TASK_ENV).filter((name) => name !== TASK_ENV.window)]);
  });

  test('tells a task when it may read, which waits by itself', () => {
    const made = synthTasks(ExtractionWorkers.fargate(), { window: { from: '22:00', to: '05:00', timeZone: 'Europe/Berlin' } });
    const { Environment } = processorOf(made).States.RunTask.Parameters.Overrides.ContainerOverrides[0];
    const [window] = Environment.filter(({ Name }: any) => Name === TASK_ENV.window);
    expect(JSON.parse(window.Value)).toEqual({ from: '22:00', to: '05:00', timeZone: 'Europe/Berlin' });
  });

  test('chooses by the item where there are functions too', () => {
    const { StartAt, States } = processorOf(both);
    expect([StartAt, Object.keys(States)]).toEqual(['Workers', ['Workers', 'Work', 'Worked', 'WaitToRead', 'RunTask', 'Done']]);
    expect(States.Workers).toEqual({ Type: 'Choice', Choices: [{ Variable: '$.item.task', IsPresent: true, Next: 'RunTask' }], Default: 'Work' });
  });

  test('tries again what passes, waits for room, and does not repeat what would come again', () => {
    const { Retry, Catch } = processorOf(all).States.RunTask;
    expect(Catch).toBeUndefined();
    expect(Retry.map(({ ErrorEquals, MaxAttempts }: any) => [ErrorEquals, MaxAttempts])).toEqual([
      [NO_ROOM, 99_999_999], [LASTING_ERRORS, 0], [EXTRACTION_PASSING_ERRORS, 6], [['States.TaskFailed'], 6],
    ]);
    const named = [...NO_ROOM, ...LASTING_ERRORS, ...EXTRACTION_PASSING_ERRORS];
    expect(new Set(named).size).toBe(named.length);
  });

  test('tells the plan how many may run, and what a function may not read', () => {
    expect(begin(all)).toEqual({ maxConcurrency: 8, maxTasks: 8, bytesPerSecond: 10485760 });
    expect(begin(both)).toEqual({ maxConcurrency: 24, maxChunkSeconds: 840, maxTasks: 8, bytesPerSecond: 10485760, worker: expect.any(Object) });
    expect(definitionIn(both).States.Chunks.MaxConcurrency).toBe(24);
  });
});

describe('is refused', () => {
  const refusal = (workers: ExtractionWorkers, props: Given<Partial<ExtractionProps>> = {}) => (
    failureOf((stack) => make(stack, { vpc: vpcOf(stack), workers, ...given(props, stack) })));

  test('without a VPC', () => {
    for (const workers of [ExtractionWorkers.fargate(), ExtractionWorkers.auto()]) {
      expect(failureOf((stack) => make(stack, { workers }))).toBe(
        'Stack/Nightly: workers that are tasks of Fargate need vpc, which is not set: a task is always in a VPC; or choose ExtractionWorkers.lambda()');
    }
  });

  test.each<[FargateWorkersOptions, string]>([
    [{ cpu: 1000 }, 'workers: fargate cpu must be 256, 512, 1024, 2048, 4096, 8192, 16384 units, of which 1024 are a vCPU, got 1000'],
    [{ memoryMiB: 1024 }, 'workers: fargate memoryMiB must be from 2048 to 8192 in steps of 1024 with cpu 1024, got 1024'],
    [{ cpu: 256, memoryMiB: 512 }, 'workers: fargate memoryMiB must be from 1024 to 2048 in steps of 1024 with cpu 256, got 512'],
    [{ cpu: 8192, memoryMiB: 17_408 }, 'workers: fargate memoryMiB must be from 16384 to 61440 in steps of 4096 with cpu 8192, got 17408'],
    [{ maxConcurrency: 0 }, 'workers: fargate maxConcurrency must be a whole number from 1 to 1000, got 0'],
    [{ ephemeralStorage: Size.gibibytes(20) }, 'workers: fargate ephemeralStorage must be a whole number of GiB from 21 to 200, got 20'],
  ])('%j', (options, message) => {
    expect(refusal(ExtractionWorkers.fargate(options))).toBe(`Stack/Nightly: ${message}`);
    expect(refusal(ExtractionWorkers.auto({ fargate: options }))).toBe(`Stack/Nightly: ${message}`);
  });

  test('a login by Microsoft Entra without an image that has the package', () => {
    const props = (stack: Stack) => ({
      source: { server: 'sql', database: 'Ledger', authentication: Authentication.ENTRA_SERVICE_PRINCIPAL, clientId: 'c', tenantId: 't', secret: secretOf(stack) },
      layers: [lambda.LayerVersion.fromLayerVersionArn(stack, 'Azure', 'arn:aws:lambda:eu-west-1:111111111111:layer:azure:1')],
    });
    expect(refusal(ExtractionWorkers.auto(), props)).toMatch(/tasks have no layers: give workers an image that has it in \/var\/task\/node_modules \(fargate image\)$/);
    synthTasks(ExtractionWorkers.auto({ fargate: { image: ecs.ContainerImage.fromRegistry('registry/mine') } }), props);
  });
});

describe('isolated subnets', () => {
  const subnetConfiguration = [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }];
  const isolated = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, subnetConfiguration });
  const mine = (stack: Stack) => ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, 'Mine', 'ecr-public/lambda/nodejs'), '24');

  test('do not reach the default image, whatever endpoints there are', () => {
    for (const props of [{ vpcEndpoints: true }, { vpcEndpoints: true, proxyUrl: 'http://proxy:8080' }]) {
      expect(() => synth((stack) => make(stack, { vpc: isolated(stack), workers: ExtractionWorkers.auto(), ...props }))).toThrow(
        /the tasks' image public\.ecr\.aws\/lambda\/nodejs:24 is of Amazon ECR Public, which the isolated subnets of vpc do not reach: .*pull through cache rule of public\.ecr\.aws/);
    }
  });

  test('reach an image of a private repository by endpoints, which are made or named', () => {
    const workers = (stack: Stack) => ExtractionWorkers.fargate({ image: mine(stack) });
    const { template } = synth((stack) => make(stack, { vpc: isolated(stack), vpcEndpoints: true, workers: workers(stack) }));
    const services = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) => JSON.stringify(Properties.ServiceName));
    expect(services.map((each) => /\.((?:ecr\.)?[a-z0-9]+)"[^"]*$/.exec(each)?.[1]).sort()).toEqual(['ecr.api', 'ecr.dkr', 'logs', 's3', 'secretsmanager', 'states']);
    expect(() => synth((stack) => make(stack, { vpc: isolated(stack), workers: workers(stack) }))).toThrow(
      /no endpoint of S3, Step Functions, Secrets Manager, CloudWatch Logs, ECR \(ecr\.api\), ECR \(ecr\.dkr\): set vpcEndpoints/);
  });
});

describe('ExtractionWorkers.fargate', () => {
  testProps<FargateWorkersOptions>({
    cpu: { byDefault: 1024, own: () => ({ cpu: 2048, memoryMiB: 4096 }), shows: /^NightlyTaskDefinition\/Properties\/Cpu: 2048$/ },
    memoryMiB: { byDefault: 2048, own: () => ({ memoryMiB: 3072 }), shows: /^NightlyTaskDefinition\/Properties\/Memory: 3072$/ },
    maxConcurrency: { byDefault: 8, own: () => ({ maxConcurrency: 3 }), shows: /DefinitionString: .*\\"MaxConcurrency\\":3/ },
    cluster: {
      own: (stack) => ({ cluster: ecs.Cluster.fromClusterAttributes(stack, 'Own', { clusterName: 'own', vpc: vpcOf(stack), securityGroups: [] }) }),
      shows: /DefinitionString: .*:cluster\/own/,
      hides: /^NightlyTaskCluster\/Type/,
    },
    image: { own: () => ({ image: ecs.ContainerImage.fromRegistry('registry/mine') }), shows: /ContainerDefinitions\/0\/Image: registry\/mine$/ },
    architecture: {
      byDefault: ecs.CpuArchitecture.ARM64, own: () => ({ architecture: ecs.CpuArchitecture.X86_64 }), shows: /RuntimePlatform\/CpuArchitecture: X86_64$/,
    },
    ephemeralStorage: { own: () => ({ ephemeralStorage: Size.gibibytes(40) }), shows: /EphemeralStorage\/SizeInGiB: 40$/ },
  }, (stack, options) => make(stack, { vpc: (stack.node.tryFindChild('Vpc') as unknown as ec2.IVpc | undefined) ?? vpcOf(stack), workers: ExtractionWorkers.fargate(options) }));
});

describe('ExtractionWorkers.auto', () => {
  testProps<AutoWorkersOptions>({
    lambda: { byDefault: {}, own: () => ({ lambda: { timeout: Duration.minutes(5) } }), shows: /DefinitionString: .*\\"maxChunkSeconds\\":240/ },
    fargate: { byDefault: {}, own: () => ({ fargate: { maxConcurrency: 2 } }), shows: /DefinitionString: .*\\"maxTasks\\":2/ },
  }, (stack, options) => make(stack, { vpc: vpcOf(stack), workers: ExtractionWorkers.auto(options) }));
});

test('the processor is that of the functions, unless it is said', () => {
  expect(definitionOf(synthTasks(ExtractionWorkers.auto(), { architecture: lambda.Architecture.X86_64 })).Properties.RuntimePlatform.CpuArchitecture).toBe('X86_64');
});

test('a deployment in China names its partition', () => {
  const stack = new Stack(new App(), 'Stack', { env: { region: 'cn-north-1', account: '111111111111' } });
  make(stack, { vpc: vpcOf(stack), workers: ExtractionWorkers.fargate() });
  expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'))).toMatch(/:states:::ecs:runTask\.sync/);
});
