import { readFileSync } from 'node:fs';
import { parseConnectionString, type ParsedConnectionString } from './connection-string';
import { readParameter, readSecret } from './stored-secrets';
import { LegacyToS3Error } from '../../api/errors';
import type { ExtractorProps } from '../../api/extractor-props';
import type { SqlServerSource } from '../../api/sql-server-source';
import type { AwsOptions } from '../../aws/client-settings';
import { separateAddress } from '../../options/server-address';
import { validateProps } from '../../options/validate-props';
import { NEEDS_PASSWORD, NEEDS_USER, PASSWORD_PLACES, requireComplete } from '../../options/validate-source';

/** Environment variable of the password when the options name no other. */
export const PASSWORD_VARIABLE = 'LEGACY_TO_S3_PASSWORD';

/** A source with all that a login needs in it. */
export interface ResolvedSource extends SqlServerSource {
  readonly server: string;
  readonly database: string;
  /** Empty where the method of authentication has none. */
  readonly user: string;
  /** Empty where the method of authentication has none. */
  readonly password: string;
}

/** Options with a source that needs no further look-up. */
export interface ResolvedProps extends ExtractorProps {
  readonly source: ResolvedSource;
  /** What of the source has no effect, for the caller to know. */
  readonly sourceWarnings?: readonly string[];
}

/**
 * Looks up what the source leaves to a connection string, a secret, a parameter, a file or the environment. What the
 * source says itself comes first, then the connection string, then the secret.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG; no message holds a secret
 */
export async function resolveSource(props: ExtractorProps, env: NodeJS.ProcessEnv = process.env): Promise<ResolvedProps> {
  validateProps(props);
  const { region, profile, roleArn, proxyUrl } = props;
  const aws: AwsOptions = { region, profile, roleArn, proxyUrl };
  const own = separated(definedOf(props.source));
  const secret = own.passwordSecretArn === undefined ? {} : await readSecret(own.passwordSecretArn, aws);
  // A secret that was named is asked for the password, whatever the connection string holds.
  const { source: written, warnings } = connectionString(own, env);
  const told = { ...separated(secret), ...written, ...(secret.password !== undefined && { password: secret.password }) };
  // An instance's port is the server's to tell, so that a port told for another server does not go with this one.
  // Either of the two options says how connections are encrypted.
  const encrypted = own.encrypt === undefined && own.encryption === undefined ? {} : { encrypt: undefined, encryption: undefined };
  const source: SqlServerSource = { ...told, ...encrypted, ...(own.server !== undefined && { port: undefined }), ...own };
  requireComplete(source);
  const { authentication } = source;
  const user = NEEDS_USER.has(authentication) ? source.user! : '';
  const password = NEEDS_PASSWORD.has(authentication) ? await passwordOf(source, aws, env) : '';
  // What was looked up is checked as what was given is.
  validateProps({ ...props, source: { ...source, ...Object.fromEntries(PASSWORD_PLACES.map((name) => [name, undefined])) } });
  const resolved: ResolvedSource = { ...source, server: source.server!, database: source.database!, user, password };
  return { ...props, source: resolved, sourceWarnings: warnings };
}

function connectionString(
  { connectionString: text, connectionStringFromEnv: variable }: SqlServerSource, env: NodeJS.ProcessEnv,
): ParsedConnectionString {
  if (text !== undefined) return parseConnectionString(text);
  if (variable === undefined) return { source: {}, warnings: [] };
  const found = env[variable];
  if (found === undefined) throw new LegacyToS3Error('INVALID_CONFIG', `no connection string: set the environment variable ${variable}`);
  return parseConnectionString(found);
}

async function passwordOf(source: SqlServerSource, aws: AwsOptions, env: NodeJS.ProcessEnv): Promise<string> {
  if (source.passwordParameter !== undefined) return readParameter(source.passwordParameter, aws);
  if (source.passwordFile !== undefined) return readPasswordFile(source.passwordFile);
  // A variable that was named comes before what a connection string holds.
  if (source.passwordFromEnv === undefined && source.password !== undefined) return source.password;
  const variable = source.passwordFromEnv ?? PASSWORD_VARIABLE;
  const password = env[variable];
  if (password === undefined) {
    throw new LegacyToS3Error('INVALID_CONFIG', `no password for ${source.user ? `login '${source.user}'` : 'the login'}: set the environment variable ${variable}`);
  }
  return password;
}

/** A file that ends with a line end, as editors and secret mounts leave it, does not make that part of the password. */
function readPasswordFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new LegacyToS3Error('INVALID_CONFIG', `cannot read the password file '${path}': ${(error as Error).message}`, { cause: error });
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw new LegacyToS3Error('INVALID_CONFIG', `the password file '${path}' is empty`);
  return password;
}

/** The source with host and port each in its place. @throws LegacyToS3Error of code INVALID_CONFIG */
function separated(source: SqlServerSource): SqlServerSource {
  return source.server === undefined ? source : { ...source, ...separateAddress({ ...source, server: source.server }) };
}

/** The source without keys that are there but undefined. */
function definedOf(source: SqlServerSource): SqlServerSource {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined)) as SqlServerSource;
}
