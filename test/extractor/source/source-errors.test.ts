import { ConnectionError, RequestError } from 'tedious';
import { LegacyToS3Error } from '../../../src/extractor/errors';
import { toConnectError, toRequestError } from '../../../src/extractor/source/source-errors';

const ENDPOINT = { address: 'db:1433', user: 'reader', database: 'Ledger' };
const coded = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('toConnectError', () => {
  test.each([
    ['ECONNREFUSED', 'connection refused (ECONNREFUSED)'],
    ['ENOTFOUND', 'no such host (ENOTFOUND)'],
    ['EHOSTUNREACH', 'no route to the host (EHOSTUNREACH)'],
  ])('a socket error %s', (code, reason) => {
    const cause = new AggregateError([coded(code)], 'Could not connect (sequence)');
    const error = toConnectError(new ConnectionError('Failed to connect', 'ESOCKET', { cause }), ENDPOINT, []);
    expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE', message: expect.stringContaining(`at db:1433: ${reason}`) });
  });

  test('no answer in time', () => {
    expect(toConnectError(new ConnectionError('Failed to connect in 15000ms', 'ETIMEOUT'), ENDPOINT, [])).toMatchObject({
      code: 'SOURCE_UNREACHABLE', message: expect.stringContaining('no answer in time'),
    });
  });

  test.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
    'certificate fault %s says what to do', (code) => {
      const error = toConnectError(new ConnectionError('Failed', 'ESOCKET', { cause: coded(code, 'self-signed certificate') }), ENDPOINT, []);
      expect(error.code).toBe('TLS_UNTRUSTED');
      expect(error.message).toContain(`self-signed certificate (${code})`);
      expect(error.message).toContain('--ca-file');
      expect(error.message).toContain('--trust-server-certificate');
    });

  test('a refused login is told in the server\'s words', () => {
    const told = [{ number: 18456, message: "Login failed for user 'reader'." }];
    expect(toConnectError(new ConnectionError('Login failed.', 'ELOGIN'), ENDPOINT, told)).toMatchObject({
      code: 'LOGIN_FAILED', message: expect.stringContaining("Login failed for user 'reader' (error 18456)"),
    });
  });

  test('a database that cannot be opened is a refused login', () => {
    const told = [{ number: 4060, message: 'Cannot open database "x" requested by the login. The login failed.' }, { number: 18456, message: 'Login failed.' }];
    expect(toConnectError(new ConnectionError('Login failed.', 'ELOGIN'), ENDPOINT, told).message).toContain('Cannot open database "x"');
  });

  test('a server that requires encryption', () => {
    expect(toConnectError(new ConnectionError('Server requires encryption', 'EENCRYPT'), ENDPOINT, [])).toMatchObject({ code: 'TLS_UNTRUSTED' });
  });

  test('an error of ours passes', () => {
    const error = new LegacyToS3Error('INTERRUPTED', 'stopped');
    expect(toConnectError(error, ENDPOINT, [])).toBe(error);
  });
});

describe('toRequestError', () => {
  const server = (number: number, message: string) => Object.assign(new RequestError(message, 'EREQUEST'), { number });

  test.each([[229, 'SOURCE_PERMISSION_DENIED'], [230, 'SOURCE_PERMISSION_DENIED'], [208, 'SOURCE_QUERY_FAILED'], [8134, 'SOURCE_QUERY_FAILED']])(
    'server error %d is %s', (number, code) => {
      expect(toRequestError(server(number, 'The words.\n of the server.'), '[dbo].[T]')).toMatchObject({
        code, message: `[dbo].[T]: The words. of the server (error ${number})`,
      });
    });

  test('a lost connection', () => {
    expect(toRequestError(new ConnectionError('Connection lost - read ECONNRESET', 'ESOCKET', { cause: coded('ECONNRESET') }), 'x').code)
      .toBe('SOURCE_CONNECTION_LOST');
  });
});
