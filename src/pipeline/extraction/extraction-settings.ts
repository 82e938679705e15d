import { IResolvable, Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';
import { ExtractionPrices } from './extraction-bounds';
import { ExtractionOptions } from './extraction-options';
import { ExtractionProps } from './extraction-props';
import { ExtractionSource } from './extraction-source';
import { ExtractionWorkers } from './extraction-workers';
import { ExtractionLimits, normalizePrefix } from '../../contract';
import { ExtractorProps } from '../../extractor/api/extractor-props';
import { LandingProps, ObjectChecksum, ServerSideEncryption } from '../../extractor/api/landing-props';
import { SqlServerSource } from '../../extractor/api/sql-server-source';
import { validateProps } from '../../extractor/options/validate-props';
import { requireComplete } from '../../extractor/options/validate-source';
import { invalidInput } from '../checks/validation';
import { ILegacyToS3Pipeline } from '../interface/pipeline-interface';

/**
 * Where each option of an extraction goes: to the begin of an execution with what it may change (`settings`), to the functions'
 * environment of how they read (`reading`), or to that of where they land (`landing`).
 */
export const PLACES: { readonly [option in keyof Required<ExtractionOptions>]: 'settings' | 'reading' | 'landing' } = {
  tables: 'settings',
  excludeTables: 'settings',
  includeViews: 'settings',
  tableOptions: 'settings',
  format: 'settings',
  types: 'settings',
  columnTypes: 'settings',
  targetFileBytes: 'settings',
  targetChunkBytes: 'settings',
  targetChunkRows: 'settings',
  accept: 'settings',
  consistency: 'settings',
  sourceAggregates: 'settings',
  sourceHashes: 'settings',
  onTableError: 'settings',
  readers: 'reading',
  threads: 'reading',
  backOff: 'reading',
  maxRetries: 'reading',
  retryErrorNumbers: 'reading',
  idleTimeoutSeconds: 'reading',
  lockTimeoutSeconds: 'reading',
  deadlockPriority: 'reading',
  maxDop: 'reading',
  proxyUrl: 'landing',
  serverSideEncryption: 'landing',
  expectedBucketOwner: 'landing',
  checksum: 'landing',
  targetTimeoutSeconds: 'landing',
};

/** Of the 256 KiB that a state may take in (Step Functions, "Quotas") as much as leaves room for an execution's own input. */
const MOST_BYTES = 192 * 1024;

/** The options of one place that are given. */
function optionsOf(props: ExtractionOptions, place: typeof PLACES[keyof typeof PLACES]): { [name: string]: unknown } {
  const names = (Object.keys(PLACES) as (keyof ExtractionOptions)[]).filter((name) => PLACES[name] === place && props[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, props[name]]));
}

/** What an execution begins with, unless its input says otherwise. */
export function settingsOf(props: ExtractionOptions): { [name: string]: unknown } {
  return optionsOf(props, 'settings');
}

/** How workers read. */
export function readingOf(props: ExtractionOptions): { [name: string]: unknown } {
  return optionsOf(props, 'reading');
}

/** Where it lands: below the pipeline's prefix. */
export function landingOf({ pipeline, ...props }: ExtractionOptions & { readonly pipeline: ILegacyToS3Pipeline }): LandingProps {
  const { bucket, landingPrefix } = pipeline;
  const byKms = props.serverSideEncryption === ServerSideEncryption.KMS || props.serverSideEncryption === ServerSideEncryption.KMS_DSSE;
  return {
    target: `s3://${bucket.bucketName}/${normalizePrefix(landingPrefix)}`,
    ...optionsOf(props, 'landing'),
    ...byKms && bucket.encryptionKey && { kmsKeyId: bucket.encryptionKey.keyArn },
  };
}

/** The source as the functions take it; without the certificates, which they fetch themselves. */
export function sourceOf({ secret, passwordParameter, caCertificate, ...source }: ExtractionSource): SqlServerSource {
  return {
    ...source,
    ...secret && { passwordSecretArn: secret.secretArn },
    ...passwordParameter && { passwordParameter: passwordParameter.parameterArn },
  };
}

/** What bounds an execution. @param maxChunkSeconds of functions; undefined where none read */
export function limitsOf(props: ExtractionProps, memorySize: number, maxChunkSeconds: number | undefined): ExtractionLimits {
  const { workers = ExtractionWorkers.lambda(), maxSeconds, maxCost, window } = props;
  return {
    maxConcurrency: workers.maxConcurrency,
    ...maxChunkSeconds !== undefined && { maxChunkSeconds },
    ...workers.maxTasks !== undefined && { maxTasks: workers.maxTasks },
    bytesPerSecond: props.assumedBytesPerSecond ?? 10 * 1024 * 1024,
    ...maxSeconds !== undefined && { maxSeconds },
    ...window && { window },
    ...workers.lambdaOptions && { worker: { memorySize: workers.lambdaOptions.memorySize ?? memorySize, prices: pricesOf(props) } },
    ...maxCost !== undefined && { maxCost },
  };
}

/** Prices in US dollars: those given, else list prices of us-east-1 as assumed on 2025-12-01 (docs/cost.md). */
function pricesOf({ prices, architecture = lambda.Architecture.ARM_64 }: Pick<ExtractionProps, 'prices' | 'architecture'>): Required<ExtractionPrices> {
  return {
    lambdaGbSecond: architecture.name === lambda.Architecture.X86_64.name ? 0.0000166667 : 0.0000133334,
    lambdaRequest: 0.0000002,
    s3Write: 0.000005,
    s3Read: 0.0000004,
    stateTransition: 0.000025,
    ...Object.fromEntries(Object.entries(prices ?? {}).filter(([, price]) => price !== undefined)),
  };
}

/** Refuses options that the extractor would refuse once it runs; what is known only at deployment passes. */
export function checkSettings(scope: IConstruct, props: ExtractionProps): void {
  const checked = known(scope, {
    ...settingsOf(props),
    ...readingOf(props),
    ...optionsOf(props, 'landing'),
    source: sourceOf(props.source),
    target: 's3://bucket',
  }) as unknown as ExtractorProps;
  try {
    validateProps(checked);
    // What a secret may say is taken for said.
    requireComplete({ server: 'server', database: 'database', user: 'user', ...checked.source });
  } catch (error) {
    throw invalidInput(scope, (error as Error).message);
  }
  if (props.checksum === ObjectChecksum.NONE) {
    throw invalidInput(scope, 'checksum must be SHA256 or CRC64NVME, got NONE: the pipeline\'s run completion compares objects by their checksum');
  }
  const bytes = Buffer.byteLength(JSON.stringify(known(scope, settingsOf(props))));
  if (bytes > MOST_BYTES) {
    throw invalidInput(scope, `tables, tableOptions, columnTypes and what else an execution begins with must be ${MOST_BYTES} bytes at most as JSON, got ${bytes}: `
      + 'Step Functions hands on 256 KiB; use patterns for several tables');
  }
  const path = Object.keys(props.columnTypes ?? {}).find((column) => column.endsWith('.$'));
  if (path !== undefined) {
    throw invalidInput(scope, `columnTypes must not name a column as '${path}', whose end means a path to Step Functions: write '${path.slice(0, -1)}[$]'`);
  }
}

/** Without numbers and lists that only deployment knows; texts that only it knows stand for themselves. */
function known(scope: IConstruct, value: unknown): unknown {
  if (typeof value === 'string') return Token.isUnresolved(value) ? 'known-at-deployment' : value;
  if (Token.isUnresolved(value)) return undefined;
  if (Array.isArray(value)) return value.map((item) => known(scope, item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, known(scope, inner)]).filter(([, inner]) => inner !== undefined));
}

/** JSON that may hold what only deployment knows. */
export function toJson(scope: IConstruct, value: object | IResolvable): string {
  return Stack.of(scope).toJsonString(value);
}
