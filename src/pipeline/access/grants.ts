import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * Lets a grantee put objects under a prefix, and keep its state under another; with the bucket's key, if it has one.
 *
 * @param statePrefix undefined: no state is kept in the bucket
 */
export function allowLanding(grantee: iam.IGrantable, bucket: s3.IBucket, prefix: string = '', statePrefix?: string): iam.Grant {
  const actions = [
    's3:PutObject',
    's3:AbortMultipartUpload',
    's3:ListMultipartUploadParts',
    // By HeadObject a writer learns whether an upload whose answer was lost was finished.
    's3:GetObject',
  ];
  const landing = onObjects(grantee, bucket, prefix, actions)
    .combine(onBucket(grantee, bucket, ['s3:ListBucket', 's3:ListBucketMultipartUploads']));
  const grant = statePrefix === undefined ? landing
    : landing.combine(onObjects(grantee, bucket, statePrefix, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']));
  // A multipart upload also decrypts: S3 reads the parts to join them.
  const key = bucket.encryptionKey?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
  return key ? grant.combine(key) : grant;
}

/** Lets a grantee read and list the objects under a prefix. */
export function allowReadingLanded(grantee: iam.IGrantable, bucket: s3.IBucket, prefix: string = ''): iam.Grant {
  const grant = onObjects(grantee, bucket, prefix, ['s3:GetObject', 's3:GetObjectVersion'])
    .combine(onBucket(grantee, bucket, ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketVersions']));
  const key = bucket.encryptionKey?.grant(grantee, 'kms:Decrypt');
  return key ? grant.combine(key) : grant;
}

/** Lets a grantee read a metadata table and its indexes. */
export function allowReadingRecords(grantee: iam.IGrantable, table: dynamodb.ITable): iam.Grant {
  const grant = iam.Grant.addToPrincipal({
    grantee,
    actions: ['dynamodb:BatchGetItem', 'dynamodb:DescribeTable', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'],
    resourceArns: [table.tableArn, `${table.tableArn}/index/*`],
  });
  const key = table.encryptionKey?.grant(grantee, 'kms:Decrypt', 'kms:DescribeKey');
  return key ? grant.combine(key) : grant;
}

/** Lets a grantee invoke the function that replays, and wait for its answer. */
export function allowReplaying(grantee: iam.IGrantable, replay: lambda.IFunction): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [replay.functionArn] });
}

/** A grantee of another account also needs the bucket's own policy to say so. */
function onObjects(grantee: iam.IGrantable, bucket: s3.IBucket, prefix: string, actions: string[]): iam.Grant {
  return iam.Grant.addToPrincipalOrResource({ grantee, actions, resourceArns: [bucket.arnForObjects(`${prefix}*`)], resource: bucket });
}

function onBucket(grantee: iam.IGrantable, bucket: s3.IBucket, actions: string[]): iam.Grant {
  return iam.Grant.addToPrincipalOrResource({ grantee, actions, resourceArns: [bucket.bucketArn], resource: bucket });
}
