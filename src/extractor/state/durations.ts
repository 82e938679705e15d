import { createHash } from 'node:crypto';
import { extractionFolder } from './run-folder';
import type { StateStore } from './state-store';

/** What an execution reads that reads all that is deployed, from its begin: runs of the same selection are compared. */
export interface WholeSelection {
  /** Hash of the settings of the deployment. */
  readonly selection: string;
  /** When the execution had the extraction and began to plan (ISO 8601, UTC): what it waited before is not the source's. */
  readonly begunAt: string;
}

/** Durations of the last whole runs of one selection, oldest first (seconds). */
interface Durations {
  readonly selection: string;
  readonly seconds: readonly number[];
}

/** Runs that are kept. */
const MOST_KEPT = 20;

/** Fewer say little of what is usual. */
const LEAST_COMPARED = 3;

/** A shorter run counts as one of so many seconds: starts of functions and Step Functions' own time vary by more than its rows take. */
const SHORTEST_SECONDS = 60;

const keyOf = (extraction: string) => `${extractionFolder(extraction)}durations.json`;

/** @param settings of the deployment, what is in them in any order */
export function wholeSelection(settings: object, begunAt: number): WholeSelection {
  return { selection: createHash('sha256').update(JSON.stringify(settings, sorted)).digest('hex'), begunAt: new Date(begunAt).toISOString() };
}

/**
 * Keeps how long a run took, beside those before.
 *
 * @returns the run's time as multiple of the median of those before; undefined while there are too few of the same selection
 */
export async function keepDuration(
  store: StateStore, extraction: string, { selection, begunAt }: WholeSelection, finishedAt: string,
): Promise<number | undefined> {
  const own = (Date.parse(finishedAt) - Date.parse(begunAt)) / 1000;
  const kept = parsed(await store.read(keyOf(extraction)));
  const before = kept?.selection === selection ? kept.seconds : [];
  const seconds = [...before, own].slice(-MOST_KEPT);
  await store.put(keyOf(extraction), JSON.stringify({ selection, seconds } satisfies Durations));
  if (before.length < LEAST_COMPARED) return undefined;
  return Math.max(SHORTEST_SECONDS, own) / Math.max(SHORTEST_SECONDS, median(before));
}

/** What somebody has damaged begins anew. */
function parsed(text: string | undefined): Durations | undefined {
  try {
    const { selection, seconds } = JSON.parse(text ?? '{}') as Partial<Durations>;
    const isWhole = typeof selection === 'string' && Array.isArray(seconds) && seconds.every((each) => Number.isFinite(each));
    return isWhole ? { selection, seconds } : undefined;
  } catch {
    return undefined;
  }
}

function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const last = ascending.length - 1;
  return (ascending[Math.floor(last / 2)] + ascending[Math.ceil(last / 2)]) / 2;
}

/** Objects by the order of their names: a deployment may write the same settings in another one. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
