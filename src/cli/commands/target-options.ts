import { Option, type Command } from 'commander';
import { loadDashboard } from './load-dashboard';
import { LegacyToS3Error, type LandingProps } from '../../extractor/doors/public';
import { addSettings, groupHeading, settingValues, type OptionValues } from '../config/command-settings';
import type { SettingGroup, SettingValues } from '../config/settings';
import { toLanding } from '../config/to-props';

/** A deployed pipeline, as commander hands it over. */
export interface StackOptions {
  readonly stack?: string;
  readonly pipeline?: string;
}

/** Adds the options of a deployed pipeline to those of the target. */
export function addStackOptions(command: Command): Command {
  return command
    .addOption(targetOption('--stack <name>', 'deployed stack of a pipeline to land in, instead of --to; bucket, prefix and key are read from its outputs'))
    .addOption(targetOption('--pipeline <name>', 'which pipeline of the stack, where it has several'));
}

function targetOption(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup(groupHeading('target'));
}

/** Where runs land in a bucket that is watched as a whole: below a prefix, so that checkpoints have a place beside it. */
const DEFAULT_PREFIX = 'landing/';

/**
 * The target that `--to` or the config file names, or the landing bucket of the pipeline in `--stack`, which comes before
 * that of the config file.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG when there is neither or both, or as the stack's outputs are read
 */
export async function targetOf(values: SettingValues, options: StackOptions & { readonly to?: string }): Promise<Pick<LandingProps, 'target' | 'kmsKeyId'>> {
  const { stack, pipeline } = options;
  const text = (key: string) => values.get(key) as string | undefined;
  if (options.to !== undefined && stack !== undefined) throw new LegacyToS3Error('INVALID_CONFIG', '--to and --stack exclude each other: pass one of them');
  if (stack !== undefined) {
    const outputs = await loadDashboard().stackOutputs({
      stack, pipeline, region: text('region'), profile: text('profile'), endpointUrl: text('endpointUrl'),
    });
    return { target: `s3://${outputs.bucketName}/${outputs.landingPrefix ?? DEFAULT_PREFIX}`, kmsKeyId: text('kmsKeyId') ?? outputs.keyArn };
  }
  const target = text('target');
  if (target === undefined) {
    throw new LegacyToS3Error('INVALID_CONFIG', 'no target: pass --to s3://bucket/prefix, --to file:///folder, or --stack with the name of a deployed pipeline\'s stack, '
      + 'or set target in the config file');
  }
  return { target, kmsKeyId: text('kmsKeyId') };
}

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
