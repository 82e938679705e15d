import type { Command } from 'commander';
import { withPassword } from './ask-password';
import { LANDED_SETTINGS, type LandedOptions } from './landed/landed-options';
import { listLanded } from './landed/list-landed';
import { addTablesSubcommands } from './landed/tables-subcommands';
import { addStackOptions } from './target-options';
import { textTable } from './text-table';
import { LegacyToS3Error, plan } from '../../extractor/doors/public';
import { formatBytes } from '../config/byte-size';
import { addSettings, settingValues } from '../config/command-settings';
import { toPlanning, toSource } from '../config/to-props';
import { stopOnSignals } from '../process/stop-on-signals';
import { tellConnectRetry } from '../progress/tell-connect-retry';

/** Adds `tables`. */
export function addTablesCommand(program: Command): void {
  const command = program.command('tables')
    .description('List the tables an extraction would read, with rows, sizes and keys; with --landed those that runs became snapshots of')
    // Options behind the name of a subcommand are its own.
    .enablePositionalOptions()
    .option('--landed', 'list the landed tables of a folder, by --to, or of a deployed pipeline, by --stack: their generation, the run they show, rows, snapshots');
  addStackOptions(addSettings(command, ['source', 'tables'], LANDED_SETTINGS))
    .option('--json', 'print them as JSON')
    .option('--debug', 'print stacks of errors')
    .action(async (options: LandedOptions & { readonly landed?: true }) => {
      if (options.landed) return listLanded(options);
      if (options.to !== undefined || options.stack !== undefined) throw new LegacyToS3Error('INVALID_CONFIG', '--to and --stack need --landed: the tables of the source are in no target yet');
      const signals = stopOnSignals('nothing was changed');
      try {
        const values = settingValues(options);
        // One chunk a table: no table is looked into. Nothing is landed, so the target is nobody's.
        const { tables, refusals } = await plan({
          source: await withPassword(toSource(values)), target: 'file:///', ...toPlanning(values), targetChunkRows: undefined, targetChunkBytes: Number.MAX_SAFE_INTEGER,
        }, { signal: signals.signal, onConnectRetry: tellConnectRetry });
        const listed = tables.map(({ schema, table, estimatedRows, estimatedBytes, columns, primaryKey }) => (
          { schema, table, rows: estimatedRows, sizeBytes: estimatedBytes, columns: columns.length, primaryKey }
        ));
        process.stdout.write(options.json ? `${JSON.stringify(listed)}\n` : textTable(
          ['TABLE', 'ROWS (ABOUT)', 'SIZE', 'COLUMNS', 'PRIMARY KEY'],
          listed.map((each) => [
            `${each.schema}.${each.table}`, each.rows.toLocaleString('en-US'), formatBytes(each.sizeBytes), String(each.columns), each.primaryKey.join(', ') || '-',
          ]),
        ));
        for (const { message } of refusals) process.stderr.write(`warning: ${message}\n`);
      } finally {
        signals.dispose();
      }
    });
  addTablesSubcommands(command);
}
