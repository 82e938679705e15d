import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { HANDLER_ENV } from '../contract';
import { requiredEnvironment } from './environment';
import { ItemStore } from './item-store';
import { recordEvent, RecorderServices, RecorderSummary } from './recorder';
import { RunStore } from './run-completion/run-store';
import { PowertoolsTelemetry } from './telemetry';

/** The SDK repeats what is throttled or fails on the service's side, with backoff, before Lambda repeats the event. */
const clientSettings = { maxAttempts: 5, retryMode: 'standard', requestHandler: { connectionTimeout: 3_000, requestTimeout: 20_000 } };

const s3 = new S3Client(clientSettings);
const dynamo = new DynamoDBClient(clientSettings);
const telemetry = new PowertoolsTelemetry(() => readyAt);
let services: RecorderServices | undefined;

/** Records the objects of an S3 event in the metadata table and completes the runs whose manifests are among them. */
export const handler = async (event: unknown, context?: { readonly awsRequestId?: string }): Promise<RecorderSummary> =>
  telemetry.invocation(context?.awsRequestId, async () => recordEvent(services ??= connect(), event));

function connect(): RecorderServices {
  const table = requiredEnvironment(HANDLER_ENV.tableName);
  return {
    s3,
    objects: new ItemStore(dynamo, table, (milliseconds) => telemetry.metric('putItemLatency', milliseconds)),
    runs: new RunStore(dynamo, table),
    telemetry,
  };
}

const readyAt = performance.now();
