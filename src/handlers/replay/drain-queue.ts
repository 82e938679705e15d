import { LambdaClient } from '@aws-sdk/client-lambda';
import { ChangeMessageVisibilityCommand, DeleteMessageCommand, Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Deadline } from './deadline';
import { failedEvent, subjectOf } from './failure-message';
import { invokeFunction } from './invoke-function';
import { Tally } from './tally';
import { ReplayResult } from '../../contract';
import { mapConcurrently } from '../shared/concurrency';

/** Messages taken at once; as many as SQS gives. */
const BATCH = 10;

/** Events given to their functions at the same time. */
const CONCURRENCY = 4;

/** How long a message that was taken stays hidden: longer than this function and the one it invokes can run. */
const HIDDEN_SECONDS = 2_000;

/** No message is taken with less time than this left. */
const LEAST_MS = 15_000;

/** What draining works with. */
export interface DrainServices {
  readonly sqs: SQSClient;
  readonly lambda: LambdaClient;
  readonly queueUrl: string;
  readonly recorder: string;
  readonly runCompletion?: string;
  readonly compactor?: string;
}

/**
 * Gives every event of the failure queue to its function again and deletes the message when the function succeeded. All
 * functions are idempotent, so an event that is given twice does no harm.
 *
 * A message that fails again stays hidden while the others are tried, so that none is tried twice, and is visible again
 * at the end. With a token, time ran out: what is left is still in the queue.
 */
export async function drainQueue(services: DrainServices, deadline: Deadline): Promise<ReplayResult> {
  const tally = new Tally();
  const kept: Message[] = [];
  for (;;) {
    if (!deadline.allows(LEAST_MS)) return tally.result('queue', 'more');
    const { Messages = [] } = await services.sqs.send(new ReceiveMessageCommand({
      QueueUrl: services.queueUrl, MaxNumberOfMessages: BATCH, WaitTimeSeconds: 1, VisibilityTimeout: HIDDEN_SECONDS,
    }));
    if (Messages.length === 0) break;
    const unfinished = await replayAll(services, Messages, deadline, tally, kept);
    if (unfinished.length > 0) {
      await show(services, unfinished);
      return tally.result('queue', 'more');
    }
  }
  await show(services, kept);
  return tally.result('queue');
}

async function replayAll(services: DrainServices, messages: Message[], deadline: Deadline, tally: Tally, kept: Message[]): Promise<Message[]> {
  const unfinished: Message[] = [];
  await mapConcurrently(messages, CONCURRENCY, async (message) => {
    const event = failedEvent(message.Body);
    const subject = event ? subjectOf(event.payload) : `message ${message.MessageId}`;
    const refused = event ? refusal(services, event.functionName) : 'neither Lambda nor EventBridge wrote it';
    const outcome = refused === undefined
      ? await invokeFunction(services.lambda, event!.functionName ?? services.recorder, event!.payload, deadline)
      : { kind: 'failed', message: refused } as const;
    if (outcome.kind === 'unfinished') return void unfinished.push(message);
    if (outcome.kind === 'failed') {
      kept.push(message);
      return tally.failure(subject, outcome.message);
    }
    await services.sqs.send(new DeleteMessageCommand({ QueueUrl: services.queueUrl, ReceiptHandle: message.ReceiptHandle }));
    tally.success();
  });
  return unfinished;
}

function refusal({ recorder, runCompletion, compactor }: DrainServices, functionName: string | undefined): string | undefined {
  const known = [recorder, runCompletion, compactor].filter((name) => name !== undefined);
  if (functionName === undefined || known.includes(functionName)) return undefined;
  return `it is of the function '${functionName}', and only those of ${known.map((name) => `'${name}'`).join(' and ')} are replayed`;
}

/** Lets messages be seen again. */
async function show({ sqs, queueUrl }: DrainServices, messages: readonly Message[]): Promise<void> {
  await mapConcurrently(messages, CONCURRENCY, async ({ ReceiptHandle }) => sqs.send(new ChangeMessageVisibilityCommand({
    QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0,
  })));
}
