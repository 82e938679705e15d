/** Stable codes of the extractor's errors; docs/troubleshooting.md says what to do for each. */
export type ErrorCode =
  | 'INVALID_CONFIG'
  | 'LOGIN_FAILED'
  | 'SOURCE_UNREACHABLE'
  | 'TLS_UNTRUSTED'
  | 'SOURCE_QUERY_FAILED'
  | 'SOURCE_CONNECTION_LOST'
  | 'SOURCE_STALLED'
  | 'SOURCE_ALTERS_DATA'
  | 'SCHEMA_CHANGED'
  | 'RUN_NOT_FOUND'
  | 'RUN_IN_USE'
  | 'RUN_COMPLETE'
  | 'NO_TABLE_MATCHED'
  | 'SOURCE_PERMISSION_DENIED'
  | 'UNSUPPORTED_TYPE'
  | 'INVALID_VALUE'
  | 'PROTOCOL_ERROR'
  | 'TARGET_NOT_FOUND'
  | 'TARGET_ACCESS_DENIED'
  | 'TARGET_UNREACHABLE'
  | 'TARGET_FULL'
  | 'TARGET_WRITE_FAILED'
  | 'TARGET_OCCUPIED'
  | 'CHUNK_TOO_LONG'
  | 'CHECKSUM_MISMATCH'
  | 'COUNT_MISMATCH'
  | 'AGGREGATE_MISMATCH'
  | 'CONTENT_MISMATCH'
  | 'VERIFICATION_FAILED'
  | 'TABLES_MISSING'
  | 'CHANGES_GAP'
  | 'CHANGES_REFUSED'
  | 'TABLES_NOT_COMMITTED'
  | 'LANDED_TABLE_REFUSED'
  | 'QUERY_FAILED'
  | 'CHECK_FAILED'
  | 'REPLAY_FAILED'
  | 'EXECUTION_FAILED'
  | 'INTERRUPTED'
  | 'INTERNAL';

const BRAND = Symbol.for('cdk-legacy-to-s3.error');

/**
 * An error a user can act on: one clear message and a stable `code`. Messages never hold a secret.
 *
 * The cause, if any, is kept for `--debug`; it is not part of the message. `instanceof` also holds for errors of the
 * bundled engine, which has its own copy of this class.
 */
export class LegacyToS3Error extends Error {
  public static [Symbol.hasInstance](value: unknown): boolean {
    if (this !== LegacyToS3Error) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  /** Marks errors of every copy of this class. @internal */
  public readonly [BRAND] = true;

  public constructor(
    public readonly code: ErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'LegacyToS3Error';
  }
}
