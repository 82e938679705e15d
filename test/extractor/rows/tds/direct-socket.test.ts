import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { connectDirect, connectDirectInParallel, directReadsOf } from '../../../../src/extractor/rows/tds/direct-socket';

let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

const found = (...addresses: string[]) => (_host: string, _options: LookupAllOptions, done: (error: Error | null, all: LookupAddress[]) => void) => {
  setImmediate(() => done(null, addresses.map((address) => ({ address, family: 4 }))));
};
const signal = new AbortController().signal;

test('the next address is tried when one refuses, and the socket can be read directly', async () => {
  const socket = await connectDirect({ host: 'many', port }, found('127.0.0.2', '127.0.0.1'), signal);
  expect(socket.remoteAddress).toBe('127.0.0.1');
  expect(directReadsOf(socket)).toBeDefined();
  socket.destroy();
});

test('all addresses at once: the one that answers is taken, whatever becomes of the others, and can be read directly', async () => {
  // Nothing answers at an address of documentation (RFC 5737).
  const socket = await connectDirectInParallel({ host: 'many', port }, found('192.0.2.1', '127.0.0.2', '127.0.0.1'), signal);
  expect(socket.remoteAddress).toBe('127.0.0.1');
  expect(directReadsOf(socket)).toBeDefined();
  expect(socket.destroyed).toBe(false);
  socket.destroy();
  await expect(connectDirectInParallel({ host: 'many', port }, found('127.0.0.2', '127.0.0.3'), signal)).rejects.toMatchObject({
    message: 'Could not connect (parallel)', errors: [{ code: 'ECONNREFUSED' }, { code: 'ECONNREFUSED' }],
  });
  const abort = new AbortController();
  const connecting = connectDirectInParallel({ host: 'many', port }, found('192.0.2.1'), abort.signal);
  abort.abort(new Error('too late'));
  await expect(connecting).rejects.toThrow('too late');
});

test('what every address says is told', async () => {
  await expect(connectDirect({ host: 'many', port }, found('127.0.0.2', '127.0.0.3'), signal)).rejects.toMatchObject({
    message: 'Could not connect (sequence)', errors: [{ code: 'ECONNREFUSED', address: '127.0.0.2' }, { code: 'ECONNREFUSED', address: '127.0.0.3' }],
  });
});

test('a host that is not found is told as the lookup does', async () => {
  await expect(connectDirect({ host: 'nowhere.invalid', port }, lookup, signal)).rejects.toMatchObject({ syscall: 'getaddrinfo' });
});

test('an abort ends the lookup, and the connecting', async () => {
  const abort = new AbortController();
  const reason = new Error('too late');
  const hanging = connectDirect({ host: 'slow', port }, () => undefined, abort.signal);
  abort.abort(reason);
  await expect(hanging).rejects.toBe(reason);
  await expect(connectDirect({ host: '127.0.0.1', port }, lookup, abort.signal)).rejects.toBe(reason);
  const between = new AbortController();
  const connecting = connectDirect({ host: '127.0.0.1', port }, lookup, between.signal);
  await Promise.resolve();
  between.abort(reason);
  await expect(connecting).rejects.toBe(reason);
});
