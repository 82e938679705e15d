import { parseConnectionString } from '../../../../src/extractor/source/credentials/connection-string';
import { KEY_NAMES, keywordOf, REFUSED_KEYS, UNUSED_KEYS } from '../../../../src/extractor/source/credentials/connection-string-keys';

test.each<[string, object]>([
  ['Server=db;Database=Ledger;User ID=reader;Password=pw', { server: 'db', database: 'Ledger', user: 'reader', password: 'pw' }],
  ['Data Source=tcp:db.example.com,1444; Initial Catalog=Ledger; uid=r; pwd="a;b""c"', { server: 'db.example.com', port: 1444, database: 'Ledger', user: 'r', password: 'a;b"c' }],
  ['server=db\\old;trust server certificate=yes;encrypt=mandatory', { server: 'db\\old', trustServerCertificate: true, encrypt: true }],
  ['Addr=db\\old,1500;Encrypt=False;ApplicationIntent=ReadOnly;Connect Timeout=7', { server: 'db', port: 1500, encrypt: false, readOnlyIntent: true, connectTimeoutSeconds: 7 }],
  ['Server=db;Authentication=Active Directory Service Principal;User Id=app;Password=s', { server: 'db', authentication: 'entraServicePrincipal', clientId: 'app', password: 's' }],
  ['Server=db;Authentication=Active Directory Default;User ID=identity', { server: 'db', authentication: 'entraDefault', clientId: 'identity' }],
  ['Server=(local);Encrypt=Strict;Host Name In Certificate=db.x', { server: 'localhost', encryption: 'strict', hostNameInCertificate: 'db.x' }],
  ['Server=[::1],1444;MultiSubnetFailover=True;Application Intent=ReadWrite', { server: '::1', port: 1444, multiSubnetFailover: true, readOnlyIntent: false }],
  ['Server=db;ConnectRetryCount=3;Connect Retry Interval=20', { server: 'db', connectRetrySeconds: 60 }],
  ['Server=db;Column Encryption Setting=Disabled;Current Language=us_english;Net=dbmssocn;Trusted_Connection=no', { server: 'db' }],
  ['Server=db;Authentication=Active Directory Default;HostNameInCertificate=*.x', { server: 'db', authentication: 'entraDefault', hostNameInCertificate: '*.x' }],
  ['Server=db;MultipleActiveResultSets=True;Pooling=false;Application Name=x;Connection Timeout=0', { server: 'db', connectTimeoutSeconds: 3600 }],
])('%s', (text, source) => {
  expect(parseConnectionString(text).source).toEqual(source);
});

test.each<[string, RegExp]>([
  ['Server=db;Passwort=planted-secret', /unknown, number 2; did you mean 'password'\?/],
  ['Server=db;Password=planted-secret;Integrated Security=SSPI', /use authentication ntlm/],
  ['Server=db;Password=planted-secret;Encrypt=perhaps', /True or False, or Strict, for 'encrypt'/],
  ['Server=np:\\\\db\\pipe;Password=planted-secret', /the connection string's server 'np:.*' asks for named pipes/],
  ['Server=db;Connect Timeout=soon;Password=planted-secret', /whole number of seconds/],
  ['Server=db;Authentication=Active Directory Interactive;Password=planted-secret', /must have one of sql password/],
  ['Server=db;Password=half;planted-secret=x', /unknown, number 3; keys are those of ADO\.NET.* A value with a semicolon needs quotes/],
  ['Server=db,1433:x;Password=planted-secret', /port of 1 to 65535/],
  ['Server=db;Password=planted-secret;ApplicationIntent=Reading', /ReadOnly or ReadWrite/],
  ['Server=db;Password=planted-secret;ConnectRetryCount=x', /whole number for 'connect retry count'/],
  ['Server=db;Password=planted-secret;AttachDbFilename=C:\\x.mdf', /attach a database file/],
  ['Server=db;Password=planted-secret;Column Encryption Setting=Enabled', /Always Encrypted/],
  ['Server=db;Password=planted-secret;Language=Deutsch', /asks for a language/],
  ['Server=db;Password=planted-secret;Network Library=dbnmpntw', /another protocol than TCP/],
  ['Server=db;Password=planted-secret;User Instance=true', /user instance/],
  ['Server=db;Password=planted-secret;Server Certificate=x.cer', /--ca-file/],
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

/** Keywords that a property of the source takes. */
const HONOURED = new Set([
  'application intent', 'authentication', 'connect retry count', 'connect retry interval', 'connect timeout', 'data source', 'encrypt', 'host name in certificate',
  'initial catalog', 'integrated security', 'multi subnet failover', 'password', 'trust server certificate', 'user id',
]);

test.each(KEY_NAMES)('the key %s is honoured, refused or warned of, and one of these', (name) => {
  const keyword = keywordOf(name.toUpperCase())!;
  expect([HONOURED.has(keyword), keyword in REFUSED_KEYS, UNUSED_KEYS.has(keyword)].filter(Boolean)).toHaveLength(1);
});

test('keys without effect are told together', () => {
  expect(parseConnectionString('Server=db;Pooling=false;App=x;MultipleActiveResultSets=True;wsid=y').warnings)
    .toEqual(["the connection string's 'pooling', 'application name', 'multiple active result sets', 'workstation id' change nothing here and are not used"]);
  expect(parseConnectionString('Server=db').warnings).toEqual([]);
});
