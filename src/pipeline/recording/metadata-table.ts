import { CfnDeletionPolicy, Lazy, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { METADATA_TABLE } from '../../contract';

/** Properties of a metadata table. */
export interface MetadataTableProps {
  /**
   * KMS key that encrypts the table.
   *
   * @default - a key owned by DynamoDB
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What happens to the table when it leaves the stack. With `RETAIN` it is also protected from deletion.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * The table with one item for every landed object version and one for every run.
 *
 * Partition key `objectKey`, sort key `versionId`; index `by-dataset` (`dataset`, `lastModified`) and index `by-run`
 * (`runId`, `objectKey`), both with all attributes. On-demand capacity, point-in-time recovery.
 */
export class MetadataTable extends dynamodb.Table {
  constructor(scope: Construct, id: string, props: MetadataTableProps = {}) {
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    super(scope, id, {
      partitionKey: text(METADATA_TABLE.partitionKey),
      sortKey: text(METADATA_TABLE.sortKey),
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: props.encryptionKey ? dynamodb.TableEncryption.CUSTOMER_MANAGED : dynamodb.TableEncryption.DEFAULT,
      encryptionKey: props.encryptionKey,
      removalPolicy,
    });
    this.protectWhileRetained();
    for (const index of [METADATA_TABLE.datasetIndex, METADATA_TABLE.runIndex]) {
      this.addGlobalSecondaryIndex({
        indexName: index.name,
        partitionKey: text(index.partitionKey),
        sortKey: text(index.sortKey),
        projectionType: dynamodb.ProjectionType.ALL,
      });
    }
  }

  /** Decided at synthesis: `RemovalPolicies.of(scope).destroy()` and `applyRemovalPolicy` come after this constructor. */
  private protectWhileRetained(): void {
    const table = this.node.defaultChild as dynamodb.CfnTable;
    table.deletionProtectionEnabled = Lazy.any({ produce: () => table.cfnOptions.deletionPolicy === CfnDeletionPolicy.RETAIN });
  }
}

function text(name: string): dynamodb.Attribute {
  return { name, type: dynamodb.AttributeType.STRING };
}
