import { separateAddress } from './server-address';
import { describe, invalid, validateBoolean, validateChoice, validateWhole } from './validate-value';
import { Authentication, Encryption, type SqlServerSource } from '../api/sql-server-source';

/** Methods whose login has a name; undefined is SQL. */
export const NEEDS_USER: ReadonlySet<Authentication | undefined> = new Set([
  undefined, Authentication.SQL, Authentication.NTLM, Authentication.ENTRA_PASSWORD,
]);

/** Methods whose login has a password, a client secret or a token; undefined is SQL. */
export const NEEDS_PASSWORD: ReadonlySet<Authentication | undefined> = new Set([
  ...NEEDS_USER, Authentication.ENTRA_SERVICE_PRINCIPAL, Authentication.ENTRA_ACCESS_TOKEN,
]);

/** What a method needs besides name and password. */
const NEEDS: { readonly [method in Authentication]?: ReadonlyArray<'domain' | 'tenantId' | 'clientId'> } = {
  [Authentication.NTLM]: ['domain'],
  [Authentication.ENTRA_PASSWORD]: ['tenantId', 'clientId'],
  [Authentication.ENTRA_SERVICE_PRINCIPAL]: ['tenantId', 'clientId'],
};

/** Texts of a source that are no secret. */
const SOURCE_TEXTS = [
  'server', 'database', 'user', 'domain', 'tenantId', 'clientId', 'passwordFromEnv', 'passwordSecretArn', 'passwordParameter', 'passwordFile',
  'connectionStringFromEnv', 'hostNameInCertificate', 'caFile',
] as const;

/** Where a password may be; one of them. */
export const PASSWORD_PLACES = ['password', 'passwordFromEnv', 'passwordSecretArn', 'passwordParameter', 'passwordFile'] as const;

/** Checks a source once nothing more is looked up. @throws LegacyToS3Error of code INVALID_CONFIG */
export function requireComplete(source: SqlServerSource): void {
  for (const name of ['server', 'database', ...(NEEDS_USER.has(source.authentication) ? ['user'] as const : [])] as const) {
    if (source[name] === undefined) throw invalid(`source.${name} must be a non-empty string, got nothing`);
  }
  const missing = NEEDS[source.authentication ?? Authentication.SQL]?.find((name) => source[name] === undefined);
  if (missing !== undefined) throw invalid(`source.authentication ${source.authentication} needs source.${missing}`);
}

/** Checks what is given of a source. @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateSource(source: SqlServerSource): void {
  // A text may be a connection string, so that it is not shown.
  if (typeof source !== 'object' || source === null) throw invalid(`source must be an object, got ${source === null ? 'null' : typeof source}`);
  for (const name of SOURCE_TEXTS) {
    const value: unknown = source[name];
    if (value !== undefined && (typeof value !== 'string' || value.trim() === '')) throw invalid(`source.${name} must be a non-empty string, got ${describe(value)}`);
  }
  for (const name of ['password', 'connectionString'] as const) {
    if (source[name] !== undefined && typeof source[name] !== 'string') throw invalid(`source.${name} must be a string, got ${typeof source[name]}`);
  }
  validateChoice('source.authentication', source.authentication, Authentication);
  const places = PASSWORD_PLACES.filter((name) => source[name] !== undefined);
  if (places.length > 1) throw invalid(`source.${places[0]} and source.${places[1]} exclude each other: say once where the password is`);
  if (source.connectionString !== undefined && source.connectionStringFromEnv !== undefined) {
    throw invalid('source.connectionString and source.connectionStringFromEnv exclude each other');
  }
  const elsewhere = source.connectionString !== undefined || source.connectionStringFromEnv !== undefined || source.passwordSecretArn !== undefined;
  if (!elsewhere) requireComplete(source);
  validateWhole('source.port', source.port, 1, 65535);
  validateWhole('source.connectTimeoutSeconds', source.connectTimeoutSeconds, 1, 3600);
  validateWhole('source.connectRetrySeconds', source.connectRetrySeconds, 0, 3600);
  for (const name of ['encrypt', 'trustServerCertificate', 'multiSubnetFailover', 'readOnlyIntent'] as const) validateBoolean(`source.${name}`, source[name]);
  const address = source.server === undefined ? undefined : separateAddress({ ...source, server: source.server });
  if (address?.port !== undefined && address.server.includes('\\')) {
    throw invalid(`source.server '${source.server}' names an instance, whose port the server tells: drop source.port, or the instance`);
  }
  validateEncryption(source);
  if (source.trustServerCertificate && source.caFile) {
    throw invalid('source.caFile and source.trustServerCertificate exclude each other: trust either the authorities in the file or any certificate');
  }
}

/** Strict encryption always checks the certificate (TDS 8.0). @throws LegacyToS3Error of code INVALID_CONFIG */
function validateEncryption({ encrypt, encryption, trustServerCertificate }: SqlServerSource): void {
  validateChoice('source.encryption', encryption, Encryption);
  if (encryption !== undefined && encrypt !== undefined && encrypt !== (encryption !== Encryption.NONE)) {
    throw invalid(`source.encrypt ${encrypt} and source.encryption ${encryption} contradict each other: give one of them`);
  }
  if (encryption === Encryption.STRICT && trustServerCertificate) {
    throw invalid('source.encryption strict and source.trustServerCertificate exclude each other: TDS 8.0 always checks the certificate; '
      + 'pass the authority that signed it (--ca-file, source.caFile)');
  }
}
