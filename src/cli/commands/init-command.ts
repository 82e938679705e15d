import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { LegacyToS3Error } from '../../extractor/doors/public';
import { splitPatterns } from '../../extractor/source/catalog/table-patterns';
import { addSettings, settingValues, type OptionValues } from '../config/command-settings';
import { CONFIG_FILE, SETTINGS, type SettingValues } from '../config/settings';

interface InitOptions extends OptionValues {
  readonly out?: string;
  readonly force?: true;
}

/** What is asked for when it was not given. */
const QUESTIONS: ReadonlyArray<{ readonly key: string; readonly message: string; readonly default?: string }> = [
  { key: 'source.server', message: 'SQL Server (host, or host\\instance)' },
  { key: 'source.database', message: 'Database' },
  { key: 'source.user', message: 'Login' },
  { key: 'target', message: 'Target (s3://bucket/prefix or file:///folder)' },
  { key: 'tables', message: 'Tables (patterns such as dbo.*)', default: '*' },
  { key: 'format.name', message: 'Format (parquet, csv or jsonl)', default: 'parquet' },
];

/** Adds `init`. */
export function addInitCommand(program: Command): void {
  addSettings(program.command('init').description('Write a config file: asks for what the options do not say'), ['source', 'target', 'tables', 'format', 'reading'])
    .option('--out <file>', `the file to write (default: ${CONFIG_FILE})`)
    .option('--force', 'write over a file that is there')
    .option('--debug', 'print stacks of errors')
    .action(async (options: InitOptions) => {
      const path = options.out ?? CONFIG_FILE;
      const given = settingValues({ ...options, config: options.config ?? '' });
      const text = configText(await asked(given));
      try {
        writeFileSync(path, text, { flag: options.force ? 'w' : 'wx' });
      } catch (error) {
        const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
        throw new LegacyToS3Error('INVALID_CONFIG', exists ? `'${path}' is there already; pass --force to write over it, or --out with another name`
          : `cannot write '${path}': ${(error as Error).message}`, { cause: error });
      }
      process.stdout.write(`${path} is written. Next: set LEGACY_TO_S3_PASSWORD, then cdk-legacy-to-s3 check\n`);
    });
}

async function asked(given: SettingValues): Promise<SettingValues> {
  const values = new Map(given);
  const missing = QUESTIONS.filter(({ key }) => !values.has(key));
  const needed = missing.filter((question) => question.default === undefined);
  if (!process.stdin.isTTY) {
    if (needed.length === 0) return values;
    const flags = needed.map(({ key }) => SETTINGS.find((setting) => setting.key === key)!.flags!.split(' ')[0]);
    throw new LegacyToS3Error('INVALID_CONFIG', `there is no terminal to ask on: pass ${flags.join(', ')}`);
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { default: input } = require('@inquirer/input') as typeof import('@inquirer/input');
  for (const { key, message, default: standard } of missing) {
    const answer = await input({ message, default: standard, required: standard === undefined });
    values.set(key, key === 'tables' ? splitPatterns(answer) : answer);
  }
  return values;
}

/** The file: keys in the order of the table, sections as maps. */
export function configText(values: SettingValues): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { stringify } = require('yaml') as typeof import('yaml');
  const root: { [key: string]: unknown } = {};
  for (const { key } of SETTINGS.filter((setting) => values.has(setting.key))) {
    const [section, name] = key.split('.');
    if (name === undefined) root[section] = values.get(key);
    else root[section] = { ...root[section] as object | undefined, [name]: values.get(key) };
  }
  return `# yaml-language-server: $schema=node_modules/cdk-legacy-to-s3/legacy-to-s3.schema.json\n${stringify(root)}`;
}
