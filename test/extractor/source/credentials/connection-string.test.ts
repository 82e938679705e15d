import { parseConnectionString } from '../../../../src/extractor/source/credentials/connection-string';

test.each<[string, object]>([
  ['Server=db;Database=Ledger;User ID=reader;Password=pw', { server: 'db', database: 'Ledger', user: 'reader', password: 'pw' }],
  ['Data Source=tcp:db.example.com,1444; Initial Catalog=Ledger; uid=r; pwd="a;b""c"', { server: 'db.example.com', port: 1444, database: 'Ledger', user: 'r', password: 'a;b"c' }],
  ['server=db\\old;trust server certificate=yes;encrypt=mandatory', { server: 'db\\old', trustServerCertificate: true, encrypt: true }],
  ['Addr=db\\old,1500;Encrypt=False;ApplicationIntent=ReadOnly;Connect Timeout=7', { server: 'db', port: 1500, encrypt: false, readOnlyIntent: true, connectTimeoutSeconds: 7 }],
  ['Server=db;Authentication=Active Directory Service Principal;User Id=app;Password=s', { server: 'db', authentication: 'entraServicePrincipal', clientId: 'app', password: 's' }],
  ['Server=db;Authentication=Active Directory Default;HostNameInCertificate=*.x', { server: 'db', authentication: 'entraDefault', hostNameInCertificate: '*.x' }],
  ['Server=db;MultipleActiveResultSets=True;Pooling=false;Application Name=x;Connection Timeout=0', { server: 'db', connectTimeoutSeconds: 3600 }],
])('%s', (text, source) => {
  expect(parseConnectionString(text)).toEqual(source);
});

test.each<[string, RegExp]>([
  ['Server=db;Passwort=planted-secret', /unknown, number 2; did you mean 'password'\?/],
  ['Server=db;Password=planted-secret;Integrated Security=SSPI', /use authentication ntlm/],
  ['Server=db;Password=planted-secret;Encrypt=strict', /TDS 8\.0/],
  ['Server=db;Password=planted-secret;Encrypt=perhaps', /True or False for 'encrypt'/],
  ['Server=np:\\\\db\\pipe;Password=planted-secret', /name the server as host, host,port or host\\instance/],
  ['Server=db;Connect Timeout=soon;Password=planted-secret', /whole number of seconds/],
  ['Server=db;Authentication=Active Directory Interactive;Password=planted-secret', /must have one of sql password/],
  ['Server=db;Password=half;planted-secret=x', /unknown, number 3; keys are those of ADO\.NET.* A value with a semicolon needs quotes/],
  ['planted-secret', /cannot be read/],
])('%s is refused', (text, message) => {
  let thrown: unknown;
  try {
    parseConnectionString(text);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) });
  expect((thrown as Error).message).not.toContain('planted-secret');
});
