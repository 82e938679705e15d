import { S3Client } from '@aws-sdk/client-s3';
import { completePart } from './complete-part';
import { ManifestReading } from './kept-table';
import { manifestContradictions } from './manifest-consistency';
import { LandedManifest, readManifest } from './read-manifest';
import { reportRun, ReportServices } from './report-run';
import { unnamedObjects } from './unnamed-objects';
import { CHANGES_MANIFEST_VERSION, holdsWithoutMissing, MAX_RUN_PROBLEMS, RUN_ITEM_SORT_KEY, RUN_LINES, RunItem, runItemKey, RUNS_DATASET } from '../../contract';
import { mapConcurrently } from '../shared/concurrency';
import { ItemStore } from '../shared/item-store';
import { Telemetry } from '../shared/telemetry';

/** Parts checked at the same time. */
const PART_CONCURRENCY = 32;

/** Longest problem kept, in characters; DynamoDB items hold at most 400 KB. */
const MAX_PROBLEM_LENGTH = 2_000;

/** What run completion works with. */
export interface CompletionServices extends ReportServices {
  readonly s3: S3Client;
  readonly objects: ItemStore;
  readonly telemetry: Telemetry;
  /** What is kept of manifests. @default - no tallies */
  readonly reading?: ManifestReading;
}

/**
 * Checks the manifest that S3 has at a key against what landed, writes row counts and hashes to the parts' items, then
 * the run's item, COMPLETE if all held, else INCOMPLETE with what did not, and tells others. The tables of a run of a chain hold also where
 * others are missing.
 *
 * Checking again is harmless, so an event that comes twice or late checks what is there now.
 *
 * @param remaining tells the milliseconds that the invocation has left
 * @throws InvalidManifestError, HandlerError as {@link readManifest} does; the run's item is not touched then. HandlerError
 * RUN_NOT_REPORTED as {@link reportRun} does, after the run's item is written
 */
export async function completeRun(
  services: CompletionServices, bucket: string, key: string, remaining: () => number = () => Infinity,
): Promise<RunItem | undefined> {
  const { s3, runs, telemetry } = services;
  const checkedAt = new Date().toISOString();
  const landed = await readManifest(s3, bucket, key, services.reading);
  if (!landed) {
    telemetry.info('manifest deleted before it was read', { objectKey: key });
    return undefined;
  }
  const problems = await check(services, landed);
  const missing = (landed.manifest.missingTables ?? []).map(({ schema, table, code, message }) => `${schema}.${table} is missing: ${code}: ${message}`);
  const run = runItem(landed, problems, missing, checkedAt);
  const { written, previous } = await runs.put(run);
  if (!written) {
    telemetry.info('run checked later by another', { runId: run.runId });
    return run;
  }
  measure(telemetry, run, previous, problems.length + missing.length);
  await reportRun(services, run, landed, previous, remaining);
  return run;
}

/** What is wrong with what landed. */
async function check({ s3, objects }: CompletionServices, { bucket, manifest }: LandedManifest): Promise<string[]> {
  const parts = manifest.tables.flatMap((table) => table.objects);
  const outcomes = await mapConcurrently(parts, PART_CONCURRENCY, async (part) => completePart(s3, objects, bucket, part));
  return [
    ...outcomes.filter((problem) => problem !== undefined),
    ...await unnamedObjects(s3, bucket, manifest),
    ...manifestContradictions(manifest),
  ];
}

function runItem(
  { manifest, bucket, key, versionId, eTag }: LandedManifest, wrong: readonly string[], missing: readonly string[], recordedAt: string,
): RunItem {
  const problems = [...wrong, ...missing];
  const sum = (of: (table: typeof manifest.tables[number]) => number) => manifest.tables.reduce((total, table) => total + of(table), 0);
  return {
    objectKey: runItemKey(manifest.runId),
    versionId: RUN_ITEM_SORT_KEY,
    itemType: 'run',
    runId: manifest.runId,
    dataset: RUNS_DATASET,
    lastModified: manifest.finishedAt,
    runState: problems.length === 0 ? 'COMPLETE' : 'INCOMPLETE',
    ...(manifest.manifestVersion === CHANGES_MANIFEST_VERSION && { kind: 'changes' as const }),
    manifestKey: key,
    manifestVersionId: versionId,
    manifestETag: eTag,
    bucket,
    startedAt: manifest.startedAt,
    finishedAt: manifest.finishedAt,
    recordedAt,
    tables: manifest.tables.length,
    objects: sum((table) => table.objects.length),
    rows: sum((table) => table.rows),
    sizeBytes: sum((table) => table.sizeBytes),
    database: manifest.source.database,
    // A manifest by another hand may leave these out.
    verification: manifest.verification?.state,
    consistency: manifest.consistency?.mode,
    problems: problems.length === 0 ? undefined : listed(problems),
    ...(wrong.length === 0 && missing.length > 0 && holdsWithoutMissing(manifest) && { tablesHold: true as const }),
  };
}

function listed(problems: readonly string[]): string[] {
  const shown = problems.length > MAX_RUN_PROBLEMS ? problems.slice(0, MAX_RUN_PROBLEMS - 1) : problems;
  const rest = problems.length - shown.length;
  return [...shown.map((problem) => problem.slice(0, MAX_PROBLEM_LENGTH)), ...(rest > 0 ? [`and ${rest} more`] : [])];
}

/** Counts a run once for each outcome of each manifest, not for each repeated event. */
function measure(telemetry: Telemetry, run: RunItem, previous: RunItem | undefined, problems: number): void {
  const repeated = previous?.runState === run.runState && previous.manifestETag === run.manifestETag;
  const { runId, objects, rows, sizeBytes } = run;
  if (run.runState === 'COMPLETE') {
    if (!repeated) {
      telemetry.metric('runsComplete', 1);
      telemetry.metric('rowsLanded', rows);
      telemetry.metric('runObjects', objects);
      telemetry.metric('runBytes', sizeBytes);
      const latency = Date.now() - Date.parse(run.startedAt);
      if (latency >= 0) telemetry.metric('endToEndLatency', latency);
    }
    telemetry.info(RUN_LINES.complete, { runId, objects, rows, sizeBytes });
  } else {
    if (!repeated) telemetry.metric('runsIncomplete', 1);
    telemetry.warn(RUN_LINES.incomplete, { runId, objects, problems });
  }
}
