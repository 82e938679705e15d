import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseSize } from './parse-size';
import { SourceRisk, type ExtractorProps, type SqlServerSource } from '../extractor/public';
import { splitPatterns } from '../extractor/source/table-patterns';

/** How to reach the source, as commander hands it over. */
export interface SourceOptions {
  readonly server: string;
  readonly port?: number;
  readonly user: string;
  readonly database: string;
  readonly encrypt: 'true' | 'false';
  readonly caFile?: string;
  readonly trustServerCertificate?: true;
  readonly hostNameInCertificate?: string;
  readonly connectTimeout?: number;
  readonly readOnlyIntent?: true;
}

/** What is planned, as commander hands it over. */
export interface PlanningOptions {
  readonly tables?: string[];
  readonly excludeTables?: string[];
  readonly targetChunkSize?: number;
  readonly targetChunkRows?: number;
}

/** Adds the options of the source. @param required whether the command always needs one */
export function addSourceOptions(command: Command, required = true): Command {
  const needed = (flags: string, description: string) => command.addOption(new Option(flags, description).makeOptionMandatory(required));
  needed('--server <host>', 'host name or address, or host\\instance');
  needed('--user <login>', 'SQL Server login; its password is read from LEGACY_TO_S3_PASSWORD');
  needed('--database <name>', 'database to read');
  return command
    .option('--port <number>', 'TCP port (default: 1433)', wholeNumber)
    .addOption(new Option('--encrypt <true|false>', 'encrypt the connection').choices(['true', 'false']).default('true'))
    .option('--ca-file <path>', 'PEM file with the authorities to trust for the server\'s certificate')
    .option('--trust-server-certificate', 'accept any certificate (whoever sits in between can read along)')
    .option('--host-name-in-certificate <name>', 'host name expected in the certificate (default: the server)')
    .option('--connect-timeout <seconds>', 'how long connecting and logging in may take (default: 15)', wholeNumber)
    .option('--read-only-intent', 'let an availability group send the connections to a readable secondary');
}

/** Adds the options of tables and chunks. */
export function addPlanningOptions(command: Command): Command {
  return command
    .option('--tables <patterns>', 'comma-separated schema.table patterns with * and ?; [a.b] is literal (default: all tables)', patterns)
    .option('--exclude-tables <patterns>', 'comma-separated patterns of tables to leave out', patterns)
    .option('--target-chunk-size <size>', 'cut tables into chunks of about this size in the source (default: 512MiB)', size)
    .option('--target-chunk-rows <number>', 'cut tables into chunks of about this many rows instead', wholeNumber);
}

/** The source as `Extractor` takes it. */
export function toSource(options: SourceOptions): SqlServerSource {
  return {
    server: options.server,
    port: options.port,
    database: options.database,
    user: options.user,
    encrypt: options.encrypt === 'true',
    caFile: options.caFile,
    trustServerCertificate: options.trustServerCertificate,
    hostNameInCertificate: options.hostNameInCertificate,
    connectTimeoutSeconds: options.connectTimeout,
    readOnlyIntent: options.readOnlyIntent,
  };
}

/** Tables and chunks as `Extractor` takes them. */
export function toPlanning(options: PlanningOptions): Pick<ExtractorProps, 'tables' | 'excludeTables' | 'targetChunkBytes' | 'targetChunkRows'> {
  return {
    tables: options.tables,
    excludeTables: options.excludeTables,
    targetChunkBytes: options.targetChunkSize,
    targetChunkRows: options.targetChunkRows,
  };
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}

export function size(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError('expected a size such as 256MiB, 1GiB or a number of bytes.');
  return bytes;
}

/** `masked-columns,denied-columns`, as the risks' own values in kebab case. */
export function risks(text: string): SourceRisk[] {
  const names = new Map(Object.values(SourceRisk).map((risk) => [risk.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), risk]));
  return text.split(',').map((name) => {
    const risk = names.get(name.trim());
    if (!risk) throw new InvalidArgumentError(`expected ${[...names.keys()].join(', ')}.`);
    return risk;
  });
}

/** Takes the option more than once, and several patterns each time. */
function patterns(text: string, earlier: string[] = []): string[] {
  const found = splitPatterns(text);
  if (found.length === 0) throw new InvalidArgumentError('expected patterns such as dbo.*.');
  return [...earlier, ...found];
}
