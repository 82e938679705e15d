import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { LegacyToS3Error } from '../../api/errors';
import type { SqlServerSource } from '../../api/sql-server-source';
import { agents, clientSettings, type AwsOptions } from '../../aws/client-settings';

/** Region of `arn:aws:secretsmanager:<region>:…`, where the secret is, whatever the bucket's. */
const regionOf = (arn: string): string | undefined => /^arn:[^:]+:[^:]+:([^:]+):/.exec(arn)?.[1];

const requestHandler = ({ proxyUrl }: AwsOptions) => ({ connectionTimeout: 10_000, requestTimeout: 30_000, ...agents(proxyUrl) });

/**
 * Reads a secret of AWS Secrets Manager: JSON as RDS keeps it (`username`, `password`, and where they are there `host`,
 * `port`, `dbname`), or the password alone.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG
 */
export async function readSecret(id: string, options: AwsOptions): Promise<SqlServerSource> {
  const region = regionOf(id) ?? options.region;
  const client = new SecretsManagerClient({ ...clientSettings({ ...options, region }), requestHandler: requestHandler(options) });
  const text = await reading(`the secret '${id}'`, client, async () => (await client.send(new GetSecretValueCommand({ SecretId: id }))).SecretString);
  if (text === undefined) throw invalid(`the secret '${id}' is binary: expected JSON with username and password, or the password as text`);
  return parseSecret(text, id);
}

/** {@link readSecret} of a text. */
export function parseSecret(text: string, id: string): SqlServerSource {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { password: text };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { password: text };
  const { username, password, host, port, dbname } = value as { readonly [key: string]: unknown };
  if (typeof password !== 'string') throw invalid(`the secret '${id}' is JSON without a text 'password'`);
  return {
    password,
    ...(typeof username === 'string' && { user: username }),
    ...(typeof host === 'string' && { server: host }),
    ...(port !== undefined && { port: Number(port) }),
    ...(typeof dbname === 'string' && { database: dbname }),
  };
}

/** Reads a parameter of SSM, a SecureString decrypted. @throws LegacyToS3Error of code INVALID_CONFIG */
export async function readParameter(name: string, options: AwsOptions): Promise<string> {
  const region = regionOf(name) ?? options.region;
  const client = new SSMClient({ ...clientSettings({ ...options, region }), requestHandler: requestHandler(options) });
  const text = await reading(`the parameter '${name}'`, client,
    async () => (await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }))).Parameter?.Value);
  if (text === undefined) throw invalid(`the parameter '${name}' has no value`);
  return text;
}

async function reading<T>(what: string, client: { destroy(): void }, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const { name, message } = error as Error;
    throw new LegacyToS3Error('INVALID_CONFIG', `cannot read ${what}: ${name}: ${message}; check its name, the region and the permissions of profile or role`,
      { cause: error });
  } finally {
    client.destroy();
  }
}

function invalid(message: string): LegacyToS3Error {
  return new LegacyToS3Error('INVALID_CONFIG', message);
}
