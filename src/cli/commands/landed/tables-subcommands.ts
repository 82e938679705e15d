import { Option, type Command } from 'commander';
import { addCompactCommand } from './compact-command';
import { committedText, refuseUncommitted } from './land-tables';
import { addLandedOptions, problemLine, someNames, tablesSourceOf, type LandedOptions } from './landed-options';
import { loadTables } from './load-tables';
import { counted } from '../../../extractor/api/counted';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import type { MovedTable, RebuildEvent, RebuiltName } from '../../tables';
import { textTable } from '../text-table';

type RebuildOptions = LandedOptions & { readonly deleteOld?: true; readonly dryRun?: true; readonly softDeletes?: 'true' | 'false' };
type CommitOptions = LandedOptions & { readonly foreignRows?: 'refuse' | 'keep' | 'drop'; readonly softDeletes?: 'true' | 'false' };

/** Adds `tables commit`, `tables compact`, `tables rebuild` and `tables relocate`. */
export function addTablesSubcommands(tables: Command): void {
  addLandedOptions(tables.command('commit <run>')
    .description('Commit a complete run of a folder into its landed tables, as extract --landed-tables does; repeating it changes nothing')
    .addOption(new Option('--foreign-rows <choice>', 'what to do with rows that others added to a table since its last run (default: refuse)').choices(['refuse', 'keep', 'drop']))
    .addOption(softDeletesOption('as each table has it')),
  'print what became of each table as JSON').action(commit);
  addCompactCommand(tables);
  addLandedOptions(tables.command('rebuild')
    .description('Make the metadata of all landed tables again from the manifests of complete runs, oldest first; the tables of now are read until all is made')
    .option('--delete-old', 'delete the metadata of the tables of before (default: it stays)')
    .addOption(softDeletesOption('as each table had it, where it can be read'))
    .option('--dry-run', 'say which runs would be taken, and write nothing'), 'print what became of each table as JSON').action(rebuild);
  addLandedOptions(tables.command('relocate')
    .description('After a folder moved with all its files: write metadata, manifest lists and manifests of its landed tables anew with the paths of now'),
  'print what became of each table as JSON').action(relocate);
}

function softDeletesOption(standard: string): Option {
  const told = 'whether tables keep rows that the source deleted, with the time in their column __deleted_at';
  return new Option('--soft-deletes <true|false>', `${told} (default: ${standard})`).choices(['true', 'false']);
}

/** Undefined where it was not said. */
function isTrue(said: 'true' | 'false' | undefined): boolean | undefined {
  return said === undefined ? undefined : said === 'true';
}

async function commit(runId: string, options: CommitOptions): Promise<void> {
  const source = tablesSourceOf(options);
  if (!('target' in source)) throw new LegacyToS3Error('INVALID_CONFIG', 'tables commit is for folders: of a pipeline, replay --run RUN has run completion do it again');
  const { foreignRows, softDeletes } = options;
  const tables = await loadTables().commitLanded(source.target, runId, { foreignRows, softDeletes: isTrue(softDeletes) });
  process.stdout.write(options.json ? `${JSON.stringify(tables)}\n` : committedText(source.target, runId, tables));
  refuseUncommitted(source.target, runId, tables);
}

async function rebuild(options: RebuildOptions): Promise<void> {
  const source = tablesSourceOf(options);
  const { deleteOld = false, dryRun = false, json } = options;
  if (!json) process.stderr.write(`${dryRun ? 'would make' : 'making'} all metadata again from these runs, into fresh tables; that of now ${deleteOld ? 'is deleted afterwards' : 'stays'}\n`);
  const tell = (event: RebuildEvent) => (json ? undefined : void process.stderr.write(`${eventLine(event)}\n`));
  const tables = await loadTables().rebuild(source, { deleteOld, dryRun, softDeletes: isTrue(options.softDeletes) }, tell);
  if (json) process.stdout.write(`${JSON.stringify(tables)}\n`);
  else if (!dryRun) process.stdout.write(rebuiltText(tables));
  refuseFailed(tables, 'TABLES_NOT_COMMITTED', 'made again');
}

function eventLine(event: RebuildEvent): string {
  switch (event.type) {
    case 'run-taken': return `run ${event.runId}: ${counted(event.tables, 'table')}`;
    case 'run-left-out': return `run ${event.runId} is left out: ${event.why}`;
    case 'table-left-out': return `run ${event.runId} is left out of ${event.name}: ${event.code}: ${event.why}`;
  }
}

function rebuiltText(tables: readonly RebuiltName[]): string {
  const done = tables.flatMap((each) => (each.state === 'REBUILT' ? [each] : []));
  if (done.length === 0) return 'no run could be taken: no table was made\n';
  return textTable(['TABLE', 'GENERATION', 'SNAPSHOTS', 'METADATA', 'BEFORE'], done.map(({ name, generation, snapshots, metadataLocation, before, deleted }) => (
    [name, String(generation), String(snapshots), metadataLocation, before === undefined ? '-' : deleted > 0 ? `${before} (deleted)` : before])));
}

async function relocate(options: LandedOptions): Promise<void> {
  const tables = await loadTables().relocate(tablesSourceOf(options));
  process.stdout.write(options.json ? `${JSON.stringify(tables)}\n` : relocatedText(tables));
  refuseFailed(tables, 'LANDED_TABLE_REFUSED', 'relocated');
}

function relocatedText(tables: readonly MovedTable[]): string {
  const done = tables.flatMap((each) => (each.state === 'FAILED' ? [] : [each]));
  const elsewhere = done.reduce((sum, each) => sum + each.elsewhere, 0);
  if (done.length === 0) return 'no landed table is there\n';
  return textTable(['TABLE', 'SNAPSHOTS', 'FROM', 'METADATA'], done.map(({ name, snapshots, state, from, metadataLocation }) => (
    [name, String(snapshots), state === 'HERE' ? 'it was right' : from ?? '-', metadataLocation])))
    + (elsewhere === 0 ? '' : `${counted(elsewhere, 'data file')} lie elsewhere and are named as before\n`);
}

function refuseFailed(tables: ReadonlyArray<MovedTable | RebuiltName>, code: 'TABLES_NOT_COMMITTED' | 'LANDED_TABLE_REFUSED', done: string): void {
  const failed = tables.flatMap((each) => (each.state === 'FAILED' ? [each] : []));
  if (failed.length === 0) return;
  throw new LegacyToS3Error(code, `${someNames(failed.map(({ name }) => name))} could not be ${done}: ${problemLine(failed[0])}`);
}
