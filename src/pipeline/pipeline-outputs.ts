import { CfnOutput, Names, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { STACK_OUTPUTS } from '../contract';

/** Values to put out, by the contract's names; what is undefined gets no output. */
export type PipelineOutputValues = { readonly [name in keyof typeof STACK_OUTPUTS]?: string };

const DESCRIPTIONS: { readonly [name in keyof typeof STACK_OUTPUTS]: string } = {
  bucketName: 'Landing bucket',
  landingPrefix: 'Prefix of the landed objects',
  keyArn: 'Key that encrypts the landing bucket',
  tableName: 'Metadata table',
  recorderName: 'Function that records landed objects',
  logGroupName: 'Log group of the recorder',
  runCompletionName: 'Function that completes runs',
  runCompletionLogGroupName: 'Log group of run completion',
  glueDatabaseName: 'Glue database of the landed tables',
  workGroupName: 'Athena workgroup for queries of landed data',
  replayName: 'Function that replays failed events and landed objects',
  failureQueueUrl: 'Queue of the events that could not be recorded',
  alarmTopicArn: 'Topic the alarms notify',
  dashboardName: 'CloudWatch dashboard',
  metricNamespace: 'Namespace of the metrics',
};

/** Puts a pipeline's names into the stack's outputs, under logical ids a program can find (see `STACK_OUTPUTS`). */
export function addPipelineOutputs(pipeline: Construct, values: PipelineOutputValues): void {
  const scope = new Construct(pipeline, 'Outputs');
  const name = nameInStack(pipeline);
  for (const [key, suffix] of Object.entries(STACK_OUTPUTS) as [keyof typeof STACK_OUTPUTS, string][]) {
    const value = values[key];
    if (value === undefined) continue;
    new CfnOutput(scope, suffix, { value, description: DESCRIPTIONS[key] }).overrideLogicalId(`${name}${suffix}`);
  }
}

/** The id alone where it says all; with the path's hash where another path could give the same text. */
function nameInStack(pipeline: Construct): string {
  const plain = pipeline.node.scope === Stack.of(pipeline) && /^[A-Za-z0-9]+$/.test(pipeline.node.id);
  return plain ? pipeline.node.id : Names.uniqueResourceName(pipeline, { maxLength: 200 });
}
