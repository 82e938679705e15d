import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { byBucket, byFunction, byKey, byPrincipal, grantWhole, Right } from './grant-whole';
import { landingKeys } from './landing-keys';

/** What to do where a policy cannot be changed, and where there is none that could let others in. */
export const OWN_POLICY = 'their policies cannot be changed here; write them where they are made, or grant this to a role of the pipeline\'s account that the other may assume';
export const ROLE_OF_ACCOUNT = 'grant it to a role of the pipeline\'s account, which the other may assume';

/**
 * Lets a grantee do what the extractor does: put objects under a prefix, see and delete them, and keep the state of its runs
 * where it keeps it (`stateFolder`); with the bucket's key, if it has one. The metadata of landed tables is not among them.
 *
 * @param deleteLanded whether it may delete what lies under the prefix
 */
export function allowLanding(scope: IConstruct, grantee: iam.IGrantable, bucket: s3.IBucket, prefix: string = '', deleteLanded: boolean = true): iam.Grant {
  const landing = [
    's3:PutObject',
    's3:AbortMultipartUpload',
    's3:ListMultipartUploadParts',
    // By HeadObject a writer learns whether an upload whose answer was lost was finished.
    's3:GetObject',
    // Of a versioned bucket it hides a version, and destroys none: that would be s3:DeleteObjectVersion.
    ...deleteLanded ? ['s3:DeleteObject'] : [],
  ];
  const keys = landingKeys(prefix);
  const state = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'];
  return grantWhole(scope, 'grantLand', grantee, [
    onKeys(grantee, bucket, keys.landed, landing),
    ...keys.state.length > 0 ? [onKeys(grantee, bucket, keys.state, state)] : [],
    onBucket(grantee, bucket, ['s3:ListBucket', 's3:ListBucketMultipartUploads']),
    // A multipart upload also decrypts: S3 reads the parts to join them.
    ...ofKey(grantee, bucket, 'kms:Decrypt', 'kms:GenerateDataKey'),
  ], OWN_POLICY);
}

/** Lets a grantee read and list the objects under a prefix. */
export function allowReadingLanded(scope: IConstruct, grantee: iam.IGrantable, bucket: s3.IBucket, prefix: string = ''): iam.Grant {
  return grantWhole(scope, 'grantReadLanded', grantee, readingLanded(grantee, bucket, prefix), OWN_POLICY);
}

/** The rights to read and list the objects under a prefix. */
export function readingLanded(grantee: iam.IGrantable, bucket: s3.IBucket, prefix: string = ''): Right[] {
  return [
    onObjects(grantee, bucket, prefix, ['s3:GetObject', 's3:GetObjectVersion']),
    onBucket(grantee, bucket, ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketVersions']),
    ...ofKey(grantee, bucket, 'kms:Decrypt'),
  ];
}

/**
 * Lets a grantee of the table's account read a metadata table and its indexes. Nobody of another: DynamoDB has resource
 * policies, but one that an imported table has cannot be changed here, and one on the table itself is there at most once.
 */
export function allowReadingRecords(scope: IConstruct, grantee: iam.IGrantable, table: dynamodb.ITable): iam.Grant {
  const actions = ['dynamodb:BatchGetItem', 'dynamodb:DescribeTable', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'];
  const { encryptionKey: key } = table;
  return grantWhole(scope, 'grantReadRecords', grantee, [
    byPrincipal(scope, 'the metadata table', grantee, actions, [table.tableArn, `${table.tableArn}/index/*`]),
    ...key ? [byKey('the key of the metadata table', grantee, key, 'kms:Decrypt', 'kms:DescribeKey')] : [],
  ], ROLE_OF_ACCOUNT);
}

/** Lets a grantee invoke the function that replays, and wait for its answer. */
export function allowReplaying(scope: IConstruct, grantee: iam.IGrantable, replay: lambda.IFunction): iam.Grant {
  return grantWhole(scope, 'grantReplay', grantee, [byFunction('the replay function', grantee, replay)], ROLE_OF_ACCOUNT);
}

/** Objects under a prefix; a grantee of another account also needs the bucket's own policy to say so. */
export function onObjects(grantee: iam.IGrantable, bucket: s3.IBucket, prefix: string, actions: string[]): Right {
  return onKeys(grantee, bucket, [`${prefix}*`], actions);
}

/** Objects whose keys match a pattern of IAM. */
export function onKeys(grantee: iam.IGrantable, bucket: s3.IBucket, patterns: readonly string[], actions: string[]): Right {
  return byBucket(`objects of the bucket '${bucket.node.path}'`, grantee, bucket, actions, patterns.map((pattern) => bucket.arnForObjects(pattern)));
}

/** The bucket itself. */
export function onBucket(grantee: iam.IGrantable, bucket: s3.IBucket, actions: string[]): Right {
  return byBucket(`the bucket '${bucket.node.path}'`, grantee, bucket, actions, [bucket.bucketArn]);
}

/** The bucket's key, if it has one. */
export function ofKey(grantee: iam.IGrantable, { encryptionKey: key, node }: s3.IBucket, ...actions: string[]): Right[] {
  return key ? [byKey(`the key of the bucket '${node.path}'`, grantee, key, ...actions)] : [];
}
