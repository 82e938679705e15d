import { Connection, Request, type ConnectionConfiguration } from 'tedious';
import { cutPackets } from '../../../tools/replay-server/cut-packets';
import type { ReplaySession } from '../../../tools/replay-server/replay-connection';
import { ReplayServer } from '../../../tools/replay-server/replay-server';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../tools/replay-server/wire-rows';
import { createSelfSignedCertificate } from '../../../tools/tds/certificate';

const COLUMNS = [wireColumn.nvarchar('Name', 4000)];
const ROWS = 40;
const NAME = 'Ångström '.repeat(400);
const certificate = createSelfSignedCertificate('replay');

let server: ReplayServer;
let sessions: ReplaySession[];
afterEach(() => server.stop());

async function start(options: { readonly packetSize?: number; readonly encrypted?: boolean } = {}): Promise<void> {
  sessions = [];
  server = await ReplayServer.start({
    packetSize: options.packetSize,
    ...(options.encrypted && { certificate }),
    reply: (_, session) => {
      sessions.push(session);
      const token = row(COLUMNS, [Buffer.from(NAME, 'utf16le')]);
      return cutPackets([colMetadata(COLUMNS), ...Array.from({ length: ROWS }, () => token), done(0x10, ROWS)], session.packetSize);
    },
  });
}

/** All values of the rows, read by a client that others wrote. */
async function read(options: { readonly encrypt?: boolean | 'strict'; readonly packetSize?: number; readonly serverName?: string }): Promise<string[]> {
  const connection = new Connection({
    server: '127.0.0.1',
    options: { port: server.port, trustServerCertificate: true, encrypt: false, cryptoCredentialsDetails: { ca: certificate.certificate }, ...options } as ConnectionConfiguration['options'],
    authentication: { type: 'default', options: { userName: 'reader', password: 'any' } },
  });
  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
    const values: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const request = new Request('select Name from dbo.Names', (error) => (error ? reject(error) : resolve()));
      request.on('row', ([{ value }]: [{ value: string }]) => values.push(value));
      connection.execSqlBatch(request);
    });
    return values;
  } finally {
    connection.close();
  }
}

const all = Array.from({ length: ROWS }, () => NAME);

test.each([512, 4096, 16383, 32767])('a client that asks for packets of %i bytes is told and gets them', async (packetSize) => {
  await start();
  expect(await read({ packetSize })).toEqual(all);
  expect(sessions).toEqual([{ packetSize, encrypted: false }]);
});

test('the server\'s own packet size goes before the client\'s', async () => {
  await start({ packetSize: 8192 });
  expect(await read({ packetSize: 4096 })).toEqual(all);
  expect(sessions).toEqual([{ packetSize: 8192, encrypted: false }]);
});

test.each([4096, 16383])('with a certificate, a client that asks for encryption reads all rows through TLS, in packets of %i bytes', async (packetSize) => {
  await start({ encrypted: true });
  expect(await read({ encrypt: true, packetSize })).toEqual(all);
  expect(sessions).toEqual([{ packetSize, encrypted: true }]);
});

test.each([4096, 16383])('with a certificate, a client that begins with TLS (TDS 8.0) reads all rows, in packets of %i bytes', async (packetSize) => {
  await start({ encrypted: true });
  expect(await read({ encrypt: 'strict', serverName: 'localhost', packetSize })).toEqual(all);
  expect(sessions).toEqual([{ packetSize, encrypted: true }]);
});

test('without a certificate, a client that begins with TLS is cut off', async () => {
  await start();
  await expect(read({ encrypt: 'strict', serverName: 'localhost' })).rejects.toMatchObject({ code: 'ESOCKET' });
});

test('with a certificate, a client that does not ask for encryption goes on in clear text', async () => {
  await start({ encrypted: true });
  expect(await read({})).toEqual(all);
  expect(sessions).toEqual([{ packetSize: 4096, encrypted: false }]);
});
