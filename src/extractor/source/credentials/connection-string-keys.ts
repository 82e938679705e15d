/**
 * Every keyword of Microsoft.Data.SqlClient and the older System.Data.SqlClient, lower case, with its synonyms
 * ("SqlConnection.ConnectionString"; keywords and synonyms of DbConnectionStringBuilder).
 */
const KEYWORDS: { readonly [keyword: string]: readonly string[] } = {
  'application intent': ['applicationintent'],
  'application name': ['app'],
  'asynchronous processing': ['async'],
  'attachdbfilename': ['extended properties', 'initial file name'],
  'attestation protocol': [],
  'authentication': [],
  'client certificate': ['clientcertificate'],
  'client key': ['clientkey'],
  'client key password': ['clientkeypassword'],
  'column encryption setting': ['columnencryption'],
  'command timeout': [],
  'connect retry count': ['connectretrycount'],
  'connect retry interval': ['connectretryinterval'],
  'connect timeout': ['connecttimeout', 'connection timeout', 'timeout'],
  'connection reset': [],
  'context connection': [],
  'current language': ['language'],
  'data source': ['addr', 'address', 'network address', 'server'],
  'enclave attestation url': [],
  'encrypt': [],
  'enlist': [],
  'failover partner': ['failoverpartner'],
  'failover partner spn': ['failoverpartnerspn'],
  'host name in certificate': ['hostnameincertificate'],
  'initial catalog': ['database'],
  'integrated security': ['trusted_connection'],
  'ip address preference': ['ipaddresspreference'],
  'load balance timeout': ['connection lifetime'],
  'max pool size': [],
  'min pool size': [],
  'multi subnet failover': ['multisubnetfailover'],
  'multiple active result sets': ['multipleactiveresultsets'],
  'network library': ['net', 'network'],
  'packet size': ['packetsize'],
  'password': ['pwd'],
  'persist security info': ['persistsecurityinfo'],
  'pool blocking period': ['poolblockingperiod'],
  'pooling': [],
  'replication': [],
  'server certificate': ['servercertificate'],
  'server spn': ['serverspn'],
  'transaction binding': [],
  'transparent network ip resolution': ['transparentnetworkipresolution'],
  'trust server certificate': ['trustservercertificate'],
  'type system version': [],
  'user id': ['uid', 'user', 'username'],
  'user instance': [],
  'workstation id': ['workstationid', 'wsid'],
};

const BY_NAME = new Map(Object.entries(KEYWORDS).flatMap(([keyword, synonyms]) => (
  [keyword, ...synonyms].map((name): [string, string] => [name, keyword]))));

/** Every name of every keyword. */
export const KEY_NAMES: readonly string[] = [...BY_NAME.keys()];

/** The keyword that a name means; undefined for one that ADO.NET does not know. */
export function keywordOf(name: string): string | undefined {
  return BY_NAME.get(name.trim().toLowerCase());
}

/** Keywords that ask for what is not offered, with the values that do not ask for it, and what to do. */
export const REFUSED_KEYS: { readonly [keyword: string]: { readonly harmless: RegExp; readonly problem: string } } = {
  'attachdbfilename': { harmless: /^$/, problem: 'asks to attach a database file (AttachDbFilename), which an extraction does not do; attach it, and name the database' },
  'client certificate': { harmless: /^$/, problem: 'asks to log in by a client certificate, which is not offered' },
  'client key': { harmless: /^$/, problem: 'asks to log in by a client certificate, which is not offered' },
  'client key password': { harmless: /^$/, problem: 'asks to log in by a client certificate, which is not offered' },
  'column encryption setting': {
    harmless: /^disabled$/i, problem: 'asks for columns of Always Encrypted to be decrypted (Column Encryption Setting), which is not offered: they land as they are stored',
  },
  'context connection': { harmless: /^(false|no)$/i, problem: 'asks for the context connection, which only code inside SQL Server has' },
  'current language': {
    harmless: /^(us_english|english)?$/i,
    problem: 'asks for a language (Current Language), by which dates in filters and queries would be read; sessions are us_english: write dates as yyyymmdd and drop it',
  },
  'network library': { harmless: /^(dbmssocn)?$/i, problem: 'asks for another protocol than TCP (Network Library); drop it, or use dbmssocn' },
  'server certificate': {
    harmless: /^$/, problem: 'asks for one certificate to be compared (Server Certificate); pass it by --ca-file (source.caFile) instead',
  },
  'user instance': { harmless: /^(false|no)$/i, problem: 'asks for a user instance, which only its own user on its own machine reaches' },
};

/** Keywords of pools, transactions, result sets and names of a client, that change nothing of what is read. */
export const UNUSED_KEYS: ReadonlySet<string> = new Set([
  'application name', 'asynchronous processing', 'attestation protocol', 'command timeout', 'connection reset', 'enclave attestation url', 'enlist',
  'failover partner', 'failover partner spn', 'ip address preference', 'load balance timeout', 'max pool size', 'min pool size',
  'multiple active result sets', 'packet size', 'persist security info', 'pool blocking period', 'pooling', 'replication', 'server spn',
  'transaction binding', 'transparent network ip resolution', 'type system version', 'workstation id',
]);
