import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ExtractionTask, tasksOfAccount } from './extraction-task';
import { createHandlerLogGroup } from '../../functions/handler-function';
import { ExtractionFunction, ExtractionFunctionProps, ExtractionRole } from '../extraction-function';
import { ExtractionWorkers } from '../extraction-workers';

/** What workers are made of. */
export interface CreateWorkersProps extends Pick<ExtractionFunctionProps, 'environment' | 'layers' | 'encryptionKey' | 'options' | 'access'> {
  readonly workers: ExtractionWorkers;
  /** Of a function, unless its options say otherwise (MB). */
  readonly memorySize: number;
  readonly timeout: Duration;
}

/** Functions and tasks, of one role and one log group. */
export interface WorkerConstructs {
  readonly worker?: ExtractionFunction;
  readonly task?: ExtractionTask;
  readonly role: iam.IRole;
  readonly logGroup: logs.LogGroup;
}

/** Makes the workers of an extraction. */
export function createWorkers(scope: Construct, props: CreateWorkersProps): WorkerConstructs {
  const { workers: { lambdaOptions, fargateOptions }, environment, options, access } = props;
  const worker = lambdaOptions && new ExtractionFunction(scope, 'Worker', {
    environment,
    layers: props.layers,
    encryptionKey: props.encryptionKey,
    entry: 'work',
    description: 'Reads chunks of an extraction',
    memorySize: lambdaOptions.memorySize ?? props.memorySize,
    timeout: lambdaOptions.timeout ?? props.timeout,
    options: { ...options, reservedConcurrentExecutions: lambdaOptions.reservedConcurrentExecutions },
    ephemeralStorageSize: lambdaOptions.ephemeralStorageSize,
    access,
    ...fargateOptions && { alsoAssumedBy: tasksOfAccount(scope) },
  });
  const { role, logGroup } = worker ?? rightsOfTasks(new Construct(scope, 'Worker'), props);
  const task = fargateOptions && new ExtractionTask(scope, 'Task', {
    workers: fargateOptions,
    vpc: options.vpc as ec2.IVpc,
    vpcSubnets: options.vpcSubnets,
    securityGroups: options.securityGroups ?? [],
    architecture: options.architecture,
    environment: { ...options.environment, ...environment },
    role,
    logGroup,
  });
  return { worker, task, role, logGroup };
}

/** ECS writes the logs of a task, and makes its network interface, by rights of its own. */
function rightsOfTasks(scope: Construct, { options, encryptionKey, access }: CreateWorkersProps): Pick<WorkerConstructs, 'role' | 'logGroup'> {
  const { role } = new ExtractionRole(scope, 'Lets an extraction\'s tasks do what they do: read chunks of an extraction', {
    ...access, inVpc: false, role: options.role, assumedBy: tasksOfAccount(scope),
  });
  return { role, logGroup: createHandlerLogGroup(scope, options, encryptionKey) };
}
