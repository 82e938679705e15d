import { Duration, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RunCompletionRole } from './run-completion-role';
import { HANDLER_ENV, SERVICES, metricNamespace } from '../../contract';
import { acknowledgeResource } from '../access/nag-acknowledgements';
import { LandingCatalog } from '../catalog/landing-catalog';
import { checkPipelineName } from '../checks/pipeline-name';
import { checkRecorderOptions } from '../functions/check-recorder-options';
import { createHandlerFunction, createHandlerLogGroup } from '../functions/handler-function';
import { RecorderFunctionOptions } from '../functions/recorder-options';
import { requireMetadataTable, requireStandardQueue } from '../recording/check-resources';
import { FailureQueue } from '../recording/failure-queue';

/** Properties of run completion. The defaults of memory and timeout are 1024 MB and 15 minutes here. */
export interface RunCompletionProps extends RecorderFunctionOptions {
  /** The bucket the runs land in. */
  readonly bucket: s3.IBucket;

  /**
   * Only objects under this prefix may be read, and the runs' lines are written to `runs/` right below it.
   *
   * @default - the whole bucket
   */
  readonly objectPrefix?: string;

  /** The table the objects are recorded in; it has the keys and indexes of a `MetadataTable`. */
  readonly table: dynamodb.ITable;

  /** Name of the pipeline, unique in account and region: its metrics go to the namespace `CdkLegacyToS3/<pipelineName>`. */
  readonly pipelineName: string;

  /**
   * The catalog that runs are registered in.
   *
   * @default - runs are registered nowhere
   */
  readonly catalog?: LandingCatalog;

  /**
   * Where Lambda sends the manifests that could not be handled.
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
 * The function that compares a run with its manifest and tells of the outcome, with a role and a log group of its own. It
 * takes the events the recorder takes; `ObjectRecorder.startRunCompletion` lets the recorder hand them over.
 */
export class RunCompletion extends Construct implements iam.IGrantable {
  /** The function. */
  public readonly function: lambda.Function;

  /** The function's role; it may do what the function does and nothing else. */
  public readonly role: iam.Role;

  /** The function's log group; lines are JSON. */
  public readonly logGroup: logs.LogGroup;

  /** Where Lambda sends the manifests that could not be handled. */
  public readonly failureQueue: sqs.IQueue;

  /** The principal of the function. */
  public readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, props: RunCompletionProps) {
    super(scope, id);
    checkRecorderOptions(this, props);
    checkPipelineName(this, props.pipelineName);
    requireMetadataTable(this, props.table);
    requireStandardQueue(this, props.failureQueue);

    this.failureQueue = props.failureQueue ?? new FailureQueue(this, 'FailureQueue', { encryptionKey: props.encryptionKey });
    this.logGroup = createHandlerLogGroup(this, props, props.encryptionKey);
    this.role = new RunCompletionRole(this, 'Role', {
      bucket: props.bucket,
      objectPrefix: props.objectPrefix,
      table: props.table,
      logGroup: this.logGroup,
      failureQueue: this.failureQueue,
      inVpc: props.vpc !== undefined,
    });
    this.grantPrincipal = this.role.grantPrincipal;
    if (props.catalog) this.allowRegistering(props.catalog);
    this.function = createHandlerFunction(this, {
      bundle: 'run-completion',
      description: 'Compares runs with their manifests and tells of the outcome',
      // A manifest of the largest size allowed takes some hundred MB; a run of 100,000 parts some minutes.
      memorySize: 1024,
      timeout: Duration.minutes(15),
      environment: {
        [HANDLER_ENV.tableName]: props.table.tableName,
        [HANDLER_ENV.metricsNamespace]: metricNamespace(props.pipelineName),
        [HANDLER_ENV.serviceName]: SERVICES.runCompletion,
        ...props.catalog && { [HANDLER_ENV.glueDatabase]: props.catalog.databaseName },
        ...props.objectPrefix && { [HANDLER_ENV.landingPrefix]: props.objectPrefix },
      },
      role: this.role,
      logGroup: this.logGroup,
      failureQueue: this.failureQueue,
    }, props);
  }

  private allowRegistering(catalog: LandingCatalog): void {
    catalog.grantRegister(this.role);
    const tables = Stack.of(this).formatArn({ service: 'glue', resource: 'table', resourceName: `${catalog.databaseName}/*` });
    acknowledgeResource(this.role, tables, 'the tables are named after those of the source, which nobody knows before');
  }
}
