import { parse } from '@tediousjs/connection-string';
import { KEY_NAMES, keywordOf, REFUSED_KEYS, UNUSED_KEYS } from './connection-string-keys';
import { LegacyToS3Error } from '../../api/errors';
import { Authentication, Encryption, type SqlServerSource } from '../../api/sql-server-source';
import { nearestNames } from '../../api/unknown-names';
import { parseServerAddress } from '../../options/server-address';

type Mutable<T> = { -readonly [name in keyof T]: T[name] };

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

/** What a connection string says. */
export interface ParsedConnectionString {
  readonly source: SqlServerSource;
  /** Of keys that are known and have no effect here. */
  readonly warnings: readonly string[];
}

/**
 * What an ADO.NET connection string says of a source. Every key of Microsoft.Data.SqlClient is honoured, refused or warned of.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG; no message holds a value but the server's, since it may be the password
 */
export function parseConnectionString(text: string): ParsedConnectionString {
  const found = new Map<string, string>();
  for (const [at, [name, value]] of entriesOf(text).entries()) {
    const keyword = keywordOf(name);
    if (keyword === undefined) throw invalid(unknownKey(name, at));
    found.set(keyword, value);
  }
  for (const [keyword, { harmless, problem }] of Object.entries(REFUSED_KEYS)) {
    if (found.has(keyword) && !harmless.test(found.get(keyword)!)) throw invalid(problem);
  }
  if (flag(found, 'integrated security')) {
    throw invalid('asks for Integrated Security, which is Windows\' own; use authentication ntlm with domain, user and password');
  }
  const source: Mutable<SqlServerSource> = {};
  const server = found.get('data source');
  if (server !== undefined) Object.assign(source, parseServerAddress(server, 'the connection string\'s server'));
  const set = <K extends keyof SqlServerSource>(name: K, value: SqlServerSource[K]) => {
    if (value !== undefined) source[name] = value;
  };
  set('database', found.get('initial catalog'));
  set('password', found.get('password'));
  if (found.get('encrypt')?.toLowerCase() === 'strict') source.encryption = Encryption.STRICT;
  else set('encrypt', flag(found, 'encrypt'));
  set('trustServerCertificate', flag(found, 'trust server certificate'));
  set('hostNameInCertificate', found.get('host name in certificate'));
  set('readOnlyIntent', intent(found.get('application intent')));
  set('multiSubnetFailover', flag(found, 'multi subnet failover'));
  set('connectTimeoutSeconds', seconds(found.get('connect timeout')));
  set('connectRetrySeconds', retrySeconds(found));
  set('authentication', method(found.get('authentication')));
  set(isApplication(source.authentication) ? 'clientId' : 'user', found.get('user id'));
  const unused = [...found.keys()].filter((keyword) => UNUSED_KEYS.has(keyword));
  return { source, warnings: unused.length === 0 ? [] : [`the connection string's ${unused.map((keyword) => `'${keyword}'`).join(', ')} change nothing here and are not used`] };
}

/** Methods whose User ID is the client id of an application or identity. */
function isApplication(authentication: Authentication | undefined): boolean {
  const { ENTRA_SERVICE_PRINCIPAL, ENTRA_MANAGED_IDENTITY, ENTRA_DEFAULT } = Authentication;
  return authentication === ENTRA_SERVICE_PRINCIPAL || authentication === ENTRA_MANAGED_IDENTITY || authentication === ENTRA_DEFAULT;
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
  const [near] = nearestNames(name, KEY_NAMES, 1);
  return `has a key that is unknown, number ${at + 1}; ${near === undefined ? 'keys are those of ADO.NET, such as Server and User ID' : `did you mean '${near}'?`} `
    + 'A value with a semicolon needs quotes';
}

function flag(found: ReadonlyMap<string, string>, name: string): boolean | undefined {
  const word = found.get(name);
  if (word === undefined) return undefined;
  const value = YES_NO[word.toLowerCase()];
  if (value === undefined) throw invalid(`must have True or False${name === 'encrypt' ? ', or Strict,' : ''} for '${name}'`);
  return value;
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw invalid('must have a whole number of seconds for \'Connect Timeout\'');
  // 0 waits for ever in ADO.NET.
  return Number(text) === 0 ? 3600 : Number(text);
}

/** What the driver would wait between its attempts, altogether. */
function retrySeconds(found: ReadonlyMap<string, string>): number | undefined {
  const [count, interval] = ['connect retry count', 'connect retry interval'].map((name) => {
    const text = found.get(name);
    if (text !== undefined && !/^\d+$/.test(text)) throw invalid(`must have a whole number for '${name}'`);
    return text === undefined ? undefined : Number(text);
  });
  if (count === undefined && interval === undefined) return undefined;
  // Defaults of SqlClient: one retry, after 10 s.
  return Math.min(3600, (count ?? 1) * (interval ?? 10));
}

function intent(word: string | undefined): boolean | undefined {
  if (word === undefined) return undefined;
  const value = /^read ?only$/i.test(word) ? true : /^read ?write$/i.test(word) ? false : undefined;
  if (value === undefined) throw invalid('must have ReadOnly or ReadWrite for \'application intent\'');
  return value;
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
