import { HandlerError } from './errors';

/**
 * The value of an environment variable the pipeline sets.
 *
 * @throws HandlerError INVALID_CONFIG when it is missing or empty
 */
export function requiredEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new HandlerError('INVALID_CONFIG', `expected the environment variable ${name}, got ${value === undefined ? 'none' : 'an empty one'}`);
  return value;
}
