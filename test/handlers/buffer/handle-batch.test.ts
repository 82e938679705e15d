import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { BufferedMessage, bufferedMessages } from '../../../src/handlers/buffer/buffered-message';
import { handleBatch } from '../../../src/handlers/buffer/handle-batch';
import { failedEvent } from '../../../src/handlers/replay/failure-message';
import { BatchNotHandledError, RecordNotHandledError } from '../../../src/handlers/shared/errors';

const sqs = mockClient(SQSClient);
const logged: string[] = [];
const telemetry = { metric: () => {}, info: () => {}, warn: () => {}, failure: (what: string) => { logged.push(what); } };
const services = { sqs: new SQSClient(), bufferUrl: 'https://buffer', failureUrl: 'https://failures', attempts: 3, retrySeconds: 60, telemetry };
const context = { awsRequestId: 'request-1', invokedFunctionArn: 'arn:aws:lambda:eu-west-1:1:function:recorder' };

beforeEach(() => {
  sqs.reset();
  logged.length = 0;
});

const event = (key: string) => ({ Records: [{ s3: { object: { key } } }] });

function message(id: string, receives: number, body: string = JSON.stringify(event(id))): BufferedMessage {
  return { messageId: id, receiptHandle: `handle-${id}`, body, attributes: { ApproximateReceiveCount: String(receives) } };
}

/** Fails for events of these keys. */
const failing = (...keys: string[]) => async (given: any) => {
  const [{ s3: { object: { key } } }] = given.Records;
  if (keys.includes(key)) throw new BatchNotHandledError([new RecordNotHandledError(key, new Error('no such luck'))], 1);
};

const sent = () => sqs.commandCalls(SendMessageCommand).map(({ args: [{ input }] }) => ({ to: input.QueueUrl, ...JSON.parse(input.MessageBody!) }));
const delayed = () => sqs.commandCalls(ChangeMessageVisibilityCommand).map(({ args: [{ input }] }) => input);

test('every message is handled, and none is tried again when all succeed', async () => {
  const handled: unknown[] = [];
  const messages = Array.from({ length: 250 }, (_each, index) => message(String(index), 1));
  const answer = await handleBatch(services, messages, context, async (given) => handled.push(given));
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(new Set(handled.map((each) => JSON.stringify(each)))).toEqual(new Set(messages.map(({ body }) => body)));
  expect(sqs.calls()).toHaveLength(0);
});

test('what fails is tried again alone, after a while', async () => {
  const answer = await handleBatch(services, [message('a', 1), message('b', 2), message('c', 1)], context, failing('b'));
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'b' }] });
  expect(delayed()).toEqual([{ QueueUrl: 'https://buffer', ReceiptHandle: 'handle-b', VisibilityTimeout: 60 }]);
  expect(sent()).toEqual([]);
});

test('after its last try an event goes to the failure queue with its trace, as Lambda would write it', async () => {
  const answer = await handleBatch(services, [message('a', 1), message('b', 3)], context, failing('b'));
  expect(answer).toEqual({ batchItemFailures: [] });
  const [failure, ...more] = sent();
  expect(more).toEqual([]);
  expect(failure).toMatchObject({
    to: 'https://failures',
    requestContext: { requestId: 'request-1', condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: event('b'),
    responsePayload: { errorType: 'BatchNotHandledError', errorMessage: expect.stringContaining('no such luck') },
  });
  expect(failure.responsePayload.trace.join('\n')).toMatch(/Caused by: Error: no such luck\n +at /);
  expect(failedEvent(JSON.stringify(failure))).toEqual({ functionName: 'recorder', payload: event('b') });
});

test('a message that is no event fails alone, and its text is kept', async () => {
  const answer = await handleBatch(services, [message('a', 1), message('b', 3, 'hello')], context, failing());
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(sent()).toMatchObject([{ requestPayload: 'hello', responsePayload: { errorType: 'InvalidEventError', errorMessage: expect.stringContaining("got 'hello'") } }]);
  expect(logged).toEqual(['a buffered event could not be handled']);
});

test('while the failure queue cannot be reached the message stays', async () => {
  sqs.on(SendMessageCommand).rejects(new Error('access denied'));
  expect(await handleBatch(services, [message('b', 7)], context, failing('b'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'b' }] });
  expect(logged).toEqual(['a buffered event could not be given up']);
});

describe('the place of the logs', () => {
  const variables = { AWS_LAMBDA_LOG_GROUP_NAME: '/a/group', AWS_LAMBDA_LOG_STREAM_NAME: 'a/stream' };
  beforeEach(() => { Object.assign(process.env, variables); });
  afterEach(() => { for (const name of Object.keys(variables)) delete process.env[name]; });

  test('stands at the end of the trace', async () => {
    await handleBatch(services, [message('b', 3)], context, failing('b'));
    expect(sent()[0].responsePayload.trace.at(-1)).toBe('Logs: group /a/group, stream a/stream, request request-1');
  });
});

test.each<[string, unknown]>([
  ['a notification of S3', { Records: [{ eventSource: 'aws:s3', s3: {} }] }], ['no records', { Records: [] }], ['nothing', null], ['records that are null', { Records: [null] }],
])('%s holds no messages', (_what, given) => {
  expect(bufferedMessages(given)).toBeUndefined();
});
