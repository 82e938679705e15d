import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { aws_athena as athenaRefs, aws_glue as glueRefs } from 'aws-cdk-lib/interfaces';
import { LandedTables } from './landed-tables';

/** Options of a catalog. */
export interface LandingCatalogOptions {
  /**
   * The Glue database to register tables in, of this account and region: a `CfnDatabase`, also of another stack, or one that
   * is there already (`CfnDatabase.fromDatabaseName`).
   *
   * @default - a new one
   */
  readonly glueDatabase?: glueRefs.IDatabaseRef;

  /**
   * Name of the table with a row for each run; letters of a-z, digits and `_`. Pipelines that share a database each need
   * another.
   *
   * @default 'runs'
   */
  readonly runsTableName?: string;

  /**
   * Name of the table that tells which snapshot of which table shows which run; letters of a-z, digits and `_`. Pipelines that
   * share a database each need another. Only where `landedTables` are Iceberg's.
   *
   * @default 'run_snapshots'
   */
  readonly runSnapshotsTableName?: string;

  /**
   * What complete runs become in the catalog.
   *
   * @default LandedTables.iceberg() - `LandedTables.hive()` where the watched prefix is known only at deployment
   */
  readonly landedTables?: LandedTables;

  /**
   * The Athena workgroup to save queries in, of this account and region: a `CfnWorkGroup`, also of another stack, or one
   * that is there already (`CfnWorkGroup.fromWorkGroupName`). What it limits, and where it writes results, is its own affair.
   *
   * @default - a new one
   */
  readonly athenaWorkGroup?: athenaRefs.IWorkGroupRef;

  /**
   * The bucket for query results, not the landing bucket: what is written there would be recorded as landed. Beside
   * `athenaWorkGroup` it says where that workgroup writes them, for `grantQuery`.
   *
   * @default - a new one; none beside `athenaWorkGroup`: access to the results is not granted
   */
  readonly queryResultsBucket?: s3.IBucket;

  /**
   * How much one query may scan before Athena stops it; at least 10 MB, which Athena also charges at least.
   *
   * @default Size.gibibytes(100)
   */
  readonly bytesScannedLimit?: Size;

  /**
   * How long query results are kept; whole days.
   *
   * @default Duration.days(7)
   */
  readonly queryResultsExpiration?: Duration;
}

/** Properties of a catalog. */
export interface LandingCatalogProps extends LandingCatalogOptions {
  /** The bucket the data lands in. */
  readonly bucket: s3.IBucket;

  /**
   * The prefix in the bucket that may be queried.
   *
   * @default - the whole bucket
   */
  readonly objectPrefix?: string;

  /**
   * KMS key that encrypts the query results.
   *
   * @default - keys managed by S3 (SSE-S3)
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What happens to the bucket of query results when it leaves the stack. The database and the workgroup go: they hold
   * nothing that could not be made again.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether all query results are deleted when their bucket leaves the stack. Only with `RemovalPolicy.DESTROY`, and of use
   * only where the bucket is a new one.
   *
   * @default false
   */
  readonly autoDeleteObjects?: boolean;

  /**
   * Oldest version of TLS that requests to the bucket of query results may come by, 1.2 or 1.3; of use only where the bucket
   * is a new one.
   *
   * @default - any version that S3 takes
   */
  readonly minimumTLSVersion?: number;
}
