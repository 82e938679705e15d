import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { HANDLER_ENV } from '../contract';
import { bufferedMessages, type BufferedMessage, type InvocationContext } from './buffer/buffered-message';
import type { BatchAnswer, BufferServices } from './buffer/handle-batch';
import { recordEvent, RecorderServices, RecorderSummary } from './record/recorder';
import { lambdaStarter } from './record/start-completion';
import { CLIENT_SETTINGS, requiredEnvironment } from './shared/configuration';
import { ItemStore } from './shared/item-store';
import { putLatencyObserver } from './shared/put-latency';
import { PowertoolsTelemetry } from './shared/telemetry';

const s3 = new S3Client(CLIENT_SETTINGS);
const dynamo = new DynamoDBClient(CLIENT_SETTINGS);
const telemetry = new PowertoolsTelemetry(() => readyAt);
let services: RecorderServices | undefined;
let buffer: BufferServices | undefined;

/** Records the objects of an S3 event in the metadata table and starts the completion of runs whose manifests are among them. */
export const handler = async (event: unknown, context: InvocationContext = {}): Promise<RecorderSummary | BatchAnswer> =>
  telemetry.invocation(context.awsRequestId, async () => {
    // A queue that somebody else put before the function has settings of its own: its messages are taken together.
    const messages = process.env[HANDLER_ENV.bufferQueueUrl] ? bufferedMessages(event) : undefined;
    return messages ? recordBuffered(messages, context) : recordEvent(services ??= connect(), event);
  });

/** Loaded where there is a buffer, so that others start without its client. */
async function recordBuffered(messages: readonly BufferedMessage[], context: InvocationContext): Promise<BatchAnswer> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { connectBuffer, handleBatch } = require('./buffer/handle-batch') as typeof import('./buffer/handle-batch');
  return handleBatch(buffer ??= connectBuffer(telemetry), messages, context, async (event) => recordEvent(services ??= connect(), event));
}

function connect(): RecorderServices {
  const table = requiredEnvironment(HANDLER_ENV.tableName);
  const completion = process.env[HANDLER_ENV.runCompletionFunction];
  return {
    s3,
    objects: new ItemStore(dynamo, table, putLatencyObserver(telemetry)),
    telemetry,
    landingPrefix: process.env[HANDLER_ENV.landingPrefix] ?? '',
    startCompletion: completion ? lambdaStarter(new LambdaClient(CLIENT_SETTINGS), completion) : undefined,
  };
}

const readyAt = performance.now();
