import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseSize } from './parse-size';
import { createProgress } from './progress';
import { stopOnSignals } from './stop-on-signals';
import {
  extract, ExtractFormat, LegacyToS3Error, ParquetCompression, TextCompression,
  type ExtractorProps,
} from '../extractor/public';
import { splitPatterns } from '../extractor/source/table-patterns';

/** The options as commander hands them over. */
export interface ExtractOptions {
  readonly server: string;
  readonly port?: number;
  readonly user: string;
  readonly database: string;
  readonly encrypt: 'true' | 'false';
  readonly caFile?: string;
  readonly trustServerCertificate?: true;
  readonly hostNameInCertificate?: string;
  readonly connectTimeout?: number;
  readonly tables?: string[];
  readonly excludeTables?: string[];
  readonly query?: string;
  readonly as?: string;
  readonly format: 'csv' | 'jsonl' | 'parquet';
  readonly compression?: string;
  readonly to: string;
  readonly targetFileSize?: number;
  readonly readers?: number;
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
  program.command('extract')
    .description('Extract tables, or the result of a query, and land them in S3 or a folder')
    .requiredOption('--server <host>', 'host name or address, or host\\instance')
    .option('--port <number>', 'TCP port (default: 1433)', wholeNumber)
    .requiredOption('--user <login>', 'SQL Server login; its password is read from LEGACY_TO_S3_PASSWORD')
    .requiredOption('--database <name>', 'database to read')
    .addOption(new Option('--encrypt <true|false>', 'encrypt the connection').choices(['true', 'false']).default('true'))
    .option('--ca-file <path>', 'PEM file with the authorities to trust for the server\'s certificate')
    .option('--trust-server-certificate', 'accept any certificate (whoever sits in between can read along)')
    .option('--host-name-in-certificate <name>', 'host name expected in the certificate (default: the server)')
    .option('--connect-timeout <seconds>', 'how long connecting and logging in may take (default: 15)', wholeNumber)
    .option('--tables <patterns>', 'comma-separated schema.table patterns with * and ?; [a.b] is literal (default: all tables)', patterns)
    .option('--exclude-tables <patterns>', 'comma-separated patterns of tables to leave out', patterns)
    .option('--query <select>', 'extract the result of this query instead of tables')
    .option('--as <name>', 'name of the query\'s result: name or schema.name')
    .addOption(new Option('--format <format>', 'format of the objects').choices(['csv', 'jsonl', 'parquet']).default('parquet'))
    .option('--compression <codec>', 'parquet: zstd (default), snappy, gzip, none; csv and jsonl: none (default), gzip, zstd')
    .requiredOption('--to <url>', 's3://bucket/prefix or file:///folder')
    .option('--target-file-size <size>', 'close a file at this size, for example 256MiB', size)
    .option('--readers <number>', 'tables read at the same time (default: 2)', wholeNumber)
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
  const props = toProps(options);
  const progress = createProgress(options);
  const signals = stopOnSignals();
  try {
    const result = await extract(props, { signal: signals.signal, onEvent: progress.onEvent });
    progress.finish(result);
  } finally {
    progress.close();
    signals.dispose();
  }
}

/** The options as `Extractor` takes them. @throws LegacyToS3Error of code INVALID_CONFIG */
export function toProps(options: ExtractOptions): ExtractorProps {
  if ((options.query === undefined) !== (options.as === undefined)) {
    throw new LegacyToS3Error('INVALID_CONFIG', '--query and --as belong together: --query "SELECT …" --as name');
  }
  return {
    source: {
      server: options.server,
      port: options.port,
      database: options.database,
      user: options.user,
      encrypt: options.encrypt === 'true',
      caFile: options.caFile,
      trustServerCertificate: options.trustServerCertificate,
      hostNameInCertificate: options.hostNameInCertificate,
      connectTimeoutSeconds: options.connectTimeout,
    },
    target: options.to,
    tables: options.tables,
    excludeTables: options.excludeTables,
    query: options.query === undefined ? undefined : { sql: options.query, name: options.as as string },
    format: toFormat(options),
    targetFileBytes: options.targetFileSize,
    readers: options.readers,
    region: options.region,
    endpointUrl: options.endpointUrl,
    kmsKeyId: options.kmsKeyId,
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

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}

function size(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError('expected a size such as 256MiB, 1GiB or a number of bytes.');
  return bytes;
}

/** Takes the option more than once, and several patterns each time. */
function patterns(text: string, earlier: string[] = []): string[] {
  const found = splitPatterns(text);
  if (found.length === 0) throw new InvalidArgumentError('expected patterns such as dbo.*.');
  return [...earlier, ...found];
}
