import { ArnFormat, CfnDeletionPolicy, Names, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DEFAULT_IMAGE } from './default-image';
import { RunTaskProps } from './run-task-state';
import { LOADER_FILES, LoadedFile, TASK_LOADER } from './task-loader';
import { acknowledge, acknowledgeByStandards, acknowledgeResource } from '../../access/nag-acknowledgements';
import { bundleFiles } from '../../functions/bundle-code';
import { toJson } from '../extraction-settings';
import { FargateWorkersOptions } from '../extraction-workers';

/** Where Lambda's images have Node.js and the SDK (Lambda, "Deploy Node.js Lambda functions with container images"). */
const NODE = '/var/lang/bin/node';
const NODE_PATH = ['/opt/nodejs/node_modules', '/var/task/node_modules', '/var/runtime/node_modules'].join(':');

/** Name of the container, and the first part of its log streams' names. */
const CONTAINER = 'worker';

/** What tasks are made of. */
export interface ExtractionTaskProps {
  readonly workers: FargateWorkersOptions;
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups: readonly ec2.ISecurityGroup[];
  /** Of the functions. */
  readonly architecture?: lambda.Architecture;
  readonly environment: { readonly [name: string]: string };
  /** Of the workers, which tasks may assume. */
  readonly role: iam.IRole;
  readonly logGroup: logs.ILogGroup;
}

/** The tasks of an extraction: a definition, the role that starts them, and a cluster. */
export class ExtractionTask extends Construct {
  public readonly taskDefinition: ecs.FargateTaskDefinition;
  public readonly cluster: ecs.ICluster;
  private readonly executionRole: iam.Role;
  private readonly family: string;

  constructor(scope: Construct, id: string, private readonly props: ExtractionTaskProps) {
    super(scope, id);
    const { workers, vpc } = props;
    this.family = Names.uniqueResourceName(this, { maxLength: 255, separator: '-' });
    this.executionRole = new iam.Role(this, 'ExecutionRole', {
      description: 'Lets ECS fetch the image of an extraction\'s tasks, and write their logs', assumedBy: tasksOfAccount(this),
    });
    acknowledgeByStandards(this.executionRole, 'IAMNoInlinePolicy', 'the policy is of what these tasks need to start, and of use to nobody else');
    this.cluster = workers.cluster ?? this.createCluster(vpc);
    this.taskDefinition = this.createDefinition();
  }

  /** How the state machine runs one. */
  public get run(): RunTaskProps {
    const { vpc, vpcSubnets, securityGroups } = this.props;
    return {
      cluster: this.cluster.clusterArn,
      taskDefinition: this.taskDefinition.taskDefinitionArn,
      container: CONTAINER,
      subnets: vpc.selectSubnets(vpcSubnets).subnetIds,
      securityGroups: securityGroups.map(({ securityGroupId }) => securityGroupId),
      partition: Stack.of(this).partition,
    };
  }

  /** Lets a state machine run them, wait for their end and stop them (Step Functions, "IAM policies for calling Amazon ECS"). */
  public allowRunning(role: iam.Role): void {
    const stack = Stack.of(this);
    // Of every revision: an execution ends with the one that it began with, also after a deployment.
    const revisions = stack.formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${this.family}:*` });
    const tasks = stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${this.cluster.clusterName}/*` });
    const rule = stack.formatArn({ service: 'events', resource: 'rule', resourceName: 'StepFunctionsGetEventsForECSTaskRule' });
    role.addToPolicy(new iam.PolicyStatement({
      sid: 'RunTasks', actions: ['ecs:RunTask'], resources: [revisions], conditions: { ArnEquals: { 'ecs:cluster': this.cluster.clusterArn } },
    }));
    role.addToPolicy(new iam.PolicyStatement({ sid: 'FollowTasks', actions: ['ecs:DescribeTasks', 'ecs:StopTask'], resources: [tasks] }));
    role.addToPolicy(new iam.PolicyStatement({ sid: 'HearOfTasks', actions: ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'], resources: [rule] }));
    role.addToPolicy(new iam.PolicyStatement({
      sid: 'PassRoles',
      actions: ['iam:PassRole'],
      resources: [this.props.role.roleArn, this.executionRole.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    }));
    acknowledgeResource(role, revisions, 'an execution ends with the revision of the task definition that it began with');
    acknowledgeResource(role, tasks, 'nobody knows the ids of tasks before');
  }

  /**
   * Lets a task tell the state machine why it failed.
   *
   * @param stateMachineArn of the state machine
   * @param label of the Map whose children run tasks
   */
  public allowTelling(stateMachineArn: string, label: string): void {
    const policy = new iam.Policy(this, 'TellPolicy', {
      roles: [this.props.role],
      statements: [new iam.PolicyStatement({ sid: 'TellFailures', actions: ['states:SendTaskFailure'], resources: [stateMachineArn, `${stateMachineArn}/${label}`] })],
    });
    acknowledgeByStandards(policy, 'IAMNoInlinePolicy', 'the policy is of what these tasks call, and of use to nobody else');
  }

  private createCluster(vpc: ec2.IVpc): ecs.Cluster {
    const cluster = new ecs.Cluster(this, 'Cluster', { vpc });
    acknowledge(cluster, 'ECS4', 'tasks end with their item: their logs, and the history of the execution, say how it went; give a cluster with Container Insights for more');
    return cluster;
  }

  private createDefinition(): ecs.FargateTaskDefinition {
    const { workers, role, logGroup } = this.props;
    const definition = new ecs.FargateTaskDefinition(this, 'Definition', {
      family: this.family,
      cpu: workers.cpu ?? 1024,
      memoryLimitMiB: workers.memoryMiB ?? 2048,
      ephemeralStorageGiB: workers.ephemeralStorage?.toGibibytes(),
      runtimePlatform: { cpuArchitecture: this.architecture(), operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
      taskRole: role,
      executionRole: this.executionRole,
      volumes: [{ name: 'tmp' }],
    });
    const image = workers.image ?? ecs.ContainerImage.fromRegistry(DEFAULT_IMAGE);
    const container = definition.addContainer(CONTAINER, {
      image,
      entryPoint: [NODE],
      command: ['-e', TASK_LOADER],
      environment: this.environment(),
      // Of the program alone, which it fetches; nothing else writes.
      readonlyRootFilesystem: true,
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: 'task', logGroup }),
    });
    container.addMountPoints({ sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false });
    // What still runs it goes on to: a revision that is not active starts no task (Amazon ECS, "Deregistering a task definition revision").
    const { cfnOptions } = definition.node.defaultChild as ecs.CfnTaskDefinition;
    [cfnOptions.updateReplacePolicy, cfnOptions.deletionPolicy] = [CfnDeletionPolicy.RETAIN, CfnDeletionPolicy.DELETE];
    acknowledge(definition, 'ECS2', 'the environment holds names and no secret');
    if (image instanceof ecs.EcrImage) {
      acknowledge(this.executionRole, 'IAM5[Resource::*]', 'ecr:GetAuthorizationToken is of a registry and takes no resource (Amazon ECR, "Actions, resources, and condition keys")');
    }
    return definition;
  }

  private environment(): { [name: string]: string } {
    const files: LoadedFile[] = bundleFiles(this, 'extraction');
    const stack = Stack.of(this);
    const resources = files.map(({ bucket, key }) => stack.formatArn({
      service: 's3', region: '', account: '', resource: bucket, resourceName: key, arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    }));
    this.props.role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources }));
    return { ...this.props.environment, NODE_PATH, AWS_REGION: stack.region, [LOADER_FILES]: toJson(this, files) };
  }

  private architecture(): ecs.CpuArchitecture {
    const { workers, architecture } = this.props;
    return workers.architecture ?? (architecture === lambda.Architecture.X86_64 ? ecs.CpuArchitecture.X86_64 : ecs.CpuArchitecture.ARM64);
  }
}

/** Who assumes the roles of tasks: ECS, for this account (Amazon ECS, "Amazon ECS task IAM role"). */
export function tasksOfAccount(scope: Construct): iam.IPrincipal {
  return new iam.ServicePrincipal('ecs-tasks.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } } });
}
