import { Authentication, type SqlServerSource } from '../../extractor/doors/public';
import { NEEDS_PASSWORD, PASSWORD_PLACES } from '../../extractor/options/validate-source';

/** Asks a question without showing what is typed. */
export type AskHidden = (message: string) => Promise<string>;

/**
 * The source with a password asked for on the terminal, where there is one and nothing else tells the password.
 *
 * @param ask undefined where nobody can be asked
 */
export async function withPassword<T extends SqlServerSource>(
  source: T, ask: AskHidden | undefined = terminal(), env: NodeJS.ProcessEnv = process.env,
): Promise<T> {
  const places = [...PASSWORD_PLACES, 'connectionString', 'connectionStringFromEnv'] as const;
  const told = places.some((place) => source[place] !== undefined) || env.LEGACY_TO_S3_PASSWORD !== undefined;
  // Nobody types a token.
  const typed = NEEDS_PASSWORD.has(source.authentication) && source.authentication !== Authentication.ENTRA_ACCESS_TOKEN;
  if (ask === undefined || told || !typed) return source;
  return { ...source, password: await ask(`Password of ${source.user ?? 'the login'} on ${source.server ?? 'the server'}`) };
}

function terminal(): AskHidden | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { default: password } = require('@inquirer/password') as typeof import('@inquirer/password');
  return async (message) => password({ message }, { output: process.stderr });
}
