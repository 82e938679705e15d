import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BundleCode } from './bundle-code';
import { RecorderFunctionOptions } from './recorder-options';
import { HANDLER_ENV } from '../../contract';
import { allowServiceByKeyPolicy } from '../access/key-policy';
import { acknowledgeByStandards } from '../access/nag-acknowledgements';

/** What makes one function of the pipeline differ from another. */
export interface HandlerFunctionProps {
  /** Folder of the bundle. */
  readonly bundle: string;
  /** @default index.handler */
  readonly handler?: string;
  readonly description: string;
  readonly memorySize: number;
  readonly timeout: Duration;
  readonly environment: { readonly [name: string]: string };
  readonly role: iam.IRole;
  readonly logGroup: logs.ILogGroup;
  /** Undefined for a function that is called and answers. */
  readonly failureQueue?: sqs.IQueue;
  readonly layers?: lambda.ILayerVersion[];
  readonly ephemeralStorageSize?: Size;
  /** Whether versions stay when later ones are published, for what still runs them. @default false */
  readonly keepVersions?: boolean;
}

/**
 * The log group of a function of the pipeline.
 *
 * @param logGroupName @default - made by CloudFormation
 */
export function createHandlerLogGroup(
  scope: Construct, options: Pick<RecorderFunctionOptions, 'logRetention' | 'logRemovalPolicy'>, encryptionKey?: kms.IKey, logGroupName?: string,
): logs.LogGroup {
  const { account, partition, region } = Stack.of(scope);
  if (encryptionKey) {
    allowServiceByKeyPolicy(encryptionKey, {
      sid: 'EncryptLogs',
      service: `logs.${region}.amazonaws.com`,
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` } },
    });
  }
  return new logs.LogGroup(scope, 'LogGroup', {
    logGroupName,
    retention: options.logRetention ?? logs.RetentionDays.THREE_MONTHS,
    removalPolicy: options.logRemovalPolicy ?? RemovalPolicy.RETAIN,
    encryptionKey,
  });
}

/** A function of the pipeline, from its bundle; what the options leave open is as the function needs it. */
export function createHandlerFunction(scope: Construct, props: HandlerFunctionProps, options: RecorderFunctionOptions): lambda.Function {
  const queueArn = props.failureQueue?.queueArn;
  const handler = new lambda.Function(scope, 'Function', {
    description: props.description,
    code: new BundleCode(props.bundle),
    handler: props.handler ?? 'index.handler',
    runtime: options.runtime ?? lambda.Runtime.NODEJS_24_X,
    architecture: options.architecture ?? lambda.Architecture.ARM_64,
    memorySize: options.memorySize ?? props.memorySize,
    timeout: options.timeout ?? props.timeout,
    reservedConcurrentExecutions: options.reservedConcurrentExecutions,
    environment: { [HANDLER_ENV.logLevel]: 'INFO', ...options.environment, ...props.environment },
    role: props.role,
    logGroup: props.logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    ...queueArn && {
      retryAttempts: options.retryAttempts ?? 2,
      maxEventAge: options.maxEventAge ?? Duration.hours(6),
      // The role already may send to the queue; SqsDestination would add rights that sending does not need.
      onFailure: { bind: () => ({ destination: queueArn }) },
    },
    layers: props.layers,
    ephemeralStorageSize: props.ephemeralStorageSize,
    ...props.keepVersions && { currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN } },
    tracing: options.tracing,
    environmentEncryption: options.environmentEncryption,
    vpc: options.vpc,
    vpcSubnets: options.vpcSubnets,
    securityGroups: options.securityGroups,
  });
  acknowledgeByStandards(handler, 'LambdaDLQ', 'what fails goes to a destination, which unlike a dead-letter queue also gets the error; others answer their caller');
  return handler;
}
