import { LegacyToS3Error } from './errors';
import { BinaryEncoding } from './type-options';
import { refuseUnknown, type NamesOf } from './unknown-names';

/** Codec of the pages of a Parquet file. */
export enum ParquetCompression {
  /** Zstandard: smallest. */
  ZSTD = 'zstd',
  /** Snappy: fastest to write. */
  SNAPPY = 'snappy',
  /** GZIP: read by the oldest readers. */
  GZIP = 'gzip',
  /** No compression. */
  NONE = 'none',
}

/** Compression of a whole text file. */
export enum TextCompression {
  /** No compression. */
  NONE = 'none',
  /** gzip: `.gz`. */
  GZIP = 'gzip',
  /** Zstandard: `.zst`. */
  ZSTD = 'zstd',
}

/** Options of CSV. */
export interface CsvOptions {
  /**
   * Compression of each file.
   *
   * @default TextCompression.NONE
   */
  readonly compression?: TextCompression;

  /**
   * Field delimiter: one ASCII character other than the quote, CR or LF.
   *
   * @default ,
   */
  readonly delimiter?: string;

  /**
   * What fields are quoted with where they must be: one ASCII character other than the delimiter, CR or LF, and not one
   * that numbers, dates or base64 hold. It is doubled inside a field.
   *
   * @default "
   */
  readonly quote?: string;

  /**
   * Whether each file starts with the columns' names.
   *
   * @default true
   */
  readonly header?: boolean;

  /**
   * Text of NULL. With the default an empty string is written as `""`, so that the two stay apart. It holds neither
   * quote, delimiter, CR nor LF. A table of one column that may be NULL has `\\N` by default, since readers skip blank lines.
   *
   * @default - the unquoted empty field
   */
  readonly nullText?: string;
}

/** Options of JSON Lines. */
export interface JsonLinesOptions {
  /**
   * Compression of each file.
   *
   * @default TextCompression.NONE
   */
  readonly compression?: TextCompression;

  /**
   * How binary values are spelled.
   *
   * @default BinaryEncoding.BASE64
   */
  readonly binary?: BinaryEncoding;
}

/** Options of Parquet. */
export interface ParquetOptions {
  /**
   * Codec of the pages.
   *
   * @default ParquetCompression.ZSTD
   */
  readonly compression?: ParquetCompression;

  /**
   * Target size of a row group's column buffers in memory (bytes); at least 1 MiB.
   *
   * @default 67108864 (64 MiB)
   */
  readonly rowGroupBytes?: number;
}

const CSV: NamesOf<CsvOptions> = { compression: true, delimiter: true, quote: true, header: true, nullText: true };
const JSON_LINES: NamesOf<JsonLinesOptions> = { compression: true, binary: true };
const PARQUET: NamesOf<ParquetOptions> = { compression: true, rowGroupBytes: true };

/** Format of the landed objects. */
export class ExtractFormat {
  /** CSV as RFC 4180 has it, in UTF-8. */
  public static csv(options: CsvOptions = {}): ExtractFormat {
    refuseUnknown('csv.', options, CSV);
    const { delimiter = ',', quote = '"', nullText = '' } = options;
    if (!/^[\x01-\x7f]$/.test(quote) || /[0-9A-Za-z+\-.:/=\r\n]/.test(quote)) {
      throw new LegacyToS3Error('INVALID_CONFIG',
        `the CSV quote must be one ASCII character other than a letter, a digit, + - . : / = CR and LF, got ${JSON.stringify(quote)}`);
    }
    if (!/^[\x01-\x7f]$/.test(delimiter) || /[\r\n]/.test(delimiter) || delimiter === quote) {
      throw new LegacyToS3Error('INVALID_CONFIG',
        `the CSV delimiter must be one ASCII character other than the quote, CR or LF, got ${JSON.stringify(delimiter)}`);
    }
    if ([quote, delimiter, '\r', '\n'].some((character) => nullText.includes(character))) {
      throw new LegacyToS3Error('INVALID_CONFIG',
        `the CSV text of NULL must not hold the quote, the delimiter, CR or LF, got ${JSON.stringify(nullText)}`);
    }
    return new ExtractFormat('csv', oneOf('CSV compression', options.compression ?? TextCompression.NONE, TextCompression), { ...options });
  }

  /** One JSON object a line, in UTF-8. */
  public static jsonLines(options: JsonLinesOptions = {}): ExtractFormat {
    refuseUnknown('jsonLines.', options, JSON_LINES);
    if (options.binary !== undefined) oneOf('JSON Lines binary encoding', options.binary, BinaryEncoding);
    return new ExtractFormat('jsonl', oneOf('JSON Lines compression', options.compression ?? TextCompression.NONE, TextCompression), { ...options });
  }

  /** Apache Parquet. */
  public static parquet(options: ParquetOptions = {}): ExtractFormat {
    refuseUnknown('parquet.', options, PARQUET);
    const bytes = options.rowGroupBytes;
    if (bytes !== undefined && (!Number.isSafeInteger(bytes) || bytes < 1024 * 1024)) {
      throw new LegacyToS3Error('INVALID_CONFIG', `rowGroupBytes must be a whole number of at least 1048576, got ${bytes}`);
    }
    return new ExtractFormat('parquet', oneOf('Parquet compression', options.compression ?? ParquetCompression.ZSTD, ParquetCompression), { ...options });
  }

  /** Field delimiter of CSV. */
  public readonly delimiter?: string;
  /** Quote of CSV. */
  public readonly quote?: string;
  /** Whether CSV files have a header. */
  public readonly header?: boolean;
  /** Text of NULL in CSV. */
  public readonly nullText?: string;
  /** How JSON Lines spells binary values. */
  public readonly binary?: BinaryEncoding;
  /** Target size of a Parquet row group in memory (bytes). */
  public readonly rowGroupBytes?: number;

  private constructor(
    /** `csv`, `jsonl` or `parquet`. */
    public readonly name: string,
    /** `none`, `gzip`, `zstd` or `snappy`. */
    public readonly compression: string,
    options: Omit<CsvOptions & JsonLinesOptions & ParquetOptions, 'compression'>,
  ) {
    this.delimiter = options.delimiter;
    this.quote = options.quote;
    this.header = options.header;
    this.nullText = options.nullText;
    this.binary = options.binary;
    this.rowGroupBytes = options.rowGroupBytes;
  }
}

function oneOf<T extends string>(what: string, value: T, allowed: { readonly [name: string]: T }): T {
  const values = Object.values(allowed);
  if (!values.includes(value)) {
    throw new LegacyToS3Error('INVALID_CONFIG', `${what} must be one of ${values.join(', ')}, got ${JSON.stringify(value)}`);
  }
  return value;
}
