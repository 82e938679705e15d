import type { Command } from 'commander';
import { withPassword } from './ask-password';
import { runVerifyCurrent, type CurrentOptions } from './landed/verify-current';
import { addTargetOptions, landingOf, type TargetOptions } from './target-options';
import { counted } from '../../extractor/api/counted';
import { LegacyToS3Error, verifyRun, type ExtractorProps, type LandingProps, type VerificationResult } from '../../extractor/doors/public';
import { formatBytes } from '../config/byte-size';
import { settingValues, wholeNumber } from '../config/command-settings';
import { toSource, toTypes } from '../config/to-props';
import { stopOnSignals } from '../process/stop-on-signals';
import { connectRetryLine } from '../progress/lines';
import { VerifyProgress } from '../progress/verify-progress';

interface VerifyOptions extends TargetOptions {
  readonly againstSource?: true;
  readonly current?: true | readonly string[];
  readonly list?: number;
  readonly dryRun?: true;
  readonly readers?: number;
  readonly threads?: number;
  readonly json?: true;
}

/** Adds `verify`. */
export function addVerifyCommand(program: Command): void {
  const command = program.command('verify [run]')
    .description('Read a complete run\'s objects back and compare sizes, checksums, rows and content hashes with its manifest; or, by --current, compare what landed tables show now with the source')
    .option('--current [table...]', 'compare the rows that these landed tables show now with those of the source, all values in one transaction (default: all tables); takes the options of sync')
    .option('--list <number>', 'with --current: differing keys to list of each table (default: 20)', wholeNumber)
    .option('--dry-run', 'with --current: say what it costs, and read no row')
    .option('--against-source', 'also read the tables again and compare them: equal only where the source has not changed since')
    .option('--readers <number>', 'objects read at the same time (default: one for each core, 2 to 8)', wholeNumber)
    .option('--threads <number>', 'threads that they share; 0 for none beside the main one (default: one for each core, no more than readers; 0 below 128 MiB)', wholeNumber)
    .option('--json', 'print the result as JSON');
  addTargetOptions(command, ['source']).action(async (run: string | undefined, options: VerifyOptions) => {
    if (isCurrent(options)) {
      if (run !== undefined || options.againstSource) throw new LegacyToS3Error('INVALID_CONFIG', 'verify takes a run or --current, which is of landed tables and has no run; name tables behind --current');
      await runVerifyCurrent(options);
      return;
    }
    if (options.list !== undefined || options.dryRun) throw new LegacyToS3Error('INVALID_CONFIG', '--list and --dry-run are of --current');
    if (run === undefined) throw new LegacyToS3Error('INVALID_CONFIG', 'pass the run to verify, or --current to compare what landed tables show now with the source');
    const progress = new VerifyProgress(process.stderr, process.stderr.isTTY);
    const signals = stopOnSignals('nothing was changed', () => progress.close());
    try {
      const { againstSource, readers, threads } = options;
      const result = await verifyRun(await toProps(options), run, { againstSource, readers, threads }, {
        signal: signals.signal,
        onProgress: options.json ? undefined : progress.onProgress,
        onConnectRetry: (event) => progress.line(`warning: ${connectRetryLine(event)}`),
        onProblem: ({ message }) => progress.line(`problem: ${message}`),
      });
      progress.close();
      process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : summary(result));
      if (result.problems.length > 0) throw failure(result);
    } finally {
      progress.close();
      signals.dispose();
    }
  });
}

function isCurrent(options: VerifyOptions): options is VerifyOptions & CurrentOptions {
  return options.current !== undefined;
}

async function toProps(options: VerifyOptions): Promise<LandingProps | ExtractorProps> {
  const values = settingValues(options);
  const landing = await landingOf(options, values);
  return options.againstSource ? { ...landing, source: await withPassword(toSource(values)), ...toTypes(values) } : landing;
}

function summary({ runId, objects, rows, sizeBytes, seconds, notes, problems, sourceCompared }: VerificationResult): string {
  const than = sourceCompared ? 'its manifest and the source' : 'its manifest';
  const verdict = problems.length === 0 ? `equals ${than}` : `does not equal ${than}`;
  return [
    `run ${runId} ${verdict}: ${counted(objects, 'object')}, ${counted(rows, 'row')} and ${formatBytes(sizeBytes)} read back in ${seconds.toFixed(1)} s`,
    ...notes.map((note) => `note: ${note}`),
  ].map((line) => `${line}\n`).join('');
}

function failure({ runId, problems }: VerificationResult): LegacyToS3Error {
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new LegacyToS3Error('CONTENT_MISMATCH', `run ${runId}: ${problems[0].message}${more}`);
}
