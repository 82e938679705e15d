import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { PipelineMetrics } from '../metrics/pipeline-metrics';

/** What a dashboard shows; all of it may be imported, so that a body can be made of placeholders alone. */
export interface DashboardSources {
  readonly pipelineName: string;
  readonly metrics: PipelineMetrics;
  readonly logGroups: readonly logs.ILogGroup[];
  /** Where the checks of runs are logged. */
  readonly runsLogGroup?: logs.ILogGroup;
  readonly alarms: cloudwatch.IAlarm[];
  /** Percent. */
  readonly successRateTarget: number;
  readonly tableLatencyTarget: Duration;
}
