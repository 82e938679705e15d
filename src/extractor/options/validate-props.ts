import { checkSelect } from './check-select';
import { columnMatcher } from './column-pattern';
import { refuseUnknownProps } from './prop-names';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractFormat } from '../api/extract-format';
import { SourceRisk } from '../api/extraction-plan';
import type { ExtractorProps } from '../api/extractor-props';
import { ObjectChecksum, type LandingProps } from '../api/landing-props';
import { Consistency, SourceHashes } from '../api/reading-modes';
import type { QueryExtraction, TableOptions } from '../api/selection';
import { Authentication, type SqlServerSource } from '../api/sql-server-source';
import { BinaryEncoding, ClrType, DateType, LoneSurrogates, TimestampType, TimeType, UniqueidentifierType } from '../api/type-options';
import { unknownProp } from '../api/unknown-names';
import type { VerifyOptions } from '../api/verification-result';

/** Smallest file size worth a target. */
export const MIN_TARGET_FILE_BYTES = 1024 * 1024;

/** Largest number of readers. */
export const MAX_READERS = 64;

/** @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateVerifyOptions({ readers, threads }: VerifyOptions): void {
  validateWhole('readers', readers, 1, MAX_READERS);
  validateWhole('threads', threads, 0, MAX_READERS);
}

/** Checks what can be checked without reaching anything. @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateProps(props: ExtractorProps): void {
  if (typeof props !== 'object' || props === null) throw invalid(`expected options, got ${describe(props)}`);
  refuseUnknownProps(props);
  validateSource(props.source);
  validateLanding(props);
  validateSelection(props);
  validateFormat(props.format);
  validateWhole('targetFileBytes', props.targetFileBytes, MIN_TARGET_FILE_BYTES, Number.MAX_SAFE_INTEGER);
  validateWhole('readers', props.readers, 1, MAX_READERS);
  validateWhole('threads', props.threads, 0, MAX_READERS);
  if (props.backOff !== undefined && typeof props.backOff !== 'boolean') throw invalid(`backOff must be true or false, got ${describe(props.backOff)}`);
  validateWhole('targetChunkBytes', props.targetChunkBytes, MIN_TARGET_FILE_BYTES, Number.MAX_SAFE_INTEGER);
  validateWhole('targetChunkRows', props.targetChunkRows, 1, Number.MAX_SAFE_INTEGER);
  validateWhole('maxRetries', props.maxRetries, 0, 100);
  validateWhole('idleTimeoutSeconds', props.idleTimeoutSeconds, 1, 86_400);
  validateWhole('lockTimeoutSeconds', props.lockTimeoutSeconds, 0, 86_400);
  validateWhole('deadlockPriority', props.deadlockPriority, -10, 10);
  validateWhole('maxDop', props.maxDop, 0, 64);
  validateList('retryErrorNumbers', props.retryErrorNumbers, 'error numbers such as 1205');
  props.retryErrorNumbers?.forEach((number) => validateWhole('each of retryErrorNumbers', number, 1, 2 ** 31 - 1));
  validateSourceChecks(props);
  validatePlanning(props);
  validateConsistency(props);
  validateTableOptions(props.tableOptions);
  validateTypes('types', props.types);
  const columnTypes: unknown = props.columnTypes;
  if (columnTypes !== undefined && (typeof columnTypes !== 'object' || columnTypes === null || Array.isArray(columnTypes))) {
    throw invalid(`columnTypes must be an object of type options by column pattern, got ${describe(columnTypes)}`);
  }
  for (const [pattern, options] of Object.entries(props.columnTypes ?? {})) {
    columnMatcher(pattern);
    validateTypes(`columnTypes['${pattern}']`, options);
  }
}

function validateSourceChecks({ sourceAggregates, sourceHashes }: ExtractorProps): void {
  if (sourceAggregates !== undefined && typeof sourceAggregates !== 'boolean') {
    throw invalid(`sourceAggregates must be true or false, got ${describe(sourceAggregates)}`);
  }
  const allowed = Object.values(SourceHashes);
  if (sourceHashes !== undefined && !allowed.includes(sourceHashes)) throw invalid(`sourceHashes must be one of ${allowed.join(', ')}, got ${describe(sourceHashes)}`);
}

function validateTableOptions(options: unknown): void {
  if (options === undefined) return;
  if (!Array.isArray(options)) throw invalid(`tableOptions must be a list, got ${describe(options)}`);
  for (const [at, each] of (options as TableOptions[]).entries()) {
    const where = `tableOptions[${at}]`;
    if (typeof each?.table !== 'string') throw invalid(`${where}.table must be a pattern such as 'dbo.*', got ${describe(each?.table)}`);
    for (const name of ['columns', 'excludeColumns'] as const) {
      const names: unknown = each[name];
      if (names !== undefined && (!Array.isArray(names) || !names.every((column) => typeof column === 'string'))) {
        throw invalid(`${where}.${name} must be a list of column names, got ${describe(names)}`);
      }
    }
    if (each.rowFilter !== undefined && (typeof each.rowFilter !== 'string' || each.rowFilter.trim() === '')) {
      throw invalid(`${where}.rowFilter must be a condition, got ${describe(each.rowFilter)}`);
    }
    validateWhole(`${where}.targetChunkBytes`, each.targetChunkBytes, MIN_TARGET_FILE_BYTES, Number.MAX_SAFE_INTEGER);
    validateWhole(`${where}.targetChunkRows`, each.targetChunkRows, 1, Number.MAX_SAFE_INTEGER);
  }
}

const TYPE_OPTIONS: { readonly [option: string]: { readonly [name: string]: string } } = {
  time: TimeType,
  uniqueidentifier: UniqueidentifierType,
  timestamps: TimestampType,
  dates: DateType,
  clr: ClrType,
  binary: BinaryEncoding,
  loneSurrogates: LoneSurrogates,
};

function validateTypes(where: string, options: unknown): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) throw invalid(`${where} must be an object of type options, got ${describe(options)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(TYPE_OPTIONS, name)) throw unknownProp(`${where}.`, name, Object.keys(TYPE_OPTIONS));
    const allowed = Object.values(TYPE_OPTIONS[name]);
    if (value !== undefined && !allowed.includes(value as string)) throw invalid(`${where}.${name} must be one of ${allowed.join(', ')}, got ${describe(value)}`);
  }
}

function validatePlanning(props: ExtractorProps): void {
  const risks = Object.values(SourceRisk);
  validateList('accept', props.accept, risks.join(', '));
  const unknown = props.accept?.find((risk) => !risks.includes(risk));
  if (unknown !== undefined) throw invalid(`accept must name ${risks.join(', ')}, got ${describe(unknown)}`);
  const cuts = ['targetChunkBytes', 'targetChunkRows'] as const;
  if (cuts.every((name) => props[name] !== undefined)) throw invalid('targetChunkBytes and targetChunkRows exclude each other: cut by bytes or by rows');
  const beside = (['tables', 'excludeTables', 'tableOptions', 'query', ...cuts] as const).find((name) => props[name] !== undefined);
  if (props.plan !== undefined && beside !== undefined) throw invalid(`plan excludes ${beside}: the plan says what is read and how it is cut`);
}

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

function validateSource(source: SqlServerSource): void {
  // A text may be a connection string, so that it is not shown.
  if (typeof source !== 'object' || source === null) throw invalid(`source must be an object, got ${source === null ? 'null' : typeof source}`);
  for (const name of SOURCE_TEXTS) {
    const value: unknown = source[name];
    if (value !== undefined && (typeof value !== 'string' || value.trim() === '')) throw invalid(`source.${name} must be a non-empty string, got ${describe(value)}`);
  }
  for (const name of ['password', 'connectionString'] as const) {
    if (source[name] !== undefined && typeof source[name] !== 'string') throw invalid(`source.${name} must be a string, got ${typeof source[name]}`);
  }
  const methods = Object.values(Authentication);
  if (source.authentication !== undefined && !methods.includes(source.authentication)) {
    throw invalid(`source.authentication must be one of ${methods.join(', ')}, got ${describe(source.authentication)}`);
  }
  const places = PASSWORD_PLACES.filter((name) => source[name] !== undefined);
  if (places.length > 1) throw invalid(`source.${places[0]} and source.${places[1]} exclude each other: say once where the password is`);
  if (source.connectionString !== undefined && source.connectionStringFromEnv !== undefined) {
    throw invalid('source.connectionString and source.connectionStringFromEnv exclude each other');
  }
  const elsewhere = source.connectionString !== undefined || source.connectionStringFromEnv !== undefined || source.passwordSecretArn !== undefined;
  if (!elsewhere) requireComplete(source);
  validateWhole('source.port', source.port, 1, 65535);
  validateWhole('source.connectTimeoutSeconds', source.connectTimeoutSeconds, 1, 3600);
  for (const name of ['encrypt', 'trustServerCertificate', 'readOnlyIntent'] as const) {
    if (source[name] !== undefined && typeof source[name] !== 'boolean') {
      throw invalid(`source.${name} must be true or false, got ${describe(source[name])}`);
    }
  }
  if (source.port !== undefined && source.server?.includes('\\')) {
    throw invalid(`source.server '${source.server}' names an instance, whose port the server tells: drop source.port, or the instance`);
  }
  if (source.trustServerCertificate && source.caFile) {
    throw invalid('source.caFile and source.trustServerCertificate exclude each other: trust either the authorities in the file or any certificate');
  }
}

/** Checks the target. @throws LegacyToS3Error of code INVALID_CONFIG */
export function validateLanding(props: LandingProps): void {
  const target: unknown = props.target;
  if (typeof target !== 'string' || !/^(s3:\/\/[^/]+|file:\/\/\/)/.test(target)) {
    const meant = typeof target === 'string' && target.startsWith('/') ? `; did you mean file://${target}?` : '';
    throw invalid(`target must be s3://bucket/prefix or file:///folder, got ${describe(target)}${meant}`);
  }
  const bucket = /^s3:\/\/([^/]+)/.exec(target)?.[1];
  // Buckets of before 2018 in us-east-1 may have upper-case letters and underscores, and longer names.
  if (bucket !== undefined && !/^[\w.-]{3,255}$/.test(bucket) && !bucket.startsWith('arn:')) {
    throw invalid(`target must name a bucket of at least 3 letters, digits, dots and hyphens, got ${describe(bucket)}`);
  }
  if (props.endpointUrl !== undefined && !/^https?:\/\/[^/]/.test(props.endpointUrl)) {
    throw invalid(`endpointUrl must be an http or https URL, got ${describe(props.endpointUrl)}`);
  }
  if (props.proxyUrl !== undefined && !/^https?:\/\/[^/]/.test(props.proxyUrl)) {
    // It may hold a password.
    throw invalid('proxyUrl must be an http or https URL such as http://proxy:8080');
  }
  if (props.roleArn !== undefined && !/^arn:[^:]+:iam::\d{12}:role\/.+/.test(props.roleArn)) {
    throw invalid(`roleArn must be arn:aws:iam::<account>:role/<name>, got ${describe(props.roleArn)}`);
  }
  if (props.expectedBucketOwner !== undefined && !/^\d{12}$/.test(props.expectedBucketOwner)) {
    throw invalid(`expectedBucketOwner must be an account id of 12 digits, got ${describe(props.expectedBucketOwner)}`);
  }
  if (props.checksum !== undefined && !Object.values(ObjectChecksum).includes(props.checksum)) {
    throw invalid(`checksum must be one of ${Object.values(ObjectChecksum).join(', ')}, got ${describe(props.checksum)}`);
  }
  validateWhole('targetTimeoutSeconds', props.targetTimeoutSeconds, 1, 3600);
  if (target.startsWith('file:')) {
    for (const name of ['region', 'endpointUrl', 'kmsKeyId', 'expectedBucketOwner', 'checksum', 'targetTimeoutSeconds'] as const) {
      if (props[name] !== undefined) throw invalid(`${name} is for s3:// targets, but the target is '${target}'`);
    }
  }
}

function validateSelection(props: ExtractorProps): void {
  for (const name of ['tables', 'excludeTables'] as const) {
    const patterns: unknown = props[name];
    if (patterns === undefined) continue;
    if (!Array.isArray(patterns) || !patterns.every((pattern) => typeof pattern === 'string')) {
      throw invalid(`${name} must be a list of patterns such as 'dbo.*', got ${describe(patterns)}`);
    }
    if (name === 'tables' && patterns.length === 0) throw invalid('tables is an empty list: leave it out to extract all tables');
  }
  if (props.query === undefined) return;
  if (props.tables !== undefined || props.excludeTables !== undefined || props.tableOptions !== undefined) {
    throw invalid('query excludes tables, excludeTables and tableOptions: extract either tables or one query');
  }
  queryDataset(props.query);
  checkSelect(props.query.sql);
}

function validateFormat(format: ExtractFormat | undefined): void {
  // Not by instanceof: each door has a class of its own.
  if (format === undefined || (typeof format === 'object' && format !== null && ['csv', 'jsonl', 'parquet'].includes(format.name))) return;
  throw invalid(`format must be ExtractFormat.parquet(), ExtractFormat.csv() or ExtractFormat.jsonLines(), got ${describe(format)}`);
}

/** Schema a query's result lands under when its name gives none. */
export const QUERY_SCHEMA = 'query';

/** Splits `name` or `schema.name`. @throws LegacyToS3Error of code INVALID_CONFIG */
export function queryDataset(query: QueryExtraction): { readonly schema: string; readonly table: string } {
  if (typeof query.sql !== 'string' || query.sql.trim() === '') throw invalid(`query.sql must be a SELECT, got ${describe(query.sql)}`);
  const match = /^(?:([^.]+)\.)?([^.]+)$/.exec(typeof query.name === 'string' ? query.name.trim() : '');
  if (!match) throw invalid(`query.name must be 'name' or 'schema.name', got ${describe(query.name)}`);
  return { schema: match[1] ?? QUERY_SCHEMA, table: match[2] };
}

function validateConsistency({ consistency, query }: ExtractorProps): void {
  if (consistency === undefined) return;
  const allowed = Object.values(Consistency);
  if (!allowed.includes(consistency)) throw invalid(`consistency must be one of ${allowed.join(', ')}, got ${describe(consistency)}`);
  if (query !== undefined) throw invalid('consistency is not for a query, which is sent as it is: say it in the query, or extract tables');
}

function validateList(name: string, value: unknown, of: string): void {
  if (value !== undefined && !Array.isArray(value)) throw invalid(`${name} must be a list of ${of}, got ${describe(value)}`);
}

function validateWhole(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined) return;
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw invalid(`${name} must be a whole number ${range}, got ${describe(value)}`);
  }
}

function invalid(message: string): LegacyToS3Error {
  return new LegacyToS3Error('INVALID_CONFIG', message);
}

function describe(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value) ?? String(value);
}
