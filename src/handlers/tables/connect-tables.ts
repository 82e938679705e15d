import { AthenaClient } from '@aws-sdk/client-athena';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { commitTables, TablesServices } from './commit-tables';
import { GluePace } from './glue-pace';
import { athenaProver } from './prove-table';
import { compactionSettings } from './start-compaction';
import { TableItems } from './table-items';
import { runSnapshotsWriter } from './write-run-snapshots';
import { HANDLER_ENV, LandedTablesSettings } from '../../contract';
import { GlueTables } from '../../iceberg/catalogs/glue-tables';
import { S3Files } from '../../iceberg/files/s3-files';
import { GlueCatalog } from '../catalog/glue-catalog';
import { registerTable } from '../catalog/register-run';
import { RunReporter } from '../complete/report-run';
import { RunStore } from '../complete/run-store';
import { CLIENT_SETTINGS, requiredEnvironment } from '../shared/configuration';
import { handOver } from '../shared/hand-over';
import { Telemetry } from '../shared/telemetry';

/** Name of the function itself (Lambda, "Defined runtime environment variables"). */
const OWN_NAME = 'AWS_LAMBDA_FUNCTION_NAME';

/** What the entry has connected already. */
interface Connected {
  readonly s3: S3Client;
  readonly dynamo: DynamoDBClient;
  readonly telemetry: Telemetry;
  readonly settings: LandedTablesSettings;
  readonly tableName: string;
  readonly database: string;
}

/** Connects what commits tables. */
export function connectTables({ s3, dynamo, telemetry, settings, tableName, database }: Connected): TablesServices {
  const glue = new GlueClient(CLIENT_SETTINGS);
  const pace = new GluePace();
  pace.govern(glue);
  const files = new S3Files(s3);
  const catalog = new GlueTables(glue, database, files);
  const hive = new GlueCatalog(glue, database);
  const landingPrefix = process.env[HANDLER_ENV.landingPrefix] ?? '';
  const compaction = compactionSettings();
  let lambda: LambdaClient | undefined;
  const invoke = async (functionName: string, event: object) => handOver(lambda ??= new LambdaClient(CLIENT_SETTINGS), functionName, event);
  return {
    // Beside the watched prefix, whatever the run's: the role may write there alone.
    workplaceOf: (bucket) => ({ files, catalog, root: `s3://${bucket}/`, prefix: landingPrefix }),
    items: new TableItems(dynamo, tableName),
    runs: new RunStore(dynamo, tableName),
    pace,
    settings,
    telemetry,
    retractHive: async ({ run, landed: { manifest }, table }) => registerTable(hive, run, manifest, table),
    writeSnapshots: runSnapshotsWriter(s3, landingPrefix),
    invokeAgain: async (event) => invoke(requiredEnvironment(OWN_NAME), event),
    ...(compaction && { compaction: { settings: compaction, invoke: async (event: object) => invoke(compaction.functionName, event) } }),
    ...(settings.proveInWorkGroup !== undefined && { prove: athenaProver(new AthenaClient(CLIENT_SETTINGS), database, settings) }),
  };
}

/** Brings Parquet runs into Iceberg tables, and runs of other formats where `others` brings them. */
export function tablesReporter(services: TablesServices, others: RunReporter): RunReporter {
  return async (run, landed, remaining) => (
    landed.manifest.format.name === 'parquet' ? commitTables(services, run, landed, remaining) : others(run, landed, remaining)
  );
}
