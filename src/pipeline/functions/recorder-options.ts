import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';

/**
 * Settings of a function of the pipeline. Given to a pipeline, memory, timeout, role and reserved concurrency are those of its
 * recorder; environment, retries and event age those of recorder, run completion and the function that compacts tables; all others
 * those of all its functions.
 */
export interface RecorderFunctionOptions {
  /**
   * Memory of the function (of a pipeline: of its recorder) in MB, 128 to 10240; its share of CPU grows with it.
   *
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * How long one invocation (of a pipeline: of its recorder) may take, 1 second to 15 minutes.
   *
   * @default Duration.minutes(5)
   */
  readonly timeout?: Duration;

  /**
   * Processor of the function (of a pipeline: of all its functions).
   *
   * @default lambda.Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * Runtime of the function (of a pipeline: of all its functions), Node.js 20 or newer.
   *
   * @default lambda.Runtime.NODEJS_24_X
   */
  readonly runtime?: lambda.Runtime;

  /**
   * How many instances of the function (of a pipeline: of its recorder) may run at once, at least 1; they are set aside from
   * the account's limit.
   *
   * @default - no reservation, the account's limit
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * Environment variables to add (of a pipeline: to all its functions but the one that replays). Those the functions themselves are
   * configured by are refused, but for `POWERTOOLS_LOG_LEVEL`.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * How often Lambda tries a failed event (of a pipeline: of all its functions but the one that replays) again before it goes to the failure
   * queue, 0 to 2.
   *
   * @default 2
   */
  readonly retryAttempts?: number;

  /**
   * How old an event (of a pipeline: of all its functions but the one that replays) may grow in Lambda's own queue, by throttles and retries,
   * before it goes to the failure queue, 1 minute to 6 hours.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;

  /**
   * How long the logs of the function (of a pipeline: of all its functions) are kept.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to the log group (of a pipeline: to those of all its functions) when it leaves the stack.
   *
   * @default - as for the data: RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;

  /**
   * Role of the function (of a pipeline: of its recorder). It is given the rights the function needs, if it can be changed.
   *
   * @default - a new one, which may do what the function does and nothing else
   */
  readonly role?: iam.IRole;

  /**
   * Whether the function's (of a pipeline: all its functions') invocations are traced by X-Ray; the role may then write
   * traces. What the function calls is not traced.
   *
   * @default lambda.Tracing.DISABLED
   */
  readonly tracing?: lambda.Tracing;

  /**
   * KMS key that encrypts the environment of the function (of a pipeline: of all its functions), which holds names and no
   * secret unless you add one.
   *
   * @default - a key of Lambda's
   */
  readonly environmentEncryption?: kms.IKey;

  /**
   * VPC to run the function (of a pipeline: all its functions) in. It must reach S3 and DynamoDB, by their gateway endpoints,
   * and Lambda (the recorder) or EventBridge, Glue and Lambda (run completion; with `proveByQuery` Athena, too; the function that
   * compacts tables Glue and Lambda) or Lambda and SQS (replay), by their interface endpoints; or all by a NAT gateway.
   *
   * @default - not in a VPC
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets for the function (of a pipeline: for all its functions); only with `vpc`.
   *
   * @default - the VPC's private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the function (of a pipeline: of all its functions); only with `vpc`.
   *
   * @default - one of its own that lets everything out and nothing in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}
