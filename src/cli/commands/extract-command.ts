import type { Command } from 'commander';
import { withPassword } from './ask-password';
import { readPlan } from './plan-command';
import { addStackOptions, targetOf, type StackOptions } from './target-options';
import { emfMetrics, extract, LegacyToS3Error, resume, type ExtractEvent, type ExtractResult } from '../../extractor/doors/public';
import { addSettings, settingValues, type OptionValues } from '../config/command-settings';
import { toProps } from '../config/to-props';
import { stopOnSignals } from '../process/stop-on-signals';
import { createProgress } from '../progress';

/** The options that are no settings, as commander hands them over. */
interface ExtractOptions extends OptionValues, StackOptions {
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
    .option('--plan <file>', 'run this plan, as the command plan wrote it')
    .option('--resume <run>', 'go on with this run, which did not end')
    .option('--take-over', 'resume also from a process that may still hold the run: only when it is dead')
    .option('--emf <pipeline>', 'print metrics of this pipeline\'s namespace too, in CloudWatch\'s embedded metric format')
    .option('--json', 'print events as JSON lines and the result last')
    .option('--quiet', 'print nothing but errors')
    .option('--debug', 'print stacks of errors')
    .addHelpText('after', EXAMPLES)
    .action(async (options: ExtractOptions) => {
      await runExtract(options);
    });
}

const EXAMPLES = `
Examples:
  cdk-legacy-to-s3 extract --server db --user reader --database Ledger --stack LegacyLedger
  cdk-legacy-to-s3 extract --server db --user reader --database Ledger --to file:///data --tables 'dbo.*' --format csv
  cdk-legacy-to-s3 extract --config legacy-to-s3.yaml --resume RUN`;

/** What was landed stays; who calls this program must not take it for whole. */
function refuseMissing({ runId, missingTables }: ExtractResult): void {
  if (missingTables.length === 0) return;
  const names = missingTables.slice(0, 5).map(({ schema, table, code }) => `${schema}.${table} (${code})`).join(', ');
  const more = missingTables.length > 5 ? ` and ${missingTables.length - 5} more` : '';
  throw new LegacyToS3Error('TABLES_MISSING', `run ${runId} lacks ${names}${more}; the other tables are landed, and --resume ${runId} tries these again`);
}

async function runExtract(options: ExtractOptions): Promise<void> {
  const values = settingValues(options);
  const plan = options.plan === undefined ? undefined : readPlan(options.plan);
  const told = toProps(values, await targetOf(values, options));
  const props = { ...told, source: await withPassword(told.source), plan };
  const progress = createProgress(options);
  const signals = stopOnSignals();
  try {
    const countMetrics = options.emf === undefined ? undefined : emfMetrics({ pipelineName: options.emf });
    const onEvent = (event: ExtractEvent) => {
      progress.onEvent(event);
      countMetrics?.(event);
    };
    const controls = { signal: signals.signal, onEvent };
    const result = options.resume === undefined
      ? await extract(props, controls)
      : await resume(props, options.resume, { ...controls, takeOver: options.takeOver });
    progress.finish(result);
    refuseMissing(result);
  } finally {
    progress.close();
    signals.dispose();
  }
}
