import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';

/** A catalog, of this app or deployed elsewhere. */
export interface ILandingCatalog extends IConstruct {
  /** Name of the Glue database. */
  readonly databaseName: string;

  /** Name of the Athena workgroup. */
  readonly workGroupName: string;

  /** The bucket of the query results; undefined where it is not known. */
  readonly resultsBucket?: s3.IBucket;

  /**
   * Lets somebody of this account query the landed data in the workgroup: use its saved queries, read the database, the
   * landed objects and the metadata of the tables, write and read results, if their bucket is known.
   *
   * @param grantee who queries
   */
  grantQuery(grantee: iam.IGrantable): iam.Grant;

  /**
   * Lets somebody read the landed tables by an engine of their own (Trino, Spark, DuckDB and the like): landed objects, all their
   * versions, the tables' metadata, and, somebody of this account, the database.
   *
   * @param grantee who reads
   */
  grantRead(grantee: iam.IGrantable): iam.Grant;

  /**
   * Lets somebody of this account make and change tables and partitions of the database, and delete tables.
   *
   * @param grantee who registers
   */
  grantRegister(grantee: iam.IGrantable): iam.Grant;
}

/** What is known of a catalog deployed elsewhere; the outputs of its pipeline's stack tell it. */
export interface LandingCatalogAttributes {
  /** Name of the Glue database. */
  readonly databaseName: string;

  /** Name of the Athena workgroup. */
  readonly workGroupName: string;

  /** The bucket the data lands in; import it with its key, if it has one. */
  readonly bucket: s3.IBucket;

  /**
   * The prefix in the bucket that may be queried.
   *
   * @default - the whole bucket
   */
  readonly objectPrefix?: string;

  /**
   * The bucket of the query results; import it with its key, if it has one.
   *
   * @default - not known: access to the results is not granted
   */
  readonly resultsBucket?: s3.IBucket;
}
