import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeResource } from './nag-acknowledgements';

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
export class RecorderRole extends iam.Role {
  constructor(scope: Construct, id: string, props: RecorderRoleProps) {
    super(scope, id, {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'Lets the landing recorder read landed objects and write their metadata',
    });
    this.allowReadingObjects(props.bucket, props.objectPrefix);
    this.allowRecording(props.table);
    this.allow('WriteLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], [props.logGroup.logGroupArn]);
    this.allow('SendFailures', ['sqs:SendMessage'], [props.failureQueue.queueArn]);
    this.allowKeys(props);
    if (props.inVpc) this.allowNetworkInterfaces();
  }

  private allowReadingObjects(bucket: s3.IBucket, prefix: string = ''): void {
    const objects = bucket.arnForObjects(`${prefix}*`);
    this.allow('ReadLandedObjects', ['s3:GetObject', 's3:GetObjectVersion'], [objects]);
    acknowledgeResource(this, objects, 'the recorder reads whatever lands under the watched prefix');
    // Without these S3 answers 403 instead of 404 for an object or version that is gone.
    this.allow('TellMissingFromForbidden', ['s3:ListBucket', 's3:ListBucketVersions'], [bucket.bucketArn]);
  }

  private allowRecording(table: dynamodb.ITable): void {
    this.allow('RecordObjects', ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [table.tableArn]);
  }

  private allowKeys({ bucket, table, failureQueue }: RecorderRoleProps): void {
    bucket.encryptionKey?.grant(this, 'kms:Decrypt');
    failureQueue.encryptionMasterKey?.grant(this, 'kms:Decrypt', 'kms:GenerateDataKey');
    table.encryptionKey?.grant(this, 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo');
  }

  private allowNetworkInterfaces(): void {
    this.allow('RunInVpc', [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeSubnets',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ], ['*']);
    acknowledge(this, 'IAM5[Resource::*]', 'Lambda makes network interfaces whose names nobody knows before, and describing them takes no resource');
  }

  private allow(sid: string, actions: string[], resources: string[]): void {
    this.addToPolicy(new iam.PolicyStatement({ sid, actions, resources }));
  }
}
