import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { ExtractionPrices, ExtractionWindow } from './extraction-bounds';
import { ExtractionOptions } from './extraction-options';
import { ExtractionSource } from './extraction-source';
import { ExtractionWorkers } from './extraction-workers';
import { ExtractionMode } from './mode/extraction-mode';
import { ILegacyToS3Pipeline } from '../interface/pipeline-interface';
import { AlarmOptions } from '../observability/alarms/alarm-options';

/** What an execution does that finds another one of the same extraction at work. */
export enum ExtractionOverlap {
  /** It ends and has succeeded; its output says why, and a metric counts it. */
  SKIP = 'skip',
  /** It waits for the other to end. One may wait; another one is skipped. */
  WAIT = 'wait',
  /** It fails. */
  FAIL = 'fail',
}

/** Properties of an extraction. The alarms notify the pipeline's topic, unless `alarmTopic` says otherwise. */
export interface ExtractionProps extends ExtractionOptions, AlarmOptions {
  /** Where it lands. */
  readonly pipeline: ILegacyToS3Pipeline;

  /** The database to read. */
  readonly source: ExtractionSource;

  /**
   * Name of the extraction, unique in its pipeline: its metrics are told apart by it, and its executions do not overlap.
   *
   * @default - made of the stack's name and the path of the construct
   */
  readonly extractionName?: string;

  /**
   * What an execution reads: all rows, or what changed since the run before.
   *
   * @default ExtractionMode.full()
   */
  readonly mode?: ExtractionMode;

  /**
   * When it starts, by EventBridge Scheduler: `ScheduleExpression.cron({ hour: '1', minute: '0', timeZone: TimeZone.EUROPE_BERLIN })`.
   * Not with `ExtractionMode.changes`, which says it itself.
   *
   * @default - it is started by hand (`grantStart`), or as often as the mode says
   */
  readonly schedule?: scheduler.ScheduleExpression;

  /**
   * Whether the schedule starts anything; only with `schedule`, or with `ExtractionMode.changes`.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Whether to put the state machine's ARN and where it lands into the stack's outputs; the command line finds an extraction by them.
   *
   * @default true
   */
  readonly outputs?: boolean;

  /**
   * Whether to add rows to the dashboard of the pipeline, where both are in one stack and it has one; `dashboardRows` are for others.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * Whether to save queries of the functions' logs in CloudWatch Logs Insights.
   *
   * @default true
   */
  readonly savedQueries?: boolean;

  /**
   * What an execution does that finds another one at work.
   *
   * @default ExtractionOverlap.SKIP
   */
  readonly overlap?: ExtractionOverlap;

  /**
   * How long an execution may take, 5 minutes to 365 days. What it landed counts when it is redriven or gone on with.
   *
   * @default Duration.days(7)
   */
  readonly timeout?: Duration;

  /**
   * How long a database snapshot is kept after its execution failed, so that it can be redriven: whole hours, 1 hour to 14 days.
   * Then it is dropped, and an alarm tells. Also for executions whose input asks for such a snapshot, if this is given.
   *
   * @default Duration.hours(24), where consistency is DATABASE_SNAPSHOT
   */
  readonly keepSnapshotFor?: Duration;

  /**
   * Most seconds that the plan may reckon an execution to take; one that is reckoned to take longer fails before it reads.
   *
   * @default - any time
   */
  readonly maxSeconds?: number;

  /**
   * Most that the plan may reckon an execution to cost, in US dollars; one that is reckoned to cost more fails before it reads, and
   * says the arithmetic. Reckoned are the workers, their requests of S3 and the states of the state machine; not what AWS asks for
   * logs, transfer, NAT gateways, keys and storage.
   *
   * @default - any
   */
  readonly maxCost?: number;

  /**
   * Prices that `maxCost` and the plan reckon by; those of your region, or what you have agreed on with AWS.
   *
   * @default - list prices of us-east-1
   */
  readonly prices?: ExtractionPrices;

  /**
   * Hours in which it may read. Outside of them it neither plans nor begins a chunk; chunks that are being read then are read to
   * their end, and the execution goes on when the window begins again. Its `timeout` counts the waiting too.
   *
   * @default - at any time
   */
  readonly window?: ExtractionWindow;

  /**
   * Pace at which one stream of the source is reckoned (bytes of its pages a second), at least 1 KiB. By it the plan tells which
   * chunks do not fit into one invocation, and how long an execution takes.
   *
   * @default 10485760 (10 MiB)
   */
  readonly assumedBytesPerSecond?: number;

  /**
   * An alarm goes off when no extraction was completed for so long: whole hours, 1 hour to 7 days. Of runs of changes one that found
   * nothing changed counts too.
   *
   * @default - 36 hours where the schedule begins at least once a day, else no alarm; of runs of changes three times `every`, at least an hour
   */
  readonly overdueAfter?: Duration;

  /**
   * What does the reading.
   *
   * @default ExtractionWorkers.lambda()
   */
  readonly workers?: ExtractionWorkers;

  /**
   * Memory of the function that plans and completes, in MB, 512 to 10240.
   *
   * @default 1769
   */
  readonly controlMemorySize?: number;

  /**
   * How many instances of the function that plans and completes may run at once, at least 1; they are set aside from the account's
   * limit.
   *
   * @default - no reservation, the account's limit
   */
  readonly controlReservedConcurrentExecutions?: number;

  /**
   * VPC from which the source is reached. It must reach S3, Step Functions, and Secrets Manager or SSM, whichever has the
   * password: by endpoints (`vpcEndpoints`) or a NAT gateway.
   *
   * @default - not in a VPC: the source must have a public address
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of the functions; only with `vpc`.
   *
   * @default - the VPC's private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the functions; only with `vpc`.
   *
   * @default - one of their own that lets everything out and nothing in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Whether to make the VPC's endpoints that the functions need and that this app has not made yet: a gateway endpoint of S3, and
   * interface endpoints of Step Functions and of Secrets Manager or SSM. Only with `vpc`.
   *
   * @default false
   */
  readonly vpcEndpoints?: boolean;

  /**
   * Prefix of saved plans in the landing bucket, which executions may be started with.
   *
   * @default - plans lie where the extraction may read anyway: under the landing prefix or in its state
   */
  readonly planPrefix?: string;

  /**
   * Layers of both functions; one with `@azure/identity` lets them log in by Microsoft Entra.
   *
   * @default - none
   */
  readonly layers?: lambda.ILayerVersion[];

  /**
   * Runtime of both functions, Node.js 20 or newer.
   *
   * @default lambda.Runtime.NODEJS_24_X
   */
  readonly runtime?: lambda.Runtime;

  /**
   * Processor of both functions.
   *
   * @default lambda.Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;

  /**
   * Environment variables to add to both functions; those that the extraction sets are refused, but for `POWERTOOLS_LOG_LEVEL`.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * KMS key that encrypts the environment of both functions, which holds names and no secret unless you add one.
   *
   * @default - a key of Lambda's
   */
  readonly environmentEncryption?: kms.IKey;

  /**
   * KMS key that encrypts logs, dead letters and notifications.
   *
   * @default - keys managed by the services
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Role of the function that plans and completes; it is given the rights the function needs.
   *
   * @default - a new one, which may do what the function does and nothing else
   */
  readonly controlRole?: iam.IRole;

  /**
   * Role of the workers; it is given the rights they need.
   *
   * @default - a new one, which may do what the function does and nothing else
   */
  readonly workerRole?: iam.IRole;

  /**
   * How long the logs of functions and state machine are kept.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to the log groups when they leave the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;

  /**
   * Whether functions and state machine are traced by X-Ray.
   *
   * @default lambda.Tracing.DISABLED
   */
  readonly tracing?: lambda.Tracing;
}
