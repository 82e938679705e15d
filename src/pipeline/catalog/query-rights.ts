import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Right } from '../access/grant-whole';
import { ofKey, onBucket, onObjects } from '../access/grants';

/**
 * What running queries and using the saved ones takes in a workgroup (Athena, "Example policy for running queries in a specified
 * workgroup", but for making and deleting saved queries).
 */
export const WORK_GROUP_ACTIONS = [
  'athena:GetWorkGroup', 'athena:StartQueryExecution', 'athena:StopQueryExecution',
  'athena:GetQueryExecution', 'athena:BatchGetQueryExecution', 'athena:ListQueryExecutions',
  'athena:GetQueryResults', 'athena:GetQueryResultsStream',
  'athena:GetNamedQuery', 'athena:BatchGetNamedQuery', 'athena:ListNamedQueries',
];

/**
 * The rights to write and read query results: those that Athena's managed policy gives on buckets of results, but for making
 * buckets (Athena, "AmazonAthenaFullAccess"), and for SSE-KMS those on the key (Athena, "Encrypt query results").
 */
export function resultRights(grantee: iam.IGrantable, results: s3.IBucket): Right[] {
  return [
    onBucket(grantee, results, ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads']),
    onObjects(grantee, results, '', ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts']),
    ...ofKey(grantee, results, 'kms:Decrypt', 'kms:GenerateDataKey'),
  ];
}
