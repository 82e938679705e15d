import { ArnFormat, Fn, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { definitionOf, DefinitionProps, MAP_LABEL } from './extraction-definition';
import { ExtractionFunction } from './extraction-function';
import { toJson } from './extraction-settings';
import { ExtractionTask } from './fargate/extraction-task';
import { stateFolder } from '../../contract';
import { grantWhole } from '../access/grant-whole';
import { ofKey, onObjects, OWN_POLICY } from '../access/grants';
import { acknowledge, acknowledgeByStandards, acknowledgeResource } from '../access/nag-acknowledgements';
import { createHandlerLogGroup } from '../functions/handler-function';
import { ILegacyToS3Pipeline } from '../interface/pipeline-interface';

/** What a state machine is made of. */
export interface ExtractionMachineProps extends Pick<DefinitionProps, 'settings' | 'overlap' | 'limits' | 'changes' | 'timeoutSeconds'> {
  readonly pipeline: ILegacyToS3Pipeline;
  readonly control: ExtractionFunction;
  /** Workers that are functions; undefined where all are tasks. */
  readonly worker?: ExtractionFunction;
  /** Workers that are tasks; undefined where all are functions. */
  readonly task?: ExtractionTask;
  readonly encryptionKey?: kms.IKey;
  readonly logRetention?: logs.RetentionDays;
  readonly logRemovalPolicy?: RemovalPolicy;
  readonly tracing?: lambda.Tracing;
}

/** The state machine of an extraction, with its role and log group. */
export class ExtractionMachine extends Construct {
  public readonly stateMachine: sfn.StateMachine;
  public readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: ExtractionMachineProps) {
    super(scope, id);
    const { control, worker, task, settings, overlap, limits, changes, timeoutSeconds } = props;
    this.logGroup = createHandlerLogGroup(this, props, props.encryptionKey, this.logGroupName());
    const role = this.createRole(props);
    const tracingEnabled = props.tracing === lambda.Tracing.ACTIVE;
    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      role,
      definitionBody: sfn.DefinitionBody.fromString(toJson(this, definitionOf({
        control: control.version.functionArn,
        controlSeconds: control.function.timeout!.toSeconds(),
        ...worker && { work: { functionArn: worker.version.functionArn, seconds: worker.function.timeout!.toSeconds() } },
        ...task && { task: task.run },
        partition: Stack.of(this).partition,
        settings,
        overlap,
        limits,
        changes,
        timeoutSeconds,
      }))),
      // Without data: a chunk's bounds are values of the source.
      logs: { destination: this.logGroup, level: sfn.LogLevel.ALL, includeExecutionData: false },
      tracingEnabled,
    });
    if (!tracingEnabled) acknowledge(this.stateMachine, 'SF2', 'what each state did, and when, is in the history and the logs; tracing is an option');
    this.allowChildren(role);
    this.allowDescribing(control);
    task?.allowTelling(this.stateMachine.stateMachineArn, MAP_LABEL);
  }

  private createRole({ pipeline, control, worker, task }: ExtractionMachineProps): iam.Role {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'Role', {
      description: 'Lets an extraction\'s state machine invoke its functions and read which chunks there are',
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }),
    });
    acknowledgeByStandards(role, 'IAMNoInlinePolicy', 'the policy is of what this one state machine calls, and of use to nobody else');
    // Of every version: an execution ends with those that it began with, also after a deployment.
    const versions = [control, ...worker ? [worker] : []].map((each) => `${each.function.functionArn}:*`);
    role.addToPolicy(new iam.PolicyStatement({ sid: 'InvokeVersions', actions: ['lambda:InvokeFunction'], resources: versions }));
    for (const each of versions) acknowledgeResource(role, each, 'an execution ends with the version of the function that it began with');
    const { bucket, landingPrefix } = pipeline;
    const folder = stateFolder(landingPrefix ?? '');
    grantWhole(this, 'the state machine', role, [onObjects(role, bucket, folder, ['s3:GetObject']), ...ofKey(role, bucket, 'kms:Decrypt')], OWN_POLICY);
    acknowledgeResource(role, bucket.arnForObjects(`${folder}*`), 'the items of an execution lie in the state of its run');
    task?.allowRunning(role);
    acknowledge(role, 'IAM5[Resource::*]', 'delivery of logs is set up for an account as a whole (Step Functions, "Logging using CloudWatch Logs")');
    return role;
  }

  /**
   * Under this prefix the policy by which services deliver logs, one an account, does not grow with each group until it is full (Step
   * Functions, "Logging using CloudWatch Logs"). A group that stays when its stack goes does not stand in the way of the next stack.
   */
  private logGroupName(): string {
    const ofStack = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Stack.of(this).stackId))));
    return `/aws/vendedlogs/states/${Names.uniqueResourceName(this, { maxLength: 200, separator: '-' })}-${ofStack}`;
  }

  /** Beside the role's own policy, for which the state machine waits (Step Functions, "IAM policies for using Distributed Map states"). */
  private allowChildren(role: iam.Role): void {
    const children = [`${this.executions()}:*`, `${this.executions()}/${MAP_LABEL}:*`];
    const policy = new iam.Policy(this, 'ChildrenPolicy', {
      roles: [role],
      statements: [
        new iam.PolicyStatement({ sid: 'StartChildren', actions: ['states:StartExecution'], resources: [this.stateMachine.stateMachineArn] }),
        new iam.PolicyStatement({ sid: 'FollowChildren', actions: ['states:DescribeExecution', 'states:StopExecution'], resources: children }),
        new iam.PolicyStatement({ sid: 'RedriveChildren', actions: ['states:RedriveExecution'], resources: [children[1]] }),
      ],
    });
    acknowledgeByStandards(policy, 'IAMNoInlinePolicy', 'the policy is of what this one state machine calls, and of use to nobody else');
    for (const each of children) acknowledgeResource(policy, each, 'nobody knows the names of executions before');
  }

  /**
   * Whether the execution that has the lease still runs. It may be of a state machine that this one replaced, whose name begins alike:
   * one that must not be asked about would hold the extraction for ever.
   */
  private allowDescribing({ role }: ExtractionFunction): void {
    const { logicalId } = this.stateMachine.node.defaultChild as sfn.CfnStateMachine;
    const resources = [`${this.executions()}:*`, `${this.executions(`${logicalId}-*`)}:*`];
    const policy = new iam.Policy(this, 'DescribePolicy', {
      roles: [role], statements: [new iam.PolicyStatement({ sid: 'DescribeExecutions', actions: ['states:DescribeExecution'], resources })],
    });
    acknowledgeByStandards(policy, 'IAMNoInlinePolicy', 'the policy is of what this one function calls, and of use to nobody else');
    for (const each of resources) acknowledgeResource(policy, each, 'nobody knows the names of executions before');
  }

  /** ARN of a state machine's executions, but for their names. */
  private executions(resourceName: string = this.stateMachine.stateMachineName): string {
    return Stack.of(this).formatArn({ service: 'states', resource: 'execution', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  }
}
