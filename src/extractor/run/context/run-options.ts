import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Changes, CountEvery, OnGap } from '../../api/changes/changes-options';
import { LegacyToS3Error } from '../../api/errors';
import { ExtractFormat } from '../../api/extract-format';
import type { ExtractionPlan, SourceRisk } from '../../api/extraction-plan';
import { OnTableError, SourceHashes, type Consistency, type ExtractorProps } from '../../api/extractor-props';
import { type TableOptions } from '../../api/selection';
import { Encryption } from '../../api/sql-server-source';
import { targetOptions, type TargetOptions } from '../../landing/open-target';
import { separateAddress } from '../../options/server-address';
import { queryDataset } from '../../options/validate-selection';
import type { ChunkTarget } from '../../plan/chunk-size';
import { USUAL_CHUNK_BYTES } from '../../plan/chunk-size';
import { checkPlan } from '../../plan/validate-plan';
import { oneColumnNullText, type OutputFormat } from '../../rows/columns/output-format';
import { parseTablePattern } from '../../source/catalog/table-patterns';
import type { ConnectionOptions } from '../../source/connection/sql-server-connection';
import { resolveSource, type ResolvedProps, type ResolvedSource } from '../../source/credentials/resolve-source';

const DEFAULT_TARGET_FILE_BYTES = 256 * 1024 * 1024;
const LEAST_DEFAULT_READERS = 2;
const MOST_DEFAULT_READERS = 8;
const DEFAULT_MAX_RETRIES = 5;
const DEFAULT_IDLE_TIMEOUT_SECONDS = 300;
const DEFAULT_LOCK_TIMEOUT_SECONDS = 60;
const DEFAULT_DEADLOCK_PRIORITY = -5;
const DEFAULT_MAX_DOP = 1;
const DEFAULT_CONNECT_TIMEOUT_SECONDS = 15;
const DEFAULT_CONNECT_RETRY_SECONDS = 120;

/** A query to extract and the names it lands under. */
export interface RunQuery {
  readonly sql: string;
  readonly schema: string;
  readonly table: string;
}

/** The options with every default filled in. */
export interface RunOptions {
  readonly connection: ConnectionOptions;
  /** What of the source has no effect. */
  readonly sourceWarnings: readonly string[];
  readonly target: string;
  readonly targetOptions: TargetOptions;
  readonly include?: readonly string[];
  readonly exclude: readonly string[];
  readonly includeViews: boolean;
  readonly query?: RunQuery;
  readonly format: OutputFormat;
  readonly targetFileBytes: number;
  readonly readers: number;
  /** Whether the number of readers is the caller's; else the source may lower it. */
  readonly readersChosen: boolean;
  readonly backOff: boolean;
  /** Decided by the size of the run when absent. */
  readonly threads?: number;
  /** As asked for; the planner decides when absent. */
  readonly chunkTarget?: ChunkTarget;
  readonly tableOptions: readonly TableOptions[];
  /** Given from outside; made by the run when absent. */
  readonly plan?: ExtractionPlan;
  /** Whether the plan is that of a run that was begun, which may have landed chunks of it. */
  readonly isBegun?: boolean;
  /** Whether the run is one of a chain of runs of changes. */
  readonly follows?: boolean;
  readonly accepted: readonly SourceRisk[];
  /** As asked for; the source decides when absent. */
  readonly consistency?: Consistency;
  readonly maxDop?: number;
  readonly sourceAggregates: boolean;
  readonly sourceHashes: SourceHashes;
  readonly onTableError: OnTableError;
  readonly changes: Changes;
  readonly onGap: OnGap;
  readonly countEvery: CountEvery;
  readonly oneVersion: boolean;
  /** Sent once on each reader's connection. */
  readonly sessionSql: string;
  readonly idleTimeoutMs: number;
  readonly maxRetries: number;
  readonly retryErrorNumbers: readonly number[];
}

/** Looks up the password, then {@link fillOptions}. @throws LegacyToS3Error of code INVALID_CONFIG */
export async function resolveOptions(props: ExtractorProps, env: NodeJS.ProcessEnv = process.env): Promise<RunOptions> {
  return fillOptions(await resolveSource(props, env));
}

/** Fills in defaults and reads the CA file. @throws LegacyToS3Error of code INVALID_CONFIG */
export function fillOptions(props: ResolvedProps): RunOptions {
  [...(props.tables ?? []), ...(props.excludeTables ?? [])].forEach(parseTablePattern);
  const readers = props.query ? 1 : props.readers ?? defaultReaders();
  if (props.plan) checkPlan(props.plan);
  const lockTimeoutMs = 1000 * (props.lockTimeoutSeconds ?? DEFAULT_LOCK_TIMEOUT_SECONDS);
  return {
    connection: connectionOptions(props.source),
    sourceWarnings: props.sourceWarnings ?? [],
    target: props.target,
    targetOptions: { ...targetOptions(props), writers: readers },
    include: props.tables,
    exclude: props.excludeTables ?? [],
    includeViews: props.includeViews ?? false,
    query: props.query && { sql: props.query.sql, ...queryDataset(props.query) },
    format: { ...outputFormat(props.format ?? ExtractFormat.parquet()), ...typeRules(props) },
    targetFileBytes: props.targetFileBytes ?? DEFAULT_TARGET_FILE_BYTES,
    readers,
    readersChosen: props.query !== undefined || props.readers !== undefined,
    backOff: props.backOff ?? true,
    threads: props.threads,
    chunkTarget: chunkTarget(props),
    tableOptions: props.tableOptions ?? [],
    plan: props.plan,
    accepted: props.accept ?? [],
    consistency: props.consistency,
    sourceAggregates: props.sourceAggregates ?? true,
    sourceHashes: props.sourceHashes ?? SourceHashes.NONE,
    onTableError: props.onTableError ?? OnTableError.STOP,
    changes: props.changes ?? Changes.AUTO,
    onGap: props.onGap ?? OnGap.FAIL,
    countEvery: props.countEvery ?? CountEvery.AUTO,
    oneVersion: props.oneVersion ?? false,
    maxDop: props.maxDop === 0 ? undefined : props.maxDop ?? DEFAULT_MAX_DOP,
    sessionSql: `SET LOCK_TIMEOUT ${lockTimeoutMs}; SET DEADLOCK_PRIORITY ${props.deadlockPriority ?? DEFAULT_DEADLOCK_PRIORITY}`,
    idleTimeoutMs: 1000 * (props.idleTimeoutSeconds ?? DEFAULT_IDLE_TIMEOUT_SECONDS),
    maxRetries: props.maxRetries ?? DEFAULT_MAX_RETRIES,
    retryErrorNumbers: props.retryErrorNumbers ?? [],
  };
}

function chunkTarget({ targetChunkBytes, targetChunkRows }: ExtractorProps): ChunkTarget | undefined {
  if (targetChunkBytes === undefined && targetChunkRows === undefined) return undefined;
  return { bytes: targetChunkBytes ?? USUAL_CHUNK_BYTES, rows: targetChunkRows };
}

/** One for each core: more would only wait for this process. */
export function defaultReaders(): number {
  return Math.max(LEAST_DEFAULT_READERS, Math.min(MOST_DEFAULT_READERS, availableParallelism()));
}

function connectionOptions(source: ResolvedSource): ConnectionOptions {
  const { server, port } = separateAddress(source);
  const [host, instance] = server.split('\\', 2);
  return {
    host,
    instance,
    port,
    database: source.database,
    user: source.user,
    password: source.password,
    authentication: source.authentication,
    domain: source.domain,
    tenantId: source.tenantId,
    clientId: source.clientId,
    encryption: source.encryption ?? (source.encrypt ?? true ? Encryption.MANDATORY : Encryption.NONE),
    ca: source.caFile === undefined ? undefined : readCaFile(source.caFile),
    trustServerCertificate: source.trustServerCertificate ?? false,
    hostNameInCertificate: source.hostNameInCertificate,
    multiSubnetFailover: source.multiSubnetFailover ?? false,
    readOnlyIntent: source.readOnlyIntent ?? false,
    connectTimeoutMs: (source.connectTimeoutSeconds ?? DEFAULT_CONNECT_TIMEOUT_SECONDS) * 1000,
    connectRetryMs: (source.connectRetrySeconds ?? DEFAULT_CONNECT_RETRY_SECONDS) * 1000,
  };
}

function readCaFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new LegacyToS3Error('INVALID_CONFIG', `cannot read the CA file '${path}': ${(error as Error).message}`, { cause: error });
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new LegacyToS3Error('INVALID_CONFIG', `the CA file '${path}' holds no PEM certificate ('-----BEGIN CERTIFICATE-----')`);
  }
  return text;
}

function outputFormat(format: ExtractFormat): OutputFormat {
  const { name, compression, delimiter, quote, header, nullText, binary, rowGroupBytes } = format;
  if (name === 'csv') {
    const own = nullText === undefined && { oneColumnNullText: oneColumnNullText(delimiter, quote) };
    return { name, compression, delimiter, quote, header, nullText, ...own } as OutputFormat;
  }
  if (name === 'jsonl') return { name, compression, binary } as OutputFormat;
  return { name, compression, rowGroupBytes } as OutputFormat;
}

function typeRules({ types, columnTypes }: ExtractorProps): Pick<OutputFormat, 'types'> {
  return types || columnTypes ? { types: { all: types, columns: columnTypes } } : {};
}
