import { LegacyToS3Error } from '../api/errors';

/** An error of code INVALID_CONFIG. */
export function invalid(message: string): LegacyToS3Error {
  return new LegacyToS3Error('INVALID_CONFIG', message);
}

/** A value as messages show it. */
export function describe(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value) ?? String(value);
}

// Each refuses with code INVALID_CONFIG what is given and is not so.

export function validateWhole(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined) return;
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw invalid(`${name} must be a whole number ${range}, got ${describe(value)}`);
  }
}

/** Smallest size worth a file or a chunk. */
const MIN_BYTES = 1024 * 1024;

export function validateBytes(name: string, value: number | undefined): void {
  validateWhole(name, value, MIN_BYTES, Number.MAX_SAFE_INTEGER);
}

export function validateBoolean(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalid(`${name} must be true or false, got ${describe(value)}`);
}

/** @param choices an enumeration */
export function validateChoice(name: string, value: unknown, choices: { readonly [name: string]: string }): void {
  const allowed = Object.values(choices);
  if (value !== undefined && !allowed.includes(value as string)) throw invalid(`${name} must be one of ${allowed.join(', ')}, got ${describe(value)}`);
}

export function validateList(name: string, value: unknown, of: string): void {
  if (value !== undefined && !Array.isArray(value)) throw invalid(`${name} must be a list of ${of}, got ${describe(value)}`);
}
