/** How `time` lands in Parquet. */
export enum TimeType {
  /** STRING, ISO 8601 with all digits of the scale; 24:00:00, which some servers send, passes as it came. */
  TEXT = 'text',
  /** TIME in microseconds, at scale 7 in nanoseconds; 24:00:00 is refused. */
  NATIVE = 'native',
}

/** How `uniqueidentifier` lands in Parquet. */
export enum UniqueidentifierType {
  /** STRING, upper case, as SQL Server prints it. */
  TEXT = 'text',
  /** UUID: 16 bytes in the order of RFC 9562, which is that of the text. */
  UUID = 'uuid',
}

/** How `smalldatetime`, `datetime`, `datetime2` and `datetimeoffset` land in Parquet. */
export enum TimestampType {
  /**
   * TIMESTAMP in microseconds, the seventh digit of scale 7 in a companion column `<column>__100ns`, and the offset of
   * `datetimeoffset` in `<column>__offset_minutes`: exact over the years 1 to 9999.
   */
  COMPANION = 'companion',
  /** STRING, ISO 8601 with all digits of the scale, and the offset of `datetimeoffset`. */
  TEXT = 'text',
  /** At scale 7 TIMESTAMP in nanoseconds: 1677-09-21 to 2262-04-11; values outside are refused. Else as COMPANION. */
  NANOSECONDS = 'ns',
  /** As COMPANION without `<column>__100ns`: the seventh digit is dropped, and the manifest counts where it was not 0. */
  TRUNCATED = 'truncated',
}

/** How `date` lands in Parquet. */
export enum DateType {
  /** DATE. */
  NATIVE = 'native',
  /** STRING, ISO 8601, for engines that refuse dates before 1582. */
  TEXT = 'text',
}

/** How CLR types (`hierarchyid`, `geometry`, `geography`, a database's own) land. */
export enum ClrType {
  /** The server's serialisation. */
  BINARY = 'binary',
  /** Text that the server makes by `ToString()`: well-known text with Z and M (without SRID), or the path of a hierarchyid. */
  TEXT = 'text',
}

/** What becomes of half a surrogate pair in UTF-16 text, which UTF-8 cannot hold. */
export enum LoneSurrogates {
  /** The extraction ends with an error that names table, column and row. */
  REFUSE = 'error',
  /** U+FFFD lands instead, and the manifest counts them by column. */
  REPLACE = 'replace',
}

/**
 * What becomes of text that is no Unicode: half a surrogate pair in UTF-16, bytes without a character in their code page, bytes
 * that are not UTF-8 in a `_UTF8` collation.
 */
export enum InvalidText {
  /** The extraction ends with an error that names table, column and row. */
  REFUSE = 'error',
  /** U+FFFD lands instead, and the manifest counts them by column. */
  REPLACE = 'replace',
}

/** How binary values are spelled in JSON. */
export enum BinaryEncoding {
  /** RFC 4648 base64. */
  BASE64 = 'base64',
  /** Upper-case hexadecimal digits. */
  HEX = 'hex',
}

/** How values land where a SQL Server type leaves a choice; docs/type-mapping.md has the whole table. */
export interface TypeOptions {
  /**
   * Of `time`, in Parquet.
   *
   * @default TimeType.TEXT
   */
  readonly time?: TimeType;

  /**
   * Of `uniqueidentifier`, in Parquet.
   *
   * @default UniqueidentifierType.TEXT
   */
  readonly uniqueidentifier?: UniqueidentifierType;

  /**
   * Of `smalldatetime`, `datetime`, `datetime2` and `datetimeoffset`, in Parquet.
   *
   * @default TimestampType.COMPANION
   */
  readonly timestamps?: TimestampType;

  /**
   * Of `date`, in Parquet.
   *
   * @default DateType.NATIVE
   */
  readonly dates?: DateType;

  /**
   * Of CLR types. A query has to convert them itself.
   *
   * @default ClrType.BINARY
   */
  readonly clr?: ClrType;

  /**
   * Of binary values, in CSV and JSON Lines.
   *
   * @default - hexadecimal in CSV, the format's own option in JSON Lines
   */
  readonly binary?: BinaryEncoding;

  /**
   * Of text that is no Unicode, in every format: half a surrogate pair, bytes without a character in their code page, bytes that
   * are not UTF-8. A sequence that is not UTF-8 is replaced as The Unicode Standard (3.9, U+FFFD Substitution of Maximal
   * Subparts) has it, bytes of a double-byte code page as a pair.
   *
   * @default InvalidText.REFUSE
   */
  readonly invalidText?: InvalidText;

  /**
   * Of half a surrogate pair alone, in every format.
   *
   * @default - what `invalidText` says
   */
  readonly loneSurrogates?: LoneSurrogates;
}
