import { Duration } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { requireMetadataTable, requireStandardQueue } from './check-resources';
import { FailureQueue } from './failure-queue';
import { RecorderRole } from './recorder-role';
import { HANDLER_ENV, SERVICES, metricNamespace } from '../../contract';
import { checkPipelineName } from '../checks/pipeline-name';
import { checkRecorderOptions } from '../functions/check-recorder-options';
import { createHandlerFunction, createHandlerLogGroup } from '../functions/handler-function';
import { RecorderFunctionOptions } from '../functions/recorder-options';

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

/**
 * The function that writes an item to the metadata table for every landed object, with a role, a log group and a failure
 * queue of its own. It is not called by anything until a `LandingTrigger` is bound to it.
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

  private readonly recorderRole: RecorderRole;

  constructor(scope: Construct, id: string, props: ObjectRecorderProps) {
    super(scope, id);
    checkRecorderOptions(this, props);
    checkPipelineName(this, props.pipelineName);
    requireMetadataTable(this, props.table);
    requireStandardQueue(this, props.failureQueue);

    this.failureQueue = props.failureQueue ?? new FailureQueue(this, 'FailureQueue', { encryptionKey: props.encryptionKey });
    this.logGroup = createHandlerLogGroup(this, props, props.encryptionKey);
    this.recorderRole = new RecorderRole(this, 'Role', {
      bucket: props.bucket,
      objectPrefix: props.objectPrefix,
      table: props.table,
      logGroup: this.logGroup,
      failureQueue: this.failureQueue,
      inVpc: props.vpc !== undefined,
    });
    this.role = this.recorderRole;
    this.grantPrincipal = this.role.grantPrincipal;
    this.function = createHandlerFunction(this, {
      bundle: 'recorder',
      description: 'Records every object that lands in S3',
      memorySize: 512,
      timeout: Duration.minutes(5),
      environment: {
        [HANDLER_ENV.tableName]: props.table.tableName,
        [HANDLER_ENV.metricsNamespace]: metricNamespace(props.pipelineName),
        [HANDLER_ENV.serviceName]: SERVICES.recorder,
        ...props.objectPrefix && { [HANDLER_ENV.landingPrefix]: props.objectPrefix },
      },
      role: this.role,
      logGroup: this.logGroup,
      failureQueue: this.failureQueue,
    }, props);
  }

  /**
   * Has the recorder start run completion for every manifest that lands; without it runs are recorded and never completed.
   *
   * @param completion the function of a `RunCompletion`
   */
  public startRunCompletion(completion: lambda.IFunction): void {
    this.function.addEnvironment(HANDLER_ENV.runCompletionFunction, completion.functionName);
    this.recorderRole.allowStarting(completion);
  }
}
