import { Authentication, type SqlServerSource } from '../extractor/public';

/** Where a password may come from instead of a terminal. */
const PLACES = [
  'password', 'passwordFromEnv', 'passwordSecretArn', 'passwordParameter', 'passwordFile', 'connectionString', 'connectionStringFromEnv',
] as const satisfies ReadonlyArray<keyof SqlServerSource>;

const WITH_PASSWORD: ReadonlySet<Authentication | undefined> = new Set([
  undefined, Authentication.SQL, Authentication.NTLM, Authentication.ENTRA_PASSWORD, Authentication.ENTRA_SERVICE_PRINCIPAL,
]);

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
  const told = PLACES.some((place) => source[place] !== undefined) || env.LEGACY_TO_S3_PASSWORD !== undefined;
  if (ask === undefined || told || !WITH_PASSWORD.has(source.authentication)) return source;
  return { ...source, password: await ask(`Password of ${source.user ?? 'the login'} on ${source.server ?? 'the server'}`) };
}

function terminal(): AskHidden | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { default: password } = require('@inquirer/password') as typeof import('@inquirer/password');
  return async (message) => password({ message }, { output: process.stderr });
}
