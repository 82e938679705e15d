import type { Command } from 'commander';
import { askOnTerminal, type AskWhatThen } from './ask-what-then';
import { refuseMissing } from '../refuse-missing';
import {
  commandLine, findExtraction, newExecutionName, optionNames, REACH_SETTINGS, refuseOthers, type ExtractionOptions, type RemoteExtraction,
} from './remote-options';
import { EXTRACTION_INPUTS, type ExtractionInput } from '../../../contract';
import { counted } from '../../../extractor/api/counted';
import { LegacyToS3Error, type ExtractEvent, type ExtractResult } from '../../../extractor/doors/public';
import type { Execution } from '../../account/executions-client';
import { formatBytes } from '../../config/byte-size';
import { settingValues, type OptionValues } from '../../config/command-settings';
import { camel } from '../../config/to-props';
import { stopOnSignals } from '../../process/stop-on-signals';
import { createProgress, type Progress } from '../../progress';
import { SYSTEM_CLOCK, type Clock } from '../../remote/clock';
import { changesText, failureOf, isOfChild, outputOf, type CompletedRun } from '../../remote/execution-outcome';
import { followExecution } from '../../remote/follow-execution';

/** How an execution is shown, as commander hands it over. */
export interface FollowingOptions {
  readonly detach?: true;
  readonly json?: true;
  readonly quiet?: true;
}

/** Options of `extract --remote`, as commander hands them over. */
export interface RemoteOptions extends OptionValues, FollowingOptions {
  readonly stack?: string;
  readonly extraction?: string;
  readonly follow?: string;
  readonly plan?: string;
  readonly resume?: string;
}

/** What follows an execution, for tests. */
export interface Following {
  readonly ask: AskWhatThen | undefined;
  readonly clock: Clock;
}

const ALLOWED = ['remote', 'stack', 'extraction', 'detach', 'follow', 'plan', 'resume', 'config', 'json', 'quiet', 'debug'];

/** Starts an execution in the account and follows it, or follows one. @throws LegacyToS3Error */
export async function runRemote(command: Command, options: RemoteOptions): Promise<void> {
  const { stack, extraction, follow } = options;
  const inputs = optionNames(command, EXTRACTION_INPUTS);
  refuseOthers(command, options, new Set([...ALLOWED, ...inputs, ...optionNames(command, REACH_SETTINGS)]),
    'with --remote an execution takes --tables, --consistency, --plan and --resume, all else is of the deployment');
  if (stack === undefined) throw new LegacyToS3Error('INVALID_CONFIG', 'no extraction: --remote needs --stack with the name of the stack that it was deployed with');
  const input = inputOf(options);
  if (follow !== undefined) refuseBesides({ ...input, ...(options.detach && { detach: true }) });
  const remote = await findExtraction({ stack, extraction }, settingValues(options));
  try {
    const { executions, outputs: { name } } = remote;
    const execution = follow === undefined ? await executions.start(newExecutionName(), input) : executions.arnOf(follow);
    if (follow === undefined) tellStarted(`execution ${execution} of extraction '${name}' is started`, execution, options);
    if (options.detach) return;
    await follower(remote, { stack, extraction }, options)(execution);
  } finally {
    remote.executions.close();
  }
}

function refuseBesides(given: object): void {
  const names = Object.keys(given).map((name) => `--${name}`);
  if (names.length === 0) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `--follow shows an execution that is at work: ${names.join(', ')} cannot be given with it`);
}

/** What the execution is told: of the command line alone, since a config file here is of extractions from this machine. */
function inputOf({ plan, resume, ...options }: RemoteOptions): ExtractionInput {
  const given = settingValues({ ...options, config: '' });
  const tables = given.get('tables') as string[] | undefined;
  const consistency = given.get('consistency') as string | undefined;
  const others: ExtractionInput = {
    ...(tables && { tables }),
    ...(consistency !== undefined && { consistency: camel(consistency) }),
    ...(plan !== undefined && { plan }),
  };
  if (resume === undefined) return others;
  const [besides] = Object.keys(others);
  if (besides !== undefined) throw new LegacyToS3Error('INVALID_CONFIG', `--resume goes on with a run as it began, without --${besides}`);
  return { resume };
}

/** Says that an execution is at work; alone on standard output where nothing follows. */
export function tellStarted(text: string, execution: string, { detach, json, quiet }: FollowingOptions): void {
  if (json) process.stdout.write(`${JSON.stringify({ type: 'execution-started', execution, message: text })}\n`);
  else if (detach) process.stdout.write(`${execution}\n`);
  if (!json && !quiet) process.stderr.write(`${text}\n`);
}

/** Shows an execution to its end. @throws LegacyToS3Error: of the execution, or INTERRUPTED when it is left or stopped before */
export function follower(
  remote: RemoteExtraction, place: ExtractionOptions, options: FollowingOptions,
  { ask, clock }: Following = { ask: askOnTerminal(), clock: SYSTEM_CLOCK },
): (execution: string) => Promise<void> {
  return async (arn) => {
    const progress = createProgress(options);
    try {
      for (;;) {
        const ended = await followOnce(remote, arn, progress, clock);
        if (ended) return await finish(remote, place, ended, progress, options);
        progress.close();
        await leave(remote, place, arn, ask);
      }
    } finally {
      progress.close();
    }
  };
}

async function followOnce(
  { executions, watch }: RemoteExtraction, execution: string, progress: Progress, clock: Clock,
): Promise<Execution | undefined> {
  const described = await executions.describe(execution);
  const signals = stopOnSignals('no more is shown of the execution, which goes on', () => progress.close());
  const watched = watch(described, { onEvent: progress.onEvent });
  try {
    return await followExecution({ executions, execution, watch: watched, progress, clock, signal: signals.signal });
  } finally {
    signals.dispose();
    await watched.close();
  }
}

/** Returns when it is to be followed again. @throws LegacyToS3Error of code INTERRUPTED */
async function leave({ executions }: RemoteExtraction, place: ExtractionOptions, arn: string, ask: AskWhatThen | undefined): Promise<void> {
  const name = arn.split(':').at(-1)!;
  const answer = await ask?.(name) ?? 'leave';
  if (answer === 'follow') return;
  if (answer === 'stop') {
    await executions.stop(arn, 'INTERRUPTED', 'stopped from the command line');
    throw new LegacyToS3Error('INTERRUPTED', `execution ${name} was stopped; go on with it by ${commandLine('redrive', place, name)}`);
  }
  throw new LegacyToS3Error('INTERRUPTED', `execution ${name} goes on in the account; follow it by ${commandLine('extract', place, '--remote', '--follow', name)}`);
}

/** Shows what came of an execution. @throws LegacyToS3Error where it did not succeed, or tables are missing */
async function finish(
  remote: RemoteExtraction, place: ExtractionOptions, ended: Execution, progress: Progress, options: FollowingOptions,
): Promise<void> {
  if (ended.status !== 'SUCCEEDED') {
    const because = isOfChild(ended) ? await remote.executions.childError(ended.arn) ?? ended : ended;
    throw failureOf(ended, because, commandLine('redrive', place, ended.name));
  }
  const output = outputOf(ended);
  if (output && 'skipped' in output) throw new LegacyToS3Error('RUN_IN_USE', `execution ${ended.name} extracted nothing: ${output.skipped}`);
  if (output && 'unchanged' in output) {
    progress.close();
    return showUnchanged(output.unchanged, options);
  }
  const result = await resultOf(remote, ended, progress.onEvent);
  if (result) {
    progress.finish(result);
    if (output?.changes && !options.json && !options.quiet) process.stdout.write(`${changesText(output.changes)}\n`);
    refuseMissing(result, (run) => `${commandLine('extract', place, '--remote', '--resume', run)} tries these again`);
    return;
  }
  if (!output) {
    throw new LegacyToS3Error('EXECUTION_FAILED', `execution ${ended.name} succeeded, but neither its output nor a manifest says what it landed`);
  }
  progress.close();
  showOutput(remote, output, options);
}

/** By the manifest; undefined where that may not be read. */
async function resultOf({ watch }: RemoteExtraction, ended: Execution, onEvent: (event: ExtractEvent) => void): Promise<ExtractResult | undefined> {
  const watched = watch(ended, { onEvent });
  try {
    return await watched.result();
  } catch (error) {
    if (error instanceof LegacyToS3Error && error.code === 'TARGET_ACCESS_DENIED') return undefined;
    throw error;
  } finally {
    await watched.close();
  }
}

function showUnchanged(reason: string, { json, quiet }: FollowingOptions): void {
  if (json) process.stdout.write(`${JSON.stringify({ type: 'execution-finished', outcome: 'unchanged', reason })}\n`);
  else if (!quiet) process.stdout.write(`${reason}\n`);
}

function showOutput({ landing }: RemoteExtraction, output: CompletedRun, { json, quiet }: FollowingOptions): void {
  const { runId, rows, objects, sizeBytes, verification, manifestKey, changes } = output;
  if (json) return void process.stdout.write(`${JSON.stringify({ type: 'execution-finished', ...output })}\n`);
  if (quiet) return;
  const bucket = landing.target.split('/').slice(0, 3).join('/');
  process.stdout.write(`run ${runId}: ${counted(rows, 'row')} in ${counted(objects, 'object')}, ${formatBytes(sizeBytes)}; ${verification}\n${changes ? `${changesText(changes)}\n` : ''}manifest ${bucket}/${manifestKey}\n`);
}
