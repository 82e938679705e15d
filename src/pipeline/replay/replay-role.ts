import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { allowInvoking, HandlerRole } from '../access/handler-role';

/** What the role of a replay function gives access to. */
export interface ReplayRoleProps {
  readonly bucket: s3.IBucket;
  readonly recorder: lambda.IFunction;
  readonly runCompletion?: lambda.IFunction;
  readonly compactor?: lambda.IFunction;
  readonly failureQueue: sqs.IQueue;
  readonly logGroup: logs.ILogGroup;
  readonly inVpc: boolean;
  /** One that was given. */
  readonly role?: iam.IRole;
}

/** The role of a replay function: it lists objects, takes failed events and invokes; it reads no object and no record. */
export class ReplayRole extends HandlerRole {
  constructor(scope: Construct, props: ReplayRoleProps) {
    super(scope, 'Lets the replay function give failed events and landed objects to their functions again', props.role);
    const functions = [props.recorder, props.runCompletion, props.compactor].filter((each) => each !== undefined);
    allowInvoking(scope, this.role, props.role !== undefined, 'InvokeAgain', functions);
    this.allow('TakeFailures', ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'], [props.failureQueue.queueArn]);
    this.allow('ListLandedObjects', ['s3:ListBucket', 's3:ListBucketVersions'], [props.bucket.bucketArn]);
    this.allowLogging(props.logGroup);
    props.failureQueue.encryptionMasterKey?.grant(this.role, 'kms:Decrypt');
    if (props.inVpc) this.allowNetworkInterfaces();
  }
}
