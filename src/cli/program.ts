import { Command, CommanderError } from 'commander';
import { addCheckCommand } from './commands/check-command';
import { addDashboardCommand } from './commands/dashboard-command';
import { addExtractCommand } from './commands/extract-command';
import { addInitCommand } from './commands/init-command';
import { addExpireCommand } from './commands/landed/expire-command';
import { addQueryCommand } from './commands/landed/query-command';
import { addRepairCommand } from './commands/landed/repair-command';
import { addRollbackCommand } from './commands/landed/rollback-command';
import { addPlanCommand } from './commands/plan-command';
import { addPauseCommands } from './commands/remote/pause-commands';
import { addRedriveCommand } from './commands/remote/redrive-command';
import { addReplayCommand } from './commands/replay-command';
import { addRunCommands } from './commands/run-commands';
import { addStatusCommand } from './commands/status-command';
import { addSyncCommand } from './commands/sync-command';
import { addTablesCommand } from './commands/tables-command';
import { addVerifyCommand } from './commands/verify-command';
import { EXIT, EXIT_HELP } from './process/exit-codes';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../extractor/api/version';

/** The commands. */
export interface Program {
  /** @returns the exit code @throws LegacyToS3Error */
  run(args: readonly string[]): Promise<number>;
}

export function createProgram(): Program {
  const command = new Command(PACKAGE_NAME)
    .description('Move a SQL Server database into S3, exactly and fast')
    .version(PACKAGE_VERSION)
    .showSuggestionAfterError()
    // Options behind a command's name are its own; tables has commands of its own.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'error INVALID_CONFIG: ')) });
  addInitCommand(command);
  addCheckCommand(command);
  addTablesCommand(command);
  addPlanCommand(command);
  addExtractCommand(command);
  addSyncCommand(command);
  addRepairCommand(command);
  addStatusCommand(command);
  addRedriveCommand(command);
  addPauseCommands(command);
  addRunCommands(command);
  addReplayCommand(command);
  addVerifyCommand(command);
  addQueryCommand(command);
  addRollbackCommand(command);
  addExpireCommand(command);
  addDashboardCommand(command);
  for (const each of command.commands.flatMap((one) => [one, ...one.commands])) each.allowExcessArguments().addHelpText('after', `\n${EXIT_HELP}`);
  command.hook('preAction', (_, action) => {
    const [unexpected] = action.args.slice(action.registeredArguments.length);
    if (unexpected !== undefined) {
      action.error(`error: '${action.name()}' does not know what to do with '${unexpected}'; options start with --, and patterns with * need quotes in a shell`);
    }
  });
  return {
    run: async (args) => {
      try {
        await command.parseAsync(args, { from: 'user' });
        return EXIT.ok;
      } catch (error) {
        // commander has printed its line already; help and version end with code 0.
        if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.config;
        throw error;
      }
    },
  };
}
