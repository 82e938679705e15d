import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { checkDashboardOptions, DashboardSection, PipelineDashboardOptions } from './dashboard-options';
import { pipelineRows } from './pipeline-rows';
import { FINE } from './widgets';
import { requireDuration, requireNumber } from '../../checks/validation';
import { PipelineMetrics } from '../metrics/pipeline-metrics';

/** Properties of a pipeline's dashboard; the resources shown may be imported. */
export interface PipelineDashboardProps extends PipelineDashboardOptions {
  /** Name of the pipeline, its title. */
  readonly pipelineName: string;

  /** Metrics of the pipeline; those of its logs are made by `LogMetrics`. */
  readonly metrics: PipelineMetrics;

  /** Log group of the recorder, for the table of errors. */
  readonly logGroup: logs.ILogGroup;

  /**
   * Log group of the function that completes runs, for the tables of runs and of errors.
   *
   * @default - none
   */
  readonly runCompletionLogGroup?: logs.ILogGroup;

  /**
   * Log group of the function that compacts tables, for the table of errors.
   *
   * @default - none
   */
  readonly compactorLogGroup?: logs.ILogGroup;

  /**
   * Alarms whose state is shown.
   *
   * @default - none
   */
  readonly alarms?: cloudwatch.IAlarm[];

  /**
   * Share of attempts that should succeed, in percent, above 0 and at most 100.
   *
   * @default 99
   */
  readonly successRateTarget?: number;

  /**
   * How long a write to the metadata table should take at most, as the recorder sees it (99th percentile), 1 millisecond
   * to 1 minute.
   *
   * @default Duration.millis(50)
   */
  readonly tableLatencyTarget?: Duration;
}

/**
 * The dashboard of a pipeline: success rate, what landed, the runs, latencies, cold starts, throttles, the failure queue,
 * the alarms' state and the latest errors. More rows are added with `addWidgets`.
 */
export class PipelineDashboard extends cloudwatch.Dashboard {
  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    requireNumber(scope, 'successRateTarget', props.successRateTarget, { above: 0, max: 100, unit: 'percent' });
    requireDuration(scope, 'tableLatencyTarget', props.tableLatencyTarget, { min: Duration.millis(1), max: Duration.minutes(1) });
    checkDashboardOptions(scope, '', props);
    super(scope, id, {
      defaultInterval: props.defaultInterval ?? Duration.hours(3),
      widgets: pipelineRows({
        pipelineName: props.pipelineName,
        metrics: props.metrics,
        logGroups: [props.logGroup, props.runCompletionLogGroup, props.compactorLogGroup].filter((each) => each !== undefined),
        runsLogGroup: props.runCompletionLogGroup,
        alarms: props.alarms ?? [],
        successRateTarget: props.successRateTarget ?? 99,
        tableLatencyTarget: props.tableLatencyTarget ?? Duration.millis(50),
        fine: { period: props.period ?? FINE.period },
        sections: props.sections ?? Object.values(DashboardSection),
      }),
    });
  }
}
