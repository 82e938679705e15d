import { S3Client } from '@aws-sdk/client-s3';
import { Manifest, MAX_RUN_PROBLEMS, ObjectItem, RUN_ITEM_SORT_KEY, RunItem, runItemKey } from '../../contract';
import { mapConcurrently } from '../concurrency';
import { ItemStore } from '../item-store';
import { Telemetry } from '../telemetry';
import { completePart } from './complete-part';
import { manifestContradictions } from './manifest-consistency';
import { readManifest } from './read-manifest';
import { RunStore } from './run-store';
import { unnamedObjects } from './unnamed-objects';

/** Parts checked at the same time. */
const PART_CONCURRENCY = 32;

/** Longest problem kept, in characters; DynamoDB items hold at most 400 KB. */
const MAX_PROBLEM_LENGTH = 2_000;

/** What run completion works with. */
export interface CompletionServices {
  readonly s3: S3Client;
  readonly objects: ItemStore;
  readonly runs: RunStore;
  readonly telemetry: Telemetry;
}

/**
 * Checks a landed manifest against what landed, writes row counts and hashes to the parts' items, and then the run's
 * item: COMPLETE if all held, else INCOMPLETE with what did not.
 *
 * Checking again is harmless. A manifest landed again is checked anew, and the newer one's outcome stays whichever is
 * handled last.
 *
 * @param manifestItem the item of the manifest object
 * @throws InvalidManifestError, HandlerError as {@link readManifest} does; the run's item is not touched then
 */
export async function completeRun(services: CompletionServices, manifestItem: ObjectItem): Promise<void> {
  const { s3, objects, runs, telemetry } = services;
  const checkedAt = new Date().toISOString();
  const manifest = await readManifest(s3, manifestItem);
  if (!manifest) return telemetry.info('manifest deleted before it was read', { objectKey: manifestItem.objectKey });
  const known = await runs.get(manifest.runId);
  if (known && known.sequencer > manifestItem.sequencer) return telemetry.info('manifest is older than the one checked', { runId: manifest.runId });

  const parts = manifest.tables.flatMap((table) => table.objects);
  const outcomes = await mapConcurrently(parts, PART_CONCURRENCY, async (part) => completePart(s3, objects, manifestItem.bucket, part));
  const problems = [
    ...outcomes.filter((problem) => problem !== undefined),
    ...await unnamedObjects(s3, manifestItem.bucket, manifest),
    ...manifestContradictions(manifest),
  ];
  const run = runItem(manifest, manifestItem, parts.length, problems, checkedAt);
  const { written, previous } = await runs.put(run);
  if (written) report(telemetry, run, previous, problems.length);
}

function runItem(manifest: Manifest, manifestItem: ObjectItem, objects: number, problems: readonly string[], recordedAt: string): RunItem {
  return {
    objectKey: runItemKey(manifest.runId),
    versionId: RUN_ITEM_SORT_KEY,
    itemType: 'run',
    runId: manifest.runId,
    runState: problems.length === 0 ? 'COMPLETE' : 'INCOMPLETE',
    manifestKey: manifestItem.objectKey,
    manifestVersionId: manifestItem.versionId,
    sequencer: manifestItem.sequencer,
    bucket: manifestItem.bucket,
    startedAt: manifest.startedAt,
    finishedAt: manifest.finishedAt,
    recordedAt,
    tables: manifest.tables.length,
    objects,
    rows: manifest.tables.reduce((sum, table) => sum + table.rows, 0),
    sizeBytes: manifest.tables.reduce((sum, table) => sum + table.sizeBytes, 0),
    problems: problems.length === 0 ? undefined : listed(problems),
  };
}

function listed(problems: readonly string[]): string[] {
  const shown = problems.length > MAX_RUN_PROBLEMS ? problems.slice(0, MAX_RUN_PROBLEMS - 1) : problems;
  const rest = problems.length - shown.length;
  return [...shown.map((problem) => problem.slice(0, MAX_PROBLEM_LENGTH)), ...(rest > 0 ? [`and ${rest} more`] : [])];
}

/** Counts a run once for each outcome of each manifest, not for each repeated event. */
function report(telemetry: Telemetry, run: RunItem, previous: RunItem | undefined, problems: number): void {
  const repeated = previous?.runState === run.runState && previous.sequencer === run.sequencer;
  if (run.runState === 'COMPLETE') {
    if (!repeated) {
      telemetry.metric('runsComplete', 1);
      telemetry.metric('rowsLanded', run.rows);
    }
    telemetry.info('run complete', { runId: run.runId, objects: run.objects, rows: run.rows, sizeBytes: run.sizeBytes });
  } else {
    if (!repeated) telemetry.metric('runsIncomplete', 1);
    telemetry.warn('run incomplete', { runId: run.runId, objects: run.objects, problems });
  }
}
