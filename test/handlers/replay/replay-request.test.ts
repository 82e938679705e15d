import { parseReplayRequest } from '../../../src/handlers/replay/replay-request';

test.each([
  [{ action: 'queue' }], [{ action: 'queue', token: 't' }], [{ action: 'objects' }], [{ action: 'objects', prefix: 'a/', token: 't' }],
  [{ action: 'run', runId: 'r' }], [{ action: 'run', runId: 'r', prefix: 'p', token: 't' }],
])('%j is taken', (request) => {
  expect(parseReplayRequest(request)).toEqual(request);
});

test.each<[unknown, string]>([
  [undefined, "expected an action of 'queue', 'objects', 'run', got undefined"],
  ['queue', "expected an action of 'queue', 'objects', 'run', got undefined"],
  [{ action: 'all' }, "expected an action of 'queue', 'objects', 'run', got \"all\""],
  [{ action: 'run' }, 'expected the runId of the run to record again, got undefined'],
  [{ action: 'run', runId: '' }, 'expected the runId of the run to record again, got ""'],
  [{ action: 'objects', prefix: 7 }, 'expected prefix to be a text, got 7'],
  [{ action: 'queue', prefix: 'a/' }, "action 'queue' takes token, got prefix"],
  [{ action: 'objects', runId: 'r' }, "action 'objects' takes prefix, token, got runId"],
])('%j is refused', (request, message) => {
  expect(() => parseReplayRequest(request)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST', message }));
});
