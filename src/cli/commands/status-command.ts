import type { Command } from 'commander';
import { addTargetOptions, landingOf, type TargetOptions } from './target-options';
import { textTable } from './text-table';
import { counted } from '../../extractor/api/counted';
import { listRuns, type RunSummary } from '../../extractor/doors/public';
import { formatBytes } from '../config/byte-size';
import { wholeNumber } from '../config/command-settings';

const DEFAULT_LIMIT = 20;

/** Adds `status`. */
export function addStatusCommand(program: Command): void {
  addTargetOptions(program.command('status').description('List the runs of a target: complete ones with their verification, and those that can be resumed'))
    .option('--limit <number>', `how many of the newest (default: ${DEFAULT_LIMIT})`, wholeNumber)
    .option('--json', 'print them as JSON')
    .action(async (options: TargetOptions & { readonly limit?: number; readonly json?: true }) => {
      const runs = await listRuns(await landingOf(options), options.limit ?? DEFAULT_LIMIT);
      if (options.json) return void process.stdout.write(`${JSON.stringify(runs)}\n`);
      if (runs.length === 0) return void process.stdout.write('no run has landed there\n');
      process.stdout.write(textTable(['RUN', 'STATE', 'DATABASE', 'TABLES', 'ROWS', 'SIZE', 'CONSISTENCY'], runs.map(rowOf)));
      const unfinished = runs.find(({ state }) => state !== 'complete');
      if (unfinished) process.stdout.write(`go on with an unfinished or incomplete run by extract … --resume ${unfinished.runId}, or give it up by abort ${unfinished.runId}\n`);
    });
}

function rowOf({ runId, state, database, tables, rows, sizeBytes, verification, consistency, chunks, finishedChunks }: RunSummary): string[] {
  const told = state !== 'unfinished' ? `${state}, ${verification}` : `unfinished, ${finishedChunks} of ${counted(chunks ?? 0, 'chunk')}`;
  return [runId, told, database, String(tables), rows.toLocaleString('en-US'), formatBytes(sizeBytes), consistency ?? '-'];
}
