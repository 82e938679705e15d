import type { Command } from 'commander';
import { wholeNumber } from './source-options';
import { abortRun, pruneRuns, type LandingProps } from '../extractor/public';

/** The options as commander hands them over. */
interface TargetOptions {
  readonly to: string;
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly expectedBucketOwner?: string;
}

const DEFAULT_DAYS = 7;

/** Adds `abort` and `prune`. */
export function addRunCommands(program: Command): void {
  addTargetOptions(program.command('abort <run>').description('Give an unfinished run up: delete its objects, uploads and checkpoint'))
    .option('--take-over', 'also from a process that may still hold the run: only when it is dead')
    .action(async (run: string, options: TargetOptions & { readonly takeOver?: true }) => {
      await abortRun(toLanding(options), run, options.takeOver);
      process.stdout.write(`run ${run} is given up\n`);
    });
  addTargetOptions(program.command('prune').description('Give up all unfinished runs that are old and that nobody holds'))
    .option('--older-than <days>', `age of a run (default: ${DEFAULT_DAYS})`, wholeNumber)
    .action(async (options: TargetOptions & { readonly olderThan?: number }) => {
      const pruned = await pruneRuns(toLanding(options), options.olderThan ?? DEFAULT_DAYS);
      process.stdout.write(pruned.length === 0 ? 'nothing to prune\n' : pruned.map((run) => `run ${run} is given up\n`).join(''));
    });
}

function addTargetOptions(command: Command): Command {
  return command
    .requiredOption('--to <url>', 's3://bucket/prefix or file:///folder, as the run had it')
    .option('--region <region>', 'region of the bucket')
    .option('--endpoint-url <url>', 'URL of an S3-compatible store')
    .option('--expected-bucket-owner <account>', 'account that must own the bucket')
    .option('--debug', 'print stacks of errors');
}

function toLanding({ to, region, endpointUrl, expectedBucketOwner }: TargetOptions): LandingProps {
  return { target: to, region, endpointUrl, expectedBucketOwner };
}
