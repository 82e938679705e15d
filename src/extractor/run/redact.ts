import { LegacyToS3Error } from '../errors';

/** Secrets shorter than this would blank out ordinary words; they are no secret anyway. */
const LEAST_SECRET = 4;

/** Takes secrets out of a text. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length >= LEAST_SECRET).reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}

/** The error with secrets taken out of its message; errors of no known kind get the code INTERNAL. */
export function toSafeError(error: unknown, secrets: readonly string[]): LegacyToS3Error {
  if (error instanceof LegacyToS3Error) {
    const message = redact(error.message, secrets);
    return message === error.message ? error : new LegacyToS3Error(error.code, message, { cause: error.cause });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new LegacyToS3Error('INTERNAL', `unexpected: ${redact(message, secrets)}`, { cause: error });
}
