import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { checkObservedName, defaultPipelineName } from '../checks/pipeline-name';
import { FunctionAlarms, FunctionAlarmsOptions } from './alarms/function-alarms';
import { functionRows } from './dashboard/function-rows';
import { FunctionMetrics } from './metrics/function-metrics';
import { LogMetrics } from './metrics/log-metrics';
import { metricNamespace } from '../../contract';
import { claim } from '../checks/claims';

/** Properties of a function's observability. */
export interface FunctionObservabilityProps extends FunctionAlarmsOptions {
  /** The function, a version or an alias of it; it may be imported. */
  readonly function: lambda.IFunction;

  /**
   * Its log group. Timeouts, out of memory and cold starts are read from the reports Lambda writes when the function's log
   * format is JSON (`loggingFormat: lambda.LoggingFormat.JSON`).
   */
  readonly logGroup: logs.ILogGroup;

  /**
   * Where its failed events go: the queue of its failure destination or its dead-letter queue.
   *
   * @default - none: alarms and graph of it are left out
   */
  readonly failureQueue?: sqs.IQueue;

  /**
   * Name of the function in alarms and on dashboards, unique in account and region: its log metrics are in the namespace
   * `CdkLegacyToS3/<observedName>`; another name starts other metrics.
   *
   * @default - made of the stack's name and the path of the construct
   */
  readonly observedName?: string;

  /**
   * KMS key that encrypts what the topic sends.
   *
   * @default - see `AlarmTopic`
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * What a pipeline has to be watched by, for any Lambda function: metric filters on its logs, alarms by kind with a runbook
 * link each, and rows for a dashboard.
 */
export class FunctionObservability extends Construct {
  /** Name of the function in alarms and on dashboards. */
  public readonly observedName: string;

  /** The metric filters on the function's logs. */
  public readonly logMetrics: LogMetrics;

  /** The metrics of the function. */
  public readonly metrics: FunctionMetrics;

  /** The alarms, with the topic they notify. */
  public readonly alarms: FunctionAlarms;

  constructor(scope: Construct, id: string, private readonly props: FunctionObservabilityProps) {
    super(scope, id);
    checkObservedName(this, 'observedName', props.observedName);
    this.observedName = props.observedName ?? defaultPipelineName(this);
    claim(this, 'observedName', Stack.of(this), this.observedName, 'their metrics would be one; give each function a name of its own');
    this.logMetrics = new LogMetrics(this, 'LogMetrics', { logGroup: props.logGroup, namespace: metricNamespace(this.observedName) });
    this.metrics = new FunctionMetrics({ function: props.function, logMetrics: this.logMetrics, failureQueue: props.failureQueue });
    this.alarms = new FunctionAlarms(this, 'Alarms', { ...props, metrics: this.metrics, title: this.observedName });
    this.warnOfTextLogs();
  }

  /**
   * Rows for a dashboard: success rate, invocations, duration percentiles, cold starts, throttles, errors in the logs, the
   * failure queue, the alarms' state and the latest errors. Each call makes new widgets.
   */
  public dashboardRows(): cloudwatch.IWidget[][] {
    return functionRows({
      title: this.observedName,
      metrics: this.metrics,
      logGroup: this.props.logGroup,
      alarms: Object.values(this.alarms.alarms),
      successRateTarget: this.props.successRateTarget ?? 99,
    });
  }

  /**
   * Puts the rows at the end of a dashboard, for example that of a pipeline.
   *
   * @param dashboard one of this app
   */
  public addToDashboard(dashboard: cloudwatch.Dashboard): void {
    for (const row of this.dashboardRows()) dashboard.addWidgets(...row);
  }

  private warnOfTextLogs(): void {
    const resource = this.props.function.node.defaultChild;
    if (!(resource instanceof lambda.CfnFunction) || Token.isUnresolved(resource.loggingConfig)) return;
    const { logFormat = 'Text' } = (resource.loggingConfig ?? {}) as lambda.CfnFunction.LoggingConfigProperty;
    if (logFormat === 'JSON' || Token.isUnresolved(logFormat)) return;
    Annotations.of(this).addWarningV2(
      'cdk-legacy-to-s3:textLogFormat',
      `timeouts, out of memory and cold starts of ${this.observedName} are not seen: its log format is ${logFormat}, they are read from JSON; set loggingFormat`,
    );
  }
}
