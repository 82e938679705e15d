/** Stable codes of the handlers' errors. */
export type HandlerErrorCode =
  | 'INVALID_EVENT'
  | 'INVALID_CONFIG'
  | 'WRITE_CONTENTION'
  | 'MANIFEST_MISPLACED'
  | 'MANIFEST_TOO_LARGE'
  | 'COMPLETION_NOT_STARTED'
  | 'EVENT_NOT_PUT'
  | 'RUN_NOT_REPORTED'
  | 'CATALOG_NAME_CLASH'
  | 'CATALOG_REFUSED'
  | 'CATALOG_NO_COLUMN'
  | 'TABLES_NOT_COMMITTED'
  | 'TABLE_COUNT_DIFFERS'
  | 'TABLE_NOT_COMPACTED'
  | 'INVALID_REQUEST'
  | 'RECORD_NOT_HANDLED'
  | 'BATCH_NOT_HANDLED';

/** An error of a handler: one clear message and a stable `code`. Messages never hold a secret. */
export class HandlerError extends Error {
  public constructor(
    public readonly code: HandlerErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'HandlerError';
  }
}

/** An event, or a record of one, that is not of a shape S3 or EventBridge sends. */
export class InvalidEventError extends HandlerError {
  public constructor(message: string, options?: { readonly cause?: unknown }) {
    super('INVALID_EVENT', message, options);
    this.name = 'InvalidEventError';
  }
}

/** One event record that could not be handled; `cause` says why. */
export class RecordNotHandledError extends HandlerError {
  public constructor(
    /** `s3://<bucket>/<key>`, or what is known of the record. */
    public readonly subject: string,
    cause: unknown,
  ) {
    super('RECORD_NOT_HANDLED', `${subject}: ${describeError(cause)}`, { cause });
    this.name = 'RecordNotHandledError';
  }
}

/** How many records a {@link BatchNotHandledError} names; a failure destination takes messages of 256 KB (SQS). */
const MAX_NAMED = 20;

/**
 * What an invocation ends with when records of its event could not be handled, after all others were.
 *
 * Lambda sends name, message and stack to the function's failure destination, so the stack carries the causes' own.
 */
export class BatchNotHandledError extends HandlerError {
  public constructor(
    public readonly failures: readonly RecordNotHandledError[],
    records: number,
  ) {
    const named = failures.slice(0, MAX_NAMED);
    const rest = failures.length - named.length;
    super('BATCH_NOT_HANDLED', `${failures.length} of ${records} event records could not be handled: ` +
      named.map((failure) => failure.message).join('; ') + (rest > 0 ? `; and ${rest} more` : ''), { cause: failures[0] });
    this.name = 'BatchNotHandledError';
    this.stack = [this.stack, ...named.map((failure) => causes(failure))].join('\n');
  }
}

/** Name, code and HTTP status of an error in one line: an answer to a HEAD request has no message of its own. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode === undefined ? '' : ` (HTTP ${$metadata.httpStatusCode})`;
  const label = typeof code === 'string' ? code : error.name;
  return `${label}${status}: ${error.message}`;
}

function causes(error: Error): string {
  const cause = error.cause instanceof Error ? `\n${causes(error.cause)}` : '';
  return `Caused by: ${error.stack ?? describeError(error)}${cause}`;
}
