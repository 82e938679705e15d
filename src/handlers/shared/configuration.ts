import { HandlerError } from './errors';

/** The SDK repeats what is throttled or fails on the service's side, with backoff, before Lambda repeats the event. */
export const CLIENT_SETTINGS = { maxAttempts: 5, retryMode: 'standard', requestHandler: { connectionTimeout: 3_000, requestTimeout: 20_000 } };

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
