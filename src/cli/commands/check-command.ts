import type { Command } from 'commander';
import { withPassword } from './ask-password';
import { addStackOptions, targetOf, type StackOptions } from './target-options';
import { textTable } from './text-table';
import { counted } from '../../extractor/api/counted';
import { checkExtraction, LegacyToS3Error } from '../../extractor/doors/public';
import { addSettings, settingValues, type OptionValues } from '../config/command-settings';
import { toProps } from '../config/to-props';

/** Adds `check`. */
export function addCheckCommand(program: Command): void {
  const command = program.command('check').description('Look at everything an extraction needs: connection, clock, permissions, tables, target; nothing is extracted');
  addStackOptions(addSettings(command, ['source', 'target', 'tables', 'format', 'reading']))
    .option('--json', 'print what was found as JSON')
    .option('--debug', 'print stacks of errors')
    .action(async (options: OptionValues & StackOptions & { readonly json?: true }) => {
      const values = settingValues(options);
      const props = toProps(values, await targetOf(values, options));
      const items = await checkExtraction({ ...props, source: await withPassword(props.source) });
      process.stdout.write(options.json ? `${JSON.stringify(items)}\n` : textTable(['CHECK', 'STATE', 'FOUND'], items.map(({ name, state, detail, advice }, at) => {
        // What is advised for several is said once, with the last of them.
        const isSaidLater = items.slice(at + 1).some((later) => later.advice === advice);
        return [name, state, advice === undefined || isSaidLater ? detail : `${detail}; ${advice}`];
      })));
      const failed = items.filter(({ state }) => state === 'fail');
      if (failed.length > 0) throw new LegacyToS3Error('CHECK_FAILED', `${failed.length} of ${counted(items.length, 'check')} failed: ${failed.map(({ name }) => name).join(', ')}`);
    });
}
