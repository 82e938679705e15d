import type { TypeRules } from './type-rules';

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

/** `csv`, `csv.gz`, `csv.zst`, `jsonl`, …, `parquet`. */
export function fileExtension(format: OutputFormat): string {
  if (format.name === 'parquet') return 'parquet';
  const suffix = { none: '', gzip: '.gz', zstd: '.zst', snappy: '.snappy' }[format.compression];
  return `${format.name}${suffix}`;
}
