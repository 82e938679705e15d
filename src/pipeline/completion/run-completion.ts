import { Duration, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RunCompletionRole } from './run-completion-role';
import { CompactionSettings, HANDLER_ENV, SERVICES } from '../../contract';
import { allowInvoking, allowInvokingItself } from '../access/handler-role';
import { acknowledgeResource } from '../access/nag-acknowledgements';
import { checkLifecycle } from '../catalog/bucket-lifecycle';
import { LandedTables, LandedTablesKind } from '../catalog/landed-tables';
import { LandingCatalog } from '../catalog/landing-catalog';
import { PROOF_ACTIONS, resultRights } from '../catalog/query-rights';
import { PROOFS_FOLDER } from '../catalog/query-workgroup';
import { TableCompaction } from '../catalog/table-compaction';
import { checkCompaction, checkLandedTables, commitsSnapshots, settingsOf } from '../catalog/table-settings';
import { invalidInput } from '../checks/validation';
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
   * What runs that are complete become; only with `catalog`.
   *
   * @default - what the catalog is made for (`LandingCatalog.landedTables`)
   */
  readonly landedTables?: LandedTables;

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

  /** What runs that are complete become; none where there is no catalog. */
  public readonly landedTables: LandedTables;

  private readonly roleIsGiven: boolean;

  constructor(scope: Construct, id: string, props: RunCompletionProps) {
    const landedTables = props.landedTables ?? props.catalog?.landedTables ?? LandedTables.none();
    super(scope, id, props, {
      roleType: RunCompletionRole,
      serviceName: SERVICES.runCompletion,
      eventBus: props.eventBus,
      commitsTables: commitsSnapshots(landedTables),
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
    this.landedTables = landedTables;
    this.roleIsGiven = props.role !== undefined;
    this.validateTables(props);
    if (props.catalog) this.registerIn(props.catalog, props.bucket);
    if (commitsSnapshots(landedTables)) {
      checkLifecycle(this, props.bucket, props.objectPrefix);
      // A run of more tables than one invocation commits is gone on with by the next.
      allowInvokingItself(this, this.role, this.function);
    }
  }

  /**
   * Has run completion start the compaction of tables that are due, after it has applied changes to them; without it none is compacted.
   *
   * @param compactor the function of a `TableCompactor`
   * @param compaction when a table is due
   */
  public startCompaction(compactor: lambda.IFunction, compaction: TableCompaction): void {
    checkCompaction(this, compaction);
    if (!compaction.isWanted) throw invalidInput(this, 'compaction must say when tables are compacted, got TableCompaction.never()');
    if (!commitsSnapshots(this.landedTables)) throw invalidInput(this, `startCompaction needs landedTables: LandedTables.iceberg(), got '${this.landedTables.kind}'`);
    const settings: CompactionSettings = {
      functionName: compactor.functionName, whenDeletes: compaction.deleteFiles, atMostEverySeconds: compaction.interval.toSeconds(),
    };
    this.function.addEnvironment(HANDLER_ENV.compaction, Stack.of(this).toJsonString(settings));
    allowInvoking(this, this.role, this.roleIsGiven, 'StartCompaction', [compactor]);
  }

  private registerIn(catalog: LandingCatalog, bucket: s3.IBucket): void {
    const { proofWorkGroup } = catalog;
    const settings = settingsOf(this.landedTables, proofWorkGroup?.workGroupRef.workGroupName);
    this.function.addEnvironment(HANDLER_ENV.landedTables, Stack.of(this).toJsonString(settings));
    catalog.grantRegister(this.role);
    const tables = Stack.of(this).formatArn({ service: 'glue', resource: 'table', resourceName: `${catalog.databaseName}/*` });
    acknowledgeResource(this.role, tables, 'the tables are named after those of the source, which nobody knows before');
    if (settings.proveInWorkGroup !== undefined) this.allowProving(settings.proveInWorkGroup, bucket, catalog.resultsBucket!);
  }

  private allowProving(workGroupName: string, landing: s3.IBucket, results: s3.IBucket): void {
    const workGroup = Stack.of(this).formatArn({ service: 'athena', resource: 'workgroup', resourceName: workGroupName });
    this.role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: PROOF_ACTIONS, resources: [workGroup] }));
    this.role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:GetBucketLocation'], resources: [landing.bucketArn] }));
    resultRights(this.role, results, PROOFS_FOLDER);
    acknowledgeResource(this.role, results.arnForObjects(`${PROOFS_FOLDER}*`), 'Athena names the results of queries');
  }

  private validateTables({ catalog, landedTables }: RunCompletionProps): void {
    checkLandedTables(this, landedTables);
    if (!landedTables || landedTables.kind === LandedTablesKind.NONE) return;
    if (!catalog) throw invalidInput(this, 'landedTables needs catalog, which the tables are registered in, got none');
    if (landedTables.kind !== LandedTablesKind.ICEBERG) return;
    if (!commitsSnapshots(catalog.landedTables)) {
      throw invalidInput(this, `landedTables must be what the catalog is made for, '${catalog.landedTables.kind}', got 'iceberg': give it to the catalog`);
    }
    if (landedTables.icebergOptions.proveByQuery && !catalog.proofWorkGroup) {
      throw invalidInput(this, 'proveByQuery needs a catalog with a workgroup for it, got one without: give the option to the catalog');
    }
  }
}
