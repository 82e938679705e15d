import { Duration, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { TableCompactorRole } from './table-compactor-role';
import { HANDLER_ENV, SERVICES } from '../../contract';
import { allowInvokingItself } from '../access/handler-role';
import { acknowledgeResource } from '../access/nag-acknowledgements';
import { LandingCatalog } from '../catalog/landing-catalog';
import { onDatabase } from '../catalog/query-rights';
import { RecordingFunction, RecordingFunctionProps } from '../recording/recording-function';

/** Properties of a function that compacts tables. The defaults of memory and timeout are 3008 MB and 15 minutes here. */
export interface TableCompactorProps extends RecordingFunctionProps {
  /** The bucket the tables' files are in. */
  readonly bucket: s3.IBucket;

  /**
   * Only objects under this prefix may be read, and only the tables' folder beside it written.
   *
   * @default - the whole bucket
   */
  readonly objectPrefix?: string;

  /** The table that says which table is being compacted; it has the keys of a `MetadataTable`. */
  readonly table: dynamodb.ITable;

  /** The catalog that has the tables. */
  readonly catalog: LandingCatalog;

  /**
   * Where Lambda sends the tables that could not be compacted.
   *
   * @default - a queue of its own, encrypted, reached by TLS only, kept for 14 days
   */
  readonly failureQueue?: sqs.IQueue;
}

/**
 * The function that compacts landed tables, one at a time in an invocation, with a role and a log group of its own. It is not called
 * by anything until a `RunCompletion` is told of it (`RunCompletion.startCompaction`).
 */
export class TableCompactor extends RecordingFunction {
  /** Where Lambda sends the tables that could not be compacted. */
  declare public readonly failureQueue: sqs.IQueue;

  constructor(scope: Construct, id: string, props: TableCompactorProps) {
    super(scope, id, props, {
      roleType: TableCompactorRole,
      serviceName: SERVICES.compaction,
      environment: { [HANDLER_ENV.glueDatabase]: props.catalog.databaseName },
      bundle: 'run-completion',
      handler: 'index.compact',
      description: 'Folds the deletes of landed tables into their files',
      memorySize: 3008,
      timeout: Duration.minutes(15),
    });
    onDatabase(this, props.catalog.databaseName, this.role, ['glue:GetTable', 'glue:UpdateTable']);
    const tables = Stack.of(this).formatArn({ service: 'glue', resource: 'table', resourceName: `${props.catalog.databaseName}/*` });
    acknowledgeResource(this.role, tables, 'the tables are named after those of the source, which nobody knows before');
    // What one invocation has no time for, the next goes on with.
    allowInvokingItself(this, this.role, this.function);
  }
}
