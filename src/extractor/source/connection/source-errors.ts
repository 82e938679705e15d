import { LegacyToS3Error, type ErrorCode } from '../../api/errors';

/** An ERROR token (MS-TDS 2.2.7.10), as tedious hands it over. */
export interface ServerMessage {
  readonly number: number;
  readonly message: string;
}

/** Errors of tedious and of sockets, as far as they are looked at. */
interface DriverError {
  readonly message?: string;
  readonly code?: string;
  readonly number?: number;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
  /** Of ERR_TLS_CERT_ALTNAME_INVALID. */
  readonly cert?: { readonly subject?: { readonly CN?: string | readonly string[] }; readonly subjectaltname?: string };
}

/** Where the connection goes, for messages. */
export interface Endpoint {
  readonly address: string;
  readonly user: string;
  readonly database: string;
}

/** Numbers of sys.messages that refuse the login itself. */
const LOGIN_NUMBERS = new Set([4060, 4062, 4064, 18452, 18456, 18461, 18470, 18486, 18487, 18488, 40615]);

/** Numbers of sys.messages for a missing permission. */
const PERMISSION_NUMBERS = new Set([229, 230, 262, 297, 300, 916, 15247, 15562]);

/** Numbers of sys.messages for an object, and for a function, that is not there. */
const INVALID_OBJECT = 208;
const UNKNOWN_FUNCTION = 195;

/** Number of SQL Server's error for a database that is not there or not granted. */
const CANNOT_OPEN_DATABASE = 4060;

/** Names of a certificate that are told. */
const MOST_NAMES = 10;

const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_|ERR_TLS_CERT_ALTNAME_INVALID|DEPTH_ZERO|INVALID_CA|PATH_LENGTH/;

/** The certificate is trusted, but is not the host's. */
const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

const NETWORK: { readonly [code: string]: string } = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ECONNRESET: 'the server closed the connection',
  ETIMEDOUT: 'no answer in time',
  ETIMEOUT: 'no answer in time',
};

/** Explains why no connection came about. */
export function toConnectError(error: unknown, endpoint: Endpoint, told: readonly ServerMessage[]): LegacyToS3Error {
  if (error instanceof LegacyToS3Error) return error;
  const chain = causes(error);
  const fail = (code: ErrorCode, message: string) => new LegacyToS3Error(code, message, { cause: error });

  const codes = chain.map(({ code }) => code ?? '');
  const tls = chain.find(({ code }) => UNTRUSTED.test(code ?? ''));
  if (tls?.code === WRONG_NAME) {
    return fail('TLS_UNTRUSTED', `the certificate of ${endpoint.address} is not of that name, but of ${namesOf(tls)} (${tls.code}); `
      + 'if it is the server\'s, tell the name that it has (--host-name-in-certificate, source.hostNameInCertificate), or connect by that name');
  }
  if (tls) {
    return fail('TLS_UNTRUSTED', `the certificate of ${endpoint.address} is not trusted: ${sentence(tls.message)} (${tls.code}); `
      + 'pass the authority that signed it (--ca-file, source.caFile), or accept any certificate (--trust-server-certificate, source.trustServerCertificate)');
  }
  const refusal = told.find(({ number }) => LOGIN_NUMBERS.has(number)) ?? told[told.length - 1];
  if (refusal || codes.includes('ELOGIN')) {
    const reason = refusal ? `${sentence(refusal.message)} (error ${refusal.number})` : 'the server gave no reason';
    // The driver's own error does not tell the number, which decides whether a reader tries again.
    const cause = refusal ? Object.assign(new Error(refusal.message, { cause: error }), { number: refusal.number }) : error;
    const advice = refusal?.number === CANNOT_OPEN_DATABASE ? 'check the name of the database, and that the login may use it' : 'check login and password';
    const who = `the login of '${endpoint.user}' to database '${endpoint.database}'`;
    return new LegacyToS3Error('LOGIN_FAILED', `${endpoint.address} refused ${who}: ${reason}; ${advice}`, { cause });
  }
  if (codes.includes('EENCRYPT')) {
    return fail('TLS_UNTRUSTED', `${endpoint.address} requires encryption; drop --encrypt false (source.encrypt: false)`);
  }
  if (codes.includes('EINSTLOOKUP')) {
    return fail('SOURCE_UNREACHABLE', `the SQL Server Browser of ${endpoint.address} gave no port: ${sentence(chain[0]?.message)}; name the port instead of the instance`);
  }
  const code = codes.reverse().find((each) => each in NETWORK) ?? codes.find((each) => each !== '' && each !== 'ESOCKET');
  const reason = NETWORK[code ?? ''] ?? sentence(chain[chain.length - 1]?.message);
  return fail('SOURCE_UNREACHABLE', `cannot reach SQL Server at ${endpoint.address}: ${reason}${code ? ` (${code})` : ''}; check server, port and firewall`);
}

/**
 * Explains why a request failed.
 *
 * @param subject for the message: the table, or what was asked
 */
export function toRequestError(error: unknown, subject: string): LegacyToS3Error {
  if (error instanceof LegacyToS3Error) return error;
  const chain = causes(error);
  const server = chain.find((each) => each.number !== undefined);
  if (server) {
    const missing = missingFromServer(server);
    if (missing !== undefined) {
      return new LegacyToS3Error('SOURCE_QUERY_FAILED', `${subject}: this server has no ${missing} (error ${server.number}: ${sentence(server.message)}); `
        + 'supported are SQL Server 2012 and later, Azure SQL and Amazon RDS, so that it is an older one or another product', { cause: error });
    }
    const denied = PERMISSION_NUMBERS.has(server.number as number);
    return new LegacyToS3Error(denied ? 'SOURCE_PERMISSION_DENIED' : 'SOURCE_QUERY_FAILED',
      `${subject}: ${sentence(server.message)} (error ${server.number})`, { cause: error });
  }
  const lost = chain.some(({ code }) => code === 'ESOCKET' || code === 'ECLOSE' || (code ?? '') in NETWORK);
  const message = sentence(chain[0]?.message ?? String(error));
  return new LegacyToS3Error(lost ? 'SOURCE_CONNECTION_LOST' : 'SOURCE_QUERY_FAILED', `${subject}: ${message}`, { cause: error });
}

/** The names of a certificate; of its alternative names where it has any, as RFC 6125 wants it. */
function namesOf({ cert }: DriverError): string {
  const names = (cert?.subjectaltname ?? '').split(/,\s*/).map((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1]).filter((name) => name !== undefined);
  const subject = [cert?.subject?.CN ?? []].flat();
  const all = names.length > 0 ? names : subject;
  if (all.length === 0) return 'no name';
  return all.slice(0, MOST_NAMES).map((name) => `'${name}'`).join(', ') + (all.length > MOST_NAMES ? ` and ${all.length - MOST_NAMES} more` : '');
}

/**
 * What of SQL Server's catalog a server lacks: `sys.security_policies`. Without a permission a catalog view has fewer rows, but
 * it is there.
 *
 * @returns undefined when the error says something else
 */
export function missingFromServer({ number, message = '' }: { readonly number?: number; readonly message?: string }): string | undefined {
  if (number === INVALID_OBJECT) return /'((?:\[?sys\]?|INFORMATION_SCHEMA)\.[^']+)'/i.exec(message)?.[1];
  if (number === UNKNOWN_FUNCTION) return /^'?(\w+)'? is not a recognized/.exec(message)?.[1];
  return undefined;
}

/** The error, what it wraps, and what that wraps. */
export function causes(error: unknown): DriverError[] {
  const chain: DriverError[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null || chain.includes(value) || chain.length > 10) return;
    chain.push(value);
    for (const inner of (value as DriverError).errors ?? []) visit(inner);
    visit((value as DriverError).cause);
  };
  visit(error);
  return chain;
}

/** One line without a full stop at its end. */
function sentence(text: string | undefined): string {
  return (text ?? 'no reason given').replace(/\s+/g, ' ').trim().replace(/\.$/, '');
}
