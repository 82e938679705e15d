import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { withPassword } from './ask-password';
import { counted } from '../../extractor/api/counted';
import { LegacyToS3Error, plan, type ExtractionPlan, type PlannedTable } from '../../extractor/doors/public';
import { formatBytes } from '../config/byte-size';
import { addSettings, settingValues, type OptionValues } from '../config/command-settings';
import { toPlanning, toSource } from '../config/to-props';
import { stopOnSignals } from '../process/stop-on-signals';
import { tellConnectRetry } from '../progress/tell-connect-retry';

/** The options as commander hands them over. */
interface PlanOptions extends OptionValues {
  readonly out?: string;
  readonly json?: true;
}

/** Nothing is landed by a plan, so it needs no target of the user's. */
const NO_TARGET = 'file:///';

/** Adds `plan`. */
export function addPlanCommand(program: Command): void {
  const command = program.command('plan').description('Show which tables an extraction would read and how it cuts them; nothing is extracted');
  addSettings(command, ['source', 'tables'], ['readers', 'maxDop'])
    .option('--out <file>', 'also save the plan as JSON, for extract --plan')
    .option('--json', 'print the plan as JSON instead of a summary')
    .option('--debug', 'print stacks of errors')
    .action(async (options: PlanOptions) => {
      await runPlan(options);
    });
}

async function runPlan(options: PlanOptions): Promise<void> {
  const signals = stopOnSignals();
  try {
    const values = settingValues(options);
    const props = { source: await withPassword(toSource(values)), target: NO_TARGET, ...toPlanning(values) };
    const made = await plan(props, { signal: signals.signal, onConnectRetry: tellConnectRetry });
    const json = `${JSON.stringify(made, undefined, 2)}\n`;
    if (options.out !== undefined) save(options.out, json);
    process.stdout.write(options.json ? json : planLines(made).map((line) => `${line}\n`).join(''));
  } finally {
    signals.dispose();
  }
}

function save(path: string, json: string): void {
  try {
    writeFileSync(path, json);
  } catch (error) {
    throw new LegacyToS3Error('INVALID_CONFIG', `cannot write the plan '${path}': ${(error as Error).message}`, { cause: error });
  }
}

/** Reads a saved plan; the run checks what is in it. @throws LegacyToS3Error of code INVALID_CONFIG */
export function readPlan(path: string): ExtractionPlan {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ExtractionPlan;
  } catch (error) {
    throw new LegacyToS3Error('INVALID_CONFIG', `cannot read the plan '${path}': ${(error as Error).message}`, { cause: error });
  }
}

/** The plan as a person reads it: a line a table, then what is at risk. */
export function planLines({ tables, warnings, refusals, database, server, snapshotAllowed }: ExtractionPlan): string[] {
  const chunks = tables.reduce((sum, table) => sum + table.chunks.length, 0);
  const bytes = tables.reduce((sum, table) => sum + table.estimatedBytes, 0);
  return [
    `${database} on ${server}: ${counted(tables.length, 'table')} in ${counted(chunks, 'chunk')}, about ${formatBytes(bytes)}; `
      + `consistency ${snapshotAllowed ? 'snapshot' : 'readCommitted'}`,
    ...tables.map((table) => `${table.schema}.${table.table}  about ${counted(table.estimatedRows, 'row')}, ${formatBytes(table.estimatedBytes)}, `
      + counted(table.chunks.length, 'chunk') + (table.chunks.length === 1 ? '' : ` by ${table.chunkKey.join(', ')}`)),
    ...tables.flatMap(changesLines),
    ...warnings.map((message) => `warning: ${message}`),
    ...refusals.map(({ risk, message }) => `refused: ${message} (${risk})`),
  ];
}

/** How sync would learn of the changes of a table, why, and what would enable a better way. */
function changesLines({ schema, table, changes }: PlannedTable): string[] {
  if (!changes) return [];
  const { way, why, enable = [] } = changes;
  return [`changes of ${schema}.${table}: ${way}, since ${why}`, ...enable.map((sql) => `  would enable a better way: ${sql}`)];
}
