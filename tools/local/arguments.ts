import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(__dirname, '..', '..');

/** What to keep up. */
export interface LocalArguments {
  /** CDK app to deploy, relative to the repository. */
  readonly app: string;
  readonly transactions: number;
  /** Shell command to run with the environment, instead of waiting for Ctrl-C. */
  readonly run?: string;
}

export const USAGE = `usage: npm run local -- [--app FILE] [--transactions N] [--run COMMAND]

Starts the stand-in SQL Server and the local cloud with an app deployed, packs the package, writes .tmp/local/env.sh
and keeps all of it up until Ctrl-C.

  --app FILE          CDK app to deploy (default examples/quickstart/app.ts)
  --transactions N    rows of the source's largest table (1000 to 10000000, default 100000)
  --run COMMAND       run this shell command with that environment in the clone, then stop; its exit code is the result`;

/** @throws Error with a line for the user */
export function parseLocalArguments(args: readonly string[]): LocalArguments | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      app: { type: 'string', default: 'examples/quickstart/app.ts' },
      transactions: { type: 'string', default: '100000' },
      run: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if (!existsSync(path.resolve(ROOT, values.app))) throw new Error(`--app must be a file of the clone, got '${values.app}'`);
  return { app: values.app, transactions: wholeTransactions(values.transactions), run: values.run };
}

/** @throws Error with a line for the user */
export function wholeTransactions(text: string): number {
  const transactions = Number(text);
  if (!Number.isInteger(transactions) || transactions < 1000 || transactions > 10_000_000) {
    throw new Error(`--transactions must be a whole number from 1000 to 10000000, got '${text}'`);
  }
  return transactions;
}
