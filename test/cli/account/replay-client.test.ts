import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { replayAll } from '../../../src/cli/account/replay-client';
import { requestOf } from '../../../src/cli/commands/replay-command';

const mock = mockClient(LambdaClient);
const client = new LambdaClient({ region: 'eu-central-1' });
beforeEach(() => mock.reset());

const answer = (result: object) => ({ Payload: Buffer.from(JSON.stringify(result)) as never });
const counts = (attempted: number, failed = 0) => ({
  action: 'queue', attempted, succeeded: attempted - failed, failed, failures: failed > 0 ? [{ subject: 'a/b.csv', message: 'no' }] : [],
});

test('goes on with the token until there is no more to do, and adds up', async () => {
  mock.on(InvokeCommand)
    .resolvesOnce(answer({ ...counts(10), token: 't1' }))
    .resolvesOnce(answer({ ...counts(5, 1), token: 't2' }))
    .resolves(answer(counts(1)));
  const seen: number[] = [];
  const totals = await replayAll(client, 'f', { action: 'queue' }, ({ attempted }) => seen.push(attempted));
  expect(totals).toEqual({ attempted: 16, succeeded: 15, failed: 1, failures: [{ subject: 'a/b.csv', message: 'no' }] });
  expect(seen).toEqual([10, 15, 16]);
  const requests = mock.commandCalls(InvokeCommand)
    .map(({ args: [{ input }] }) => JSON.parse(Buffer.from(input.Payload as Uint8Array).toString()) as object);
  expect(requests).toEqual([{ action: 'queue' }, { action: 'queue', token: 't1' }, { action: 'queue', token: 't2' }]);
});

test('an error of the function is told with its own words', async () => {
  mock.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', ...answer({ errorType: 'Error', errorMessage: 'no such prefix' }) });
  await expect(replayAll(client, 'f', { action: 'queue' }, () => undefined)).rejects.toMatchObject({
    code: 'REPLAY_FAILED', message: 'cannot invoke the replay function \'f\': no such prefix',
  });
});

test('a role that may not invoke it is told so', async () => {
  mock.on(InvokeCommand).rejects(Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' }));
  await expect(replayAll(client, 'f', { action: 'queue' }, () => undefined)).rejects.toMatchObject({ code: 'TARGET_ACCESS_DENIED' });
});

test.each([
  [{ queue: true as const }, { action: 'queue' }],
  [{ run: 'r' }, { action: 'run', runId: 'r' }],
  [{ run: 'r', prefix: 'p/' }, { action: 'run', runId: 'r', prefix: 'p/' }],
  [{ prefix: '' }, { action: 'objects', prefix: '' }],
])('%j asks for %j', (options, request) => {
  expect(requestOf(options)).toEqual(request);
});

test('nothing, and two things, are refused', () => {
  expect(() => requestOf({})).toThrow(/pass --queue, --run RUN or --prefix PREFIX/);
  expect(() => requestOf({ queue: true, run: 'r' })).toThrow(/--queue excludes/);
});
