import { InvalidArgumentError, type Command } from 'commander';
import { addLandedOptions, tablesSourceOf, type LandedOptions } from './landed-options';
import { loadTables } from './load-tables';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import { parseSize } from '../../config/byte-size';
import { stopOnSignals } from '../../process/stop-on-signals';
import type { QueryResult, QueryValue } from '../../tables';
import { textTable } from '../text-table';

type QueryCommandOptions = LandedOptions & { readonly run?: string; readonly maxBytes?: number; readonly csv?: true };

/** Rows that a table of text shows; its widths need them all at once. */
const MOST_TEXT_ROWS = 1000;

/** Adds `query`. */
export function addQueryCommand(program: Command): void {
  addLandedOptions(program.command('query <select>')
    .description('Ask landed tables one query that only reads: those of a folder by DuckDB on this machine, those of a pipeline by Athena in its workgroup')
    .option('--run <run>', 'landed tables as this run left them')
    .option('--max-bytes <size>', 'refuse a query whose tables have files of more bytes than this, such as 10GiB', size)
    .option('--csv', 'print rows as CSV; NULL is the empty field, the empty text ""'), 'print rows as JSON lines; what a number would not hold exactly is a text')
    .addHelpText('after', EXAMPLES)
    .action(async (sql: string, options: QueryCommandOptions) => {
      if (options.json && options.csv) throw new LegacyToS3Error('INVALID_CONFIG', '--json and --csv exclude each other: pass one of them');
      const signals = stopOnSignals('nothing was changed');
      try {
        const { run: runId, maxBytes, json, csv } = options;
        const use = json ? printJson : csv ? printCsv : printTable;
        await loadTables().query(tablesSourceOf(options), sql, { runId, maxBytes, signal: signals.signal }, use);
      } finally {
        signals.dispose();
      }
    });
}

const EXAMPLES = `
Examples:
  cdk-legacy-to-s3 query --to file:///data "SELECT count(*) FROM ledger_dbo_accounts"
  cdk-legacy-to-s3 query --stack LegacyLedger --run RUN "SELECT max(id) FROM ledger_dbo_accounts" --csv`;

function size(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError('expected a size such as 256MiB, 1GiB or a number of bytes.');
  return bytes;
}

/** Waits where the reader is slow. */
async function print(text: string): Promise<void> {
  if (text === '' || process.stdout.destroyed || process.stdout.write(text)) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      process.stdout.off('drain', go).off('close', go).off('error', go);
      resolve();
    };
    process.stdout.on('drain', go).on('close', go).on('error', go);
  });
}

async function printJson({ columns, rows }: QueryResult): Promise<void> {
  for await (const some of rows) {
    await print(some.map((row) => `${JSON.stringify(Object.fromEntries(columns.map(({ name }, at) => [name, row[at]])))}\n`).join(''));
  }
}

async function printCsv({ columns, rows }: QueryResult): Promise<void> {
  const line = (cells: readonly QueryValue[]) => `${cells.map(csvField).join(',')}\r\n`;
  await print(line(columns.map(({ name }) => name)));
  for await (const some of rows) await print(some.map(line).join(''));
}

function csvField(value: QueryValue): string {
  if (value === null) return '';
  const text = textOf(value);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function printTable({ columns, rows }: QueryResult): Promise<void> {
  const shown: string[][] = [];
  let more = false;
  for await (const some of rows) {
    shown.push(...some.map((row) => row.map((value) => (value === null ? 'NULL' : textOf(value).replace(/[\u0000-\u001f\u007f]/g, ' ')))).slice(0, MOST_TEXT_ROWS - shown.length));
    more = shown.length === MOST_TEXT_ROWS && some.length > 0;
    if (more) break;
  }
  await print(textTable(columns.map(({ name }) => name), shown));
  if (more) process.stderr.write(`the first ${MOST_TEXT_ROWS} rows are shown; --json and --csv print all\n`);
}

function textOf(value: QueryValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
