import type { Command } from 'commander';
import { loadDashboard } from './load-dashboard';
import { chosen, commandLine, openExtraction, placeOf } from './remote/remote-options';
import { addTargetOptions, landingOf, type TargetOptions } from './target-options';
import { textTable } from './text-table';
import { counted } from '../../extractor/api/counted';
import { LegacyToS3Error, listRuns, type LandingProps, type RunSummary } from '../../extractor/doors/public';
import { formatBytes } from '../config/byte-size';
import { settingValues, wholeNumber } from '../config/command-settings';
import type { SettingValues } from '../config/settings';
import { duration } from '../progress/lines';
import { listExecutions, type ExecutionSummary } from '../remote/list-executions';

const DEFAULT_LIMIT = 20;

/** States after which nothing is to be done. */
const WELL: ReadonlySet<string> = new Set(['succeeded', 'unchanged', 'skipped']);

type StatusOptions = TargetOptions & { readonly extraction?: string; readonly limit?: number; readonly json?: true };

/** The executions of an extraction, and where they land. */
interface ListedExtraction {
  readonly name: string;
  readonly landing: LandingProps;
  readonly executions: readonly ExecutionSummary[];
}

/** Adds `status`. */
export function addStatusCommand(program: Command): void {
  addTargetOptions(program.command('status')
    .description('List the runs of a target: complete ones with their verification, and those that can be resumed; with --stack also the executions of its extractions'))
    .option('--extraction <name>', 'with --stack: this extraction alone')
    .option('--limit <number>', `how many of the newest (default: ${DEFAULT_LIMIT})`, wholeNumber)
    .option('--json', 'print them as JSON: a list of runs; where the stack has extractions, an object with executions and runs')
    .action(async (options: StatusOptions) => {
      const values = settingValues(options);
      const limit = options.limit ?? DEFAULT_LIMIT;
      const extractions = await listExtractions(options, values, limit);
      const runs = await runsOf(options, values, extractions, limit);
      if (options.json) return void process.stdout.write(`${JSON.stringify(extractions.length === 0 ? runs : { executions: extractions.flatMap(inJson), runs })}\n`);
      for (const extraction of extractions) showExecutions(extraction, options);
      showRuns(runs, new Set(extractions.flatMap(({ executions }) => executions.map(({ runId }) => runId))));
    });
}

async function listExtractions(options: StatusOptions, values: SettingValues, limit: number): Promise<ListedExtraction[]> {
  const { stack, extraction } = options;
  if (stack === undefined || options.to !== undefined) {
    if (extraction !== undefined) throw new LegacyToS3Error('INVALID_CONFIG', '--extraction needs --stack with the name of the stack that it was deployed with');
    return [];
  }
  const place = placeOf(stack, values);
  const deployed = await loadDashboard().stackExtractions(place);
  const listed: ListedExtraction[] = [];
  for (const outputs of extraction === undefined ? deployed : [chosen(deployed, stack, extraction)]) {
    const { executions, landing, watch } = openExtraction(outputs, values, place);
    try {
      listed.push({ name: outputs.name, landing, executions: await listExecutions({ executions, limit, watch, now: Date.now() }) });
    } finally {
      executions.close();
    }
  }
  return listed;
}

/** The runs of the target; of a stack with extractions: of where these land, unless a pipeline is named. */
async function runsOf(options: StatusOptions, values: SettingValues, extractions: readonly ListedExtraction[], limit: number): Promise<RunSummary[]> {
  if (extractions.length === 0 || options.pipeline !== undefined) return listRuns(await landingOf(options, values), limit);
  const targets = new Map(extractions.map(({ landing }) => [landing.target, landing]));
  const runs: RunSummary[] = [];
  for (const landing of targets.values()) runs.push(...await listRuns(landing, limit));
  // Ids begin with the time the run began.
  return runs.sort((a, b) => (a.runId < b.runId ? 1 : -1)).slice(0, limit);
}

function inJson({ name, executions }: ListedExtraction): object[] {
  return executions.map((execution) => ({ extraction: name, ...execution }));
}

function showExecutions({ name, executions }: ListedExtraction, options: StatusOptions): void {
  if (executions.length === 0) return void process.stdout.write(`extraction ${name}: no execution yet\n\n`);
  const follows = executions.some(({ changes }) => changes !== undefined);
  const rows = executions.map((execution) => [...executionRow(execution), ...(follows ? [execution.changes ?? '-'] : [])]);
  const head = ['EXECUTION', 'STATE', 'STARTED', 'DURATION', 'RUN', 'CHUNKS', 'ROWS', ...(follows ? ['CHANGES'] : [])];
  process.stdout.write(`extraction ${name}\n${textTable(head, rows)}`);
  const [newest] = executions;
  const place = { stack: options.stack!, extraction: options.extraction };
  if (newest.state === 'running') {process.stdout.write(`follow it by ${commandLine('extract', place, '--remote', '--follow', newest.execution)}\n`);} else if (!WELL.has(newest.state)) {
    process.stdout.write(`execution ${newest.execution}: ${newest.cause ?? newest.error ?? newest.state}; go on with it by ${commandLine('redrive', place, newest.execution)}\n`);
  }
  process.stdout.write('\n');
}

function executionRow({ execution, state, error, startedAt, seconds, runId, chunks, finishedChunks, rows }: ExecutionSummary): string[] {
  return [
    execution,
    error === undefined ? state : `${state}, ${error}`,
    startedAt.replace('T', ' ').replace(/\.\d+Z$/, 'Z'),
    duration(seconds),
    runId ?? '-',
    chunks === undefined ? '-' : `${finishedChunks!.toLocaleString('en-US')} of ${chunks.toLocaleString('en-US')}`,
    rows === undefined ? '-' : rows.toLocaleString('en-US'),
  ];
}

/** @param ofExecutions ids of runs that are gone on with as their execution is */
function showRuns(runs: readonly RunSummary[], ofExecutions: ReadonlySet<string | undefined>): void {
  if (runs.length === 0) return void process.stdout.write('no run has landed there\n');
  process.stdout.write(textTable(['RUN', 'STATE', 'DATABASE', 'TABLES', 'ROWS', 'SIZE', 'CONSISTENCY'], runs.map(rowOf)));
  const unfinished = runs.find(({ state, runId }) => state !== 'complete' && !ofExecutions.has(runId));
  if (unfinished) process.stdout.write(`go on with an unfinished or incomplete run by extract … --resume ${unfinished.runId}, or give it up by abort ${unfinished.runId}\n`);
}

function rowOf({ runId, state, database, tables, rows, sizeBytes, verification, consistency, chunks, finishedChunks }: RunSummary): string[] {
  const told = state !== 'unfinished' ? `${state}, ${verification}` : `unfinished, ${finishedChunks} of ${counted(chunks ?? 0, 'chunk')}`;
  return [runId, told, database, String(tables), rows.toLocaleString('en-US'), formatBytes(sizeBytes), consistency ?? '-'];
}
