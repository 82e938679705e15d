import { MSSQL_SCHEMA, parse } from '@tediousjs/connection-string';
import { LegacyToS3Error } from '../../api/errors';
import { Authentication, type SqlServerSource } from '../../api/sql-server-source';
import { nearestNames } from '../../api/unknown-names';

type Mutable<T> = { -readonly [name in keyof T]: T[name] };

/** Each name a setting has, lower case, with the setting's own. */
const NAMES = new Map([
  ...Object.entries(MSSQL_SCHEMA).flatMap(([name, { aliases = [] }]) =>
    [name, ...aliases].map((each): [string, string] => [each.toLowerCase(), name])),
  ...([
    ['user', 'user id'], ['username', 'user id'], ['trust server certificate', 'trustservercertificate'], ['application intent', 'applicationintent'],
    ['hostnameincertificate', 'hostnameincertificate'], ['host name in certificate', 'hostnameincertificate'],
    ['multiple active result sets', 'multipleactiveresultsets'], ['multi subnet failover', 'multisubnetfailover'], ['command timeout', 'command timeout'],
    ['connect retry count', 'connectretrycount'], ['connect retry interval', 'connectretryinterval'], ['pool blocking period', 'poolblockingperiod'],
  ] as const),
]);

/** `Authentication=…`, as Microsoft.Data.SqlClient names the methods. */
const METHODS: { readonly [name: string]: Authentication } = {
  'sql password': Authentication.SQL,
  'sqlpassword': Authentication.SQL,
  'active directory password': Authentication.ENTRA_PASSWORD,
  'active directory service principal': Authentication.ENTRA_SERVICE_PRINCIPAL,
  'active directory managed identity': Authentication.ENTRA_MANAGED_IDENTITY,
  'active directory msi': Authentication.ENTRA_MANAGED_IDENTITY,
  'active directory default': Authentication.ENTRA_DEFAULT,
};

const YES_NO: { readonly [word: string]: boolean } = {
  true: true, yes: true, mandatory: true, sspi: true, false: false, no: false, optional: false,
};

/**
 * What an ADO.NET connection string says of a source. Settings of pools and the like are left out of account.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG; no message holds a value, which may be the password
 */
export function parseConnectionString(text: string): SqlServerSource {
  const found = new Map<string, string>();
  for (const [at, [name, value]] of entriesOf(text).entries()) {
    const known = NAMES.get(name.trim().toLowerCase());
    if (known === undefined) throw invalid(unknownKey(name, at));
    found.set(known, value);
  }
  if (flag(found, 'integrated security')) {
    throw invalid('asks for Integrated Security, which is Windows\' own; use authentication ntlm with domain, user and password');
  }
  const source: Mutable<SqlServerSource> = {};
  const server = found.get('data source');
  if (server !== undefined) Object.assign(source, parseAddress(server));
  const set = <K extends keyof SqlServerSource>(name: K, value: SqlServerSource[K]) => {
    if (value !== undefined) source[name] = value;
  };
  set('database', found.get('initial catalog'));
  set('password', found.get('password'));
  set('encrypt', flag(found, 'encrypt'));
  set('trustServerCertificate', flag(found, 'trustservercertificate'));
  set('hostNameInCertificate', found.get('hostnameincertificate'));
  set('readOnlyIntent', found.has('applicationintent') ? found.get('applicationintent')!.toLowerCase() === 'readonly' : undefined);
  set('connectTimeoutSeconds', seconds(found.get('connection timeout')));
  set('authentication', method(found.get('authentication')));
  const { ENTRA_SERVICE_PRINCIPAL, ENTRA_MANAGED_IDENTITY } = Authentication;
  const isApplication = source.authentication === ENTRA_SERVICE_PRINCIPAL || source.authentication === ENTRA_MANAGED_IDENTITY;
  set(isApplication ? 'clientId' : 'user', found.get('user id'));
  return source;
}

function entriesOf(text: string): Array<[string, string]> {
  let entries: Array<[string, string]> = [];
  try {
    entries = [...parse(text)];
  } catch {
    // The parser's message may quote the text.
  }
  if (entries.length === 0) throw invalid('cannot be read: expected Key=value pairs with semicolons between them, values with a semicolon in quotes');
  return entries;
}

/** The key is not shown: behind a semicolon without quotes it is the rest of a password. */
function unknownKey(name: string, at: number): string {
  const [near] = nearestNames(name, [...NAMES.keys()], 1);
  return `has a key that is unknown, number ${at + 1}; ${near === undefined ? 'keys are those of ADO.NET, such as Server and User ID' : `did you mean '${near}'?`} `
    + 'A value with a semicolon needs quotes';
}

/** `tcp:host,port`, `host,port`, `host\instance`. */
function parseAddress(address: string): SqlServerSource {
  const match = /^(?:tcp:)?([^,]+?)(?:\s*,\s*(\d+))?$/i.exec(address.trim());
  if (!match || /^(np|lpc|admin):/i.test(match[1])) throw invalid('must name the server as host, host,port or host\\instance');
  const [, host, port] = match;
  // With a port SQL Server's clients ignore the instance.
  return port === undefined ? { server: host } : { server: host.split('\\')[0], port: Number(port) };
}

function flag(found: ReadonlyMap<string, string>, name: string): boolean | undefined {
  const word = found.get(name);
  if (word === undefined) return undefined;
  if (name === 'encrypt' && word.toLowerCase() === 'strict') throw invalid('asks for Encrypt=Strict (TDS 8.0), which is not offered; use Encrypt=True');
  const value = YES_NO[word.toLowerCase()];
  if (value === undefined) throw invalid(`must have True or False for '${name}'`);
  return value;
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw invalid('must have a whole number of seconds for \'Connect Timeout\'');
  // 0 waits for ever in ADO.NET.
  return Number(text) === 0 ? 3600 : Number(text);
}

function method(name: string | undefined): Authentication | undefined {
  if (name === undefined) return undefined;
  const known = METHODS[name.toLowerCase()];
  if (known === undefined) throw invalid(`must have one of ${Object.keys(METHODS).join(', ')} for 'Authentication'`);
  return known;
}

function invalid(problem: string): LegacyToS3Error {
  return new LegacyToS3Error('INVALID_CONFIG', `the connection string ${problem}`);
}
