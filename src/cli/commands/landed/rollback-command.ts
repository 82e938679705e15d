import type { Command } from 'commander';
import { addLandedOptions, tablesSourceOf, type LandedOptions } from './landed-options';
import { loadTables } from './load-tables';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import type { TableState } from '../../tables';

type RollbackOptions = LandedOptions & { readonly run?: string; readonly snapshot?: string };

/** Adds `rollback`. */
export function addRollbackCommand(program: Command): void {
  addLandedOptions(program.command('rollback <table>')
    .description('Let readers of a landed table see an earlier run again; nothing is deleted, and the next run is shown as ever')
    .option('--run <run>', 'the run to show')
    .option('--snapshot <id>', 'the snapshot to show, by its id'), 'print what is shown now as JSON')
    .action(async (table: string, options: RollbackOptions) => {
      const done = await loadTables().rollback(tablesSourceOf(options), table, stateOf(options));
      const { snapshotId, runId, changed } = done;
      process.stdout.write(options.json ? `${JSON.stringify(done)}\n`
        : `${table} ${changed ? 'shows' : 'showed already'} ${runId === undefined ? '' : `run ${runId}, `}snapshot ${snapshotId}\n`);
    });
}

function stateOf({ run, snapshot }: RollbackOptions): TableState {
  if ((run === undefined) === (snapshot === undefined)) throw new LegacyToS3Error('INVALID_CONFIG', 'pass one of --run RUN and --snapshot ID: what the table is to show');
  if (run !== undefined) return { runId: run };
  if (!/^\d{1,19}$/.test(snapshot!)) throw new LegacyToS3Error('INVALID_CONFIG', `--snapshot takes the id of a snapshot, a whole number; got '${snapshot}'`);
  return { snapshotId: snapshot! };
}
