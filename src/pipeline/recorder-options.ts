import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';

/** Settings of the recorder function. */
export interface RecorderFunctionOptions {
  /**
   * Memory of the function, in MB, 128 to 10240; its share of CPU grows with it.
   *
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * How long one invocation may take, 1 second to 15 minutes.
   *
   * @default Duration.minutes(5)
   */
  readonly timeout?: Duration;

  /**
   * Processor of the function.
   *
   * @default lambda.Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * Runtime of the function; Node.js 20 or newer.
   *
   * @default lambda.Runtime.NODEJS_24_X
   */
  readonly runtime?: lambda.Runtime;

  /**
   * How many instances of the function may run at once; they are set aside from the account's limit.
   *
   * @default - no reservation, the account's limit
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * Environment variables to add. Those the recorder itself is configured by are refused, but for `POWERTOOLS_LOG_LEVEL`.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * How often Lambda tries a failed event again before it goes to the failure queue, 0 to 2.
   *
   * @default 2
   */
  readonly retryAttempts?: number;

  /**
   * How old an event may grow in Lambda's own queue (throttles, retries) before it goes to the failure queue,
   * 1 minute to 6 hours.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;

  /**
   * How long the function's logs are kept.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to the log group when it leaves the stack.
   *
   * @default - as for the data: RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;

  /**
   * VPC to run the function in. It must reach S3 and DynamoDB, by their gateway endpoints, and Lambda (the recorder) or
   * EventBridge and Glue (run completion) or Lambda and SQS (replay), by their interface endpoints; or all by a NAT gateway.
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
}
