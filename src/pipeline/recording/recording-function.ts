import { Duration } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { requireMetadataTable, requireStandardQueue } from './check-resources';
import { FailureQueue } from './failure-queue';
import { HANDLER_ENV, metricNamespace } from '../../contract';
import { HandlerRole, Surroundings } from '../access/handler-role';
import { checkPipelineName } from '../checks/pipeline-name';
import { checkRecorderOptions } from '../functions/check-recorder-options';
import { createHandlerFunction, createHandlerLogGroup } from '../functions/handler-function';
import { RecorderFunctionOptions } from '../functions/recorder-options';

/**
 * Properties of any function that records; whoever extends it says what each resource is to it.
 *
 * @internal
 */
export interface RecordingFunctionProps extends RecorderFunctionOptions {
  readonly bucket: s3.IBucket;
  readonly objectPrefix?: string;
  readonly table: dynamodb.ITable;

  /** Name of the pipeline, unique in account and region: its metrics go to the namespace `CdkLegacyToS3/<pipelineName>`. */
  readonly pipelineName: string;

  readonly failureQueue?: sqs.IQueue;

  /**
   * KMS key that encrypts the logs and the failure queue. (The environment holds no secret.)
   *
   * @default - keys managed by the services
   */
  readonly encryptionKey?: kms.IKey;
}

/** What the role of a function that records gives access to. */
export interface RecordingRoleProps extends Surroundings {
  readonly objectPrefix?: string;
  /** Bus that runs are announced on; undefined for the account's default one. */
  readonly eventBus?: events.IEventBus;
  /** Whether it commits snapshots of landed tables. @default false */
  readonly commitsTables?: boolean;
  /** One that was given. */
  readonly role?: iam.IRole;
}

/** What makes one function that records differ from another. */
export interface RecordingFunctionKind {
  readonly roleType: new (scope: Construct, props: RecordingRoleProps) => HandlerRole;
  readonly eventBus?: events.IEventBus;
  readonly commitsTables?: boolean;
  readonly serviceName: string;
  /** Variables beside those of every function that records. */
  readonly environment?: { readonly [name: string]: string };
  /** Folder of the bundle. */
  readonly bundle: string;
  /** @default index.handler */
  readonly handler?: string;
  readonly description: string;
  readonly memorySize: number;
  readonly timeout: Duration;
}

/**
 * A function that reads what landed and writes to the metadata table, with a role, a log group and a failure queue. To jsii
 * its members are those of the classes that extend it.
 *
 * @internal
 */
export abstract class RecordingFunction extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The function. */
  public readonly function: lambda.Function;

  /** The function's role; it may do what the function does and, unless it was given, nothing else. */
  public readonly role: iam.IRole;

  /** The function's log group; lines are JSON. */
  public readonly logGroup: logs.LogGroup;

  public readonly failureQueue: sqs.IQueue;

  /** The principal of the function. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** The network connections of the function; only where it is in a VPC. */
  public get connections(): ec2.Connections {
    return this.function.connections;
  }

  constructor(scope: Construct, id: string, props: RecordingFunctionProps, kind: RecordingFunctionKind) {
    super(scope, id);
    checkRecorderOptions(this, props);
    checkPipelineName(this, props.pipelineName);
    requireMetadataTable(this, props.table);
    requireStandardQueue(this, props.failureQueue);

    const { bucket, objectPrefix, table } = props;
    const { roleType: Role, serviceName, environment, eventBus, commitsTables, ...settings } = kind;
    this.failureQueue = props.failureQueue ?? new FailureQueue(this, 'FailureQueue', { encryptionKey: props.encryptionKey });
    this.logGroup = createHandlerLogGroup(this, props, props.encryptionKey);
    const parts = { logGroup: this.logGroup, failureQueue: this.failureQueue };
    const inVpc = props.vpc !== undefined;
    this.role = new Role(this, { bucket, objectPrefix, table, ...parts, inVpc, eventBus, commitsTables, role: props.role }).role;
    this.grantPrincipal = this.role.grantPrincipal;
    this.function = createHandlerFunction(this, {
      ...settings,
      environment: {
        [HANDLER_ENV.tableName]: table.tableName,
        [HANDLER_ENV.metricsNamespace]: metricNamespace(props.pipelineName),
        [HANDLER_ENV.serviceName]: serviceName,
        ...environment,
        ...objectPrefix && { [HANDLER_ENV.landingPrefix]: objectPrefix },
      },
      role: this.role,
      ...parts,
    }, props);
  }
}
