import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { checkExtraction } from './check-extraction';
import { ExtractionAccess, ExtractionFunction } from './extraction-function';
import { ExtractionMachine } from './extraction-machine';
import { ExtractionNetwork } from './extraction-network';
import { ExtractionOverlap, ExtractionProps } from './extraction-props';
import { landingOf, limitsOf, readingOf, settingsOf, sourceOf, toJson } from './extraction-settings';
import { ExtractionStarts, statusPattern, UNSUCCESSFUL } from './extraction-starts';
import { ExtractionWorkers } from './extraction-workers';
import { createWorkers, WorkerConstructs } from './fargate/create-workers';
import { changesOf, Following, followingOf, overdueOf, startsOf } from './mode/following';
import { createExtractionAlarms, EXTRACTION_ALARM_KINDS } from './observability/extraction-alarms';
import { ExtractionMetrics } from './observability/extraction-metrics';
import { ExtractionQueries } from './observability/extraction-queries';
import { extractionRows } from './observability/extraction-rows';
import { EXTRACTION_ENV, EXTRACTION_OUTPUTS } from '../../contract';
import { Consistency } from '../../extractor/api/extractor-props';
import { byPrincipal, grantWhole } from '../access/grant-whole';
import { ROLE_OF_ACCOUNT } from '../access/grants';
import { claim } from '../checks/claims';
import { addNamedOutputs } from '../checks/named-outputs';
import { defaultPipelineName } from '../checks/pipeline-name';
import { invalidInput } from '../checks/validation';
import { RecorderFunctionOptions } from '../functions/recorder-options';
import { checkAlarmOptions } from '../observability/alarms/alarm-set';
import { FailureQueue } from '../recording/failure-queue';

/** One vCPU (Lambda, "Configure Lambda function memory"). */
const MEMORY_MB = 1769;

/** The longest there is. */
const TIMEOUT = Duration.minutes(15);

/** What a worker keeps of its time to connect, and to hand over what is left. */
const KEPT_SECONDS = 60;

/**
 * An extraction that runs in the account: a state machine that plans it, has its chunks read by many workers at once, and
 * completes the run, by a schedule or by hand. Executions of it do not overlap, and one that failed can be redriven.
 */
export class Extraction extends Construct implements ec2.IConnectable {
  /** Name of the extraction. */
  public readonly extractionName: string;

  /** The state machine. */
  public readonly stateMachine: sfn.StateMachine;

  /** The function that plans and completes. */
  public readonly controlFunction: lambda.Function;

  /** The function that reads; undefined where all workers are tasks. */
  public readonly workerFunction?: lambda.Function;

  /** The definition of tasks that read; undefined where all workers are functions. */
  public readonly workerTaskDefinition?: ecs.FargateTaskDefinition;

  /** The cluster of such tasks. */
  public readonly workerCluster?: ecs.ICluster;

  /** The role of the function that plans and completes. */
  public readonly controlRole: iam.IRole;

  /** The role of the workers, functions and tasks. */
  public readonly workerRole: iam.IRole;

  /** The log group of the function that plans and completes; lines are JSON. */
  public readonly controlLogGroup: logs.LogGroup;

  /** The log group of the workers; lines are JSON. */
  public readonly workerLogGroup: logs.LogGroup;

  /** The log group of the state machine. */
  public readonly stateMachineLogGroup: logs.LogGroup;

  /** The schedule; undefined where it is started by hand. */
  public readonly schedule?: scheduler.Schedule;

  /** What could not be started, and what is to be done after a failed execution and was not. */
  public readonly deadLetters: sqs.IQueue;

  /** The metrics. */
  public readonly metrics: ExtractionMetrics;

  /** The alarms by their `ExtractionAlarmKind`. */
  public readonly alarms: { [kind: string]: cloudwatch.Alarm };

  /** The topic the alarms notify. */
  public readonly alarmTopic: sns.ITopic;

  private readonly network?: ExtractionNetwork;
  private readonly following?: Following;

  constructor(scope: Construct, id: string, props: ExtractionProps) {
    super(scope, id);
    checkExtraction(this, props);
    checkAlarmOptions(this, props, EXTRACTION_ALARM_KINDS);
    this.extractionName = props.extractionName ?? defaultPipelineName(this);
    claim(this, 'extractionName', props.pipeline.bucket, this.extractionName, 'their executions would wait for each other; give each extraction a name of its own');
    if (props.vpc) this.network = new ExtractionNetwork(this, props.vpc, props);

    this.deadLetters = new FailureQueue(this, 'DeadLetters', { encryptionKey: props.encryptionKey });
    const { control, workers } = this.createFunctions(props);
    [this.controlFunction, this.controlRole, this.controlLogGroup] = [control.function, control.role, control.logGroup];
    [this.workerFunction, this.workerRole, this.workerLogGroup] = [workers.worker?.function, workers.role, workers.logGroup];
    [this.workerTaskDefinition, this.workerCluster] = [workers.task?.taskDefinition, workers.task?.cluster];
    const machine = this.createMachine(props, control, workers);
    this.stateMachine = machine.stateMachine;
    this.stateMachineLogGroup = machine.logGroup;

    const keepsSnapshots = props.consistency === Consistency.DATABASE_SNAPSHOT || props.keepSnapshotFor !== undefined;
    const starts = new ExtractionStarts(this, 'Starts', this.deadLetters);
    const start = startsOf(props);
    if (start) this.schedule = starts.schedule(start.schedule, this.stateMachine, props.enabled ?? true, start.latest);
    starts.afterFailures(this.stateMachine, this.controlFunction);
    if (keepsSnapshots) starts.expireSnapshots(this.controlFunction, props.keepSnapshotFor ?? Duration.hours(24));

    this.metrics = new ExtractionMetrics({
      namespace: props.pipeline.metricNamespace, extractionName: this.extractionName, stateMachine: this.stateMachine,
    });
    this.following = followingOf(props);
    ({ alarms: this.alarms, topic: this.alarmTopic } = createExtractionAlarms(new Construct(this, 'Alarms'), {
      options: { ...props, alarmTopic: props.alarmTopic ?? props.pipeline.resources.alarmTopic },
      extractionName: this.extractionName,
      stateMachine: this.stateMachine,
      metrics: this.metrics,
      deadLetters: this.deadLetters,
      overdueAfter: overdueOf(props),
      following: this.following,
      keepsSnapshots,
      encryptionKey: props.encryptionKey,
    }));
    if (props.savedQueries ?? true) new ExtractionQueries(this, 'SavedQueries', this);
    const { dashboard } = props.pipeline.resources;
    // One of another stack would have to know the extraction, which knows the pipeline of that stack.
    if (dashboard && (props.dashboard ?? true) && Stack.of(dashboard) === Stack.of(this)) this.addToDashboard(dashboard);
    if (props.outputs ?? true) this.addOutputs(landingOf(props).target);
  }

  /** The network connections of functions and tasks; only where they are in a VPC. */
  public get connections(): ec2.Connections {
    if (!this.network) throw invalidInput(this, 'an extraction has connections only in a VPC: set vpc');
    return new ec2.Connections({ securityGroups: this.network.securityGroups });
  }

  /**
   * Lets somebody start an execution, and see how it goes.
   *
   * @param grantee for example the role of an operator
   */
  public grantStart(grantee: iam.IGrantable): iam.Grant {
    const executions = Stack.of(this).formatArn({ service: 'states', resource: `execution:${this.stateMachine.stateMachineName}:*` });
    return grantWhole(this, 'grantStart', grantee, [
      byPrincipal(this, 'the state machine', grantee, ['states:StartExecution'], [this.stateMachine.stateMachineArn]),
      byPrincipal(this, 'its executions', grantee, ['states:DescribeExecution'], [executions]),
    ], ROLE_OF_ACCOUNT);
  }

  /**
   * Makes a rule of EventBridge for executions that succeeded, those that were skipped among them; their output is in the event.
   * To work on what landed, `onRunComplete` of the pipeline is the place: it tells of runs that hold.
   *
   * @param id of the rule
   * @param options what to start, and further conditions on the event
   */
  public onSucceeded(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.onStatus(id, ['SUCCEEDED'], options);
  }

  /**
   * Makes a rule of EventBridge for executions that failed, took too long or were stopped; `error` and `cause` are in the event.
   *
   * @param id of the rule
   * @param options what to start, and further conditions on the event
   */
  public onFailed(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.onStatus(id, UNSUCCESSFUL, options);
  }

  /**
   * A metric the functions emit, by its name.
   *
   * @default - sum over 5 minutes
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.metric(metricName, options);
  }

  /**
   * Rows for a dashboard: executions, their duration, rows and bytes, waiting, lag behind the schedule, retries, dead letters, the
   * alarms' state and the latest errors; of runs of changes how far the tables follow. Each call makes new widgets.
   */
  public dashboardRows(): cloudwatch.IWidget[][] {
    return extractionRows(this, this.following);
  }

  /**
   * Puts the rows at the end of a dashboard. On that of its pipeline, where both are in one stack, they are without that.
   *
   * @param dashboard one of this app
   */
  public addToDashboard(dashboard: cloudwatch.Dashboard): void {
    for (const row of this.dashboardRows()) dashboard.addWidgets(...row);
  }

  private addOutputs(target: string): void {
    addNamedOutputs(this, [
      { suffix: EXTRACTION_OUTPUTS.machineArn, value: this.stateMachine.stateMachineArn, description: 'State machine of the extraction' },
      { suffix: EXTRACTION_OUTPUTS.target, value: target, description: 'Where the extraction lands' },
      { suffix: EXTRACTION_OUTPUTS.extractionName, value: this.extractionName, description: 'Name of the extraction' },
    ]);
  }

  private onStatus(id: string, status: readonly string[], options: events.OnEventOptions): events.Rule {
    const rule = new events.Rule(this, id, options);
    rule.addEventPattern(statusPattern(this.stateMachine, status));
    rule.addTarget(options.target);
    return rule;
  }

  private createFunctions(props: ExtractionProps): { readonly control: ExtractionFunction; readonly workers: WorkerConstructs } {
    const { pipeline, source, encryptionKey, layers } = props;
    const caCertificate = source.caCertificate === undefined ? undefined : new assets.Asset(this, 'CaCertificate', { path: source.caCertificate });
    const environment = this.environmentOf(props, caCertificate);
    const access: ExtractionAccess = { pipeline, source, caCertificate };
    const both = { environment, layers, encryptionKey };
    const options = this.functionOptions(props);
    const control = new ExtractionFunction(this, 'Control', {
      ...both,
      entry: 'control',
      description: 'Plans an extraction, and completes it',
      memorySize: props.controlMemorySize ?? MEMORY_MB,
      timeout: TIMEOUT,
      options: { ...options, role: props.controlRole, reservedConcurrentExecutions: props.controlReservedConcurrentExecutions },
      failureQueue: this.deadLetters,
      access: { ...access, planPrefix: props.planPrefix },
    });
    const workers = createWorkers(this, {
      ...both,
      workers: props.workers ?? ExtractionWorkers.lambda(),
      memorySize: MEMORY_MB,
      timeout: TIMEOUT,
      options: { ...options, role: props.workerRole },
      access,
    });
    return { control, workers };
  }

  private environmentOf(props: ExtractionProps, caCertificate: assets.Asset | undefined): { [name: string]: string } {
    return {
      [EXTRACTION_ENV.name]: this.extractionName,
      [EXTRACTION_ENV.source]: toJson(this, sourceOf(props.source)),
      [EXTRACTION_ENV.landing]: toJson(this, landingOf(props)),
      [EXTRACTION_ENV.reading]: toJson(this, readingOf(props)),
      [EXTRACTION_ENV.metricsNamespace]: props.pipeline.metricNamespace,
      ...caCertificate && { [EXTRACTION_ENV.caUrl]: caCertificate.s3ObjectUrl },
    };
  }

  private functionOptions(props: ExtractionProps): RecorderFunctionOptions {
    const { runtime, architecture, environment, environmentEncryption, logRetention, logRemovalPolicy, tracing, vpc, vpcSubnets } = props;
    const securityGroups = this.network?.securityGroups;
    return { runtime, architecture, environment, environmentEncryption, logRetention, logRemovalPolicy, tracing, vpc, vpcSubnets, securityGroups };
  }

  private createMachine(props: ExtractionProps, control: ExtractionFunction, { worker, task }: WorkerConstructs): ExtractionMachine {
    const { pipeline, encryptionKey, logRetention, logRemovalPolicy, tracing } = props;
    return new ExtractionMachine(this, 'Machine', {
      pipeline,
      control,
      worker,
      task,
      encryptionKey,
      logRetention,
      logRemovalPolicy,
      tracing,
      settings: settingsOf(props),
      changes: changesOf(props),
      overlap: props.overlap ?? ExtractionOverlap.SKIP,
      limits: limitsOf(props, MEMORY_MB, worker && worker.function.timeout!.toSeconds() - KEPT_SECONDS),
      timeoutSeconds: (props.timeout ?? Duration.days(7)).toSeconds(),
    });
  }
}
