import type { Command } from 'commander';
import { addTargetOptions, landingOf, type TargetOptions } from './target-options';
import { abortRun, pruneRuns, type ExtractorProps, type LandingProps } from '../../extractor/doors/public';
import { settingValues, wholeNumber } from '../config/command-settings';
import { toSource } from '../config/to-props';

const DEFAULT_DAYS = 7;

/** Adds `abort` and `prune`. */
export function addRunCommands(program: Command): void {
  addTargetOptions(program.command('abort <run>').description('Give an unfinished run up: delete its objects, uploads and checkpoint'), ['source'])
    .option('--take-over', 'also from a process that may still hold the run: only when it is dead')
    .action(async (run: string, options: TargetOptions & { readonly takeOver?: true }) => {
      await abortRun(await propsOf(options), run, options.takeOver);
      process.stdout.write(`run ${run} is given up\n`);
    });
  addTargetOptions(program.command('prune').description('Give up all unfinished runs that are old and that nobody holds'), ['source'])
    .option('--older-than <days>', `age of a run (default: ${DEFAULT_DAYS})`, wholeNumber)
    .action(async (options: TargetOptions & { readonly olderThan?: number }) => {
      const pruned = await pruneRuns(await propsOf(options), options.olderThan ?? DEFAULT_DAYS);
      process.stdout.write(pruned.length === 0 ? 'nothing to prune\n' : pruned.map((run) => `run ${run} is given up\n`).join(''));
    });
}

/** The source is needed only where a run has a database snapshot. */
async function propsOf(options: TargetOptions): Promise<LandingProps | ExtractorProps> {
  const values = settingValues(options);
  const landing = await landingOf(options, values);
  return [...values.keys()].some((key) => key.startsWith('source.')) ? { ...landing, source: toSource(values) } : landing;
}
