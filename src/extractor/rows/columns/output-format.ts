import type { TypeRules } from './type-rules';
import { LegacyToS3Error } from '../../api/errors';

/** Codecs; which of them a format allows is checked where the options are read. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'snappy';

/** How text is written as CSV (RFC 4180). */
export interface CsvFormat {
  readonly name: 'csv';
  readonly compression: Compression;
  /** One ASCII character; default `,`. */
  readonly delimiter?: string;
  /** One ASCII character; default `"`. */
  readonly quote?: string;
  /** Default true. */
  readonly header?: boolean;
  /** Text of NULL; default the unquoted empty field (an empty string is then `""`). */
  readonly nullText?: string;
  /** Text of NULL where there is one column alone and `nullText` is absent; absent in runs of before, whose NULLs are blank lines. */
  readonly oneColumnNullText?: string;
}

/** One JSON object a line, in UTF-8. */
export interface JsonLinesFormat {
  readonly name: 'jsonl';
  readonly compression: Compression;
  /** How binary is spelled; default base64. */
  readonly binary?: 'base64' | 'hex';
}

/** Apache Parquet. */
export interface ParquetFormat {
  readonly name: 'parquet';
  readonly compression: Compression;
  /** Target size of a row group's column buffers in memory (bytes); default 64 MiB. */
  readonly rowGroupBytes?: number;
}

/** What the landed objects are. */
export type OutputFormat = (CsvFormat | JsonLinesFormat | ParquetFormat) & { readonly types?: TypeRules };

/**
 * Text of NULL of a CSV with one column: NULL would be a blank line, which Python's csv, pandas and Arrow skip
 * (`ParseOptions.ignore_empty_lines`; pandas, `skip_blank_lines`), so that rows would be missing without a word. It is the one that
 * PostgreSQL and MySQL write, or another where the delimiter or the quote is of its characters.
 */
export function oneColumnNullText(delimiter = ',', quote = '"'): string {
  return ['\\N', 'NULL', '(null)', '-'].find((text) => !text.includes(delimiter) && !text.includes(quote))!;
}

/** The format of a table with these columns, or of the result of a query. */
export function formatOfColumns<F extends OutputFormat>(format: F, columns: ReadonlyArray<{ readonly nullable: boolean }>): F {
  if (format.name !== 'csv' || !hasBlankLines(format, columns) || format.oneColumnNullText === undefined) return format;
  return { ...format, nullText: format.oneColumnNullText };
}

/**
 * Refuses rows that would be blank lines.
 *
 * @param subject for the message: the table or the query
 * @throws LegacyToS3Error of code INVALID_CONFIG when NULL is to be written as nothing, and there is one column that may be NULL
 */
export function refuseBlankLines(format: OutputFormat, columns: ReadonlyArray<{ readonly nullable: boolean }>, subject: string): void {
  if (format.name !== 'csv' || format.nullText !== '' || !hasBlankLines(format, columns)) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `${subject} has one column, which may be NULL: with an empty nullText its NULLs would be blank lines of CSV, which `
    + `most readers skip; leave nullText out (NULL is then ${oneColumnNullText(format.delimiter, format.quote)} in such a table), or give another`);
}

/** Whether NULL would be a line of nothing. */
function hasBlankLines({ nullText = '' }: CsvFormat, columns: ReadonlyArray<{ readonly nullable: boolean }>): boolean {
  return nullText === '' && columns.length === 1 && columns[0].nullable;
}

/** `csv`, `csv.gz`, `csv.zst`, `jsonl`, …, `parquet`. */
export function fileExtension(format: OutputFormat): string {
  if (format.name === 'parquet') return 'parquet';
  const suffix = { none: '', gzip: '.gz', zstd: '.zst', snappy: '.snappy' }[format.compression];
  return `${format.name}${suffix}`;
}
