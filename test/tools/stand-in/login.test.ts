import { readFileSync } from 'fs';
import { connect as connectTcp, createServer } from 'net';
import { connect as connectTls, createServer as createTlsServer } from 'tls';
import { Connection } from 'tedious';
import { ConnectOptions, withPool } from './mssql-client';
import { pythonClientProblem, readWithPython } from './python-client';
import { withStandIn } from './running';
import { StandIn, startStandIn } from '../../../tools/stand-in';
import { createSelfSignedCertificate } from '../../../tools/tds/certificate';

let standIn: StandIn;
let strict: StandIn;
let clear: StandIn;

beforeAll(async () => {
  [standIn, strict, clear] = await Promise.all([
    startStandIn({ transactions: 50 }),
    startStandIn({ transactions: 50, encryption: 'required' }),
    startStandIn({ transactions: 50, encryption: 'none' }),
  ]);
});

afterAll(async () => {
  await Promise.all([standIn, strict, clear].map((each) => each.stop()));
});

async function answer(target: StandIn, options: ConnectOptions): Promise<unknown> {
  return withPool(target, async (pool) => (await pool.request().query('SELECT DB_NAME() AS name, SUSER_SNAME() AS login')).recordset[0], options);
}

const logsIn = { name: 'LegacyLedger', login: 'sa' };

describe('encryption', () => {
  test.each([[true], [false]])('a client with encrypt=%s is served', async (encrypt) => {
    expect(await answer(standIn, { encrypt })).toEqual(logsIn);
  });

  test('a certificate that is not trusted is refused by the client', async () => {
    await expect(answer(standIn, { encrypt: true, trust: 'none' })).rejects.toThrow(/self-signed certificate/);
  });

  test('a certificate for another host is refused by the client', async () => {
    await expect(answer(standIn, { encrypt: true, serverName: 'ledger.example.com' })).rejects.toThrow(/does not match certificate/);
  });

  test('any certificate does for a client that trusts the server', async () => {
    expect(await answer(standIn, { encrypt: true, trust: 'any' })).toEqual(logsIn);
  });

  test('required: clear text is refused, TLS is served', async () => {
    await expect(answer(strict, { encrypt: false })).rejects.toMatchObject({ code: 'EENCRYPT' });
    expect(await answer(strict, { encrypt: true })).toEqual(logsIn);
  });

  test('none: TLS is refused, clear text is served', async () => {
    // tedious then logs in in clear text, which is not read.
    await expect(answer(clear, { encrypt: true })).rejects.toMatchObject({ code: 'ESOCKET' });
    expect(await answer(clear, { encrypt: false })).toEqual(logsIn);
  });

  const withPython = pythonClientProblem() ? test.skip : test;
  withPython('ODBC: TLS, verified by the CA file; login-only encryption; an unknown certificate refused', async () => {
    const query = [['SELECT DB_NAME()']];
    const verified = { Server: `localhost,${standIn.port}`, Encrypt: 'yes', TrustServerCertificate: 'no' };
    expect((await readWithPython(standIn, query, verified, { SSL_CERT_FILE: standIn.caFile }))[0].rows).toEqual([[Buffer.from('LegacyLedger', 'utf16le').toString('hex')]]);
    expect((await readWithPython(standIn, query, { Encrypt: 'no' }))[0].rows).toHaveLength(1);
    await expect(readWithPython(standIn, query, verified)).rejects.toThrow(/certificate verify failed/);
  });

  withPython('ODBC: Encrypt=strict, TLS before PRELOGIN (TDS 8.0); what does not begin so is refused by a server that demands it', async () => {
    const query = [['SELECT DB_NAME()']];
    await withStandIn({ transactions: 50, encryption: 'strict' }, async (server) => {
      const properties = { Server: `localhost,${server.port}`, Encrypt: 'strict', TrustServerCertificate: 'no' };
      const trusted = { SSL_CERT_FILE: server.caFile };
      expect((await readWithPython(server, query, properties, trusted))[0].rows).toEqual([[Buffer.from('LegacyLedger', 'utf16le').toString('hex')]]);
      await expect(readWithPython(server, query, { Encrypt: 'yes' })).rejects.toThrow();
      await expect(readWithPython(server, query, properties)).rejects.toThrow(/certificate verify failed/);
    });
  });

  test('a given key and certificate are used', async () => {
    const certificate = createSelfSignedCertificate('given');
    await withStandIn({ transactions: 50, certificate }, async (other) => {
      expect(readFileSync(other.caFile, 'utf8')).toBe(certificate.certificate);
      expect(await answer(other, { encrypt: true })).toEqual(logsIn);
    });
  });

  test('the certificate is for 127.0.0.1 and localhost', async () => {
    const { key, certificate } = createSelfSignedCertificate('stand-in');
    const server = createTlsServer({ key, cert: certificate }, (socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    for (const host of ['127.0.0.1', 'localhost']) {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        ca: certificate,
        checkServerIdentity: (_name, peer) => {
          expect(peer.subjectaltname).toContain(host);
          return undefined;
        },
      });
      await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      expect(socket.authorized).toBe(true);
      socket.destroy();
    }
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('login', () => {
  test.each([[{ password: 'wrong' }], [{ user: 'nobody' }], [{ password: '' }]])('%j gives 18456', async (options) => {
    for (const encrypt of [true, false]) {
      await expect(answer(standIn, { ...options, encrypt })).rejects.toMatchObject({ code: 'ELOGIN', message: expect.stringMatching(/^Login failed for user/) });
    }
  });

  test('an unknown database gives 4060', async () => {
    await expect(answer(standIn, { database: 'NoSuchLedger' })).rejects.toMatchObject({ code: 'ELOGIN' });
    const connection = new Connection({
      server: standIn.host,
      authentication: { type: 'default', options: { userName: standIn.user, password: standIn.password } },
      options: { port: standIn.port, database: 'NoSuchLedger', encrypt: false },
    });
    const errors: Array<{ number: number; message: string; class: number; state: number }> = [];
    connection.on('errorMessage', (error) => errors.push(error));
    await new Promise<void>((resolve) => connection.connect(() => resolve()));
    connection.close();
    expect(errors).toEqual([
      expect.objectContaining({ number: 4060, class: 11, state: 1, message: 'Cannot open database "NoSuchLedger" requested by the login. The login failed.' }),
      expect.objectContaining({ number: 18456, class: 14, state: 1 }),
    ]);
  });

  test('passwords of any characters come through', async () => {
    const password = 'Pä$$"w;ö{rd} 漢😀';
    await withStandIn({ transactions: 50, user: 'Überweiser', password }, async (other) => {
      expect(await answer(other, { encrypt: true })).toEqual({ name: 'LegacyLedger', login: 'Überweiser' });
      await expect(answer(other, { password: password.toLowerCase() })).rejects.toMatchObject({ code: 'ELOGIN' });
    });
  });

  test('another database can be asked for', async () => {
    expect(await answer(standIn, { database: 'master' })).toEqual({ name: 'master', login: 'sa' });
  });
});

test('bytes that are no TDS end the connection, and others are served on', async () => {
  const socket = connectTcp(standIn.port, standIn.host);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(Buffer.from('GET / HTTP/1.0\r\n\r\n'.repeat(2000)));
  socket.on('error', () => undefined);
  await closed;
  expect(await answer(standIn, {})).toEqual(logsIn);
});

test('a port in use is refused with its number', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await expect(startStandIn({ transactions: 50, port })).rejects.toThrow(String(port));
  await new Promise((resolve) => server.close(resolve));
});
