import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { LandingCatalog } from './catalog/landing-catalog';
import { compactionOf } from './catalog/table-settings';
import { TableCompactor } from './compaction/table-compactor';
import { RunCompletion } from './completion/run-completion';
import { LegacyToS3PipelineProps } from './pipeline-props';
import { ObjectRecorder } from './recording/object-recorder';
import { ReplayFunction } from './replay/replay-function';

/** What the functions of a pipeline work with. */
export interface PipelineParts {
  readonly bucket: s3.IBucket;
  readonly objectPrefix?: string;
  readonly table: dynamodb.ITable;
  readonly pipelineName: string;
  readonly failureQueue: sqs.IQueue;
  readonly catalog: LandingCatalog | undefined;
}

/** Makes the function that completes runs. */
export function makeRunCompletion(pipeline: Construct, props: LegacyToS3PipelineProps, parts: PipelineParts): RunCompletion {
  return new RunCompletion(pipeline, 'RunCompletion', {
    ...props,
    ...parts,
    role: props.runCompletionRole,
    memorySize: props.runCompletionMemorySize,
    timeout: props.runCompletionTimeout,
    reservedConcurrentExecutions: props.runCompletionReservedConcurrentExecutions,
    logRemovalPolicy: props.logRemovalPolicy ?? props.removalPolicy,
  });
}

/** Makes the function that compacts tables, where they are, and has run completion start it. */
export function makeCompactor(
  pipeline: Construct, props: LegacyToS3PipelineProps, { catalog, ...parts }: PipelineParts, completion: RunCompletion,
): TableCompactor | undefined {
  const compaction = compactionOf(completion.landedTables);
  if (!compaction || !catalog) return undefined;
  const compactor = new TableCompactor(pipeline, 'Compactor', {
    ...props,
    ...parts,
    catalog,
    role: compaction.options.role,
    memorySize: compaction.options.memorySize,
    timeout: undefined,
    reservedConcurrentExecutions: compaction.options.reservedConcurrentExecutions,
    logRemovalPolicy: props.logRemovalPolicy ?? props.removalPolicy,
  });
  completion.startCompaction(compactor.function, compaction);
  return compactor;
}

/** Makes the function that replays what the others failed at. */
export function makeReplay(
  pipeline: Construct, props: LegacyToS3PipelineProps, { bucket, objectPrefix, pipelineName, failureQueue }: PipelineParts,
  { recorder, completion, compactor }: { readonly recorder: ObjectRecorder; readonly completion: RunCompletion; readonly compactor?: TableCompactor },
): ReplayFunction {
  return new ReplayFunction(pipeline, 'Replay', {
    bucket,
    objectPrefix,
    pipelineName,
    failureQueue,
    recorder: recorder.function,
    runCompletion: completion.function,
    compactor: compactor?.function,
    encryptionKey: props.encryptionKey,
    role: props.replayRole,
    runtime: props.runtime,
    tracing: props.tracing,
    environmentEncryption: props.environmentEncryption,
    architecture: props.architecture,
    reservedConcurrentExecutions: props.replayReservedConcurrentExecutions,
    vpc: props.vpc,
    vpcSubnets: props.vpcSubnets,
    securityGroups: props.securityGroups,
    logRetention: props.logRetention,
    logRemovalPolicy: props.logRemovalPolicy ?? props.removalPolicy,
  });
}
