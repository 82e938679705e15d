import { Aws, Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { aws_athena as athenaRefs, aws_glue as glueRefs } from 'aws-cdk-lib/interfaces';
import { Construct } from 'constructs';
import { ILandingCatalog, LandingCatalogAttributes } from './catalog-interface';
import { addCatalogQueries } from './catalog-queries';
import { ImportedCatalog, LandedObjects, LandingCatalogBase } from './landing-catalog-base';
import { RUN_LOG_FOLDER, RUN_LOG_TABLE } from '../../contract';
import { acknowledge, acknowledgeByStandards } from '../access/nag-acknowledgements';
import { claim } from '../checks/claims';
import { defaultPipelineName } from '../checks/pipeline-name';
import { invalidInput, requireDuration, requireText } from '../checks/validation';
import { requireDeletable } from '../landing/landing-bucket';

/** Folder of the bucket of results. */
const RESULTS_FOLDER = 'results/';

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

/**
 * Where landed data can be queried: a Glue database for the tables of the runs, an Athena workgroup that limits what a
 * query may scan, and a bucket of its own for query results (in the landing bucket they would be recorded as landed).
 *
 * Works with Lake Formation off: new tables are governed by IAM.
 */
export class LandingCatalog extends LandingCatalogBase {
  /**
   * A catalog deployed elsewhere, of this account and region: enough to let others query and register.
   *
   * @param scope where to put it
   * @param id its id there
   * @param attributes what the outputs of its pipeline's stack tell
   */
  public static fromCatalogAttributes(scope: Construct, id: string, attributes: LandingCatalogAttributes): ILandingCatalog {
    return new ImportedCatalog(scope, id, attributes);
  }

  /** The Glue database. */
  public readonly database: glueRefs.IDatabaseRef;

  /** Name of the Glue database; letters of a-z, digits and `_`, as Athena wants it. */
  public readonly databaseName: string;

  /** The Athena workgroup. */
  public readonly workGroup: athenaRefs.IWorkGroupRef;

  /** Name of the Athena workgroup. */
  public readonly workGroupName: string;

  /** The Glue table with a row for each checked run. */
  public readonly runsTable: glue.CfnTable;

  /** The bucket of the query results; undefined where a workgroup of one's own was given without it. */
  public readonly resultsBucket?: s3.IBucket;

  /** @internal */
  protected readonly _landed: LandedObjects;

  constructor(scope: Construct, id: string, props: LandingCatalogProps) {
    super(scope, id);
    this.validateOptions(props);
    this._landed = { bucket: props.bucket, prefix: props.objectPrefix };

    // Both need a name: neither Glue nor Athena makes one up.
    const name = defaultPipelineName(this);
    this.databaseName = props.glueDatabase?.databaseRef.databaseName ?? name.toLowerCase().replace(/[^a-z0-9_]/g, '_');
    this.database = props.glueDatabase ?? this.createDatabase();
    this.workGroupName = props.athenaWorkGroup?.workGroupRef.workGroupName ?? name;
    this.resultsBucket = props.queryResultsBucket ?? (props.athenaWorkGroup ? undefined : this.createResultsBucket(props));
    this.workGroup = props.athenaWorkGroup ?? this.createWorkGroup(this.resultsBucket!, props);
    this.runsTable = addCatalogQueries(this, {
      catalogId: Aws.ACCOUNT_ID,
      database: this.database,
      databaseName: this.databaseName,
      workGroup: this.workGroup,
      workGroupName: this.workGroupName,
      runsTableName: props.runsTableName ?? RUN_LOG_TABLE,
      runLogLocation: props.bucket.s3UrlForObject(`${props.objectPrefix ?? ''}${RUN_LOG_FOLDER}`),
    });
  }

  private createDatabase(): glue.CfnDatabase {
    return new glue.CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: {
        name: this.databaseName,
        description: 'Tables landed from SQL Server',
        // Whatever the account's Lake Formation settings give to new databases.
        createTableDefaultPermissions: [{ principal: { dataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' }, permissions: ['ALL'] }],
      },
    });
  }

  private createResultsBucket(props: LandingCatalogProps): s3.Bucket {
    const { encryptionKey, removalPolicy, autoDeleteObjects, queryResultsExpiration, minimumTLSVersion } = props;
    const bucket = new s3.Bucket(this, 'Results', {
      encryption: encryptionKey ? s3.BucketEncryption.KMS : s3.BucketEncryption.S3_MANAGED,
      encryptionKey,
      bucketKeyEnabled: encryptionKey ? true : undefined,
      enforceSSL: true,
      minimumTLSVersion,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: removalPolicy ?? RemovalPolicy.RETAIN,
      autoDeleteObjects,
      lifecycleRules: [{ id: 'ExpireResults', expiration: queryResultsExpiration ?? Duration.days(7), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    const reason = 'query results expire within days and can be made again';
    acknowledge(bucket, 'S1', reason);
    const rules = ['S3BucketLoggingEnabled', 'S3BucketReplicationEnabled', 'S3BucketVersioningEnabled', 'S3BucketDefaultLockEnabled'];
    for (const rule of rules) acknowledgeByStandards(bucket, rule, reason);
    return bucket;
  }

  private createWorkGroup(results: s3.IBucket, { encryptionKey, bytesScannedLimit }: LandingCatalogProps): athena.CfnWorkGroup {
    return new athena.CfnWorkGroup(this, 'WorkGroup', {
      name: this.workGroupName,
      description: 'Queries of landed data',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: (bytesScannedLimit ?? Size.gibibytes(100)).toBytes(),
        resultConfiguration: {
          outputLocation: results.s3UrlForObject(RESULTS_FOLDER),
          expectedBucketOwner: Aws.ACCOUNT_ID,
          encryptionConfiguration: encryptionKey
            ? { encryptionOption: 'SSE_KMS', kmsKey: encryptionKey.keyArn }
            : { encryptionOption: 'SSE_S3' },
        },
      },
    });
  }

  private validateOptions(props: LandingCatalogProps): void {
    const { bytesScannedLimit: limit, queryResultsExpiration, runsTableName } = props;
    requireDeletable(this, { removalPolicy: props.removalPolicy, autoDeleteObjects: props.autoDeleteObjects });
    if (limit && !limit.isUnresolved() && limit.toBytes() < 10_000_000) {
      throw invalidInput(this, `bytesScannedLimit must be at least 10 MB, got ${limit.toBytes()} bytes`);
    }
    requireDuration(this, 'queryResultsExpiration', queryResultsExpiration, { min: Duration.days(1), max: Duration.days(36500), whole: 'days' });
    if (props.queryResultsBucket === props.bucket && RESULTS_FOLDER.startsWith(props.objectPrefix ?? '')) {
      throw invalidInput(this, 'queryResultsBucket must not be the landing bucket: results would be recorded as landed');
    }
    if (props.glueDatabase) claim(this, 'runsTableName', props.glueDatabase, runsTableName ?? RUN_LOG_TABLE, 'pipelines that share a database each need another');
    requireText(this, 'runsTableName', runsTableName, /^[a-z0-9_]{1,255}$/, '1 to 255 letters of a-z, digits and underscores');
    if (limit && props.athenaWorkGroup) throw invalidInput(this, 'bytesScannedLimit cannot be set together with athenaWorkGroup: set it on the workgroup itself');
    if (queryResultsExpiration && (props.athenaWorkGroup || props.queryResultsBucket)) {
      const own = props.queryResultsBucket ? 'queryResultsBucket' : 'athenaWorkGroup';
      throw invalidInput(this, `queryResultsExpiration cannot be set together with ${own}: set a lifecycle rule on the bucket itself`);
    }
  }
}
