import * as path from 'path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { HANDLER_ENV, SERVICES, metricNamespace } from '../contract';
import { checkRecorderOptions } from './check-recorder-options';
import { FailureQueue } from './failure-queue';
import { checkPipelineName } from './pipeline-name';
import { RecorderFunctionOptions } from './recorder-options';
import { RecorderRole } from './recorder-role';

/** Properties of an object recorder. */
export interface ObjectRecorderProps extends RecorderFunctionOptions {
  /** The bucket whose objects are recorded. */
  readonly bucket: s3.IBucket;

  /**
   * Only objects under this prefix may be read.
   *
   * @default - the whole bucket
   */
  readonly objectPrefix?: string;

  /** The table they are recorded in; it has the keys and indexes of a `MetadataTable`. */
  readonly table: dynamodb.ITable;

  /** Name of the pipeline, unique in account and region: its metrics go to the namespace `CdkLegacyToS3/<pipelineName>`. */
  readonly pipelineName: string;

  /**
   * Where Lambda sends the events that could not be recorded.
   *
   * @default - a queue of its own, encrypted, reached by TLS only, kept for 14 days
   */
  readonly failureQueue?: sqs.IQueue;

  /**
   * KMS key that encrypts the logs and the failure queue. (The environment holds no secret.)
   *
   * @default - keys managed by the services
   */
  readonly encryptionKey?: kms.IKey;
}

/** The bundle made when the package was built; from `src` and from `lib` it is the same folder. */
const BUNDLE = path.join(__dirname, '..', '..', 'assets', 'recorder');

/**
 * The function that writes an item to the metadata table for every landed object and completes runs, with a role, a log
 * group and a failure queue of its own. It is not called by anything until a `LandingTrigger` is bound to it.
 */
export class ObjectRecorder extends Construct implements iam.IGrantable {
  /** The function. */
  public readonly function: lambda.Function;

  /** The function's role; it may do what the function does and nothing else. */
  public readonly role: iam.Role;

  /** The function's log group; lines are JSON. */
  public readonly logGroup: logs.LogGroup;

  /** Where Lambda sends the events that could not be recorded. */
  public readonly failureQueue: sqs.IQueue;

  /** The principal of the function. */
  public readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, props: ObjectRecorderProps) {
    super(scope, id);
    checkRecorderOptions(this, props);
    checkPipelineName(this, props.pipelineName);

    this.failureQueue = props.failureQueue ?? new FailureQueue(this, 'FailureQueue', { encryptionKey: props.encryptionKey });
    this.logGroup = this.createLogGroup(props);
    this.role = new RecorderRole(this, 'Role', {
      bucket: props.bucket,
      objectPrefix: props.objectPrefix,
      table: props.table,
      logGroup: this.logGroup,
      failureQueue: this.failureQueue,
      inVpc: props.vpc !== undefined,
    });
    this.grantPrincipal = this.role.grantPrincipal;
    this.function = this.createFunction(props);
  }

  private createLogGroup(props: ObjectRecorderProps): logs.LogGroup {
    const { account, partition, region } = Stack.of(this);
    props.encryptionKey?.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'EncryptLogs',
      principals: [new iam.ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` } },
    }));
    return new logs.LogGroup(this, 'LogGroup', {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      removalPolicy: props.logRemovalPolicy ?? RemovalPolicy.RETAIN,
      encryptionKey: props.encryptionKey,
    });
  }

  private createFunction(props: ObjectRecorderProps): lambda.Function {
    const queueArn = this.failureQueue.queueArn;
    return new lambda.Function(this, 'Function', {
      description: 'Records every object that lands in S3, and completes runs',
      code: lambda.Code.fromAsset(BUNDLE),
      handler: 'index.handler',
      runtime: props.runtime ?? lambda.Runtime.NODEJS_24_X,
      architecture: props.architecture ?? lambda.Architecture.ARM_64,
      memorySize: props.memorySize ?? 512,
      timeout: props.timeout ?? Duration.minutes(5),
      reservedConcurrentExecutions: props.reservedConcurrentExecutions,
      environment: {
        [HANDLER_ENV.logLevel]: 'INFO',
        ...props.environment,
        [HANDLER_ENV.tableName]: props.table.tableName,
        [HANDLER_ENV.metricsNamespace]: metricNamespace(props.pipelineName),
        [HANDLER_ENV.serviceName]: SERVICES.recorder,
      },
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      retryAttempts: props.retryAttempts ?? 2,
      maxEventAge: props.maxEventAge ?? Duration.hours(6),
      // The role already may send to the queue; SqsDestination would add rights that sending does not need.
      onFailure: { bind: () => ({ destination: queueArn }) },
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: props.securityGroups,
    });
  }
}
