import type { LandedManifest } from './read-manifest';
import type { RunStore } from './run-store';
import type { RunItem, RunReport } from '../../contract';
import { describeError, HandlerError } from '../shared/errors';

/** Longest that the event waits for the reporters, in milliseconds: whoever hears it finds the run in the catalog, as a rule. */
const MAX_PATIENCE_MS = 300_000;

/** Starts another invocation that goes on with what one has not finished in its time. */
export type GoOn = () => Promise<void>;

/**
 * Tells others of a run's outcome; doing it again is harmless. Who has too much to do for one invocation answers with how another
 * one goes on, and is not called again by this one.
 *
 * @param remaining tells the milliseconds that the invocation has left
 */
export type RunReporter = (run: RunItem, landed: LandedManifest, remaining?: () => number) => Promise<void | GoOn>;

/** A reporter and what it is called where it failed. */
export interface NamedReporter {
  readonly name: Exclude<RunReport, 'event'>;
  readonly report: RunReporter;
}

/** What reporting works with. */
export interface ReportServices {
  readonly runs: RunStore;
  /** Called for every check, at the same time: where rows can be queried, and the run's line. */
  readonly reporters: readonly NamedReporter[];
  /** Called once for each outcome, with those in `unreported` that had not done their part by then; again only when the note of it was lost. */
  readonly announce: RunReporter;
}

/**
 * Tells others of the outcome of a run whose item is written. Each of them is on its own: a catalog that refuses, or takes
 * longer than the event waits, keeps neither the line nor the event back. Who failed is noted, so that the repeated event
 * tries those alone; once all are told, a repeated event brings catalog and line up to date.
 *
 * @param previous the item before
 * @param remaining tells the milliseconds that the invocation has left; the event waits for half of it at most
 * @throws HandlerError RUN_NOT_REPORTED after all were tried, if any could not be told
 */
export async function reportRun(
  services: ReportServices, run: RunItem, landed: LandedManifest, previous: RunItem | undefined, remaining: () => number,
): Promise<void> {
  const outcome = outcomeOf(run);
  const due = services.reporters.filter(({ name }) => isDue(name, run, previous));
  const untold = new Set<RunReport>(due.map(({ name }) => name));
  const failures = new Map<RunReport | 'note', unknown>();
  const unfinished = new Map<RunReport | 'note', GoOn>();
  const attempt = async (name: RunReport | 'note', task: () => Promise<void | GoOn>) => {
    try {
      const goOn = await task();
      if (goOn) unfinished.set(name, goOn);
      else untold.delete(name as RunReport);
      failures.delete(name);
    } catch (error) {
      failures.set(name, error);
    }
  };
  const announced = () => previous?.announced === outcome || !untold.has('event');
  const note = async () => attempt('note', async () => services.runs.setReported(run, announced() ? outcome : undefined, [...untold]));

  const reports = Promise.all(due.map(async ({ name, report }) => attempt(name, async () => report(run, landed, remaining))));
  const inTime = await settledWithin(reports, Math.min(MAX_PATIENCE_MS, remaining() / 2));
  if (previous?.announced !== outcome) {
    const unreported = [...untold];
    untold.add('event');
    await attempt('event', async () => services.announce({ ...run, unreported }, landed, remaining));
  }
  await note();
  if (!inTime) {
    await reports;
    await note();
  }
  // After the note, which that invocation changes.
  for (const [name, goOn] of unfinished) await goOn().catch((error) => failures.set(name, error));
  if (failures.size > 0) throw notReported(run, failures, announced());
}

function outcomeOf({ runState, manifestETag }: RunItem): string {
  return `${runState} ${manifestETag}`;
}

/** What is untold of the same outcome is told alone; else all is told anew. */
function isDue(name: RunReport, run: RunItem, previous: RunItem | undefined): boolean {
  const untold = previous && outcomeOf(previous) === outcomeOf(run) ? previous.unreported ?? [] : [];
  return untold.length === 0 || untold.includes(name);
}

function notReported({ runId, runState }: RunItem, failures: ReadonlyMap<string, unknown>, announced: boolean): HandlerError {
  const reasons = [...failures].map(([name, error]) => `${name}: ${describeError(error)}`).join('; ');
  const [cause] = failures.values();
  return new HandlerError('RUN_NOT_REPORTED', `run '${runId}' is ${runState} and ${announced ? 'was' : 'was not'} announced; not told, and tried again: ${reasons}`, { cause });
}

/** Whether it settled in time. */
async function settledWithin(task: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => { timer = setTimeout(() => resolve(false), milliseconds); });
  try {
    return await Promise.race([task.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
