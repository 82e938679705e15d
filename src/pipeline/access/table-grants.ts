import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { byKey, byPrincipal, Right } from './grant-whole';
import { ofKey, onBucket, onKeys, onObjects, readingLanded } from './grants';
import { holdsTables, landingKeys } from './landing-keys';
import { RUN_SNAPSHOTS_FOLDER, tablesFolder } from '../../contract';

/** Patterns of the keys that a commit of a landed table writes: its metadata, and the lines of its run. */
export function committedKeys(prefix: string = ''): string[] {
  return [`${tablesFolder(prefix)}*`, `${prefix}${RUN_SNAPSHOTS_FOLDER}*`];
}

/** The rights to read landed objects and, where there is any, the metadata of the tables over them. */
export function readingTables(grantee: iam.IGrantable, bucket: s3.IBucket, prefix: string = '', hasMetadata: boolean = true): Right[] {
  const metadata = !hasMetadata || holdsTables(prefix) ? [] : [onObjects(grantee, bucket, tablesFolder(prefix), ['s3:GetObject', 's3:GetObjectVersion'])];
  return [...readingLanded(grantee, bucket, prefix), ...metadata];
}

/** The rights to change the metadata of landed tables, and with `deleteLanded` to delete the files that it no longer names. */
export function writingTables(grantee: iam.IGrantable, bucket: s3.IBucket, prefix: string = '', deleteLanded: boolean = false): Right[] {
  return [
    onKeys(grantee, bucket, committedKeys(prefix), ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']),
    ...readingLanded(grantee, bucket, prefix),
    // What is deleted from a versioned bucket goes on costing, which `expire` says.
    onBucket(grantee, bucket, ['s3:GetBucketVersioning']),
    ...deleteLanded ? [onKeys(grantee, bucket, landingKeys(prefix).landed, ['s3:DeleteObject'])] : [],
    ...ofKey(grantee, bucket, 'kms:Decrypt', 'kms:GenerateDataKey'),
  ];
}

/** The rights to note commits in the items of their runs. */
export function notingCommits(scope: IConstruct, grantee: iam.IGrantable, table: dynamodb.ITable): Right[] {
  const { encryptionKey: key } = table;
  return [
    byPrincipal(scope, 'the metadata table', grantee, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'], [table.tableArn]),
    ...key ? [byKey('the key of the metadata table', grantee, key, 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey')] : [],
  ];
}
