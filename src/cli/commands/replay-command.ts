import type { Command } from 'commander';
import { loadDashboard } from './load-dashboard';
import type { ReplayRequest } from '../../contract';
import { LegacyToS3Error } from '../../extractor/doors/public';
import { addSettings, settingValues, type OptionValues } from '../config/command-settings';

interface ReplayOptions extends OptionValues {
  readonly stack: string;
  readonly pipeline?: string;
  readonly queue?: true;
  readonly run?: string;
  readonly prefix?: string;
  readonly json?: true;
}

/** Adds `replay`. */
export function addReplayCommand(program: Command): void {
  const command = program.command('replay').description('Have a deployed pipeline do again what failed or never happened; repeating it changes nothing');
  addSettings(command.requiredOption('--stack <name>', 'deployed stack of the pipeline'), ['target'])
    .option('--pipeline <name>', 'which pipeline of the stack, where it has several')
    .option('--queue', 'give every event of the failure queue to its function again')
    .option('--run <run>', 'record all objects of a run again, its manifest last')
    .option('--prefix <prefix>', 'record every object under a prefix again; with --run, the landing prefix of the run')
    .option('--json', 'print the counts as JSON')
    .option('--debug', 'print stacks of errors')
    .action(async (options: ReplayOptions) => {
      const request = requestOf(options);
      const values = settingValues(options);
      const place = { region: values.get('region') as string | undefined, endpointUrl: values.get('endpointUrl') as string | undefined };
      const { stackOutputs, replay } = loadDashboard();
      const { replayName, landingPrefix } = await stackOutputs({ stack: options.stack, pipeline: options.pipeline, ...place });
      if (replayName === undefined) throw new LegacyToS3Error('TARGET_NOT_FOUND', `the pipeline of stack '${options.stack}' has no replay function (replay: false)`);
      const whole = request.action === 'run' && request.prefix === undefined ? { ...request, prefix: landingPrefix } : request;
      const totals = await replay({ functionName: replayName, ...place }, whole, ({ attempted, failed }) => {
        if (!options.json) process.stdout.write(`${attempted} done again, ${failed} failed\n`);
      });
      if (options.json) process.stdout.write(`${JSON.stringify(totals)}\n`);
      if (totals.failed === 0) return;
      if (!options.json) for (const { subject, message } of totals.failures) process.stdout.write(`failed: ${subject}: ${message}\n`);
      throw new LegacyToS3Error('REPLAY_FAILED', `${totals.failed} of ${totals.attempted} failed again; the lines above name the first`);
    });
}

/** @throws LegacyToS3Error of code INVALID_CONFIG unless exactly one thing is asked for */
export function requestOf({ queue, run, prefix }: Pick<ReplayOptions, 'queue' | 'run' | 'prefix'>): ReplayRequest {
  if (queue && (run !== undefined || prefix !== undefined)) throw new LegacyToS3Error('INVALID_CONFIG', '--queue excludes --run and --prefix');
  if (queue) return { action: 'queue' };
  if (run !== undefined) return { action: 'run', runId: run, ...(prefix !== undefined && { prefix }) };
  if (prefix !== undefined) return { action: 'objects', prefix };
  throw new LegacyToS3Error('INVALID_CONFIG', 'nothing to replay: pass --queue, --run RUN or --prefix PREFIX');
}
