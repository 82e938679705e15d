import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { withPassword } from './ask-password';
import { committedText, commitPending, commitTables, landingFolder, refuseUncommitted, softDeletesOf } from './landed/land-tables';
import { someNames } from './landed/landed-options';
import { loadTables } from './landed/load-tables';
import { refuseMissing } from './refuse-missing';
import { addStackOptions, targetOf, type StackOptions } from './target-options';
import type { ForeignRows } from '../../contract';
import { counted } from '../../extractor/api/counted';
import { LegacyToS3Error, sync, type ExtractEvent, type ExtractorProps, type SyncResult } from '../../extractor/doors/public';
import { addSettings, settingValues, type OptionValues } from '../config/command-settings';
import { toProps } from '../config/to-props';
import { stopOnSignals } from '../process/stop-on-signals';
import { createProgress } from '../progress';

/** The options that are no settings, as commander hands them over. */
export interface SyncOptions extends OptionValues, StackOptions {
  readonly every?: number;
  readonly takeOver?: true;
  readonly foreignRows?: ForeignRows;
  readonly softDeletes?: boolean;
  readonly json?: true;
  readonly quiet?: true;
  readonly debug?: true;
}

const EXAMPLES = `
Examples:
  cdk-legacy-to-s3 sync --server db --user reader --database Ledger --stack LegacyLedger
  cdk-legacy-to-s3 sync --server db --user reader --database Ledger --to file:///data --landed-tables iceberg --every 5m
  cdk-legacy-to-s3 sync --config legacy-to-s3.yaml --on-gap reload`;

/** Adds `sync`. */
export function addSyncCommand(program: Command): void {
  const command = program.command('sync').description('Land all rows the first time, later what changed in the source since');
  addStackOptions(addSettings(command, ['source', 'target', 'tables', 'format', 'reading']))
    .option('--every <interval>', 'go on until stopped, and look so often: 30s, 5m, 2h', interval)
    .option('--take-over', 'take the database from a sync that may still be at work: only when its process is known to be dead')
    .option('--json', 'print events as JSON lines and the result of each sync as one more')
    .option('--quiet', 'print nothing but errors')
    .option('--debug', 'print stacks of errors')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SyncOptions) => { await runSync(options); });
}

const UNITS: { readonly [unit: string]: number } = { s: 1000, m: 60_000, h: 3_600_000 };
const LONGEST_MS = 86_400_000;

/** Milliseconds of `30s`, `5m`, `2h`. */
export function interval(text: string): number {
  const [, number, unit] = /^([1-9]\d{0,5})([smh])$/.exec(text) ?? [];
  const milliseconds = Number(number) * UNITS[unit ?? ''];
  if (!(milliseconds <= LONGEST_MS)) throw new InvalidArgumentError('expected a time such as 30s, 5m or 2h, at most 24h.');
  return milliseconds;
}

/** Errors after which a loop looks again: they pass, are of single tables, or another sync is at work. */
const PASSING: ReadonlySet<string> = new Set([
  'SOURCE_UNREACHABLE', 'SOURCE_CONNECTION_LOST', 'SOURCE_STALLED', 'TARGET_UNREACHABLE', 'RUN_IN_USE', 'SCHEMA_CHANGED', 'TABLES_MISSING',
]);
const LONGEST_BACK_OFF_MS = 3_600_000;

/** A process that died holds its database for a minute at most: it renewed its lease before. */
const LONGEST_LEASE_MS = 61_000;

async function runSync(options: SyncOptions): Promise<void> {
  const values = settingValues(options);
  const landing = await targetOf(values, options);
  const folder = landingFolder(values, landing.target);
  const told = toProps(values, landing);
  if (folder !== undefined) await loadTables().checkFolder(folder);
  const props = { ...told, source: await withPassword(told.source) };
  const signals = stopOnSignals();
  try {
    const landed = { ...options, softDeletes: softDeletesOf(values) };
    if (options.every === undefined) await syncOnce(props, folder, landed, signals.signal);
    else await syncEvery(options.every, async () => void await syncOnce(props, folder, landed, signals.signal), signals.signal);
  } finally {
    signals.dispose();
  }
}

/** Codes of the syncs since the last that failed otherwise or not at all, the newest last. */
type Failures = readonly string[];

/** How long a loop waits (milliseconds): after failures of the source or the target twice as long each time, up to an hour. */
export function waitAfter(everyMs: number, failures: Failures): number {
  // Of tables that fail the others need not wait.
  if (failures.length === 0 || failures.at(-1) === 'TABLES_MISSING') return everyMs;
  // Whoever holds the database may be dead; if it is not, it is at work.
  if (failures.at(-1) === 'RUN_IN_USE') return failures.length === 1 ? Math.min(everyMs, LONGEST_LEASE_MS) : everyMs;
  return Math.max(everyMs, Math.min(LONGEST_BACK_OFF_MS, everyMs * 2 ** Math.min(failures.length, 20)));
}

/** Looks again and again. */
async function syncEvery(everyMs: number, once: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let failures: string[] = []; ;) {
    try {
      await once();
      failures = [];
    } catch (error) {
      if (!(error instanceof LegacyToS3Error) || !PASSING.has(error.code) || signal.aborted) throw error;
      failures = failures.at(-1) === error.code ? [...failures, error.code] : [error.code];
      process.stderr.write(`warning: ${error.code}: ${error.message}; the next sync is in ${Math.ceil(waitAfter(everyMs, failures) / 1000)} s\n`);
    }
    await delay(waitAfter(everyMs, failures), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new LegacyToS3Error('INTERRUPTED', 'stopped between two syncs; what landed before counts, and the next sync goes on');
  }
}

/** Syncs, commits what landed where it is a folder's, and tells of it. @throws LegacyToS3Error */
export async function syncOnce(props: ExtractorProps, folder: string | undefined, options: SyncOptions, signal: AbortSignal): Promise<SyncResult> {
  const progress = createProgress(options);
  try {
    let last: ExtractEvent | undefined;
    const result = await sync(props, {
      signal,
      takeOver: options.takeOver,
      onEvent: (event) => {
        // The result comes last, behind what became of the landed tables.
        if (event.type === 'run-finished') last = event;
        else progress.onEvent(event);
      },
    });
    const { run } = result;
    const { foreignRows, softDeletes } = options;
    const earlier = result.landedRuns.filter((runId) => runId !== run?.runId);
    // What a sync landed that was stopped before it could commit; nothing need have changed since.
    const pending = folder === undefined ? [] : await commitPending(folder, earlier, { softDeletes });
    // Those that are missing are read again by the next sync.
    const committed = folder !== undefined && run ? await commitTables(folder, run.runId, { foreignRows, softDeletes }) : undefined;
    for (const { runId, tables } of pending) {
      const names = tables.flatMap(({ state, name }) => (state === 'FAILED' ? [] : [name]));
      const told = `run ${runId} was landed before and not committed; it is now: ${someNames(names)}`;
      if (!options.json && names.length > 0) progress.note(told, { type: 'table-committed' });
      if (options.json) tables.forEach((table) => progress.note('', { type: 'table-committed', ...table }));
    }
    if (options.json) committed?.forEach((table) => progress.note('', { type: 'table-committed', ...table }));
    if (last) progress.onEvent(last);
    for (const line of syncLines(result)) if (!options.json) progress.note(line, { type: 'synced' });
    if (options.json) progress.note('', { type: 'synced', ...result });
    if (run) progress.finish(run);
    for (const { runId, tables } of pending) refuseUncommitted(folder!, runId, tables);
    if (!run) return result;
    if (folder !== undefined && committed) {
      if (!options.json && !options.quiet) process.stdout.write(committedText(folder, run.runId, committed));
      refuseUncommitted(folder, run.runId, committed);
    }
    refuseMissing(run, () => 'the next sync reads the missing ones from where they stand');
    return result;
  } finally {
    progress.close();
  }
}

/** A line a table: its way, what changed, and why it was read whole. */
export function syncLines({ kind, tables, lagSeconds, lagRows, gaps }: SyncResult): string[] {
  if (kind === 'nothing') return ['nothing has changed'];
  return [
    ...tables.map(({ schema, table, way, rows, inserts, updates, deletes, why }) => (way === 'whole'
      ? `${schema}.${table}  whole, ${counted(rows, 'row')}${why === undefined ? '' : `: ${why}`}`
      : `${schema}.${table}  ${way}: ${counted(inserts, 'insert')}, ${counted(updates, 'update')}, ${counted(deletes, 'delete')}`)),
    `${kind === 'firstLoad' ? 'first load' : `${counted(lagRows, 'change')}`} of ${counted(tables.length, 'table')}, ${lagSeconds.toFixed(1)} s behind the source`
      + `${gaps === 0 ? '' : `; ${counted(gaps, 'gap')}`}`,
  ];
}
