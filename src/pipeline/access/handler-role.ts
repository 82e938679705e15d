import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeByStandards, acknowledgeResource } from './nag-acknowledgements';

/** What a function of the pipeline works beside. */
export interface Surroundings {
  readonly bucket: s3.IBucket;
  readonly table: dynamodb.ITable;
  readonly logGroup: logs.ILogGroup;
  readonly failureQueue: sqs.IQueue;
  readonly inVpc: boolean;
}

/**
 * The role of a function of the pipeline: built of what the handler calls, on the resources it calls it on. One that was given
 * gets the same.
 */
export abstract class HandlerRole {
  public readonly role: iam.IRole;

  /** Where it is given to several functions, statements of one name would differ. */
  private readonly isOwn: boolean;

  constructor(scope: Construct, description: string, given?: iam.IRole, assumedBy: iam.IPrincipal = new iam.ServicePrincipal('lambda.amazonaws.com')) {
    this.isOwn = given === undefined;
    this.role = given ?? new iam.Role(scope, 'Role', { assumedBy, description });
    acknowledgeByStandards(this.role, 'IAMNoInlinePolicy', 'the policy is of what this one function calls, and of use to nobody else');
  }

  protected allowReadingObjects(bucket: s3.IBucket, prefix: string = ''): void {
    const objects = bucket.arnForObjects(`${prefix}*`);
    this.allow('ReadLandedObjects', ['s3:GetObject', 's3:GetObjectVersion'], [objects]);
    acknowledgeResource(this.role, objects, 'the function reads whatever lands under the watched prefix');
    // Without these S3 answers 403 instead of 404 for an object or version that is gone.
    this.allow('TellMissingFromForbidden', ['s3:ListBucket', 's3:ListBucketVersions'], [bucket.bucketArn]);
  }

  protected allowRecording(table: dynamodb.ITable): void {
    this.allow('RecordObjects', ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [table.tableArn]);
  }

  protected allowLogging(logGroup: logs.ILogGroup): void {
    this.allow('WriteLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
  }

  protected allowSendingFailures(failureQueue: sqs.IQueue): void {
    this.allow('SendFailures', ['sqs:SendMessage'], [failureQueue.queueArn]);
  }

  /**
   * What each function may that works on landed objects and their items: write its lines, send failures, use the keys, be in the VPC.
   *
   * @param bucketKeyActions on the key of the bucket
   */
  protected allowSurroundings({ bucket, table, logGroup, failureQueue, inVpc }: Surroundings, ...bucketKeyActions: string[]): void {
    this.allowLogging(logGroup);
    this.allowSendingFailures(failureQueue);
    bucket.encryptionKey?.grant(this.role, ...bucketKeyActions);
    failureQueue.encryptionMasterKey?.grant(this.role, 'kms:Decrypt', 'kms:GenerateDataKey');
    this.allowTableKey(table.encryptionKey);
    if (inVpc) this.allowNetworkInterfaces();
  }

  protected allowTableKey(key?: kms.IKey): void {
    key?.grant(this.role, 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo');
  }

  protected allowNetworkInterfaces(): void {
    this.allow('RunInVpc', [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeSubnets',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ], ['*']);
    acknowledge(this.role, 'IAM5[Resource::*]', 'Lambda makes network interfaces whose names nobody knows before, and describing them takes no resource');
  }

  protected allow(sid: string, actions: string[], resources: string[]): void {
    this.role.addToPrincipalPolicy(new iam.PolicyStatement({ sid: this.isOwn ? sid : undefined, actions, resources }));
  }
}

/**
 * Lets a role invoke functions. To one that was given it is a policy of its own: the role may be that of the functions, too,
 * which wait for the policy that comes with it, and could not be named there.
 */
export function allowInvoking(scope: Construct, role: iam.IRole, isGiven: boolean, sid: string, functions: readonly lambda.IFunction[]): void {
  const resources = functions.map(({ functionArn }) => functionArn);
  const actions = ['lambda:InvokeFunction'];
  if (isGiven) role.attachInlinePolicy(new iam.Policy(scope, `${sid}Policy`, { statements: [new iam.PolicyStatement({ actions, resources })] }));
  else role.addToPrincipalPolicy(new iam.PolicyStatement({ sid, actions, resources }));
}

/**
 * Lets a function invoke itself, for what one invocation has no time for. In a policy of its own: the function waits for the one that
 * comes with the role, so that it could not be named there.
 */
export function allowInvokingItself(scope: Construct, role: iam.IRole, handler: lambda.Function): void {
  const statements = [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [handler.functionArn] })];
  const policy = new iam.Policy(scope, 'GoOnPolicy', { statements });
  acknowledgeByStandards(policy, 'IAMNoInlinePolicy', 'the policy is of this one function, and of use to nobody else');
  role.attachInlinePolicy(policy);
  // Else Lambda ends a chain after 16 invocations (Lambda, "Recursive loop detection"): it is as long as there is work.
  (handler.node.defaultChild as lambda.CfnFunction).recursiveLoop = lambda.RecursiveLoop.ALLOW;
}
