import { Aws, Size } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Folders of the bucket of results: of queries, and below it of those that prove committed tables. */
export const RESULTS_FOLDER = 'results/';
export const PROOFS_FOLDER = `${RESULTS_FOLDER}proofs/`;

/** What a workgroup of the catalog is for, and how much it lets scan. */
export interface QueryWorkGroupProps {
  readonly name: string;
  readonly description: string;
  readonly results: s3.IBucket;
  /** Where in the bucket its results go. */
  readonly folder: string;
  readonly encryptionKey?: kms.IKey;
  readonly scanLimit: Size;
}

/** A workgroup whose settings bind its users: it limits what a query may scan, and writes the results to one place, encrypted. */
export function createWorkGroup(scope: Construct, id: string, props: QueryWorkGroupProps): athena.CfnWorkGroup {
  const { name, description, results, folder, encryptionKey, scanLimit } = props;
  return new athena.CfnWorkGroup(scope, id, {
    name,
    description,
    recursiveDeleteOption: true,
    workGroupConfiguration: {
      enforceWorkGroupConfiguration: true,
      publishCloudWatchMetricsEnabled: true,
      bytesScannedCutoffPerQuery: scanLimit.toBytes(),
      resultConfiguration: {
        outputLocation: results.s3UrlForObject(folder),
        expectedBucketOwner: Aws.ACCOUNT_ID,
        encryptionConfiguration: encryptionKey
          ? { encryptionOption: 'SSE_KMS', kmsKey: encryptionKey.keyArn }
          : { encryptionOption: 'SSE_S3' },
      },
    },
  });
}
