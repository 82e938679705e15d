import { Annotations, Aws, Duration, RemovalPolicy, Size, Token } from 'aws-cdk-lib';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { aws_athena as athenaRefs, aws_glue as glueRefs } from 'aws-cdk-lib/interfaces';
import { Construct } from 'constructs';
import { ILandingCatalog, LandingCatalogAttributes } from './catalog-interface';
import { LandingCatalogProps } from './catalog-options';
import { addCatalogQueries } from './catalog-queries';
import { jsonLinesTable, JsonLinesTableProps } from './json-lines-table';
import { LandedTables } from './landed-tables';
import { ImportedCatalog, LandedObjects, LandingCatalogBase } from './landing-catalog-base';
import { createWorkGroup, PROOFS_FOLDER, RESULTS_FOLDER } from './query-workgroup';
import { checkLandedTables, commitsSnapshots, proofLimit, requireScannable } from './table-settings';
import { RUN_LOG_COLUMNS, RUN_LOG_FOLDER, RUN_LOG_TABLE, RUN_SNAPSHOT_COLUMNS, RUN_SNAPSHOTS_FOLDER, RUN_SNAPSHOTS_TABLE } from '../../contract';
import { acknowledge, acknowledgeByStandards } from '../access/nag-acknowledgements';
import { claim } from '../checks/claims';
import { defaultPipelineName } from '../checks/pipeline-name';
import { invalidInput, requireDuration, requireText } from '../checks/validation';
import { requireDeletable } from '../landing/landing-bucket';

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

  /** The Glue table that tells which snapshot shows which run; undefined where runs are no snapshots. */
  public readonly runSnapshotsTable?: glue.CfnTable;

  /** What complete runs become. */
  public readonly landedTables: LandedTables;

  /** The Athena workgroup that proves committed tables; undefined unless that was asked for (`proveByQuery`). */
  public readonly proofWorkGroup?: athenaRefs.IWorkGroupRef;

  /** The bucket of the query results; undefined where a workgroup of one's own was given without it. */
  public readonly resultsBucket?: s3.IBucket;

  /** @internal */
  protected readonly _landed: LandedObjects;

  constructor(scope: Construct, id: string, props: LandingCatalogProps) {
    super(scope, id);
    this.validateOptions(props);
    this.landedTables = this.chooseTables(props);
    this.validateTables(props);
    this._landed = { bucket: props.bucket, prefix: props.objectPrefix, hasMetadata: commitsSnapshots(this.landedTables) };

    // Both need a name: neither Glue nor Athena makes one up.
    const name = defaultPipelineName(this);
    this.databaseName = props.glueDatabase?.databaseRef.databaseName ?? name.toLowerCase().replace(/[^a-z0-9_]/g, '_');
    this.database = props.glueDatabase ?? this.createDatabase();
    this.workGroupName = props.athenaWorkGroup?.workGroupRef.workGroupName ?? name;
    this.resultsBucket = props.queryResultsBucket ?? (props.athenaWorkGroup ? undefined : this.createResultsBucket(props));
    const { encryptionKey } = props;
    this.workGroup = props.athenaWorkGroup ?? createWorkGroup(this, 'WorkGroup', {
      name,
      description: 'Queries of landed data',
      results: this.resultsBucket!,
      folder: RESULTS_FOLDER,
      encryptionKey,
      scanLimit: props.bytesScannedLimit ?? Size.gibibytes(100),
    });
    if (this.landedTables.icebergOptions.proveByQuery) {
      this.proofWorkGroup = createWorkGroup(this, 'ProofWorkGroup', {
        name: `${name}-proofs`,
        description: 'Queries that prove landed tables',
        results: this.resultsBucket!,
        folder: PROOFS_FOLDER,
        encryptionKey,
        scanLimit: proofLimit(this.landedTables.icebergOptions),
      });
    }
    this.runsTable = this.tableOfLines(props, 'RunsTable', {
      name: props.runsTableName ?? RUN_LOG_TABLE, description: 'One row for each checked run', folder: RUN_LOG_FOLDER, columns: RUN_LOG_COLUMNS,
    });
    if (commitsSnapshots(this.landedTables)) {
      this.runSnapshotsTable = this.tableOfLines(props, 'RunSnapshotsTable', {
        name: props.runSnapshotsTableName ?? RUN_SNAPSHOTS_TABLE,
        description: 'One row for each table of a committed run, with the snapshot that shows the run',
        folder: RUN_SNAPSHOTS_FOLDER,
        columns: RUN_SNAPSHOT_COLUMNS,
      });
    }
    addCatalogQueries(this, {
      databaseName: this.databaseName,
      workGroup: this.workGroup,
      workGroupName: this.workGroupName,
      runsTableName: props.runsTableName ?? RUN_LOG_TABLE,
      runSnapshotsTableName: this.runSnapshotsTable && (props.runSnapshotsTableName ?? RUN_SNAPSHOTS_TABLE),
    });
  }

  /** Where the tables' metadata lies is made of the prefix, and must be known to grant access to it. */
  private chooseTables({ landedTables, objectPrefix }: LandingCatalogProps): LandedTables {
    checkLandedTables(this, landedTables);
    const isUnknown = Token.isUnresolved(objectPrefix);
    if (landedTables && !(isUnknown && commitsSnapshots(landedTables))) return landedTables;
    if (!isUnknown) return LandedTables.iceberg();
    if (landedTables) {
      throw invalidInput(this, 'LandedTables.iceberg() needs a prefix that is known at synthesis, got a token: the folder of the tables\' metadata is named after it');
    }
    Annotations.of(this).addWarningV2(
      'cdk-legacy-to-s3:hiveForUnknownPrefix',
      'landed tables are Hive tables: the watched prefix is known only at deployment, and the folder of Iceberg\'s metadata is named after it; '
      + 'give a prefix that is known at synthesis, or set landedTables: LandedTables.hive()',
    );
    return LandedTables.hive();
  }

  private tableOfLines(
    { bucket, objectPrefix = '' }: LandingCatalogProps, id: string,
    { folder, ...table }: Pick<JsonLinesTableProps, 'name' | 'description' | 'columns'> & { readonly folder: string },
  ): glue.CfnTable {
    const { database, databaseName } = this;
    return jsonLinesTable(this, id, { ...table, catalogId: Aws.ACCOUNT_ID, database, databaseName, location: bucket.s3UrlForObject(`${objectPrefix}${folder}`) });
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

  private validateOptions(props: LandingCatalogProps): void {
    const { bytesScannedLimit: limit, queryResultsExpiration } = props;
    requireDeletable(this, { removalPolicy: props.removalPolicy, autoDeleteObjects: props.autoDeleteObjects });
    requireScannable(this, 'bytesScannedLimit', limit);
    requireDuration(this, 'queryResultsExpiration', queryResultsExpiration, { min: Duration.days(1), max: Duration.days(36500), whole: 'days' });
    if (props.queryResultsBucket === props.bucket && RESULTS_FOLDER.startsWith(props.objectPrefix ?? '')) {
      throw invalidInput(this, 'queryResultsBucket must not be the landing bucket: results would be recorded as landed');
    }
    if (limit && props.athenaWorkGroup) throw invalidInput(this, 'bytesScannedLimit cannot be set together with athenaWorkGroup: set it on the workgroup itself');
    if (queryResultsExpiration && (props.athenaWorkGroup || props.queryResultsBucket)) {
      const own = props.queryResultsBucket ? 'queryResultsBucket' : 'athenaWorkGroup';
      throw invalidInput(this, `queryResultsExpiration cannot be set together with ${own}: set a lifecycle rule on the bucket itself`);
    }
  }

  private validateTables(props: LandingCatalogProps): void {
    const { runsTableName = RUN_LOG_TABLE, runSnapshotsTableName, glueDatabase } = props;
    const snapshots = commitsSnapshots(this.landedTables);
    if (runSnapshotsTableName !== undefined && !snapshots) {
      throw invalidInput(this, `runSnapshotsTableName needs landedTables: LandedTables.iceberg(), got '${this.landedTables.kind}': only then runs are snapshots`);
    }
    const names = { runsTableName, ...snapshots && { runSnapshotsTableName: runSnapshotsTableName ?? RUN_SNAPSHOTS_TABLE } };
    for (const [prop, name] of Object.entries(names)) {
      requireText(this, prop, name, /^[a-z0-9_]{1,255}$/, '1 to 255 letters of a-z, digits and underscores');
      if (glueDatabase) claim(this, prop, glueDatabase, name, 'pipelines that share a database each need another');
    }
    if (names.runsTableName === names.runSnapshotsTableName) throw invalidInput(this, `runSnapshotsTableName must not be runsTableName, got '${runsTableName}' for both`);
    if (this.landedTables.icebergOptions.proveByQuery && props.athenaWorkGroup && !props.queryResultsBucket) {
      throw invalidInput(this, 'proveByQuery needs queryResultsBucket beside athenaWorkGroup: its queries run in a workgroup of their own, whose results need a place');
    }
  }
}
