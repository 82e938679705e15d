import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ILandingCatalog, LandingCatalogAttributes } from './catalog-interface';
import { databaseArns, onDatabase, READ_ACTIONS, REGISTER_ACTIONS, resultRights, WORK_GROUP_ACTIONS } from './query-rights';
import { byPrincipal, grantWhole, printed, Right } from '../access/grant-whole';
import { OWN_POLICY, ROLE_OF_ACCOUNT } from '../access/grants';
import { readingTables } from '../access/table-grants';

/**
 * What can be queried.
 *
 * @internal
 */
export interface LandedObjects {
  readonly bucket: s3.IBucket;
  readonly prefix?: string;
  /** Whether tables of them have metadata in S3, in a folder beside the prefix. */
  readonly hasMetadata: boolean;
}

/**
 * What a catalog of this app and an imported one have in common. To jsii its members are those of the class that extends it.
 *
 * @internal
 */
export abstract class LandingCatalogBase extends Construct implements ILandingCatalog {
  public abstract readonly databaseName: string;
  public abstract readonly workGroupName: string;
  public abstract readonly resultsBucket?: s3.IBucket;

  /** @internal */
  protected abstract readonly _landed: LandedObjects;

  /**
   * Lets somebody make and change tables and partitions of the database, and delete tables: one whose only complete run
   * turned out incomplete must not be queried.
   *
   * @param grantee who registers
   */
  public grantRegister(grantee: iam.IGrantable): iam.Grant {
    return grantWhole(this, 'grantRegister', grantee, [onDatabase(this, this.databaseName, grantee, REGISTER_ACTIONS)], ROLE_OF_ACCOUNT);
  }

  /**
   * Lets somebody read the landed tables by an engine of their own (Trino, Spark, DuckDB and the like): landed objects, all their
   * versions, the tables' metadata, and the database.
   *
   * Somebody of another account gets the objects, by the policies of bucket and key; the database they are let read by the resource
   * policy of the account's Glue catalog, of which there is one: a warning says what it must have.
   *
   * @param grantee who reads
   */
  public grantRead(grantee: iam.IGrantable): iam.Grant {
    const objects = grantWhole(this, 'grantRead', grantee, this.readingLanded(grantee), OWN_POLICY);
    if (!objects.success) return objects;
    const actions = [...READ_ACTIONS, 'glue:GetDatabases', 'glue:BatchGetPartition'];
    const database = onDatabase(this, this.databaseName, grantee, actions);
    if (database.given) return objects.combine(database.grant);
    const whom = printed(this, grantee);
    Annotations.of(this).addWarningV2(
      'cdk-legacy-to-s3:foreignCatalogRead',
      `grantRead lets ${whom} read the objects of landed tables, and not the database '${this.databaseName}': the resource policy of this account's Glue catalog must let `
      + `them call ${actions.join(', ')} on ${JSON.stringify(Stack.of(this).resolve(databaseArns(this, this.databaseName)))}; see docs/security.md`,
    );
    return objects;
  }

  /**
   * Lets somebody query the landed data in the workgroup: use its saved queries, read the database, the landed objects and
   * the metadata of the tables, write and read results (unless the workgroup is one's own and `queryResultsBucket` was not given).
   *
   * Somebody of this account: a workgroup has no policy that could let others in.
   *
   * @param grantee who queries
   */
  public grantQuery(grantee: iam.IGrantable): iam.Grant {
    const workGroup = Stack.of(this).formatArn({ service: 'athena', resource: 'workgroup', resourceName: this.workGroupName });
    return grantWhole(this, 'grantQuery', grantee, [
      byPrincipal(this, `the workgroup '${this.workGroupName}'`, grantee, WORK_GROUP_ACTIONS, [workGroup]),
      onDatabase(this, this.databaseName, grantee, READ_ACTIONS),
      ...this.resultsBucket ? resultRights(grantee, this.resultsBucket) : [],
      ...this.readingLanded(grantee),
    ], ROLE_OF_ACCOUNT);
  }

  private readingLanded(grantee: iam.IGrantable): Right[] {
    const { bucket, prefix, hasMetadata } = this._landed;
    return readingTables(grantee, bucket, prefix, hasMetadata);
  }
}

/** A catalog deployed elsewhere. */
export class ImportedCatalog extends LandingCatalogBase {
  public readonly databaseName: string;
  public readonly workGroupName: string;
  public readonly resultsBucket?: s3.IBucket;
  protected readonly _landed: LandedObjects;

  constructor(scope: Construct, id: string, { databaseName, workGroupName, bucket, objectPrefix, resultsBucket }: LandingCatalogAttributes) {
    super(scope, id);
    this.databaseName = databaseName;
    this.workGroupName = workGroupName;
    this.resultsBucket = resultsBucket;
    const isUnknown = Token.isUnresolved(objectPrefix);
    this._landed = { bucket, prefix: objectPrefix, hasMetadata: !isUnknown };
    if (!isUnknown) return;
    Annotations.of(this).addWarningV2(
      'cdk-legacy-to-s3:unknownTablesFolder',
      'objectPrefix is known only at deployment, so that no grant includes the folder of Iceberg\'s metadata beside it, which is named after it; give the text itself',
    );
  }
}
