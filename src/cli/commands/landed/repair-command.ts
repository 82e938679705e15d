import { Option, type Command } from 'commander';
import { landingFolder, softDeletesOf } from './land-tables';
import { loadTables } from './load-tables';
import { askRepair } from '../../../extractor/doors/landed-tables';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import { addSettings, settingValues } from '../../config/command-settings';
import { toProps } from '../../config/to-props';
import { stopOnSignals } from '../../process/stop-on-signals';
import { withPassword } from '../ask-password';
import { syncOnce, type SyncOptions } from '../sync-command';
import { addStackOptions, targetOf } from '../target-options';

/** Syncs that may go on with what an earlier one left before they come to the tables. */
const MOST_SYNCS = 3;

/** Adds `repair`. */
export function addRepairCommand(program: Command): void {
  const command = program.command('repair <table...>')
    .description('Make tables right again whose rows differ from the source, by verify --current or a count: sync, and read these whole. '
      + 'Takes the options of sync; a table is schema.table');
  addStackOptions(addSettings(command, ['source', 'target', 'tables', 'format', 'reading']))
    .addOption(new Option('--foreign-rows <choice>', 'what to do with rows that others added to a table of a folder since its last run (default: refuse)')
      .choices(['refuse', 'keep', 'drop']))
    .option('--json', 'print events as JSON lines and the result as the last')
    .option('--quiet', 'print nothing but errors')
    .option('--debug', 'print stacks of errors')
    .action(runRepair);
}

async function runRepair(names: readonly string[], options: SyncOptions): Promise<void> {
  const values = settingValues(options);
  const landing = await targetOf(values, options);
  const folder = landingFolder(values, landing.target);
  const given = toProps(values, landing);
  if (folder !== undefined) await loadTables().checkFolder(folder);
  const props = { ...given, source: await withPassword(given.source) };
  const signals = stopOnSignals();
  try {
    const asked = await askRepair(props, names, { signal: signals.signal });
    let left = asked;
    // A sync goes on with the run that an earlier one left, and is at its end then.
    for (let at = 0; at < MOST_SYNCS && left.length > 0; at++) {
      const { tables } = await syncOnce(props, folder, { ...options, softDeletes: softDeletesOf(values) }, signals.signal);
      left = left.filter(({ schema, table }) => !tables.some((each) => each.schema === schema && each.table === table && each.way === 'whole'));
    }
    if (left.length === 0) return;
    const told = left.map(({ schema, table }) => `${schema}.${table}`).join(', ');
    throw new LegacyToS3Error('NO_TABLE_MATCHED', `${told} was not read: it is not among the tables that are chosen (tables, excludeTables), `
      + 'or is gone from the source; the next sync that has it reads it whole');
  } finally {
    signals.dispose();
  }
}
