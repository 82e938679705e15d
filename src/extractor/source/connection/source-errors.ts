import { LOGIN_FAILED, refusalOf, type Refusal, type ServerMessage } from './login-refusals';
import { remedyOf } from './passing-numbers';
import { LegacyToS3Error, type ErrorCode } from '../../api/errors';

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
  /** Whether TLS comes before TDS. */
  readonly isStrict?: boolean;
}

/** Numbers of sys.messages for a missing permission. */
const PERMISSION_NUMBERS = new Set([229, 230, 262, 297, 300, 916, 15247, 15562]);

/** Numbers of sys.messages for an object, and for a function, that is not there. */
const INVALID_OBJECT = 208;
const UNKNOWN_FUNCTION = 195;

/** Names of a certificate that are told. */
const MOST_NAMES = 10;

const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_|ERR_TLS_CERT_ALTNAME_INVALID|DEPTH_ZERO|INVALID_CA|PATH_LENGTH/;

/** The certificate is trusted, but is not the host's. */
const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

const NOT_STRICT = 'SQL Server 2022 and later and Azure SQL know it, and others need --encryption mandatory (source.encryption)';

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

/** Explains why no connection came about. @param told by the server @param reached whether something took the connection */
export function toConnectError(error: unknown, endpoint: Endpoint, told: readonly ServerMessage[], reached = false): LegacyToS3Error {
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
  const refusal = refusalOf(told);
  if (refusal) return refused(refusal, endpoint, error);
  if (codes.includes('ELOGIN')) {
    return fail('LOGIN_FAILED', `${endpoint.address} refused ${loginOf(endpoint)}: the server gave no reason; check login and password`);
  }
  if (codes.includes('EFEDAUTH')) {
    const reason = sentence(chain.find((each) => each.code !== 'EFEDAUTH' && each.errors === undefined)?.message);
    return fail('LOGIN_FAILED', `Microsoft Entra gave no token for ${loginOf(endpoint)}: ${reason}; check tenant, client id and credentials`);
  }
  if (codes.includes('EENCRYPT')) {
    return fail('TLS_UNTRUSTED', `${endpoint.address} requires encryption; drop --encrypt false (source.encrypt: false)`);
  }
  if (codes.includes('EINSTLOOKUP')) {
    return fail('SOURCE_UNREACHABLE', `the SQL Server Browser of ${endpoint.address} gave no port: ${sentence(chain[0]?.message)}; name the port instead of the instance`);
  }
  const code = codes.reverse().find((each) => each in NETWORK) ?? codes.find((each) => each !== '' && each !== 'ESOCKET');
  const reason = NETWORK[code ?? ''] ?? sentence(chain[chain.length - 1]?.message);
  if (endpoint.isStrict && (codes.some((each) => /^ERR_SSL_|^EPROTO$/.test(each)))) {
    return fail('TLS_UNTRUSTED', `${endpoint.address} does not begin with TLS, as strict encryption (TDS 8.0) does; ${NOT_STRICT}`);
  }
  if (reached) {
    const cause = Object.assign(new Error(reason, { cause: error }), BROKEN);
    return new LegacyToS3Error('SOURCE_UNREACHABLE', `the connection to ${endpoint.address} came about, but broke before the login was done: `
      + `${reason}${code ? ` (${code})` : ''}; check that a SQL Server listens there, that it is not overloaded, and `
      + 'that it does not demand strict encryption (--encryption strict, source.encryption)', { cause });
  }
  return fail('SOURCE_UNREACHABLE', `cannot reach SQL Server at ${endpoint.address}: ${reason}${code ? ` (${code})` : ''}; check server, port and firewall${endpoint.isStrict ? `, and that the server knows strict encryption: ${NOT_STRICT}` : ''}`);
}

/** Marks the cause of an error: something answered at the address. */
const BROKEN = { brokeWhileConnecting: true } as const;

/** Whether something took the connection, which then broke. */
export function brokeWhileConnecting(error: unknown): boolean {
  return causes(error).some((cause) => 'brokeWhileConnecting' in cause);
}

/** The server's own words, and what they mean. */
function refused({ code, told, advice }: Refusal, endpoint: Endpoint, error: unknown): LegacyToS3Error {
  const { number, state = 1, message } = told;
  const reason = `${sentence(message)} (error ${number}${number === LOGIN_FAILED && state !== 1 ? `, state ${state}` : ''})`;
  // The driver's own error does not tell the number, which decides whether a reader tries again.
  const cause = Object.assign(new Error(message, { cause: error }), { number });
  const what = code === 'SOURCE_UNREACHABLE' ? `${endpoint.address} is not available now to ${loginOf(endpoint)}` : `${endpoint.address} refused ${loginOf(endpoint)}`;
  return new LegacyToS3Error(code, `${what}: ${reason}; ${advice}`, { cause });
}

function loginOf({ user, database }: Endpoint): string {
  return `the login${user === '' ? '' : ` of '${user}'`} to database '${database}'`;
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
    const remedy = remedyOf(server.number as number);
    return new LegacyToS3Error(denied ? 'SOURCE_PERMISSION_DENIED' : 'SOURCE_QUERY_FAILED',
      `${subject}: ${sentence(server.message)} (error ${server.number})${remedy === undefined ? '' : `; ${remedy}`}`, { cause: error });
  }
  const lost = chain.some(({ code }) => code === 'ESOCKET' || code === 'ECLOSE' || (code ?? '') in NETWORK);
  const message = sentence(chain[0]?.message ?? String(error));
  return new LegacyToS3Error(lost ? 'SOURCE_CONNECTION_LOST' : 'SOURCE_QUERY_FAILED', `${subject}: ${message}`, { cause: error });
}

/** The error with what to do at its end, where its number has a remedy that the message does not tell: that of a row read has not. */
export function withRemedy(error: unknown): unknown {
  if (!(error instanceof LegacyToS3Error)) return error;
  const remedy = causes(error).map(({ number }) => (number === undefined ? undefined : remedyOf(number))).find((each) => each !== undefined);
  if (remedy === undefined || error.message.includes(remedy)) return error;
  return new LegacyToS3Error(error.code, `${error.message.replace(/\.$/, '')}; ${remedy}`, { cause: error.cause });
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
