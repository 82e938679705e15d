import { Construct } from 'constructs';
import { STACK_OUTPUTS } from '../contract';
import { addNamedOutputs } from './checks/named-outputs';

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
  compactorName: 'Function that compacts landed tables',
  compactorLogGroupName: 'Log group of the function that compacts landed tables',
  glueDatabaseName: 'Glue database of the landed tables',
  workGroupName: 'Athena workgroup for queries of landed data',
  replayName: 'Function that replays failed events and landed objects',
  failureQueueUrl: 'Queue of the events that could not be recorded',
  alarmTopicArn: 'Topic the alarms notify',
  dashboardName: 'CloudWatch dashboard',
  metricNamespace: 'Namespace of the metrics',
};

/** Puts a pipeline's names into the stack's outputs (see `STACK_OUTPUTS`). */
export function addPipelineOutputs(pipeline: Construct, values: PipelineOutputValues): void {
  const names = Object.keys(STACK_OUTPUTS) as Array<keyof typeof STACK_OUTPUTS>;
  addNamedOutputs(pipeline, names.map((name) => ({ suffix: STACK_OUTPUTS[name], value: values[name], description: DESCRIPTIONS[name] })));
}
