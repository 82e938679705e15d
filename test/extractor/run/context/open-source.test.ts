import { createServer, type AddressInfo } from 'node:net';
import type { ConnectRetryEvent, ExtractEvent } from '../../../../src/extractor/doors/public';
import { extract } from '../../../../src/extractor/run/extract-run';
import { plan } from '../../../../src/extractor/run/plan-run';
import { SYSTEM_CLOCK, type Clock } from '../../../../src/extractor/state/clock';
import type { Fault } from '../../../../tools/stand-in';
import { standInRuns } from '../../../support/source/stand-in-runs';

const runs = standInRuns();
afterEach(() => { runs.server.faults.onRequest = undefined; });

const PAUSED: Fault = {
  kind: 'error', number: 40613, severity: 17, state: 1, message: "Database 'LegacyLedger' on server 'x' is not currently available. Please retry the connection later.",
};

/** Waits between attempts take no time, but count. */
function testClock(): Clock & { readonly delays: number[] } {
  const delays: number[] = [];
  return {
    ...SYSTEM_CLOCK,
    delays,
    random: () => 0,
    now: () => delays.reduce((sum, delay) => sum + delay, 0),
    sleep: async (milliseconds, signal) => {
      if (milliseconds >= 20_000 && milliseconds !== 20_000 && milliseconds !== 40_000) return SYSTEM_CLOCK.sleep(milliseconds, signal);
      delays.push(milliseconds);
    },
  };
}

/** Refuses the first logins. */
function refuse(fault: Fault, times: number): { logins: number } {
  const seen = { logins: 0 };
  runs.server.faults.onRequest = ({ kind }) => (kind === 'login' && seen.logins++ < times ? fault : undefined);
  return seen;
}

test('a paused database is waited for, with a line for each attempt, and the run lands', async () => {
  refuse(PAUSED, 3);
  const clock = testClock();
  const events: ExtractEvent[] = [];
  const result = await extract({ ...runs.endpoints, tables: ['Branches'], readers: 1 }, { onEvent: (event) => events.push(event) }, clock);
  expect(result.verification).toBe('verified');
  expect(events.slice(0, 4)).toMatchObject([
    ...[5, 10, 20].map((delaySeconds, at) => ({
      type: 'connect-retry', attempt: at + 1, delaySeconds, code: 'SOURCE_UNREACHABLE', number: 40613, message: expect.stringContaining('not currently available'),
    })),
    { type: 'run-started' },
  ]);
});

test('it is waited for no longer than was said, and told by what it is', async () => {
  const seen = refuse(PAUSED, 99);
  const clock = testClock();
  const { source, target } = runs.endpoints;
  await expect(extract({ source: { ...source, connectRetrySeconds: 30 }, target }, {}, clock)).rejects.toMatchObject({
    code: 'SOURCE_UNREACHABLE', message: expect.stringMatching(/not available now.*\(error 40613\), after 3 attempts in 15 s; a serverless database that was paused/),
  });
  expect(seen.logins).toBe(3);
  expect(clock.delays).toEqual([5000, 10_000]);
});

test.each<[string, Fault, string]>([
  ['a wrong password', { kind: 'error', number: 18456, state: 8 }, 'LOGIN_FAILED'],
  ['a database that is not there', { kind: 'error', number: 4060 }, 'LOGIN_FAILED'],
  ['a firewall', { kind: 'error', number: 40615 }, 'LOGIN_FAILED'],
])('%s is told at once', async (_, fault, code) => {
  const seen = refuse(fault, 99);
  await expect(extract(runs.endpoints, {}, testClock())).rejects.toMatchObject({ code });
  expect(seen.logins).toBe(1);
});

test('connectRetrySeconds of 0 tries once; a port where nothing listens is told at once', async () => {
  const seen = refuse(PAUSED, 99);
  const { source, target } = runs.endpoints;
  await expect(extract({ source: { ...source, connectRetrySeconds: 0 }, target }, {}, testClock())).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  expect(seen.logins).toBe(1);
  const free = createServer();
  const port = await new Promise<number>((resolve) => { free.listen(0, '127.0.0.1', () => resolve((free.address() as AddressInfo).port)); });
  await new Promise((resolve) => free.close(resolve));
  const clock = testClock();
  await expect(extract({ source: { ...source, port }, target }, {}, clock)).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', message: expect.stringContaining('connection refused') });
  expect(clock.delays).toEqual([]);
});

test('a connection that is taken and cut before the login is tried again, by plan too', async () => {
  let taken = 0;
  const cutting = createServer((socket) => {
    taken += 1;
    socket.on('error', () => undefined).once('data', () => socket.destroy());
  });
  const port = await new Promise<number>((resolve) => { cutting.listen(0, '127.0.0.1', () => resolve((cutting.address() as AddressInfo).port)); });
  const told: ConnectRetryEvent[] = [];
  const { source, target } = runs.endpoints;
  const props = { source: { ...source, port, connectRetrySeconds: 20 }, target };
  const planned = plan(props, { onConnectRetry: (event) => told.push(event) }, testClock());
  await expect(planned).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', message: expect.stringMatching(/broke before the login was done: .*, after 3 attempts in 15 s; /) });
  expect(told).toMatchObject([{ attempt: 1, delaySeconds: 5 }, { attempt: 2, delaySeconds: 10 }]);
  expect(taken).toBe(3);
  await new Promise((resolve) => cutting.close(resolve));
});

test('a stop ends the waiting', async () => {
  refuse(PAUSED, 99);
  const stop = new AbortController();
  const running = extract(runs.endpoints, { signal: stop.signal, onEvent: (event) => { if (event.type === 'connect-retry') stop.abort(); } });
  await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
});
