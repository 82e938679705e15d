import { Option, type Command } from 'commander';
import { readPlan } from './plan-file';
import { createProgress } from './progress';
import {
  addPlanningOptions, addSourceOptions, risks, size, toPlanning, toSource, wholeNumber, type PlanningOptions, type SourceOptions,
} from './source-options';
import { targetOf } from './stack-target';
import { stopOnSignals } from './stop-on-signals';
import {
  extract, ExtractFormat, LegacyToS3Error, ParquetCompression, resume, TextCompression,
  type ExtractorProps, type SourceRisk,
} from '../extractor/public';

/** The options as commander hands them over. */
export interface ExtractOptions extends SourceOptions, PlanningOptions {
  readonly plan?: string;
  readonly resume?: string;
  readonly takeOver?: true;
  readonly accept?: SourceRisk[];
  readonly query?: string;
  readonly as?: string;
  readonly format: 'csv' | 'jsonl' | 'parquet';
  readonly compression?: string;
  readonly to?: string;
  readonly stack?: string;
  readonly pipeline?: string;
  readonly targetFileSize?: number;
  readonly readers?: number;
  readonly maxRetries?: number;
  readonly idleTimeout?: number;
  readonly lockTimeout?: number;
  readonly maxDop?: number;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly kmsKeyId?: string;
  readonly expectedBucketOwner?: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly debug?: true;
}

/** Adds `extract`. */
export function addExtractCommand(program: Command): void {
  const command = program.command('extract')
    .description('Extract tables, or the result of a query, and land them in S3 or a folder');
  addPlanningOptions(addSourceOptions(command))
    .option('--plan <file>', 'run this plan, as the command plan wrote it')
    .option('--resume <run>', 'go on with this run, which did not end')
    .option('--take-over', 'resume also from a process that may still hold the run: only when it is dead')
    .option('--accept <risks>', 'extract what the source alters or withholds: masked-columns, row-level-security, encrypted-columns, denied-columns', risks)
    .option('--query <select>', 'extract the result of this query instead of tables')
    .option('--as <name>', 'name of the query\'s result: name or schema.name')
    .addOption(new Option('--format <format>', 'format of the objects').choices(['csv', 'jsonl', 'parquet']).default('parquet'))
    .option('--compression <codec>', 'parquet: zstd (default), snappy, gzip, none; csv and jsonl: none (default), gzip, zstd')
    .option('--to <url>', 's3://bucket/prefix or file:///folder')
    .option('--stack <name>', 'deployed stack of a pipeline to land in, instead of --to; bucket, prefix and key are read from its outputs')
    .option('--pipeline <name>', 'which pipeline of the stack, where it has several')
    .option('--target-file-size <size>', 'close a file at this size, for example 256MiB', size)
    .option('--readers <number>', 'chunks read at the same time (default: one for each core, 2 to 8)', wholeNumber)
    .option('--max-retries <number>', 'how often a chunk is read anew after failures that pass (default: 5)', wholeNumber)
    .option('--idle-timeout <seconds>', 'cut a connection whose server sends nothing for so long (default: 300)', wholeNumber)
    .option('--lock-timeout <seconds>', 'how long a statement waits for a lock (default: 60)', wholeNumber)
    .option('--max-dop <number>', 'cores the server may use for one statement; 0 leaves it to the server (default: 1)', wholeNumber)
    .option('--region <region>', 'region of the bucket')
    .option('--endpoint-url <url>', 'URL of an S3-compatible store')
    .option('--kms-key-id <key>', 'KMS key that S3 encrypts the objects with')
    .option('--expected-bucket-owner <account>', 'account that must own the bucket')
    .option('--json', 'print events as JSON lines and the result last')
    .option('--quiet', 'print nothing but errors')
    .option('--debug', 'print stacks of errors')
    .action(async (options: ExtractOptions) => {
      await runExtract(options);
    });
}

async function runExtract(options: ExtractOptions): Promise<void> {
  const props = toProps(options, await targetOf(options));
  const progress = createProgress(options);
  const signals = stopOnSignals();
  try {
    const controls = { signal: signals.signal, onEvent: progress.onEvent };
    const result = options.resume === undefined
      ? await extract(props, controls)
      : await resume(props, options.resume, { ...controls, takeOver: options.takeOver });
    progress.finish(result);
  } finally {
    progress.close();
    signals.dispose();
  }
}

/** The options as `Extractor` takes them. @throws LegacyToS3Error of code INVALID_CONFIG */
export function toProps(options: ExtractOptions, landing: Pick<ExtractorProps, 'target' | 'kmsKeyId'>): ExtractorProps {
  if ((options.query === undefined) !== (options.as === undefined)) {
    throw new LegacyToS3Error('INVALID_CONFIG', '--query and --as belong together: --query "SELECT …" --as name');
  }
  return {
    source: toSource(options),
    ...landing,
    ...toPlanning(options),
    plan: options.plan === undefined ? undefined : readPlan(options.plan),
    accept: options.accept,
    query: options.query === undefined ? undefined : { sql: options.query, name: options.as as string },
    format: toFormat(options),
    targetFileBytes: options.targetFileSize,
    readers: options.readers,
    maxRetries: options.maxRetries,
    idleTimeoutSeconds: options.idleTimeout,
    lockTimeoutSeconds: options.lockTimeout,
    maxDop: options.maxDop,
    region: options.region,
    endpointUrl: options.endpointUrl,
    expectedBucketOwner: options.expectedBucketOwner,
  };
}

function toFormat({ format, compression }: ExtractOptions): ExtractFormat {
  switch (format) {
    case 'csv': return ExtractFormat.csv({ compression: compression as TextCompression | undefined });
    case 'jsonl': return ExtractFormat.jsonLines({ compression: compression as TextCompression | undefined });
    case 'parquet': return ExtractFormat.parquet({ compression: compression as ParquetCompression | undefined });
  }
}
