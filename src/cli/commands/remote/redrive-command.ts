import type { Command } from 'commander';
import { follower, tellStarted, type FollowingOptions } from './remote-extract';
import { commandLine, findExtraction, newExecutionName, REACH_SETTINGS, type ExtractionOptions, type RemoteExtraction } from './remote-options';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import type { Execution } from '../../account/executions-client';
import { addSettings, settingValues, type OptionValues } from '../../config/command-settings';
import { outputOf } from '../../remote/execution-outcome';
import { goOn } from '../../remote/go-on';

/** How many of the newest executions are looked at for one that failed. */
const LOOKED_AT = 50;

type RedriveOptions = OptionValues & ExtractionOptions & FollowingOptions;

/** Adds `redrive`. */
export function addRedriveCommand(program: Command): void {
  const command = program.command('redrive [execution]')
    .description('Go on with an execution that failed, timed out or was stopped, by its ARN or name; the last one where none is named. '
      + 'Step Functions redrives it, or a new execution resumes its run where a redrive is refused or would fail the same way')
    .requiredOption('--stack <name>', 'deployed stack of the extraction')
    .option('--extraction <name>', 'which extraction of the stack, where it has several')
    .option('--detach', 'do not follow it')
    .option('--json', 'print events as JSON lines and the result last')
    .option('--quiet', 'print nothing but errors')
    .option('--debug', 'print stacks of errors');
  addSettings(command, [], REACH_SETTINGS).action(async (execution: string | undefined, options: RedriveOptions) => {
    const remote = await findExtraction(options, settingValues(options));
    try {
      await redrive(remote, execution, options);
    } finally {
      remote.executions.close();
    }
  });
}

async function redrive(remote: RemoteExtraction, named: string | undefined, options: RedriveOptions): Promise<void> {
  const { executions } = remote;
  const failed = named === undefined ? await lastFailed(remote, options) : await executions.describe(executions.arnOf(named));
  const watch = remote.watch(failed);
  const { told, execution } = await goOn({ executions, failed, watch, newName: newExecutionName() }).finally(async () => watch.close());
  tellStarted(told, execution, options);
  if (!options.detach) await follower(remote, options, options)(execution);
}

/**
 * The newest that ended without success; what came after it must not be forgotten.
 *
 * @throws LegacyToS3Error of code RUN_NOT_FOUND when none did, RUN_COMPLETE or RUN_IN_USE when a later one succeeded or is at work
 */
async function lastFailed({ executions, outputs: { name } }: RemoteExtraction, options: RedriveOptions): Promise<Execution> {
  const listed = await executions.list(LOOKED_AT);
  const failed = listed.find(({ status, isRunning }) => !isRunning && status !== 'SUCCEEDED');
  if (!failed) throw new LegacyToS3Error('RUN_NOT_FOUND', `no execution of extraction '${name}' failed, of the last ${listed.length}: there is nothing to redrive`);
  // Executions that were skipped changed nothing.
  const newest = listed.find((execution) => !('skipped' in (outputOf(execution) ?? {})))!;
  if (newest === failed) return failed;
  const command = commandLine('redrive', options, failed.name);
  if (newest.isRunning) throw new LegacyToS3Error('RUN_IN_USE', `execution ${newest.name} is at work since ${failed.name} failed; when it has ended, name that one if it is meant: ${command}`);
  throw new LegacyToS3Error('RUN_COMPLETE', `execution ${newest.name} has succeeded since ${failed.name} failed; name that one if it is meant: ${command}`);
}
