import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { HandlerRole } from '../access/handler-role';

/** What the recorder's role gives access to. */
export interface RecorderRoleProps {
  readonly bucket: s3.IBucket;
  readonly objectPrefix?: string;
  readonly table: dynamodb.ITable;
  readonly logGroup: logs.ILogGroup;
  readonly failureQueue: sqs.IQueue;
  readonly inVpc: boolean;
}

/** The recorder's role: what the handler calls, on the resources it calls it on, and nothing else. */
export class RecorderRole extends HandlerRole {
  constructor(scope: Construct, id: string, props: RecorderRoleProps) {
    super(scope, id, 'Lets the landing recorder read landed objects and write their metadata');
    this.allowReadingObjects(props.bucket, props.objectPrefix);
    this.allowRecording(props.table);
    this.allowLogging(props.logGroup);
    this.allowSendingFailures(props.failureQueue);
    props.bucket.encryptionKey?.grant(this, 'kms:Decrypt');
    props.failureQueue.encryptionMasterKey?.grant(this, 'kms:Decrypt', 'kms:GenerateDataKey');
    this.allowTableKey(props.table.encryptionKey);
    if (props.inVpc) this.allowNetworkInterfaces();
  }

  /** Lets it start run completion. */
  public allowStarting(completion: lambda.IFunction): void {
    this.allow('StartRunCompletion', ['lambda:InvokeFunction'], [completion.functionArn]);
  }
}
