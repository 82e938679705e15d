import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ReplayRole } from './replay-role';
import { HANDLER_ENV, SERVICES, metricNamespace } from '../../contract';
import { allowReplaying } from '../access/grants';
import { checkPipelineName } from '../checks/pipeline-name';
import { checkRecorderOptions } from '../functions/check-recorder-options';
import { createHandlerFunction, createHandlerLogGroup } from '../functions/handler-function';

/** Properties of a replay function. */
export interface ReplayFunctionProps {
  /** The bucket whose objects are recorded again. */
  readonly bucket: s3.IBucket;

  /**
   * Only objects under this prefix are recorded again.
   *
   * @default - the whole bucket
   */
  readonly objectPrefix?: string;

  /** The function that records. */
  readonly recorder: lambda.IFunction;

  /**
   * The function that completes runs.
   *
   * @default - none: failed events of the recorder alone are replayed
   */
  readonly runCompletion?: lambda.IFunction;

  /**
   * The function that compacts tables.
   *
   * @default - none
   */
  readonly compactor?: lambda.IFunction;

  /** The queue of failed events. */
  readonly failureQueue: sqs.IQueue;

  /** Name of the pipeline, unique in account and region. */
  readonly pipelineName: string;

  /**
   * Runtime of the function; Node.js 20 or newer.
   *
   * @default lambda.Runtime.NODEJS_24_X
   */
  readonly runtime?: lambda.Runtime;

  /**
   * Processor of the function.
   *
   * @default lambda.Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * How many instances of the function may run at once; they are set aside from the account's limit.
   *
   * @default - no reservation, the account's limit
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * How long the function's logs are kept.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to the log group when it leaves the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;

  /**
   * VPC to run the function in. It must reach S3, by its gateway endpoint, and Lambda and SQS, by their interface endpoints; or
   * all by a NAT gateway.
   *
   * @default - not in a VPC
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets for the function; only with `vpc`.
   *
   * @default - the VPC's private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the function; only with `vpc`.
   *
   * @default - one of its own that lets everything out and nothing in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Role of the function; it is given the rights the function needs.
   *
   * @default - a new one
   */
  readonly role?: iam.IRole;

  /**
   * Whether the function's invocations are traced by X-Ray.
   *
   * @default lambda.Tracing.DISABLED
   */
  readonly tracing?: lambda.Tracing;

  /**
   * KMS key that encrypts the function's environment, which holds names and no secret.
   *
   * @default - a key of Lambda's
   */
  readonly environmentEncryption?: kms.IKey;

  /**
   * KMS key that encrypts the logs.
   *
   * @default - keys managed by the services
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * The function an operator replays with: it gives the events of the failure queue to their functions again and deletes
 * what succeeds (SQS's own redrive refuses queues that Lambda writes to), or records again what landed under a prefix or
 * in a run. It is invoked with `{ "action": "queue" }`, `{ "action": "objects", "prefix": "…" }` or
 * `{ "action": "run", "runId": "…" }`, and answers with counts and, when time ran out, a `token` to go on with.
 */
export class ReplayFunction extends Construct implements ec2.IConnectable {
  /** The function. */
  public readonly function: lambda.Function;

  /** The function's role; it may do what the function does and, unless it was given, nothing else. */
  public readonly role: iam.IRole;

  /** The function's log group; lines are JSON. */
  public readonly logGroup: logs.LogGroup;

  /** The network connections of the function; only where it is in a VPC. */
  public get connections(): ec2.Connections {
    return this.function.connections;
  }

  constructor(scope: Construct, id: string, props: ReplayFunctionProps) {
    super(scope, id);
    checkPipelineName(this, props.pipelineName);
    checkRecorderOptions(this, props);
    this.logGroup = createHandlerLogGroup(this, props, props.encryptionKey);
    this.role = new ReplayRole(this, { ...props, logGroup: this.logGroup, inVpc: props.vpc !== undefined }).role;
    this.function = createHandlerFunction(this, {
      bundle: 'replay',
      description: 'Replays failed events, and records again what landed',
      memorySize: 512,
      timeout: Duration.minutes(15),
      environment: {
        [HANDLER_ENV.metricsNamespace]: metricNamespace(props.pipelineName),
        [HANDLER_ENV.serviceName]: SERVICES.replay,
        [HANDLER_ENV.bucketName]: props.bucket.bucketName,
        ...props.objectPrefix && { [HANDLER_ENV.landingPrefix]: props.objectPrefix },
        [HANDLER_ENV.recorderFunction]: props.recorder.functionName,
        ...props.runCompletion && { [HANDLER_ENV.runCompletionFunction]: props.runCompletion.functionName },
        ...props.compactor && { [HANDLER_ENV.compactionFunction]: props.compactor.functionName },
        [HANDLER_ENV.failureQueueUrl]: props.failureQueue.queueUrl,
      },
      role: this.role,
      logGroup: this.logGroup,
    }, props);
  }

  /**
   * Lets somebody replay.
   *
   * @param grantee for example the role of an operator
   */
  public grantReplay(grantee: iam.IGrantable): iam.Grant {
    return allowReplaying(this, grantee, this.function);
  }
}
