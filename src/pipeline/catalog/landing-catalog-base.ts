import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ILandingCatalog, LandingCatalogAttributes } from './catalog-interface';
import { resultRights, WORK_GROUP_ACTIONS } from './query-rights';
import { byPrincipal, grantWhole, Right } from '../access/grant-whole';
import { readingLanded, ROLE_OF_ACCOUNT } from '../access/grants';

/**
 * What can be queried.
 *
 * @internal
 */
export interface LandedObjects {
  readonly bucket: s3.IBucket;
  readonly prefix?: string;
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
    const right = this.registryRight(grantee, [
      'glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:CreateTable', 'glue:UpdateTable', 'glue:DeleteTable',
      'glue:GetPartition', 'glue:GetPartitions', 'glue:CreatePartition', 'glue:UpdatePartition', 'glue:BatchUpdatePartition',
    ]);
    return grantWhole(this, 'grantRegister', grantee, [right], ROLE_OF_ACCOUNT);
  }

  /**
   * Lets somebody query the landed data in the workgroup: use its saved queries, read the database and the landed objects,
   * write and read results (unless the workgroup is one's own and `queryResultsBucket` was not given).
   *
   * Somebody of this account: a workgroup has no policy that could let others in.
   *
   * @param grantee who queries
   */
  public grantQuery(grantee: iam.IGrantable): iam.Grant {
    const workGroup = Stack.of(this).formatArn({ service: 'athena', resource: 'workgroup', resourceName: this.workGroupName });
    return grantWhole(this, 'grantQuery', grantee, [
      byPrincipal(this, `the workgroup '${this.workGroupName}'`, grantee, WORK_GROUP_ACTIONS, [workGroup]),
      this.registryRight(grantee, ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartition', 'glue:GetPartitions']),
      ...this.resultsBucket ? resultRights(grantee, this.resultsBucket) : [],
      ...readingLanded(grantee, this._landed.bucket, this._landed.prefix),
    ], ROLE_OF_ACCOUNT);
  }

  private registryRight(grantee: iam.IGrantable, actions: string[]): Right {
    const arn = (resource: string, resourceName?: string) => Stack.of(this).formatArn({
      service: 'glue', resource, resourceName, arnFormat: resourceName ? ArnFormat.SLASH_RESOURCE_NAME : ArnFormat.NO_RESOURCE_NAME,
    });
    const resources = [arn('catalog'), arn('database', this.databaseName), arn('table', `${this.databaseName}/*`)];
    return byPrincipal(this, `the database '${this.databaseName}'`, grantee, actions, resources);
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
    this._landed = { bucket, prefix: objectPrefix };
  }
}
