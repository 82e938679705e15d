import type { Command } from 'commander';
import { findExtraction, REACH_SETTINGS, type ExtractionOptions, type RemoteExtraction } from './remote-options';
import { continueExtraction, pauseExtraction } from '../../../extractor/doors/public';
import { addSettings, settingValues, type OptionValues } from '../../config/command-settings';

type PauseOptions = OptionValues & ExtractionOptions;

/** Adds `pause` and `continue`. */
export function addPauseCommands(program: Command): void {
  add(program, 'pause', 'Let a deployed extraction begin no chunk any more, until it is continued; chunks that are being read are read to their end',
    async ({ landing, outputs: { name, extractionName } }) => {
      const { since } = await pauseExtraction(landing, extractionName);
      return `extraction ${name} is paused since ${since}; cdk-legacy-to-s3 continue lets it go on`;
    });
  add(program, 'continue', 'Let a paused extraction go on; its executions notice within a minute, after a long pause within 15',
    async ({ landing, outputs: { name, extractionName } }) => {
      const pause = await continueExtraction(landing, extractionName);
      return pause ? `extraction ${name}, which was paused since ${pause.since}, goes on` : `extraction ${name} was not paused`;
    });
}

function add(program: Command, name: string, description: string, act: (remote: RemoteExtraction) => Promise<string>): void {
  const command = program.command(name)
    .description(description)
    .requiredOption('--stack <name>', 'deployed stack of the extraction')
    .option('--extraction <name>', 'which extraction of the stack, where it has several')
    .option('--debug', 'print stacks of errors');
  addSettings(command, [], REACH_SETTINGS).action(async (options: PauseOptions) => {
    const remote = await findExtraction(options, settingValues(options));
    try {
      process.stdout.write(`${await act(remote)}\n`);
    } finally {
      remote.executions.close();
    }
  });
}
