import type { ExtractorProps } from '../api/extractor-props';
import type { QueryExtraction, TableOptions } from '../api/selection';
import type { SqlServerSource } from '../api/sql-server-source';
import { refuseUnknown, type NamesOf } from '../api/unknown-names';

const EXTRACTOR: NamesOf<ExtractorProps> = {
  source: true,
  tables: true,
  excludeTables: true,
  includeViews: true,
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
  onTableError: true,
  changes: true,
  onGap: true,
  countEvery: true,
  oneVersion: true,
  target: true,
  region: true,
  profile: true,
  roleArn: true,
  proxyUrl: true,
  endpointUrl: true,
  kmsKeyId: true,
  serverSideEncryption: true,
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
  encryption: true,
  caFile: true,
  trustServerCertificate: true,
  hostNameInCertificate: true,
  connectTimeoutSeconds: true,
  connectRetrySeconds: true,
  multiSubnetFailover: true,
  readOnlyIntent: true,
};

const QUERY: NamesOf<QueryExtraction> = { sql: true, name: true };

const TABLE: NamesOf<TableOptions> = {
  table: true,
  columns: true,
  excludeColumns: true,
  rowFilter: true,
  targetChunkBytes: true,
  targetChunkRows: true,
  chunkBy: true,
  changes: true,
  watermark: true,
  watermarkOverlap: true,
  unseenNulls: true,
  changedRows: true,
  deletes: true,
};

/** Refuses what is misspelled: left alone it would read other tables than were meant. @throws LegacyToS3Error of code INVALID_CONFIG */
export function refuseUnknownProps({ source, query, tableOptions, ...props }: ExtractorProps): void {
  refuseUnknown('', props, EXTRACTOR);
  refuseUnknown('source.', source, SOURCE);
  refuseUnknown('query.', query, QUERY);
  if (Array.isArray(tableOptions)) for (const [at, each] of (tableOptions as unknown[]).entries()) refuseUnknown(`tableOptions[${at}].`, each, TABLE);
}
