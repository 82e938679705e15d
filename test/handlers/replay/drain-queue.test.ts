import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ChangeMessageVisibilityCommand, DeleteMessageCommand, Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { MAX_REPLAY_FAILURES } from '../../../src/contract';
import { Deadline } from '../../../src/handlers/replay/deadline';
import { drainQueue } from '../../../src/handlers/replay/drain-queue';

const sqs = mockClient(SQSClient);
const lambda = mockClient(LambdaClient);
let queue: Message[];
/** Per invocation: what it answers. */
let answer: (functionName: string, payload: any) => { readonly FunctionError?: string; readonly Payload?: unknown };

beforeEach(() => {
  sqs.reset();
  lambda.reset();
  queue = [];
  answer = () => ({});
  sqs.on(ReceiveMessageCommand).callsFake(() => ({ Messages: queue.splice(0, 10) }));
  lambda.on(InvokeCommand).callsFake(({ FunctionName, Payload }) => {
    const { Payload: body, ...rest } = answer(FunctionName, JSON.parse(Buffer.from(Payload).toString()));
    return { ...rest, Payload: body === undefined ? undefined : Buffer.from(JSON.stringify(body)) };
  });
});

const services = {
  sqs: new SQSClient(), lambda: new LambdaClient(), queueUrl: 'https://queue', recorder: 'recorder', runCompletion: 'completion',
};
const forever = new Deadline(() => 900_000);
const s3Event = (key: string) => ({ Records: [{ s3: { object: { key } } }] });

function message(id: string, functionName: string | undefined, payload: unknown): Message {
  const body = { requestContext: { functionArn: functionName && `arn:aws:lambda:eu-west-1:1:function:${functionName}:$LATEST` }, requestPayload: payload };
  return { MessageId: id, ReceiptHandle: `handle-${id}`, Body: JSON.stringify(body) };
}

const invoked = () => lambda.commandCalls(InvokeCommand)
  .map(({ args: [{ input }] }) => [input.FunctionName, JSON.parse(Buffer.from(input.Payload as Uint8Array).toString())]);
const deleted = () => sqs.commandCalls(DeleteMessageCommand).map(({ args }) => args[0].input.ReceiptHandle);
const shown = () => sqs.commandCalls(ChangeMessageVisibilityCommand).map(({ args: [{ input }] }) => [input.ReceiptHandle, input.VisibilityTimeout]);

test('each event goes to its own function with what it was given first, and is deleted when that succeeds', async () => {
  queue = [message('1', 'recorder', s3Event('a')), message('2', 'completion', s3Event('b'))];
  expect(await drainQueue(services, forever)).toEqual({ action: 'queue', attempted: 2, succeeded: 2, failed: 0, failures: [] });
  expect(invoked()).toEqual([['recorder', s3Event('a')], ['completion', s3Event('b')]]);
  expect(deleted()).toEqual(['handle-1', 'handle-2']);
  expect(shown()).toEqual([]);
});

test('what fails again is told, left, and visible again at the end', async () => {
  queue = [message('1', 'recorder', s3Event('bad')), message('2', 'recorder', s3Event('good'))];
  answer = (_name, payload) => (payload.Records[0].s3.object.key === 'bad'
    ? { FunctionError: 'Unhandled', Payload: { errorType: 'BatchNotHandledError', errorMessage: 'no' } } : {});
  expect(await drainQueue(services, forever)).toEqual({
    action: 'queue', attempted: 2, succeeded: 1, failed: 1, failures: [{ subject: 'bad', message: 'BatchNotHandledError: no' }],
  });
  expect(deleted()).toEqual(['handle-2']);
  expect(shown()).toEqual([['handle-1', 0]]);
});

test('an event that EventBridge could not hand over goes to the recorder', async () => {
  const event = { 'source': 'aws.s3', 'detail-type': 'Object Created', 'detail': { bucket: { name: 'b' }, object: { key: 'a' } } };
  queue = [{ MessageId: '1', ReceiptHandle: 'h', Body: JSON.stringify(event) }];
  expect((await drainQueue(services, forever)).succeeded).toBe(1);
  expect(invoked()).toEqual([['recorder', event]]);
});

test('an event that SNS passed on goes to the recorder as it came, and its key is told', async () => {
  const event = { Type: 'Notification', Message: JSON.stringify(s3Event('a')) };
  queue = [{ MessageId: '1', ReceiptHandle: 'h', Body: JSON.stringify(event) }, message('2', 'recorder', event)];
  answer = () => ({ FunctionError: 'Unhandled' });
  expect((await drainQueue(services, forever)).failures.map(({ subject }) => subject)).toEqual(['a', 'a']);
  expect(invoked()).toEqual([['recorder', event], ['recorder', event]]);
});

test('a message without a function\'s name is the recorder\'s', async () => {
  queue = [message('1', undefined, s3Event('a'))];
  await drainQueue(services, forever);
  expect(invoked()).toEqual([['recorder', s3Event('a')]]);
});

test.each([
  ['of another function', JSON.stringify(JSON.parse(message('1', 'someone', {}).Body!)), /it is of the function 'someone'.*'recorder' and 'completion'/],
  ['that is no JSON', 'hello', /neither Lambda nor EventBridge wrote it/],
  ['of others', '{"a":1}', /neither Lambda nor EventBridge wrote it/],
  ['without a body', undefined, /neither Lambda nor EventBridge wrote it/],
])('a message %s is left in the queue', async (_what, Body, reason) => {
  queue = [{ MessageId: '1', ReceiptHandle: 'h', Body }];
  const { failed, failures } = await drainQueue(services, forever);
  expect([failed, failures[0].message]).toEqual([1, expect.stringMatching(reason)]);
  expect(invoked()).toEqual([]);
  expect(deleted()).toEqual([]);
});

test('no message is taken when time runs short, and the token says that there is more', async () => {
  queue = Array.from({ length: 25 }, (_, index) => message(String(index), 'recorder', s3Event(String(index))));
  let left = 3;
  const result = await drainQueue(services, new Deadline(() => (left-- > 0 ? 60_000 : 20_000)));
  expect(result).toMatchObject({ token: 'more', failed: 0 });
  expect(result.succeeded).toBeLessThan(25);
  expect(queue.length + deleted().length).toBe(25);
  expect(await drainQueue(services, forever)).toMatchObject({ succeeded: 25 - result.succeeded });
});

test('an event whose function has not answered in time stays in the queue for the next try', async () => {
  queue = [message('1', 'recorder', s3Event('slow'))];
  // The SDK rejects when its signal is aborted; the stand-in for it does so later than that.
  lambda.on(InvokeCommand).callsFake(async () => new Promise((_resolve, reject) => { setTimeout(() => reject(new Error('Request aborted')), 200); }));
  let looks = 0;
  const result = await drainQueue(services, new Deadline(() => (looks++ === 0 ? 30_000 : 10_020)));
  expect(result).toEqual({ action: 'queue', attempted: 0, succeeded: 0, failed: 0, failures: [], token: 'more' });
  expect(deleted()).toEqual([]);
  expect(shown()).toEqual([['handle-1', 0]]);
});

test('the list of failures has an end', async () => {
  queue = Array.from({ length: MAX_REPLAY_FAILURES + 5 }, (_, index) => ({ MessageId: String(index), ReceiptHandle: 'h', Body: 'x' }));
  const { failed, failures } = await drainQueue(services, forever);
  expect([failed, failures.length]).toEqual([MAX_REPLAY_FAILURES + 5, MAX_REPLAY_FAILURES]);
});
