import { COLUMN_TYPES, TABLE_OPTIONS, TYPE_SETTINGS } from './nested-kinds';
import { BOOLEAN, oneOf, PATTERNS, SIZE, someOf, TEXT, WHOLE, wholeBetween, WHOLES, type ValueKind } from './value-kind';
import {
  Authentication, BinaryEncoding, Changes, Consistency, CountEvery, Encryption, ObjectChecksum, OnGap, OnTableError,
  ServerSideEncryption, SourceHashes, SourceRisk,
} from '../../extractor/doors/public';

/** Where a config file is looked for when none is named. */
export const CONFIG_FILE = 'legacy-to-s3.yaml';

/** Which commands have a setting. */
export type SettingGroup = 'source' | 'target' | 'tables' | 'format' | 'reading';

/** What help and documentation call the groups. */
export const GROUP_TITLES: { readonly [group in SettingGroup]: string } = {
  source: 'Source', target: 'Target', tables: 'Tables and chunks', format: 'Query, format and types', reading: 'Reading',
};

/** One setting: a key of the config file, and, where it has flags, an option of the command line. */
export interface Setting {
  readonly group: SettingGroup;
  /** Path in the config file, as `Extractor` names it. */
  readonly key: string;
  readonly takes: ValueKind;
  /** Option of the command line: `--server <host>`. */
  readonly flags?: string;
  readonly description: string;
  /** What holds where it is not set, as a person reads it. */
  readonly default?: string;
}

/** A value by its setting's key. */
export type SettingValues = ReadonlyMap<string, unknown>;

const FILE_ONLY = undefined;

function settingOf(group: SettingGroup) {
  return (key: string, takes: ValueKind, flags: string | undefined, description: string, standard?: string): Setting => (
    { group, key, takes, flags, description, default: standard }
  );
}

const [source, target, tables, format, reading] = (['source', 'target', 'tables', 'format', 'reading'] as const).map(settingOf);

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const kebabs = (choicesOf: { readonly [name: string]: string }) => Object.values(choicesOf).map(kebab);

/**
 * Every setting there is. Help, config file, its JSON Schema and docs/configuration.md are made from this table, and a
 * test compares it with the properties of `Extractor`.
 */
export const SETTINGS: readonly Setting[] = [
  source('source.server', TEXT, '--server <host>', 'host name or address; host,port; or host\\instance'),
  source('source.port', WHOLE, '--port <number>', 'TCP port', '1433, or the instance\'s own'),
  source('source.database', TEXT, '--database <name>', 'database to read'),
  source('source.user', TEXT, '--user <login>', 'SQL Server login; its password is read from LEGACY_TO_S3_PASSWORD'),
  source('source.authentication', oneOf(Object.values(Authentication)), '--authentication <method>', 'how the login proves who it is', 'sql'),
  source('source.domain', TEXT, '--domain <name>', 'Windows domain of the account, for ntlm'),
  source('source.tenantId', TEXT, '--tenant-id <id>', 'Microsoft Entra tenant'),
  source('source.clientId', TEXT, '--client-id <id>', 'client id of a Microsoft Entra application or managed identity'),
  source('source.passwordFromEnv', TEXT, '--password-from-env <variable>', 'environment variable that holds the password', 'LEGACY_TO_S3_PASSWORD'),
  source('source.passwordSecretArn', TEXT, '--password-secret <arn>',
    'secret in AWS Secrets Manager: JSON as RDS keeps it (its host, port and dbname stand in for what is not given), or the password alone'),
  source('source.passwordParameter', TEXT, '--password-parameter <name>', 'SSM parameter that holds the password'),
  source('source.passwordFile', TEXT, '--password-file <path>', 'file that holds the password'),
  source('source.connectionStringFromEnv', TEXT, '--connection-string-from-env <variable>',
    'environment variable that holds an ADO.NET connection string; other options come before it'),
  source('source.encrypt', BOOLEAN, '--encrypt <true|false>', 'encrypt the connection', 'true'),
  source('source.encryption', oneOf(Object.values(Encryption)), '--encryption <mode>',
    'how it is encrypted; strict is TDS 8.0: TLS before anything else, the certificate always checked', 'mandatory'),
  source('source.caFile', TEXT, '--ca-file <path>', 'PEM file with the authorities to trust for the server\'s certificate', 'those of Node.js'),
  source('source.trustServerCertificate', BOOLEAN, '--trust-server-certificate',
    'accept any certificate (whoever sits in between can read along)', 'false'),
  source('source.hostNameInCertificate', TEXT, '--host-name-in-certificate <name>', 'host name expected in the certificate', 'the server'),
  source('source.connectTimeoutSeconds', WHOLE, '--connect-timeout <seconds>', 'how long connecting and logging in may take', '15'),
  source('source.connectRetrySeconds', WHOLE, '--connect-retry <seconds>', 'how long a first connection is tried again after failures that pass, such as a paused database', '120'),
  source('source.multiSubnetFailover', BOOLEAN, '--multi-subnet-failover', 'try all addresses of the host at once, as listeners over several subnets need it', 'false'),
  source('source.readOnlyIntent', BOOLEAN, '--read-only-intent', 'let an availability group send the connections to a readable secondary', 'false'),

  target('target', TEXT, '--to <url>', 's3://bucket/prefix or file:///folder'),
  target('region', TEXT, '--region <region>', 'region of the bucket', 'as the AWS SDK finds it'),
  target('profile', TEXT, '--profile <name>', 'profile of the shared AWS config files', 'as the AWS SDK finds credentials'),
  target('roleArn', TEXT, '--role-arn <arn>', 'role to assume with those credentials, for the bucket as for a secret or parameter', 'none'),
  target('proxyUrl', TEXT, '--proxy-url <url>', 'proxy that requests to AWS take', 'none'),
  target('endpointUrl', TEXT, '--endpoint-url <url>', 'URL of an S3-compatible store', 'Amazon S3'),
  target('kmsKeyId', TEXT, '--kms-key-id <key>', 'KMS key that S3 encrypts the objects with', 'the bucket\'s own encryption'),
  target('serverSideEncryption', oneOf(Object.values(ServerSideEncryption)), '--server-side-encryption <name>', 'encryption that is asked for with every object, where the bucket\'s policy demands it',
    'aws:kms with a key, else the bucket\'s own'),
  target('expectedBucketOwner', TEXT, '--expected-bucket-owner <account>', 'account that must own the bucket', 'not checked'),
  target('checksum', oneOf(Object.values(ObjectChecksum)), '--checksum <algorithm>', 'checksum of the objects', ObjectChecksum.SHA256),
  target('targetTimeoutSeconds', WHOLE, '--target-timeout <seconds>', 'how long a request to S3 may take before it is tried anew', '300'),

  tables('tables', PATTERNS, '--tables <patterns>', 'comma-separated schema.table patterns with * and ?; [a.b] is literal', 'all tables'),
  tables('excludeTables', PATTERNS, '--exclude-tables <patterns>', 'comma-separated patterns of tables to leave out', 'none'),
  tables('includeViews', BOOLEAN, '--include-views', 'land views too, those that --tables matches', 'false'),
  tables('targetChunkBytes', SIZE, '--target-chunk-size <size>',
    'cut tables into chunks of about this size in the source', '512MiB; down to 128MiB, so that a run has four chunks for each reader'),
  tables('targetChunkRows', WHOLE, '--target-chunk-rows <number>', 'cut tables into chunks of about this many rows instead'),
  tables('tableOptions', TABLE_OPTIONS, FILE_ONLY,
    'columns, rows and chunks of tables by a pattern: table, columns, excludeColumns, rowFilter, targetChunkBytes, targetChunkRows, chunkBy; '
      + 'how their changes are learnt: changes, watermark, watermarkOverlap, unseenNulls, changedRows, deletes', 'all columns and rows'),

  format('query.sql', TEXT, '--query <select>', 'extract the result of this query instead of tables'),
  format('query.name', TEXT, '--as <name>', 'name of the query\'s result: name or schema.name'),

  reading('consistency', oneOf(kebabs(Consistency)), '--consistency <mode>',
    'how rows are read while others write', 'snapshot where the database allows it, else read-committed'),
  reading('accept', someOf(kebabs(SourceRisk)), '--accept <risks>', 'extract what the source alters or withholds', 'refused'),

  format('format.name', oneOf(['csv', 'jsonl', 'parquet']), '--format <format>', 'format of the objects', 'parquet'),
  format('format.compression', TEXT, '--compression <codec>',
    'parquet: zstd, snappy, gzip, none; csv and jsonl: none, gzip, zstd', 'zstd for parquet, else none'),
  format('format.delimiter', TEXT, '--delimiter <character>', 'field delimiter of CSV', ','),
  format('format.quote', TEXT, '--quote <character>', 'quote of CSV', '"'),
  format('format.header', BOOLEAN, '--header <true|false>', 'whether CSV files start with the columns\' names', 'true'),
  format('format.nullText', TEXT, '--null-text <text>', 'text of NULL in CSV', 'the unquoted empty field; \\N in a table of one column'),
  format('format.binary', oneOf(Object.values(BinaryEncoding)), '--binary <encoding>', 'how JSON Lines spells binary values', 'base64'),
  format('format.rowGroupBytes', SIZE, '--row-group-size <size>', 'column buffers of a Parquet row group in memory', '64MiB'),
  format('landedTables', oneOf(['iceberg', 'none']), '--landed-tables <kind>', 'Iceberg tables that a complete run of Parquet files in a folder becomes snapshots of', 'none'),
  format('softDeletes', BOOLEAN, '--soft-deletes <true|false>', 'whether these tables keep rows that the source deletes, with the time in their column __deleted_at', 'as each table has it; of a new one false'),
  format('targetFileBytes', SIZE, '--target-file-size <size>', 'close a file at this size', '256MiB'),
  ...Object.entries(TYPE_SETTINGS).map(([option, { takes, description, default: standard }]) => (
    format(`types.${option}`, takes, `--types-${kebab(option)} <choice>`, description, standard))),
  format('columnTypes', COLUMN_TYPES, FILE_ONLY, 'the same for columns by a pattern column, table.column or schema.table.column', 'as types says'),

  reading('readers', WHOLE, '--readers <number>', 'chunks read at the same time', 'one for each core, 2 to 8, no more than the source has cores for'),
  reading('backOff', BOOLEAN, '--back-off <true|false>', 'pause readers while the source throttles or slows', 'true'),
  reading('threads', WHOLE, '--threads <number>',
    'threads that the readers share; 0 for none beside the main one', 'one for each core, no more than readers; 0 where the others would take less than 128 MiB off the first'),
  reading('maxRetries', WHOLE, '--max-retries <number>', 'how often a chunk is read anew after failures that pass', '5'),
  reading('retryErrorNumbers', WHOLES, '--retry-errors <numbers>', 'further error numbers of SQL Server that pass', 'none'),
  reading('idleTimeoutSeconds', WHOLE, '--idle-timeout <seconds>', 'cut a connection whose server sends nothing for so long', '300'),
  reading('lockTimeoutSeconds', WHOLE, '--lock-timeout <seconds>', 'how long a statement waits for a lock', '60'),
  reading('deadlockPriority', wholeBetween(-10, 10), FILE_ONLY, 'who gives way in a deadlock, -10 (this run) to 10', '-5'),
  reading('maxDop', WHOLE, '--max-dop <number>', 'cores the server may use for one statement; 0 leaves it to the server', '1'),
  reading('sourceHashes', oneOf(Object.values(SourceHashes)), '--source-hashes <which>',
    'rows that the source hashes by SHA2_256, for comparison', 'none'),
  reading('onTableError', oneOf(Object.values(OnTableError)), '--on-table-error <what>',
    'what to do when a table fails for good: stop, or land the others and name it as missing', 'stop'),
  reading('changes', oneOf(kebabs(Changes)), '--changes <way>', 'how sync learns of changes', 'auto: the best way each table has that misses nothing'),
  reading('onGap', oneOf(Object.values(OnGap)), '--on-gap <what>', 'what sync does with a table whose changes cannot be told any more: fail, or read it whole', 'fail'),
  reading('countEvery', oneOf(Object.values(CountEvery)), '--count-every <cadence>', 'how often sync lets the source count a table\'s rows',
    'auto: each run below a million rows, daily above'),
  reading('oneVersion', BOOLEAN, '--one-version', 'sync reads all tables in one transaction, by one reader', 'false'),
  reading('sourceAggregates', BOOLEAN, '--source-aggregates <true|false>',
    'ask the source for sums, least and greatest values of each chunk\'s columns and compare them', 'true'),
];
