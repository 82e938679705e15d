import { LegacyToS3Error } from '../../api/errors';

/** Secrets shorter than this would blank out ordinary words; they are no secret anyway. */
const LEAST_SECRET = 4;

/** Takes secrets out of a text. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length >= LEAST_SECRET).reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}

/**
 * The error with secrets taken out of its message and of what caused it; errors of no known kind get the code INTERNAL. A
 * server may repeat a secret in what it says.
 */
export function toSafeError(error: unknown, secrets: readonly string[]): LegacyToS3Error {
  if (error instanceof LegacyToS3Error) {
    const message = redact(error.message, secrets);
    const cause = safeCause(error.cause, secrets);
    return message === error.message && cause === error.cause ? error : new LegacyToS3Error(error.code, message, { cause });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new LegacyToS3Error('INTERNAL', `unexpected: ${redact(message, secrets)}`, { cause: safeCause(error, secrets) });
}

/** The same cause when it holds no secret, else its name, message and stack without them. */
function safeCause(cause: unknown, secrets: readonly string[]): unknown {
  if (!(cause instanceof Error)) return typeof cause === 'string' ? redact(cause, secrets) : cause;
  const inner = safeCause(cause.cause, secrets);
  const message = redact(cause.message, secrets);
  const stack = redact(String(cause.stack), secrets);
  if (inner === cause.cause && message === cause.message && stack === String(cause.stack)) return cause;
  const safe = inner === undefined ? new Error(message) : new Error(message, { cause: inner });
  return Object.assign(safe, { name: cause.name, stack });
}
