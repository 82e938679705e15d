import { IConstruct } from 'constructs';
import { placedBy, requireHere } from './checks/environment';
import { LegacyToS3PipelineProps } from './pipeline-props';

/** The way out for data of another account: grants reach across accounts, events do not. */
const MOVE = 'deploy the pipeline in the account of the bucket and let others land there by grantLand, or copy the objects to a bucket of this account (replicationRules)';

/** Refuses resources of another account or region that could be given and would never be heard of or written to. */
export function refuseElsewhere(scope: IConstruct, props: LegacyToS3PipelineProps): void {
  const { bucket, metadataTable, failureQueue, encryptionKey, queryResultsBucket } = props;
  if (bucket) {
    requireHere(scope, 'bucket', bucket, {
      region: 'S3 tells only its own region of landed objects; copy the objects to a bucket of this region (replicationRules), or deploy the pipeline there',
      account: `S3 and EventBridge tell only the account of the bucket of landed objects; ${MOVE}`,
    });
  }
  if (metadataTable) {
    const reason = 'the functions know it by its name; leave it out, or deploy the pipeline where it is';
    requireHere(scope, 'metadataTable', placedBy(metadataTable.tableArn, metadataTable), { region: reason, account: reason });
  }
  if (failureQueue) {
    const reason = 'Lambda, EventBridge and the buffer send failed events to a queue beside them; leave it out, and take from the pipeline\'s own (failureQueue)';
    requireHere(scope, 'failureQueue', failureQueue, { region: reason, account: reason });
  }
  if (encryptionKey) requireHere(scope, 'encryptionKey', placedBy(encryptionKey.keyArn, encryptionKey), { region: 'services use keys of their own region; replicate the key (a multi-Region key)' });
  if (queryResultsBucket) {
    requireHere(scope, 'queryResultsBucket', queryResultsBucket, { account: 'the workgroup expects it to be owned by its own account (ExpectedBucketOwner)' });
  }
}
