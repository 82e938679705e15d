import { nearestNames } from './nearest-names';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractorProps, QueryExtraction, SqlServerSource, TableOptions } from '../api/extractor-props';

/** Every property of a struct; the compiler says when one is missing. */
export type NamesOf<Struct> = { readonly [name in keyof Required<Struct>]: true };

const EXTRACTOR: NamesOf<ExtractorProps> = {
  source: true,
  tables: true,
  excludeTables: true,
  tableOptions: true,
  query: true,
  format: true,
  types: true,
  columnTypes: true,
  targetFileBytes: true,
  readers: true,
  threads: true,
  backOff: true,
  targetChunkBytes: true,
  targetChunkRows: true,
  plan: true,
  accept: true,
  consistency: true,
  maxRetries: true,
  retryErrorNumbers: true,
  idleTimeoutSeconds: true,
  lockTimeoutSeconds: true,
  deadlockPriority: true,
  maxDop: true,
  sourceAggregates: true,
  sourceHashes: true,
  target: true,
  region: true,
  profile: true,
  roleArn: true,
  proxyUrl: true,
  endpointUrl: true,
  kmsKeyId: true,
  expectedBucketOwner: true,
  checksum: true,
  targetTimeoutSeconds: true,
};

const SOURCE: NamesOf<SqlServerSource> = {
  server: true,
  port: true,
  database: true,
  user: true,
  authentication: true,
  domain: true,
  tenantId: true,
  clientId: true,
  password: true,
  passwordFromEnv: true,
  passwordSecretArn: true,
  passwordParameter: true,
  passwordFile: true,
  connectionString: true,
  connectionStringFromEnv: true,
  encrypt: true,
  caFile: true,
  trustServerCertificate: true,
  hostNameInCertificate: true,
  connectTimeoutSeconds: true,
  readOnlyIntent: true,
};

const QUERY: NamesOf<QueryExtraction> = { sql: true, name: true };

const TABLE: NamesOf<TableOptions> = {
  table: true, columns: true, excludeColumns: true, rowFilter: true, targetChunkBytes: true, targetChunkRows: true,
};

/** Refuses what is misspelled: left alone it would read other tables than were meant. @throws LegacyToS3Error of code INVALID_CONFIG */
export function refuseUnknownProps({ source, query, tableOptions, ...props }: ExtractorProps): void {
  refuseUnknown('', props, EXTRACTOR);
  refuseUnknown('source.', source, SOURCE);
  refuseUnknown('query.', query, QUERY);
  if (Array.isArray(tableOptions)) for (const [at, each] of (tableOptions as unknown[]).entries()) refuseUnknown(`tableOptions[${at}].`, each, TABLE);
}

/** Names only: a value may be a secret. @throws LegacyToS3Error of code INVALID_CONFIG */
export function refuseUnknown(prefix: string, struct: unknown, names: { readonly [name: string]: true }): void {
  if (typeof struct !== 'object' || struct === null) return;
  const unknown = Object.keys(struct).find((name) => !Object.hasOwn(names, name));
  if (unknown === undefined) return;
  throw unknownProp(prefix, unknown, Object.keys(names));
}

/** Names the path of an unknown option, and the nearest allowed one or all of them. */
export function unknownProp(prefix: string, unknown: string, allowed: readonly string[]): LegacyToS3Error {
  const [near] = nearestNames(unknown, allowed, 1);
  const hint = near === undefined ? `allowed are ${allowed.map((name) => `${prefix}${name}`).join(', ')}` : `did you mean ${prefix}${near}?`;
  return new LegacyToS3Error('INVALID_CONFIG', `there is no option ${prefix}${unknown}; ${hint}`);
}
