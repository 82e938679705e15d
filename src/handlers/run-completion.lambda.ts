import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { HANDLER_ENV } from '../contract';
import { GlueCatalog } from './catalog/glue-catalog';
import { catalogRegistrar } from './catalog/register-run';
import { eventBridgeAnnouncer } from './complete/announce-run';
import { completeEvent, CompletionSummary } from './complete/complete-event';
import { CompletionServices } from './complete/complete-run';
import { RunStore } from './complete/run-store';
import { runLineWriter } from './complete/write-run-line';
import { CLIENT_SETTINGS, requiredEnvironment } from './shared/configuration';
import { ItemStore } from './shared/item-store';
import { putLatencyObserver } from './shared/put-latency';
import { PowertoolsTelemetry } from './shared/telemetry';
import type { TablesServices } from './tables/commit-tables';
import { connectTables, tablesReporter } from './tables/connect-tables';
import { continueTables } from './tables/continue-tables';
import { goOnRequest } from './tables/go-on';
import { landedTablesSettings } from './tables/landed-settings';

/** Another function of the same bundle. */
export { compact } from './compact-tables.lambda';

const s3 = new S3Client(CLIENT_SETTINGS);
const dynamo = new DynamoDBClient(CLIENT_SETTINGS);
const telemetry = new PowertoolsTelemetry(() => readyAt);
let services: Connected | undefined;

/** What invocations share. */
interface Connected {
  readonly completion: CompletionServices;
  /** Where runs become snapshots. */
  readonly tables?: TablesServices;
}

/** What Lambda tells of an invocation. */
interface Context {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis?(): number;
}

/** Completes the runs whose manifests an S3 event tells of, or goes on with the tables of one. */
export const handler = async (event: unknown, context?: Context): Promise<CompletionSummary> =>
  telemetry.invocation(context?.awsRequestId, async () => {
    const { completion, tables } = services ??= connect();
    const remaining = () => context?.getRemainingTimeInMillis?.() ?? Infinity;
    const request = tables && goOnRequest(event);
    if (request) return continueTables({ s3, reading: completion.reading, tables }, request, remaining);
    return completeEvent(completion, event, remaining);
  });

function connect(): Connected {
  const tableName = requiredEnvironment(HANDLER_ENV.tableName);
  const database = process.env[HANDLER_ENV.glueDatabase];
  const settings = landedTablesSettings();
  const tables = database && settings.kind === 'iceberg' ? connectTables({ s3, dynamo, telemetry, settings, tableName, database }) : undefined;
  const hive = database && settings.kind !== 'none' ? catalogRegistrar(new GlueCatalog(new GlueClient(CLIENT_SETTINGS), database), telemetry) : undefined;
  const completion: CompletionServices = {
    s3,
    objects: new ItemStore(dynamo, tableName, putLatencyObserver(telemetry)),
    runs: new RunStore(dynamo, tableName),
    telemetry,
    reading: { tallies: tables?.prove !== undefined },
    reporters: [
      ...hive ? [{ name: 'catalog' as const, report: tables ? tablesReporter(tables, hive) : hive }] : [],
      { name: 'line', report: runLineWriter(s3, process.env[HANDLER_ENV.landingPrefix] ?? '') },
    ],
    announce: eventBridgeAnnouncer(new EventBridgeClient(CLIENT_SETTINGS), process.env.AWS_REGION ?? '', process.env[HANDLER_ENV.eventBus]),
  };
  return { completion, tables };
}

const readyAt = performance.now();
