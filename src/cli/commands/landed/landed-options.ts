import type { Command } from 'commander';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import { addSettings, settingValues, type OptionValues } from '../../config/command-settings';
import type { SettingValues } from '../../config/settings';
import type { TablesSource } from '../../tables';
import { addStackOptions, type StackOptions } from '../target-options';

/** Where landed tables are, as commander hands it over. */
export type LandedOptions = OptionValues & StackOptions & { readonly to?: string; readonly json?: true };

/** Settings that say where landed tables are, and how AWS is reached. */
export const LANDED_SETTINGS: readonly string[] = ['target', 'region', 'profile', 'endpointUrl'];

/** Adds the options of commands on landed tables. */
export function addLandedOptions(command: Command, json: string): Command {
  return addStackOptions(addSettings(command, [], LANDED_SETTINGS)).option('--json', json).option('--debug', 'print stacks of errors');
}

/**
 * Where landed tables are: a folder, by `--to` or the config file, or the pipeline of `--stack`, which comes before that of the file.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG when there is neither or both
 */
export function tablesSourceOf(options: LandedOptions, values: SettingValues = settingValues(options)): TablesSource {
  const { stack, pipeline, to } = options;
  const text = (key: string) => values.get(key) as string | undefined;
  if (to !== undefined && stack !== undefined) throw new LegacyToS3Error('INVALID_CONFIG', '--to and --stack exclude each other: pass one of them');
  if (stack !== undefined) return { stack, pipeline, region: text('region'), profile: text('profile'), endpointUrl: text('endpointUrl') };
  const target = text('target');
  if (target === undefined) {
    throw new LegacyToS3Error('INVALID_CONFIG', 'no target: pass --to file:///folder, or --stack with the name of a deployed pipeline\'s stack, or set target in the config file');
  }
  return { target };
}

/** A table and why it failed. */
export interface FailedTable {
  readonly name: string;
  readonly problem: { readonly code: string; readonly message: string };
}

/** The same as a line. */
export function problemLine({ name, problem: { code, message } }: FailedTable): string {
  return `${name}: ${code}: ${message}`;
}

/** Some names, and how many more there are. */
export function someNames(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}
