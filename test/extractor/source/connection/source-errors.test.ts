import { ConnectionError, RequestError } from 'tedious';
import { LegacyToS3Error } from '../../../../src/extractor/api/errors';
import { brokeWhileConnecting, toConnectError, toRequestError } from '../../../../src/extractor/source/connection/source-errors';

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

  test.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED'])(
    'certificate fault %s says what to do', (code) => {
      const error = toConnectError(new ConnectionError('Failed', 'ESOCKET', { cause: coded(code, 'self-signed certificate') }), ENDPOINT, []);
      expect(error.code).toBe('TLS_UNTRUSTED');
      expect(error.message).toContain(`self-signed certificate (${code})`);
      expect(error.message).toContain('--ca-file');
      expect(error.message).toContain('--trust-server-certificate');
    });

  test.each<[string, object | undefined, string]>([
    ['alternative names', { subjectaltname: 'DNS:sql.example, DNS:*.sql.example, IP Address:10.0.0.7', subject: { CN: 'old' } }, "'sql.example', '*.sql.example', '10.0.0.7'"],
    ['a common name', { subject: { CN: 'SQLHOST' } }, "'SQLHOST'"],
    ['many names', { subjectaltname: Array.from({ length: 12 }, (_, at) => `DNS:h${at}`).join(', ') }, "'h9' and 2 more"],
    ['no name', undefined, 'no name'],
  ])('a certificate of another host, with %s, says which it has and how to name the host', (_, cert, names) => {
    const cause = Object.assign(coded('ERR_TLS_CERT_ALTNAME_INVALID', 'Hostname/IP does not match'), { cert });
    const error = toConnectError(new ConnectionError('Failed', 'ESOCKET', { cause }), ENDPOINT, []);
    expect(error).toMatchObject({ code: 'TLS_UNTRUSTED', message: expect.stringContaining(`${names} (ERR_TLS_CERT_ALTNAME_INVALID); `) });
    expect(error.message).toContain('--host-name-in-certificate, source.hostNameInCertificate');
    expect(error.message).not.toContain('--ca-file');
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

  test.each<[object[], string, RegExp]>([
    [[{ number: 18456, message: 'Login failed for user.', state: 1 }], 'LOGIN_FAILED', /\(error 18456\); check login and password: the server hides/],
    [[{ number: 18456, message: 'Login failed. Reason: Server is configured for Windows authentication only.', state: 1 }], 'LOGIN_FAILED', /Windows accounts only.*--domain/],
    ...([[2, /no login of that name/], [5, /no login of that name/], [6, /--authentication ntlm/], [7, /disabled, and the password is wrong/],
      [8, /the password is wrong/], [9, /not valid/], [11, /GRANT CONNECT SQL/], [12, /GRANT CONNECT SQL/], [18, /must be changed/], [38, /name of the database/],
      [58, /Windows accounts only/], [102, /Microsoft Entra/], [122, /are empty/], [99, /error log has more/]] as const).map(([state, advice]): [object[], string, RegExp] => (
      [[{ number: 18456, message: 'Login failed for user.', state }], 'LOGIN_FAILED', new RegExp(`\\(error 18456, state ${state}\\); .*${advice.source}`)])),
    ...([[18452, /domain is not trusted/], [18470, /login is disabled/], [18486, /locked out/], [18487, /has expired/], [18488, /must be changed/], [4060, /name of the database/],
      [40532, /no server of that name/], [40615, /firewall/], [40914, /virtual network/], [47073, /private endpoint/], [33134, /Microsoft Entra/], [33155, /--connect-timeout/],
      [978, /state --read-only-intent/], [17892, /logon trigger/], [59999, /error log/]] as const).map(([number, advice]): [object[], string, RegExp] => (
      [[{ number, message: 'As it is.' }], 'LOGIN_FAILED', new RegExp(`refused the login of 'reader' to database 'Ledger': As it is \\(error ${number}\\); .*${advice.source}`)])),
    ...([[40613, /paused.*--connect-retry/], [40501, /busy/], [10928, /fewer readers/], [10929, /fewer readers/], [17809, /user connections/], [49918, /busy/], [4221, /primary/],
      [983, /changing its role/], [42108, /resume it/], [40197, /in a minute/]] as const).map(([number, advice]): [object[], string, RegExp] => (
      [[{ number, message: 'As it is.' }, { number: 18456, message: 'Login failed.' }], 'SOURCE_UNREACHABLE', new RegExp(`is not available now .*\\(error ${number}\\); .*${advice.source}`)])),
  ])('%j is %s, with what to do', (told, code, message) => {
    const error = toConnectError(new ConnectionError('Login failed.', 'ELOGIN'), ENDPOINT, told as never);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    // `check` shows what stands behind the last semicolon as what to do.
    expect(error.message.split('; ')).toHaveLength(2);
    if (!/18456|18486|18487|18488/.test(JSON.stringify(told[0]))) expect(error.message).not.toContain('password');
  });

  test('Microsoft Entra that gives no token is no network\'s fault', () => {
    const cause = new AggregateError([new ConnectionError('Security token could not be authenticated or authorized.', 'EFEDAUTH'), new Error('AADSTS700016: no such application')]);
    expect(toConnectError(cause, { ...ENDPOINT, user: '' }, [])).toMatchObject({
      code: 'LOGIN_FAILED', message: 'Microsoft Entra gave no token for the login to database \'Ledger\': AADSTS700016: no such application; check tenant, client id and credentials',
    });
  });

  test('a connection that broke before the login tells so', () => {
    const error = toConnectError(new ConnectionError('Connection lost', 'ESOCKET', { cause: coded('ECONNRESET') }), ENDPOINT, [], true);
    expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE', message: expect.stringContaining('came about, but broke before the login was done: the server closed the connection (ECONNRESET)') });
    expect(brokeWhileConnecting(error)).toBe(true);
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

  test.each([
    [208, "Invalid object name 'sys.security_policies'.", 'sys.security_policies'],
    [208, "Invalid object name '[sys].tables'.", '[sys].tables'],
    [195, "'HAS_PERMS_BY_NAME' is not a recognized built-in function name.", 'HAS_PERMS_BY_NAME'],
  ])('server error %d of the catalog (%s) says what the server lacks', (number, message, missing) => {
    expect(toRequestError(server(number, message), 'cannot list the policies')).toMatchObject({
      code: 'SOURCE_QUERY_FAILED', message: expect.stringMatching(new RegExp(`^cannot list the policies: this server has no ${missing.replace(/[.[\]]/g, '\\$&')} \\(error ${number}: .*supported are`)),
    });
  });

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
