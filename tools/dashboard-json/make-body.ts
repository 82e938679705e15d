import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { metricNamespace } from '../../src/contract';
import { PipelineDashboard, PipelineMetrics } from '../../src/pipeline';

/** Placeholders in the body, to be replaced by `envsubst`; the example's README says by what. */
export const PLACEHOLDERS = {
  region: '${AWS_REGION}',
  pipelineName: '${PIPELINE_NAME}',
  recorder: '${RECORDER_NAME}',
  runCompletion: '${RUN_COMPLETION_NAME}',
  compactor: '${COMPACTOR_NAME}',
  table: '${TABLE_NAME}',
  failureQueue: '${FAILURE_QUEUE_NAME}',
  logGroup: '${LOG_GROUP_NAME}',
  runCompletionLogGroup: '${RUN_COMPLETION_LOG_GROUP_NAME}',
  compactorLogGroup: '${COMPACTOR_LOG_GROUP_NAME}',
} as const;

/** The body of a pipeline's dashboard, as `aws cloudwatch put-dashboard` takes it, with placeholders for the names. */
export function dashboardJson(): string {
  const stack = new Stack(new App(), 'Dashboard');
  const arn = 'arn:aws:service:region:111111111111:';
  new PipelineDashboard(stack, 'Dashboard', {
    pipelineName: PLACEHOLDERS.pipelineName,
    metrics: new PipelineMetrics({
      namespace: metricNamespace(PLACEHOLDERS.pipelineName),
      recorder: lambda.Function.fromFunctionArn(stack, 'Recorder', `${arn}function:${PLACEHOLDERS.recorder}`),
      runCompletion: lambda.Function.fromFunctionArn(stack, 'RunCompletion', `${arn}function:${PLACEHOLDERS.runCompletion}`),
      compactor: lambda.Function.fromFunctionArn(stack, 'Compactor', `${arn}function:${PLACEHOLDERS.compactor}`),
      table: dynamodb.Table.fromTableName(stack, 'Table', PLACEHOLDERS.table),
      failureQueue: sqs.Queue.fromQueueArn(stack, 'Queue', `${arn}${PLACEHOLDERS.failureQueue}`),
      commitsTables: true,
    }),
    logGroup: logs.LogGroup.fromLogGroupName(stack, 'LogGroup', PLACEHOLDERS.logGroup),
    runCompletionLogGroup: logs.LogGroup.fromLogGroupName(stack, 'RunCompletionLogGroup', PLACEHOLDERS.runCompletionLogGroup),
    compactorLogGroup: logs.LogGroup.fromLogGroupName(stack, 'CompactorLogGroup', PLACEHOLDERS.compactorLogGroup),
  });
  const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
  const parts: (string | { readonly Ref: string })[] = Properties.DashboardBody['Fn::Join'][1];
  const body = parts.map((part) => {
    if (typeof part === 'string') return part;
    if (part.Ref === 'AWS::Region') return PLACEHOLDERS.region;
    throw new Error(`expected names alone in the dashboard, found ${JSON.stringify(part)}`);
  }).join('');
  return `${JSON.stringify(JSON.parse(body), undefined, 2)}\n`;
}
