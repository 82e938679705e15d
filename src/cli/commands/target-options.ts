import type { Command } from 'commander';
import { addStackOptions, targetOf, type StackOptions } from './stack-target';
import type { LandingProps } from '../../extractor/doors/public';
import { addSettings, settingValues, type OptionValues } from '../config/command-settings';
import type { SettingGroup, SettingValues } from '../config/settings';
import { toLanding } from '../config/to-props';

/** Where a run landed, as commander hands it over. */
export type TargetOptions = OptionValues & StackOptions;

/** Adds the options of commands on runs that were. @param groups further ones */
export function addTargetOptions(command: Command, groups: readonly SettingGroup[] = []): Command {
  return addStackOptions(addSettings(command, ['target', ...groups])).option('--debug', 'print stacks of errors');
}

/** The target as the extractor takes it. @throws LegacyToS3Error as {@link targetOf} */
export async function landingOf(options: TargetOptions, values: SettingValues = settingValues(options)): Promise<LandingProps> {
  return { ...toLanding(values), ...await targetOf(values, options) };
}
