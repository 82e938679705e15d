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

const s3 = new S3Client(CLIENT_SETTINGS);
const dynamo = new DynamoDBClient(CLIENT_SETTINGS);
const telemetry = new PowertoolsTelemetry(() => readyAt);
let services: CompletionServices | undefined;

/** What Lambda tells of an invocation. */
interface Context {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis?(): number;
}

/** Completes the runs whose manifests an S3 event tells of. */
export const handler = async (event: unknown, context?: Context): Promise<CompletionSummary> =>
  telemetry.invocation(context?.awsRequestId, async () => (
    completeEvent(services ??= connect(), event, () => context?.getRemainingTimeInMillis?.() ?? Infinity)
  ));

function connect(): CompletionServices {
  const table = requiredEnvironment(HANDLER_ENV.tableName);
  const database = process.env[HANDLER_ENV.glueDatabase];
  return {
    s3,
    objects: new ItemStore(dynamo, table, putLatencyObserver(telemetry)),
    runs: new RunStore(dynamo, table),
    telemetry,
    reporters: [
      ...database
        ? [{ name: 'catalog' as const, report: catalogRegistrar(new GlueCatalog(new GlueClient(CLIENT_SETTINGS), database), telemetry) }]
        : [],
      { name: 'line', report: runLineWriter(s3, process.env[HANDLER_ENV.landingPrefix] ?? '') },
    ],
    announce: eventBridgeAnnouncer(new EventBridgeClient(CLIENT_SETTINGS), process.env.AWS_REGION ?? '', process.env[HANDLER_ENV.eventBus]),
  };
}

const readyAt = performance.now();
