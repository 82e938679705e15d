import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { byPrincipal, Right } from '../access/grant-whole';
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

/** What proving committed tables takes of the workgroup for it. */
export const PROOF_ACTIONS = ['athena:GetWorkGroup', 'athena:StartQueryExecution', 'athena:StopQueryExecution', 'athena:GetQueryExecution', 'athena:GetQueryResults'];

/**
 * The rights to write and read query results: those that Athena's managed policy gives on buckets of results, but for making
 * buckets (Athena, "AmazonAthenaFullAccess"), and for SSE-KMS those on the key (Athena, "Encrypt query results").
 */
export function resultRights(grantee: iam.IGrantable, results: s3.IBucket, folder: string = ''): Right[] {
  return [
    onBucket(grantee, results, ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads']),
    onObjects(grantee, results, folder, ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts']),
    ...ofKey(grantee, results, 'kms:Decrypt', 'kms:GenerateDataKey'),
  ];
}

/** What reading tables takes of Glue; engines of one's own also list the databases. */
export const READ_ACTIONS = ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartition', 'glue:GetPartitions'];

/** What making and changing tables takes of Glue. */
export const REGISTER_ACTIONS = [
  'glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:CreateTable', 'glue:UpdateTable', 'glue:DeleteTable',
  'glue:GetPartition', 'glue:GetPartitions', 'glue:CreatePartition', 'glue:UpdatePartition', 'glue:BatchUpdatePartition',
];

/** The right to do something with a database of the stack's account, and with its tables. */
export function onDatabase(scope: IConstruct, databaseName: string, grantee: iam.IGrantable, actions: string[]): Right {
  return byPrincipal(scope, `the database '${databaseName}'`, grantee, actions, databaseArns(scope, databaseName));
}

/** The catalog, a database and its tables: Glue wants all of them (Glue, "Resource ARNs"). */
export function databaseArns(scope: IConstruct, databaseName: string): string[] {
  const arn = (resource: string, resourceName?: string) => Stack.of(scope).formatArn({
    service: 'glue', resource, resourceName, arnFormat: resourceName ? ArnFormat.SLASH_RESOURCE_NAME : ArnFormat.NO_RESOURCE_NAME,
  });
  return [arn('catalog'), arn('database', databaseName), arn('table', `${databaseName}/*`)];
}
