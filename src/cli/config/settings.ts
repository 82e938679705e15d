import {
  Authentication, BinaryEncoding, ClrType, Consistency, DateType, LoneSurrogates, ObjectChecksum, SourceHashes, SourceRisk, TimestampType, TimeType,
  UniqueidentifierType,
} from '../../extractor/doors/public';

/** Where a config file is looked for when none is named. */
export const CONFIG_FILE = 'legacy-to-s3.yaml';

/** What values a setting takes. */
export type SettingType =
  | 'text'
  /** A whole number from 0. */
  | 'whole'
  /** A number of bytes: `268435456`, `256MiB`. */
  | 'size'
  /** true or false. */
  | 'boolean'
  /** One of `values`. */
  | 'choice'
  /** Some of `values`. */
  | 'choices'
  /** Table patterns. */
  | 'patterns'
  /** Whole numbers. */
  | 'wholes'
  /** Type options by column pattern. */
  | 'columnTypes'
  /** A list of tables, each with options. */
  | 'tableOptions';

/** Which commands have a setting. */
export type SettingGroup = 'source' | 'target' | 'tables' | 'format' | 'reading';

/** What help and documentation call the groups. */
export const GROUP_TITLES: { readonly [group in SettingGroup]: string } = {
  source: 'Source', target: 'Target', tables: 'Tables and chunks', format: 'Query, format and types', reading: 'Reading',
};

/** One setting: a key of the config file, and, where it has flags, an option of the command line. */
export interface Setting {
  /** Path in the config file, as `Extractor` names it. */
  readonly key: string;
  readonly group: SettingGroup;
  readonly type: SettingType;
  readonly description: string;
  /** Option of the command line: `--server <host>`. */
  readonly flags?: string;
  readonly values?: readonly string[];
  /** What holds where it is not set, as a person reads it. */
  readonly default?: string;
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What an entry of `tableOptions` takes; all but `table` may be left out. */
export const TABLE_SETTINGS: { readonly [option: string]: 'text' | 'names' | 'size' | 'whole' } = {
  table: 'text', columns: 'names', excludeColumns: 'names', rowFilter: 'text', targetChunkBytes: 'size', targetChunkRows: 'whole',
};

/** Options of types, which `types` and `columnTypes` both take. */
export const TYPE_SETTINGS: { readonly [option: string]: Required<Pick<Setting, 'values' | 'description' | 'default'>> } = {
  time: { values: Object.values(TimeType), description: 'time in Parquet', default: 'text' },
  uniqueidentifier: { values: Object.values(UniqueidentifierType), description: 'uniqueidentifier in Parquet', default: 'text' },
  timestamps: {
    values: Object.values(TimestampType), description: 'smalldatetime, datetime, datetime2 and datetimeoffset in Parquet', default: 'companion',
  },
  dates: { values: Object.values(DateType), description: 'date in Parquet', default: 'native' },
  clr: { values: Object.values(ClrType), description: 'hierarchyid, geometry, geography and CLR types of the database', default: 'binary' },
  binary: { values: Object.values(BinaryEncoding), description: 'binary values in CSV and JSON Lines', default: 'hex in CSV, format.binary in JSON Lines' },
  loneSurrogates: { values: Object.values(LoneSurrogates), description: 'half a surrogate pair, which UTF-8 cannot hold', default: 'error' },
};

/**
 * Every setting there is. Help, config file, its JSON Schema and docs/configuration.md are made from this table, and a
 * test compares it with the properties of `Extractor`.
 */
export const SETTINGS: readonly Setting[] = [
  { key: 'source.server', group: 'source', type: 'text', flags: '--server <host>', description: 'host name or address, or host\\instance' },
  { key: 'source.port', group: 'source', type: 'whole', flags: '--port <number>', description: 'TCP port', default: '1433, or the instance\'s own' },
  { key: 'source.database', group: 'source', type: 'text', flags: '--database <name>', description: 'database to read' },
  { key: 'source.user', group: 'source', type: 'text', flags: '--user <login>', description: 'SQL Server login; its password is read from LEGACY_TO_S3_PASSWORD' },
  {
    key: 'source.authentication',
    group: 'source',
    type: 'choice',
    flags: '--authentication <method>',
    values: Object.values(Authentication),
    description: 'how the login proves who it is',
    default: 'sql',
  },
  {
    key: 'source.domain',
    group: 'source',
    type: 'text',
    flags: '--domain <name>',
    description: 'Windows domain of the account, for ntlm',
  },
  {
    key: 'source.tenantId',
    group: 'source',
    type: 'text',
    flags: '--tenant-id <id>',
    description: 'Microsoft Entra tenant',
  },
  {
    key: 'source.clientId',
    group: 'source',
    type: 'text',
    flags: '--client-id <id>',
    description: 'client id of a Microsoft Entra application or managed identity',
  },
  {
    key: 'source.passwordFromEnv',
    group: 'source',
    type: 'text',
    flags: '--password-from-env <variable>',
    description: 'environment variable that holds the password',
    default: 'LEGACY_TO_S3_PASSWORD',
  },
  {
    key: 'source.passwordSecretArn',
    group: 'source',
    type: 'text',
    flags: '--password-secret <arn>',
    description: 'secret in AWS Secrets Manager: JSON as RDS keeps it (its host, port and dbname stand in for what is not given), or the password alone',
  },
  {
    key: 'source.passwordParameter',
    group: 'source',
    type: 'text',
    flags: '--password-parameter <name>',
    description: 'SSM parameter that holds the password',
  },
  {
    key: 'source.passwordFile',
    group: 'source',
    type: 'text',
    flags: '--password-file <path>',
    description: 'file that holds the password',
  },
  {
    key: 'source.connectionStringFromEnv',
    group: 'source',
    type: 'text',
    flags: '--connection-string-from-env <variable>',
    description: 'environment variable that holds an ADO.NET connection string; other options come before it',
  },
  { key: 'source.encrypt', group: 'source', type: 'boolean', flags: '--encrypt <true|false>', description: 'encrypt the connection', default: 'true' },
  {
    key: 'source.caFile',
    group: 'source',
    type: 'text',
    flags: '--ca-file <path>',
    description: 'PEM file with the authorities to trust for the server\'s certificate',
    default: 'those of Node.js',
  },
  {
    key: 'source.trustServerCertificate',
    group: 'source',
    type: 'boolean',
    flags: '--trust-server-certificate',
    description: 'accept any certificate (whoever sits in between can read along)',
    default: 'false',
  },
  {
    key: 'source.hostNameInCertificate',
    group: 'source',
    type: 'text',
    flags: '--host-name-in-certificate <name>',
    description: 'host name expected in the certificate',
    default: 'the server',
  },
  {
    key: 'source.connectTimeoutSeconds',
    group: 'source',
    type: 'whole',
    flags: '--connect-timeout <seconds>',
    description: 'how long connecting and logging in may take',
    default: '15',
  },
  {
    key: 'source.readOnlyIntent',
    group: 'source',
    type: 'boolean',
    flags: '--read-only-intent',
    description: 'let an availability group send the connections to a readable secondary',
    default: 'false',
  },

  { key: 'target', group: 'target', type: 'text', flags: '--to <url>', description: 's3://bucket/prefix or file:///folder' },
  { key: 'region', group: 'target', type: 'text', flags: '--region <region>', description: 'region of the bucket', default: 'as the AWS SDK finds it' },
  {
    key: 'profile',
    group: 'target',
    type: 'text',
    flags: '--profile <name>',
    description: 'profile of the shared AWS config files',
    default: 'as the AWS SDK finds credentials',
  },
  {
    key: 'roleArn',
    group: 'target',
    type: 'text',
    flags: '--role-arn <arn>',
    description: 'role to assume with those credentials, for the bucket as for a secret or parameter',
    default: 'none',
  },
  {
    key: 'proxyUrl',
    group: 'target',
    type: 'text',
    flags: '--proxy-url <url>',
    description: 'proxy that requests to AWS take',
    default: 'none',
  },
  { key: 'endpointUrl', group: 'target', type: 'text', flags: '--endpoint-url <url>', description: 'URL of an S3-compatible store', default: 'Amazon S3' },
  {
    key: 'kmsKeyId',
    group: 'target',
    type: 'text',
    flags: '--kms-key-id <key>',
    description: 'KMS key that S3 encrypts the objects with',
    default: 'the bucket\'s own encryption',
  },
  {
    key: 'expectedBucketOwner',
    group: 'target',
    type: 'text',
    flags: '--expected-bucket-owner <account>',
    description: 'account that must own the bucket',
    default: 'not checked',
  },
  {
    key: 'checksum',
    group: 'target',
    type: 'choice',
    flags: '--checksum <algorithm>',
    values: Object.values(ObjectChecksum),
    description: 'checksum of the objects',
    default: ObjectChecksum.SHA256,
  },
  {
    key: 'targetTimeoutSeconds',
    group: 'target',
    type: 'whole',
    flags: '--target-timeout <seconds>',
    description: 'how long a request to S3 may take before it is tried anew',
    default: '300',
  },

  {
    key: 'tables',
    group: 'tables',
    type: 'patterns',
    flags: '--tables <patterns>',
    description: 'comma-separated schema.table patterns with * and ?; [a.b] is literal',
    default: 'all tables',
  },
  { key: 'excludeTables', group: 'tables', type: 'patterns', flags: '--exclude-tables <patterns>', description: 'comma-separated patterns of tables to leave out', default: 'none' },
  {
    key: 'targetChunkBytes',
    group: 'tables',
    type: 'size',
    flags: '--target-chunk-size <size>',
    description: 'cut tables into chunks of about this size in the source',
    default: '512MiB; down to 128MiB, so that a run has four chunks for each reader',
  },
  { key: 'targetChunkRows', group: 'tables', type: 'whole', flags: '--target-chunk-rows <number>', description: 'cut tables into chunks of about this many rows instead' },
  {
    key: 'tableOptions',
    group: 'tables',
    type: 'tableOptions',
    description: 'columns, rows and chunks of tables by a pattern: table, columns, excludeColumns, rowFilter, targetChunkBytes, targetChunkRows',
    default: 'all columns and rows',
  },

  { key: 'query.sql', group: 'format', type: 'text', flags: '--query <select>', description: 'extract the result of this query instead of tables' },
  { key: 'query.name', group: 'format', type: 'text', flags: '--as <name>', description: 'name of the query\'s result: name or schema.name' },
  {
    key: 'consistency',
    group: 'reading',
    type: 'choice',
    flags: '--consistency <mode>',
    values: Object.values(Consistency).map(kebab),
    description: 'how rows are read while others write',
    default: 'snapshot where the database allows it, else read-committed',
  },
  {
    key: 'accept',
    group: 'reading',
    type: 'choices',
    flags: '--accept <risks>',
    values: Object.values(SourceRisk).map(kebab),
    description: 'extract what the source alters or withholds',
    default: 'refused',
  },
  {
    key: 'format.name',
    group: 'format',
    type: 'choice',
    flags: '--format <format>',
    values: ['csv', 'jsonl', 'parquet'],
    description: 'format of the objects',
    default: 'parquet',
  },
  {
    key: 'format.compression',
    group: 'format',
    type: 'text',
    flags: '--compression <codec>',
    description: 'parquet: zstd, snappy, gzip, none; csv and jsonl: none, gzip, zstd',
    default: 'zstd for parquet, else none',
  },
  { key: 'format.delimiter', group: 'format', type: 'text', flags: '--delimiter <character>', description: 'field delimiter of CSV', default: ',' },
  { key: 'format.quote', group: 'format', type: 'text', flags: '--quote <character>', description: 'quote of CSV', default: '"' },
  { key: 'format.header', group: 'format', type: 'boolean', flags: '--header <true|false>', description: 'whether CSV files start with the columns\' names', default: 'true' },
  { key: 'format.nullText', group: 'format', type: 'text', flags: '--null-text <text>', description: 'text of NULL in CSV', default: 'the unquoted empty field' },
  {
    key: 'format.binary',
    group: 'format',
    type: 'choice',
    flags: '--binary <encoding>',
    values: Object.values(BinaryEncoding),
    description: 'how JSON Lines spells binary values',
    default: 'base64',
  },
  {
    key: 'format.rowGroupBytes',
    group: 'format',
    type: 'size',
    flags: '--row-group-size <size>',
    description: 'column buffers of a Parquet row group in memory',
    default: '64MiB',
  },
  {
    key: 'targetFileBytes',
    group: 'format',
    type: 'size',
    flags: '--target-file-size <size>',
    description: 'close a file at this size',
    default: '256MiB',
  },
  ...Object.entries(TYPE_SETTINGS).map(([option, { values, description, default: standard }]): Setting => ({
    key: `types.${option}`, group: 'format', type: 'choice', flags: `--types-${kebab(option)} <choice>`, values, description, default: standard,
  })),
  { key: 'columnTypes', group: 'format', type: 'columnTypes', description: 'the same for columns by a pattern column, table.column or schema.table.column', default: 'as types says' },

  {
    key: 'readers',
    group: 'reading',
    type: 'whole',
    flags: '--readers <number>',
    description: 'chunks read at the same time',
    default: 'one for each core, 2 to 8, no more than the source has cores for',
  },
  {
    key: 'backOff',
    group: 'reading',
    type: 'boolean',
    flags: '--back-off <true|false>',
    description: 'pause readers while the source throttles or slows',
    default: 'true',
  },
  {
    key: 'threads',
    group: 'reading',
    type: 'whole',
    flags: '--threads <number>',
    description: 'threads that the readers share; 0 for none beside the main one',
    default: 'one for each core, no more than readers; 0 where the others would take less than 128 MiB off the first',
  },
  { key: 'maxRetries', group: 'reading', type: 'whole', flags: '--max-retries <number>', description: 'how often a chunk is read anew after failures that pass', default: '5' },
  { key: 'retryErrorNumbers', group: 'reading', type: 'wholes', flags: '--retry-errors <numbers>', description: 'further error numbers of SQL Server that pass', default: 'none' },
  {
    key: 'idleTimeoutSeconds',
    group: 'reading',
    type: 'whole',
    flags: '--idle-timeout <seconds>',
    description: 'cut a connection whose server sends nothing for so long',
    default: '300',
  },
  { key: 'lockTimeoutSeconds', group: 'reading', type: 'whole', flags: '--lock-timeout <seconds>', description: 'how long a statement waits for a lock', default: '60' },
  { key: 'deadlockPriority', group: 'reading', type: 'whole', description: 'who gives way in a deadlock, -10 (this run) to 10', default: '-5' },
  {
    key: 'maxDop',
    group: 'reading',
    type: 'whole',
    flags: '--max-dop <number>',
    description: 'cores the server may use for one statement; 0 leaves it to the server',
    default: '1',
  },
  {
    key: 'sourceHashes',
    group: 'reading',
    type: 'choice',
    flags: '--source-hashes <which>',
    values: Object.values(SourceHashes),
    description: 'rows that the source hashes by SHA2_256, for comparison',
    default: 'none',
  },
  {
    key: 'sourceAggregates',
    group: 'reading',
    type: 'boolean',
    flags: '--source-aggregates <true|false>',
    description: 'ask the source for sums, least and greatest values of each chunk\'s columns and compare them',
    default: 'true',
  },
];

/** A value by its setting's key. */
export type SettingValues = ReadonlyMap<string, unknown>;
