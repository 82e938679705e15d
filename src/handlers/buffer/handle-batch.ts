import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { BufferedMessage, failedMessage, InvocationContext } from './buffered-message';
import { HANDLER_ENV } from '../../contract';
import { mapConcurrently } from '../shared/concurrency';
import { CLIENT_SETTINGS, requiredEnvironment } from '../shared/configuration';
import { BatchNotHandledError, InvalidEventError } from '../shared/errors';
import { Telemetry } from '../shared/telemetry';

/** Messages handled at the same time. */
const CONCURRENCY = 16;

/** What handling a batch works with. */
export interface BufferServices {
  readonly sqs: SQSClient;
  readonly bufferUrl: string;
  readonly failureUrl: string;
  /** How often a message is tried. */
  readonly attempts: number;
  /** Seconds from one try to the next. */
  readonly retrySeconds: number;
  readonly telemetry: Telemetry;
}

/** Which messages are to be tried again (Lambda, "Reporting batch item failures"). */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The services, configured by the environment. */
export function connectBuffer(telemetry: Telemetry): BufferServices {
  return {
    sqs: new SQSClient(CLIENT_SETTINGS),
    bufferUrl: requiredEnvironment(HANDLER_ENV.bufferQueueUrl),
    failureUrl: requiredEnvironment(HANDLER_ENV.failureQueueUrl),
    attempts: Number(requiredEnvironment(HANDLER_ENV.bufferAttempts)),
    retrySeconds: Number(requiredEnvironment(HANDLER_ENV.bufferRetrySeconds)),
    telemetry,
  };
}

/**
 * Handles the event in each message for itself. One that fails is tried again alone, after a while; once its tries are used
 * up, the event goes to the failure queue with the error and its trace. SQS's own dead-letter queue would hold the event and
 * no reason.
 *
 * @param handle throws when the event could not be handled
 */
export async function handleBatch(
  services: BufferServices, messages: readonly BufferedMessage[], context: InvocationContext, handle: (event: unknown) => Promise<unknown>,
): Promise<BatchAnswer> {
  const outcomes = await mapConcurrently(messages, CONCURRENCY, async (message) => {
    try {
      await handle(eventIn(message));
      return undefined;
    } catch (error) {
      // The records of an event are logged one by one.
      if (!(error instanceof BatchNotHandledError)) services.telemetry.failure('a buffered event could not be handled', error as Error);
      return await giveUp(services, message, error as Error, context) ? undefined : { itemIdentifier: message.messageId };
    }
  });
  return { batchItemFailures: outcomes.filter((outcome) => outcome !== undefined) };
}

function eventIn({ messageId, body }: BufferedMessage): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new InvalidEventError(`expected an event as JSON in the message ${messageId}, got '${body.slice(0, 100)}'`, { cause });
  }
}

/** @returns whether the event is in the failure queue; else the message is seen again after a while */
async function giveUp(services: BufferServices, message: BufferedMessage, error: Error, context: InvocationContext): Promise<boolean> {
  const { sqs, bufferUrl, failureUrl, attempts, retrySeconds, telemetry } = services;
  try {
    if (Number(message.attributes.ApproximateReceiveCount) >= attempts) {
      await sqs.send(new SendMessageCommand({ QueueUrl: failureUrl, MessageBody: JSON.stringify(failedMessage(message, error, context)) }));
      return true;
    }
    await sqs.send(new ChangeMessageVisibilityCommand({
      QueueUrl: bufferUrl, ReceiptHandle: message.receiptHandle, VisibilityTimeout: retrySeconds,
    }));
  } catch (unsent) {
    // The message stays, is tried again when its own time is up, and is moved by the queue itself in the end.
    telemetry.failure('a buffered event could not be given up', unsent as Error);
  }
  return false;
}
