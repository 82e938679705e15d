import { mayConnectLater } from './passing-numbers';
import type { ErrorCode } from '../../api/errors';

/** An ERROR token (MS-TDS 2.2.7.10), as tedious hands it over. */
export interface ServerMessage {
  readonly number: number;
  readonly message: string;
  readonly state?: number;
}

/** What a refusal of the server means. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The message that says most. */
  readonly told: ServerMessage;
  /** Without a semicolon: the last one of a message stands before it. */
  readonly advice: string;
}

/** Number of sys.messages for login and password that do not fit, and much else. */
export const LOGIN_FAILED = 18456;

const CREDENTIALS = 'check login and password';
const DATABASE = 'check the name of the database, and that the login may use it';
const NO_LOGIN = 'the server has no login of that name, or the user is one of another database: check login and database';
const NO_ACCESS = 'login and password are right, but the login may not connect: GRANT CONNECT SQL, and look for a DENY';
const ENTRA = 'Microsoft Entra\'s token was not accepted: check tenant, client id, and that the database has a user for the principal (CREATE USER … FROM EXTERNAL PROVIDER)';
const WINDOWS_ONLY = 'the server takes Windows accounts only: use --authentication ntlm with --domain (source.authentication, source.domain), '
  + 'or allow SQL Server logins on it';

/**
 * Meaning of 18456 by its state ("MSSQLSERVER_18456" of Microsoft's documentation). Most servers tell clients state 1 whatever
 * it is, and write the true one to their error log.
 */
const STATES: ReadonlyMap<number, string> = new Map([
  [1, `${CREDENTIALS}: the server hides what is wrong, and its error log has the state that tells`],
  [2, NO_LOGIN],
  [5, NO_LOGIN],
  [6, 'that is the name of a Windows account: use --authentication ntlm with --domain (source.authentication, source.domain)'],
  [7, 'the login is disabled, and the password is wrong: ALTER LOGIN … ENABLE, and check the password'],
  [8, 'the password is wrong'],
  [9, 'the password is not valid'],
  [11, NO_ACCESS],
  [12, NO_ACCESS],
  [13, 'the SQL Server service is paused: go on with it (net continue)'],
  [18, 'the password must be changed first, by a client that can: SQL Server Management Studio, sqlcmd -Z'],
  ...[16, 38, 40, 46, 126].map((state): [number, string] => [state, DATABASE]),
  [58, WINDOWS_ONLY],
  ...[102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 132, 133].map((state): [number, string] => [state, ENTRA]),
  ...[122, 123, 124].map((state): [number, string] => [state, 'login or password are empty']),
]);

/** What to do about refusals that stay ("Database engine events and errors", and Azure SQL's pages on its network access). */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [916, DATABASE],
  [924, 'the database is in single-user mode and in use: wait for that user, or ALTER DATABASE … SET MULTI_USER'],
  [927, 'the database is being restored: wait, or name another'],
  [942, 'the database is offline: ALTER DATABASE … SET ONLINE, or name another'],
  [945, 'files of the database cannot be opened, or the server lacks disk or memory: its error log has more'],
  [976, 'connect to the primary or the listener, or make the secondary readable and state --read-only-intent (source.readOnlyIntent)'],
  [978, 'the secondary takes connections that only read: state --read-only-intent (source.readOnlyIntent)'],
  [979, 'the secondary takes no connections that only read: leave --read-only-intent away (source.readOnlyIntent), or make it readable'],
  [982, 'no secondary is readable: leave --read-only-intent away (source.readOnlyIntent), or make one readable'],
  [4060, DATABASE],
  [4062, DATABASE],
  [4064, 'the login\'s default database cannot be opened: name the database'],
  [17892, 'a logon trigger of the server refused the login: have it let this program (cdk-legacy-to-s3) in'],
  [18450, 'the login is no SQL Server login that this server trusts: check login and authentication'],
  [18451, 'only administrators may connect at this time'],
  [18452, 'the account\'s domain is not trusted by the server\'s: check --domain (source.domain), or use a SQL Server login'],
  [18461, 'the server is in single-user mode, and another is connected: wait, or restart it without -m'],
  [18470, 'the login is disabled: ALTER LOGIN … ENABLE'],
  [18486, 'the login is locked out after too many wrong passwords: ALTER LOGIN … WITH PASSWORD = … UNLOCK, and look for who uses the old password'],
  [18487, 'the password has expired: change it by ALTER LOGIN, or by a client that can (SQL Server Management Studio, sqlcmd -Z)'],
  [18488, 'the password must be changed first, by a client that can: SQL Server Management Studio, sqlcmd -Z'],
  [33134, ENTRA],
  [33154, ENTRA],
  [33155, 'the server waited in vain for Microsoft Entra\'s token: try again, with a longer --connect-timeout (source.connectTimeoutSeconds)'],
  [37353, ENTRA],
  [40531, 'the server\'s name must be the first part of the host\'s: connect by <server>.database.windows.net, or as login@server'],
  [40532, 'Azure has no server of that name in that region: check --server, and the part of the login behind its @'],
  [40607, 'the login may not connect to this server: check login and database'],
  [40615, 'the server\'s firewall does not let this address in: add a rule for the address that it names'],
  [40914, 'the server\'s virtual network rules do not let this network in: add a rule for its subnet'],
  [47073, 'the server denies public network access: connect by its private endpoint from inside the virtual network'],
]);

const BUSY = 'the service is busy, or a limit is reached: try again later, with fewer readers (--readers), or give it more';
const STARTING = 'the database is starting, recovering or changing its role: try again in a minute';

/** What to do about refusals that pass, once they did not in time. */
const UNAVAILABLE: ReadonlyMap<number, string> = new Map([
  [40613, 'a serverless database that was paused takes about a minute to resume, and one that moves, scales or fails over as long: try again, '
    + 'with a longer --connect-retry (source.connectRetrySeconds)'],
  [42108, 'the SQL pool is paused: resume it'],
  [42109, 'the SQL pool is warming up: try again in some minutes'],
  [4221, 'the secondary waits for transactions of the primary: commit them or roll them back there'],
  [17809, 'all connections of the server are taken ("user connections"): close others, or read with fewer readers (--readers)'],
  [17142, 'the SQL Server service is paused: go on with it (net continue)'],
  [18401, 'the server upgrades its scripts: try again in some minutes'],
  [6005, 'the server is shutting down: start it, and try again'],
  ...[615, 913, 921, 922, 926, 983, 988].map((number): [number, string] => [number, STARTING]),
  ...[10928, 10929, 10936, 40501, 49918, 49919, 49920].map((number): [number, string] => [number, BUSY]),
]);

/** What the server's messages mean when it refused a login. @returns undefined when it gave none */
export function refusalOf(told: readonly ServerMessage[]): Refusal | undefined {
  // What comes beside 18456 says why: 4060, 40613.
  const message = told.find(({ number }) => number !== LOGIN_FAILED && (mayConnectLater(number) || REFUSALS.has(number)))
    ?? told.find(({ number }) => number === LOGIN_FAILED) ?? told[told.length - 1];
  if (message === undefined) return undefined;
  const { number } = message;
  if (mayConnectLater(number)) return { code: 'SOURCE_UNREACHABLE', told: message, advice: UNAVAILABLE.get(number) ?? 'try again in a minute' };
  if (number === LOGIN_FAILED) return { code: 'LOGIN_FAILED', told: message, advice: adviceOfState(message) };
  return { code: 'LOGIN_FAILED', told: message, advice: REFUSALS.get(number) ?? 'see the server\'s error log' };
}

function adviceOfState({ state = 1, message }: ServerMessage): string {
  // Servers that do not tell the state tell this reason nevertheless.
  if (/configured for (?:Windows|Integrated) authentication only/i.test(message)) return WINDOWS_ONLY;
  return STATES.get(state) ?? `${CREDENTIALS}: the server's error log has more`;
}
