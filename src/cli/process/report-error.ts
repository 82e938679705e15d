import { EXIT, EXIT_CODES } from './exit-codes';
import { LegacyToS3Error } from '../../extractor/doors/public';

export interface ReportOptions {
  /** Also print stacks. */
  readonly debug: boolean;
  /** Also print the error as a JSON line to standard output. */
  readonly json: boolean;
}

/** Prints one line for the error. @returns the exit code */
export function reportError(error: unknown, { debug, json }: ReportOptions): number {
  const known = error instanceof LegacyToS3Error ? error : undefined;
  const code = known?.code ?? 'INTERNAL';
  const message = oneLine(error instanceof Error ? error.message : String(error));
  process.stderr.write(`error ${code}: ${message}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ type: 'error', code, message })}\n`);
  if (debug) process.stderr.write(`${hideSecrets(stackOf(error))}\n`);
  return known ? EXIT_CODES[known.code] : EXIT.internal;
}

function oneLine(text: string): string {
  return hideSecrets(text.replace(/\s*[\r\n]+\s*/g, ' '));
}

/** The stack of the error and of what caused it. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? String(error.stack) : `${error.stack}\ncaused by: ${stackOf(error.cause)}`;
}

/** Environment variables whose values must not be printed. */
const SECRET_NAMES = /PASSWORD|SECRET|SESSION_TOKEN/i;

function hideSecrets(text: string): string {
  return Object.entries(process.env)
    .filter(([name, value]) => SECRET_NAMES.test(name) && (value ?? '').length >= 4)
    .reduce((clean, [, value]) => clean.replaceAll(value as string, '***'), text);
}
