import { Duration } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RecorderRole } from './recorder-role';
import { RecordingFunction, RecordingFunctionProps } from './recording-function';
import { HANDLER_ENV, SERVICES } from '../../contract';
import { allowInvoking } from '../access/handler-role';

/** Properties of an object recorder. */
export interface ObjectRecorderProps extends RecordingFunctionProps {
  /** The bucket whose objects are recorded. */
  readonly bucket: s3.IBucket;

  /**
   * Only objects under this prefix may be read.
   *
   * @default - the whole bucket
   */
  readonly objectPrefix?: string;

  /** The table they are recorded in; it has the keys and indexes of a `MetadataTable`. */
  readonly table: dynamodb.ITable;

  /**
   * Where Lambda sends the events that could not be recorded.
   *
   * @default - a queue of its own, encrypted, reached by TLS only, kept for 14 days
   */
  readonly failureQueue?: sqs.IQueue;
}

/**
 * The function that writes an item to the metadata table for every landed object, with a role, a log group and a failure
 * queue of its own. It is not called by anything until a `LandingTrigger` is bound to it.
 */
export class ObjectRecorder extends RecordingFunction {
  /** Where Lambda sends the events that could not be recorded. */
  declare public readonly failureQueue: sqs.IQueue;

  private readonly roleIsGiven: boolean;

  constructor(scope: Construct, id: string, props: ObjectRecorderProps) {
    super(scope, id, props, {
      roleType: RecorderRole,
      serviceName: SERVICES.recorder,
      bundle: 'recorder',
      description: 'Records every object that lands in S3',
      memorySize: 512,
      timeout: Duration.minutes(5),
    });
    this.roleIsGiven = props.role !== undefined;
  }

  /**
   * Has the recorder start run completion for every manifest that lands; without it runs are recorded and never completed.
   *
   * @param completion the function of a `RunCompletion`
   */
  public startRunCompletion(completion: lambda.IFunction): void {
    this.function.addEnvironment(HANDLER_ENV.runCompletionFunction, completion.functionName);
    allowInvoking(this, this.role, this.roleIsGiven, 'StartRunCompletion', [completion]);
  }
}
