import type { Command } from 'commander';
import { addLandedOptions, problemLine, someNames, tablesSourceOf, type LandedOptions } from './landed-options';
import { loadTables } from './load-tables';
import { counted } from '../../../extractor/api/counted';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import { formatBytes } from '../../config/byte-size';
import { wholeNumber } from '../../config/command-settings';
import type { ExpiredTable } from '../../tables';
import { duration } from '../dashboard-command';
import { textTable } from '../text-table';

type ExpireOptions = LandedOptions & { readonly table?: string[]; readonly keepRuns?: number; readonly keepFor?: number; readonly dryRun?: true };

/** Adds `expire`. */
export function addExpireCommand(program: Command): void {
  addLandedOptions(program.command('expire')
    .description('Delete the files of old runs of landed tables, and their snapshots: those alone that no kept run needs. What a table shows now always stays')
    .option('--table <name...>', 'these landed tables alone')
    .option('--keep-runs <number>', 'keep so many of the newest runs (default: as many as the pipeline was told to, else all)', wholeNumber)
    .option('--keep-for <time>', 'keep younger runs: 12h, 30d (default: as long as a run\'s tag says)', duration)
    .option('--dry-run', 'say what would go, and change nothing'), 'print what went as JSON')
    .action(async (options: ExpireOptions) => {
      const { keepRuns, keepFor, dryRun = false, table = [] } = options;
      if (keepRuns === 0) throw new LegacyToS3Error('INVALID_CONFIG', '--keep-runs takes a whole number of at least 1: what a table shows always stays');
      const retention = { keepRuns, ...(keepFor !== undefined && { keepForMs: 1000 * keepFor }) };
      const tables = await loadTables().expire(tablesSourceOf(options), retention, { tables: table, dryRun });
      process.stdout.write(options.json ? `${JSON.stringify(tables)}\n` : expiredText(tables, dryRun));
      const failed = tables.filter((each) => 'problem' in each);
      if (failed.length === 0) return;
      throw new LegacyToS3Error('LANDED_TABLE_REFUSED', `runs of ${someNames(failed.map(({ name }) => name))} did not expire: ${problemLine(failed[0])}`);
    });
}

function expiredText(tables: readonly ExpiredTable[], dryRun: boolean): string {
  const done = tables.flatMap((each) => ('problem' in each ? [] : [each]));
  const due = done.filter(({ snapshots }) => snapshots > 0);
  if (due.length === 0) return `nothing to expire in ${counted(done.length, 'table')}\n`;
  const bytes = due.reduce((sum, each) => sum + each.bytes, 0);
  const held = due.filter(({ heldByVersions }) => heldByVersions);
  return [
    textTable(['TABLE', 'RUNS', 'SNAPSHOTS', 'FILES', 'SIZE', 'OLDEST RUN'], due.map(({ name, runs, snapshots, files, bytes: size }) => (
      [name, String(runs.length), String(snapshots), files.toLocaleString('en-US'), formatBytes(size), runs[0] ?? '-']))),
    `${formatBytes(bytes)} ${dryRun ? 'would be freed; nothing was changed' : 'freed'}\n`,
    ...(held.length === 0 ? [] : [`${formatBytes(held.reduce((sum, each) => sum + each.bytes, 0))} of it the bucket keeps as former versions, until its lifecycle rules delete these\n`]),
  ].join('');
}
