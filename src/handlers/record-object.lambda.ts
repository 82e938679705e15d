import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { HANDLER_ENV } from '../contract';
import { CLIENT_SETTINGS } from './client-settings';
import { requiredEnvironment } from './environment';
import { ItemStore } from './item-store';
import { recordEvent, RecorderServices, RecorderSummary } from './recorder';
import { lambdaStarter } from './start-completion';
import { PowertoolsTelemetry } from './telemetry';

const s3 = new S3Client(CLIENT_SETTINGS);
const dynamo = new DynamoDBClient(CLIENT_SETTINGS);
const telemetry = new PowertoolsTelemetry(() => readyAt);
let services: RecorderServices | undefined;

/** Records the objects of an S3 event in the metadata table and starts the completion of runs whose manifests are among them. */
export const handler = async (event: unknown, context?: { readonly awsRequestId?: string }): Promise<RecorderSummary> =>
  telemetry.invocation(context?.awsRequestId, async () => recordEvent(services ??= connect(), event));

function connect(): RecorderServices {
  const table = requiredEnvironment(HANDLER_ENV.tableName);
  const completion = process.env[HANDLER_ENV.runCompletionFunction];
  return {
    s3,
    objects: new ItemStore(dynamo, table, (milliseconds) => telemetry.metric('putItemLatency', milliseconds)),
    telemetry,
    landingPrefix: process.env[HANDLER_ENV.landingPrefix] ?? '',
    startCompletion: completion ? lambdaStarter(new LambdaClient(CLIENT_SETTINGS), completion) : undefined,
  };
}

const readyAt = performance.now();
