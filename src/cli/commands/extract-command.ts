import type { Command } from 'commander';
import { withPassword } from './ask-password';
import { committedText, commitTables, landingFolder, refuseUncommitted, softDeletesOf } from './landed/land-tables';
import { loadTables } from './landed/load-tables';
import { readPlan } from './plan-command';
import { refuseMissing } from './refuse-missing';
import { runRemote, type RemoteOptions } from './remote/remote-extract';
import { addStackOptions, targetOf, type StackOptions } from './target-options';
import { emfMetrics, extract, LegacyToS3Error, resume, type ExtractEvent } from '../../extractor/doors/public';
import { addSettings, settingValues } from '../config/command-settings';
import { toProps } from '../config/to-props';
import { stopOnSignals } from '../process/stop-on-signals';
import { createProgress } from '../progress';

/** The options that are no settings, as commander hands them over. */
interface ExtractOptions extends RemoteOptions, StackOptions {
  readonly remote?: true;
  readonly plan?: string;
  readonly resume?: string;
  readonly takeOver?: true;
  readonly emf?: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly debug?: true;
}

/** Adds `extract`. */
export function addExtractCommand(program: Command): void {
  const command = program.command('extract')
    .description('Extract tables, or the result of a query, and land them in S3 or a folder');
  addStackOptions(addSettings(command, ['source', 'target', 'tables', 'format', 'reading']))
    .option('--plan <file>', 'run this plan, as the command plan wrote it; with --remote: the key of one in the landing bucket')
    .option('--resume <run>', 'go on with this run, which did not end')
    .option('--take-over', 'resume also from a process that may still hold the run: only when it is dead')
    .option('--emf <pipeline>', 'print metrics of this pipeline\'s namespace too, in CloudWatch\'s embedded metric format')
    .option('--remote', 'start an execution of the extraction that was deployed with --stack, and follow it; it takes --tables, --consistency, --plan and --resume from '
      + 'the command line, all else is of the deployment')
    .option('--extraction <name>', 'with --remote: which extraction of the stack, where it has several')
    .option('--detach', 'with --remote: print the ARN of the execution, and do not follow it')
    .option('--follow <execution>', 'with --remote: follow this execution, by its ARN or name, and start none')
    .option('--json', 'print events as JSON lines and the result last')
    .option('--quiet', 'print nothing but errors')
    .option('--debug', 'print stacks of errors')
    .addHelpText('after', EXAMPLES)
    .action(async (options: ExtractOptions) => {
      if (options.remote) return runRemote(command, options);
      const remoteOnly = (['extraction', 'detach', 'follow'] as const).filter((name) => options[name] !== undefined);
      if (remoteOnly.length > 0) throw new LegacyToS3Error('INVALID_CONFIG', `${remoteOnly.map((name) => `--${name}`).join(', ')} cannot be given without --remote`);
      return runExtract(options);
    });
}

const EXAMPLES = `
Examples:
  cdk-legacy-to-s3 extract --server db --user reader --database Ledger --stack LegacyLedger
  cdk-legacy-to-s3 extract --server db --user reader --database Ledger --to file:///data --tables 'dbo.*' --format csv
  cdk-legacy-to-s3 extract --server db --user reader --database Ledger --to file:///data --landed-tables iceberg
  cdk-legacy-to-s3 extract --config legacy-to-s3.yaml --resume RUN
  cdk-legacy-to-s3 extract --stack LegacyLedger --remote --tables 'dbo.*'`;

async function runExtract(options: ExtractOptions): Promise<void> {
  const values = settingValues(options);
  const plan = options.plan === undefined ? undefined : readPlan(options.plan);
  const landing = await targetOf(values, options);
  const folder = landingFolder(values, landing.target);
  const told = toProps(values, landing);
  if (folder !== undefined) await loadTables().checkFolder(folder);
  const props = { ...told, source: await withPassword(told.source), plan };
  const progress = createProgress(options);
  const signals = stopOnSignals();
  try {
    const countMetrics = options.emf === undefined ? undefined : emfMetrics({ pipelineName: options.emf });
    let last: ExtractEvent | undefined;
    const onEvent = (event: ExtractEvent) => {
      // The result comes last, behind what became of the landed tables.
      if (folder !== undefined && event.type === 'run-finished') last = event;
      else progress.onEvent(event);
      countMetrics?.(event);
    };
    const controls = { signal: signals.signal, onEvent };
    const result = options.resume === undefined
      ? await extract(props, controls)
      : await resume(props, options.resume, { ...controls, takeOver: options.takeOver });
    let committed: Awaited<ReturnType<typeof commitTables>> | undefined;
    try {
      const isWhole = folder !== undefined && result.missingTables.length === 0;
      if (isWhole) committed = await commitTables(folder, result.runId, { softDeletes: softDeletesOf(values) });
    } finally {
      if (options.json) committed?.forEach((table) => progress.note('', { type: 'table-committed', ...table }));
      if (last) progress.onEvent(last);
      progress.finish(result);
    }
    refuseMissing(result, (run) => `--resume ${run} tries these again`);
    if (folder === undefined || !committed) return;
    if (!options.json && !options.quiet) process.stdout.write(committedText(folder, result.runId, committed));
    refuseUncommitted(folder, result.runId, committed);
  } finally {
    progress.close();
    signals.dispose();
  }
}
