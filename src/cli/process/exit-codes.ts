import type { ErrorCode } from '../../extractor/doors/public';

/** What the process ends with. */
export const EXIT = {
  ok: 0,
  /** A defect of this program. */
  internal: 1,
  /** Wrong arguments or configuration. */
  config: 2,
  /** The source refused, cannot be reached, or holds what cannot be extracted. */
  source: 3,
  /** The target refused, cannot be reached, or is full. */
  target: 4,
  /** What was landed does not equal the source, or the store's checksum ours. */
  verification: 5,
  /** The run landed its other tables, or they were committed; some are missing. */
  incomplete: 6,
  /** Stopped by SIGINT or SIGTERM (128 + 2, as shells have it). */
  interrupted: 130,
} as const;

/** The same, as help says it. */
export const EXIT_HELP = `Exit codes: 0 done, ${EXIT.config} wrong options, ${EXIT.source} the source failed, ${EXIT.target} the target failed, `
  + `${EXIT.verification} what landed differs,\n${EXIT.incomplete} tables are missing, ${EXIT.interrupted} stopped, ${EXIT.internal} a defect of this program. What to do about each error: docs/troubleshooting.md`;

/** Exit code of each error code. */
export const EXIT_CODES: { readonly [code in ErrorCode]: number } = {
  INVALID_CONFIG: EXIT.config,
  LOGIN_FAILED: EXIT.source,
  SOURCE_UNREACHABLE: EXIT.source,
  TLS_UNTRUSTED: EXIT.source,
  SOURCE_QUERY_FAILED: EXIT.source,
  SOURCE_CONNECTION_LOST: EXIT.source,
  SOURCE_STALLED: EXIT.source,
  SOURCE_ALTERS_DATA: EXIT.source,
  SCHEMA_CHANGED: EXIT.source,
  CHANGES_GAP: EXIT.source,
  CHANGES_REFUSED: EXIT.config,
  RUN_NOT_FOUND: EXIT.target,
  RUN_IN_USE: EXIT.target,
  RUN_COMPLETE: EXIT.target,
  NO_TABLE_MATCHED: EXIT.source,
  SOURCE_PERMISSION_DENIED: EXIT.source,
  UNSUPPORTED_TYPE: EXIT.source,
  INVALID_VALUE: EXIT.source,
  PROTOCOL_ERROR: EXIT.source,
  TARGET_NOT_FOUND: EXIT.target,
  TARGET_ACCESS_DENIED: EXIT.target,
  TARGET_UNREACHABLE: EXIT.target,
  TARGET_FULL: EXIT.target,
  TARGET_WRITE_FAILED: EXIT.target,
  TARGET_OCCUPIED: EXIT.target,
  CHUNK_TOO_LONG: EXIT.source,
  CHECKSUM_MISMATCH: EXIT.verification,
  COUNT_MISMATCH: EXIT.verification,
  AGGREGATE_MISMATCH: EXIT.verification,
  CONTENT_MISMATCH: EXIT.verification,
  VERIFICATION_FAILED: EXIT.verification,
  TABLES_MISSING: EXIT.incomplete,
  TABLES_NOT_COMMITTED: EXIT.incomplete,
  LANDED_TABLE_REFUSED: EXIT.target,
  QUERY_FAILED: EXIT.target,
  CHECK_FAILED: EXIT.config,
  REPLAY_FAILED: EXIT.target,
  EXECUTION_FAILED: EXIT.target,
  INTERRUPTED: EXIT.interrupted,
  INTERNAL: EXIT.internal,
};
