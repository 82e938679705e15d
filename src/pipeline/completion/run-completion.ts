import { Duration, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RunCompletionRole } from './run-completion-role';
import { HANDLER_ENV, SERVICES } from '../../contract';
import { acknowledgeResource } from '../access/nag-acknowledgements';
import { LandingCatalog } from '../catalog/landing-catalog';
import { RecordingFunction, RecordingFunctionProps } from '../recording/recording-function';

/** Properties of run completion. The defaults of memory and timeout are 1024 MB and 15 minutes here. */
export interface RunCompletionProps extends RecordingFunctionProps {
  /** The bucket the runs land in. */
  readonly bucket: s3.IBucket;

  /**
   * Only objects under this prefix may be read, and the runs' lines are written to `runs/` right below it.
   *
   * @default - the whole bucket
   */
  readonly objectPrefix?: string;

  /** The table the objects are recorded in; it has the keys and indexes of a `MetadataTable`. */
  readonly table: dynamodb.ITable;

  /**
   * The catalog that runs are registered in.
   *
   * @default - runs are registered nowhere
   */
  readonly catalog?: LandingCatalog;

  /**
   * The bus of EventBridge that runs are announced on.
   *
   * @default - the account's default event bus
   */
  readonly eventBus?: events.IEventBus;

  /**
   * Where Lambda sends the manifests that could not be handled.
   *
   * @default - a queue of its own, encrypted, reached by TLS only, kept for 14 days
   */
  readonly failureQueue?: sqs.IQueue;
}

/**
 * The function that compares a run with its manifest and tells of the outcome, with a role and a log group of its own. It
 * takes the events the recorder takes; `ObjectRecorder.startRunCompletion` lets the recorder hand them over.
 */
export class RunCompletion extends RecordingFunction {
  /** Where Lambda sends the manifests that could not be handled. */
  declare public readonly failureQueue: sqs.IQueue;

  constructor(scope: Construct, id: string, props: RunCompletionProps) {
    super(scope, id, props, {
      roleType: RunCompletionRole,
      serviceName: SERVICES.runCompletion,
      eventBus: props.eventBus,
      environment: {
        ...props.catalog && { [HANDLER_ENV.glueDatabase]: props.catalog.databaseName },
        ...props.eventBus && { [HANDLER_ENV.eventBus]: props.eventBus.eventBusArn },
      },
      bundle: 'run-completion',
      description: 'Compares runs with their manifests and tells of the outcome',
      // A manifest of the largest size allowed takes some hundred MB; a run of 100,000 parts some minutes.
      memorySize: 1024,
      timeout: Duration.minutes(15),
    });
    if (props.catalog) this.allowRegistering(props.catalog);
  }

  private allowRegistering(catalog: LandingCatalog): void {
    catalog.grantRegister(this.role);
    const tables = Stack.of(this).formatArn({ service: 'glue', resource: 'table', resourceName: `${catalog.databaseName}/*` });
    acknowledgeResource(this.role, tables, 'the tables are named after those of the source, which nobody knows before');
  }
}
