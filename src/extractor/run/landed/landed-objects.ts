import { objectsOfRole, type Manifest } from '../../../contract';
import { plainCount } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import { readManifest } from '../../landing/read-manifest';
import type { LandingTarget } from '../../landing/target/landing-target';

/** A table whose landed rows are looked for, and the run that landed it last. */
export interface LandedTable {
  readonly schema: string;
  readonly table: string;
  readonly runId: string;
  /** Of these alone. @default - those of all */
  readonly limits?: LandedLimits;
  /** Whether objects with deleted keys are wanted too. @default false */
  readonly withDeletes?: boolean;
}

/** The objects with all rows that a table was given since it was read whole, those of the newest run first; or why they are not looked at, or not there any more. */
export interface LandedObjects {
  readonly keys: readonly string[];
  readonly rows: number;
  /** They are more than are looked at. */
  readonly tooMany?: string;
  /** Some are not there any more. */
  readonly gone?: string;
}

export interface LandedLimits {
  /** Rows of all objects of a table. */
  readonly rows: number;
  /** Of the same, as they are stored. */
  readonly bytes: number;
  /** Runs since the table was read whole. */
  readonly runs: number;
}

/** Objects that are asked for at a time. */
const AT_ONCE = 16;

interface Search extends LandedTable {
  readonly keys: string[];
  rows: number;
  bytes: number;
  runs: number;
  tooMany?: string;
  gone?: string;
}

/** Looks for the objects of tables in the manifests of their chains, each of which is read once. */
export async function findLandedObjects(target: LandingTarget, tables: readonly LandedTable[], limits: LandedLimits): Promise<LandedObjects[]> {
  const searches = tables.map((table): Search => ({ ...table, keys: [], rows: 0, bytes: 0, runs: 0 }));
  const byRun = new Map<string, Search[]>();
  const lookAt = (runId: string, search: Search) => byRun.set(runId, [...byRun.get(runId) ?? [], search]);
  for (const search of searches) lookAt(search.runId, search);
  while (byRun.size > 0) {
    // Run ids are in the order of time: no run follows a later one.
    const runId = [...byRun.keys()].reduce((a, b) => (a > b ? a : b));
    const due = byRun.get(runId)!;
    byRun.delete(runId);
    const manifest = await manifestOf(target, runId);
    for (const search of due) {
      const previous = addRun(search, runId, manifest, search.limits ?? limits);
      if (previous !== undefined) lookAt(previous, search);
    }
  }
  for (const search of searches) {
    if (search.gone === undefined && search.tooMany === undefined) search.gone = await firstGone(target, search.keys);
  }
  return searches.map(({ keys, rows, tooMany, gone }) => ({ keys, rows, tooMany, gone }));
}

async function manifestOf(target: LandingTarget, runId: string): Promise<Manifest | undefined> {
  return readManifest(target, runId).catch((error: unknown) => {
    if (error instanceof LegacyToS3Error && error.code === 'RUN_NOT_FOUND') return undefined;
    throw error;
  });
}

/** @returns the run before, where it is to be looked at */
function addRun(search: Search, runId: string, manifest: Manifest | undefined, limits: LandedLimits): string | undefined {
  const found = manifest?.tables.find(({ schema, table }) => schema === search.schema && table === search.table);
  if (!found) {
    search.gone = `run ${runId} ${manifest ? 'does not tell of it' : 'has no manifest any more'}`;
    return undefined;
  }
  const { changes, objects } = found;
  const wanted = [...objectsOfRole(objects, changes ? 'changes' : 'rows'), ...(search.withDeletes ? objectsOfRole(objects, 'deletes') : [])];
  for (const { key, rows, sizeBytes } of wanted.filter((object) => object.rows > 0)) {
    search.keys.push(key);
    search.rows += rows;
    search.bytes += sizeBytes;
  }
  search.runs += 1;
  const beyond = (what: string, most: number) => `since it was read whole it landed ${what}, more than the ${most.toLocaleString('en')} whose keys are compared`;
  if (search.rows > limits.rows) search.tooMany = beyond(plainCount(search.rows, 'row'), limits.rows);
  else if (search.bytes > limits.bytes) search.tooMany = beyond(plainCount(search.bytes, 'byte'), limits.bytes);
  else if (changes && search.runs >= limits.runs) search.tooMany = beyond(`${search.runs} runs of changes or more`, limits.runs);
  return search.tooMany === undefined ? changes?.previousRun : undefined;
}

async function firstGone(target: LandingTarget, keys: readonly string[]): Promise<string | undefined> {
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const some = keys.slice(at, at + AT_ONCE);
    const there = await Promise.all(some.map(async (key) => target.has(key)));
    const gone = there.indexOf(false);
    if (gone >= 0) return `${some[gone]} is not there any more`;
  }
  return undefined;
}
