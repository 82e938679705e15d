import { existsSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CONFIG_FILE, GROUP_TITLES, SETTINGS, type Setting, type SettingGroup, type SettingValues } from './settings';

/** The values of a command's options, by the names commander gives them. */
export type OptionValues = { readonly [name: string]: unknown };

/**
 * Adds the options of the settings of some groups, and `--config`.
 *
 * @param keys of single settings besides
 */
export function addSettings(command: Command, groups: readonly SettingGroup[], keys: readonly string[] = []): Command {
  command.option('--config <file>', 'config file; options of the command line come before it (default: legacy-to-s3.yaml, where there is one)');
  const isAdded = ({ group, key, flags }: Setting) => flags !== undefined && (groups.includes(group) || keys.includes(key));
  for (const setting of SETTINGS.filter(isAdded)) command.addOption(optionOf(setting));
  return command;
}

/** What the command line and the config file say; the command line comes first. @throws LegacyToS3Error of code INVALID_CONFIG */
export function settingValues(options: OptionValues): SettingValues {
  // Empty: none, not even the usual one.
  const path = options.config as string | undefined ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : '');
  const values = new Map<string, unknown>(path === '' ? [] : loadReader().readConfig(path));
  for (const setting of SETTINGS) {
    const value = setting.flags === undefined ? undefined : options[optionOf(setting).attributeName()];
    if (value !== undefined) values.set(setting.key, value);
  }
  return values;
}

/** YAML is parsed only where there is a config file, so that other commands start without it. */
function loadReader(): typeof import('./read-config') {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('./read-config') as typeof import('./read-config');
}

/** Heading of a group's options in the help. */
export function groupHeading(group: SettingGroup): string {
  return `${GROUP_TITLES[group]}:`;
}

/** A whole number as the value of an option that is no setting. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}

function optionOf({ group, takes, flags = '', description, default: told }: Setting): Option {
  const choices = takes.choices ? `: ${takes.choices.join(', ')}` : '';
  const standard = told === undefined ? '' : ` (default: ${told})`;
  const option = new Option(flags, `${description}${choices}${standard}`).helpGroup(groupHeading(group));
  // An option without an argument is a flag.
  if (!/[<[]/.test(flags)) return option;
  return option.argParser((text: string, earlier: unknown) => {
    // Else an option without its value would swallow the next one.
    if (/^--[a-z]/.test(text)) throw new InvalidArgumentError(`expected ${takes.expected}, not an option.`);
    const value = takes.parseText(text);
    if (value === undefined) throw new InvalidArgumentError(`expected ${takes.expected}.`);
    return takes.joins && Array.isArray(earlier) ? [...earlier as unknown[], ...value as unknown[]] : value;
  });
}
