import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { LegacyToS3Error, watchRun, type LandingProps, type RunWatch, type WatchOptions } from '../../../extractor/doors/public';
import type { Execution, ExecutionsClient } from '../../account/executions-client';
import type { ExtractionOutputs, StackPlace } from '../../account/stack-outputs';
import type { OptionValues } from '../../config/command-settings';
import { SETTINGS, type SettingValues } from '../../config/settings';
import { toLanding } from '../../config/to-props';
import { runOf } from '../../remote/go-on';
import { loadDashboard } from '../load-dashboard';

/** Settings that say how AWS is reached; all others of the target are of the deployment. */
export const REACH_SETTINGS: readonly string[] = ['region', 'profile', 'roleArn', 'proxyUrl', 'endpointUrl', 'expectedBucketOwner', 'targetTimeoutSeconds'];

/** Which extraction, as commander hands it over. */
export interface ExtractionOptions {
  readonly stack: string;
  readonly extraction?: string;
}

/** A deployed extraction: its executions, and the runs that they land. */
export interface RemoteExtraction {
  readonly outputs: ExtractionOutputs;
  readonly executions: ExecutionsClient;
  readonly landing: LandingProps;
  /** Of the run of an execution. */
  watch(execution: Execution, options?: WatchOptions): RunWatch;
}

/** Where a stack is, as settings say. */
export function placeOf(stack: string, values: SettingValues): StackPlace {
  const text = (key: string) => values.get(key) as string | undefined;
  return { stack, region: text('region'), profile: text('profile'), endpointUrl: text('endpointUrl') };
}

/** Opens an extraction; `close` its executions at the end. */
export function openExtraction(outputs: ExtractionOutputs, values: SettingValues, place: StackPlace): RemoteExtraction {
  const { ExecutionsClient: Client } = loadDashboard();
  const reach = toLanding(new Map([...values].filter(([key]) => REACH_SETTINGS.includes(key))));
  const landing: LandingProps = { ...reach, target: outputs.target };
  return {
    outputs,
    executions: new Client(outputs, place),
    landing,
    watch: (execution, options) => (
      watchRun(landing, runOf(execution), { since: (execution.redrivenAt ?? execution.startedAt).getTime(), ...options })),
  };
}

/**
 * The extraction that is meant.
 *
 * @throws LegacyToS3Error of code TARGET_NOT_FOUND when the stack has none, INVALID_CONFIG when it has several and none was named, or
 * as the stack's outputs are read
 */
export async function findExtraction({ stack, extraction }: ExtractionOptions, values: SettingValues): Promise<RemoteExtraction> {
  const place = placeOf(stack, values);
  return openExtraction(chosen(await loadDashboard().stackExtractions(place), stack, extraction), values, place);
}

/** @throws as {@link findExtraction} */
export function chosen(extractions: readonly ExtractionOutputs[], stack: string, named: string | undefined): ExtractionOutputs {
  const names = extractions.map(({ name }) => name).join(', ');
  if (extractions.length === 0) throw new LegacyToS3Error('TARGET_NOT_FOUND', `stack '${stack}' has no extraction: add the construct Extraction to it and deploy, or extract from this machine without --remote`);
  if (named === undefined) {
    if (extractions.length === 1) return extractions[0];
    throw new LegacyToS3Error('INVALID_CONFIG', `stack '${stack}' has several extractions: name one with --extraction (${names})`);
  }
  const found = extractions.find(({ name }) => name === named);
  if (!found) throw new LegacyToS3Error('INVALID_CONFIG', `stack '${stack}' has no extraction '${named}', only ${names}`);
  return found;
}

/** Refuses what was given on the command line beside what is allowed. @param why what holds instead */
export function refuseOthers(command: Command, options: OptionValues, allowed: ReadonlySet<string>, why: string): void {
  const others = command.options.filter((option) => options[option.attributeName()] !== undefined && !allowed.has(option.attributeName()));
  if (others.length > 0) throw new LegacyToS3Error('INVALID_CONFIG', `${others.map(({ long }) => long).join(', ')} cannot be given here: ${why}`);
}

/** Names that commander gives to the options of settings. */
export function optionNames(command: Command, keys: readonly string[]): string[] {
  const flags = new Set(SETTINGS.filter(({ key }) => keys.includes(key)).map((setting) => setting.flags));
  return command.options.filter((option) => flags.has(option.flags)).map((option) => option.attributeName());
}

/** A name for a new execution: when it was started, and by what. */
export function newExecutionName(now = new Date()): string {
  return `cli-${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`;
}

/** A command line that a person may copy. */
export function commandLine(command: string, { stack, extraction }: ExtractionOptions, ...rest: string[]): string {
  return ['cdk-legacy-to-s3', command, '--stack', stack, ...(extraction === undefined ? [] : ['--extraction', extraction]), ...rest].join(' ');
}
