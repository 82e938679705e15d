import { decodeKeySegment, manifestKey, RUNS_FOLDER, type Manifest } from '../../../contract';
import type { LandingProps } from '../../api/landing-props';
import type { RunSummary } from '../../api/run-summary';
import { readManifestSummary } from '../../landing/read-manifest';
import { checkpointedRuns, readCheckpoint, type KeptRun } from '../../state/checkpoint';
import { withTarget } from '../../state/open-store';

/**
 * The newest runs of a target, newest first: the complete ones by their manifests, the others by their checkpoints.
 *
 * @throws LegacyToS3Error of the target
 */
export async function listRuns(props: LandingProps, limit: number): Promise<RunSummary[]> {
  return withTarget(props, async (target, store) => {
    const folder = `${target.prefix}${RUNS_FOLDER}/`;
    // A folder lists what is right in it, a bucket whole keys.
    const landed = (await target.list(folder)).flatMap((key) => /run=([^/]+)(?:\/|$)/.exec(key.slice(folder.length))?.[1] ?? []).map(decodeKeySegment);
    const checkpointed = new Set(await checkpointedRuns(store));
    // Ids begin with the time the run began.
    const newest = [...new Set([...landed, ...checkpointed])].sort().reverse().slice(0, limit);
    const runs: RunSummary[] = [];
    for (const runId of newest) {
      if (await target.has(manifestKey(target.prefix, runId))) {
        runs.push(ofManifest(await readManifestSummary(target, runId)));
        continue;
      }
      const kept = checkpointed.has(runId) ? await readCheckpoint(store, runId) : undefined;
      if (kept) runs.push(ofCheckpoint(kept));
    }
    return runs;
  });
}

function ofManifest({ missingTables, runId, source, startedAt, finishedAt, totals, verification, consistency }: Manifest): RunSummary {
  return {
    runId, state: missingTables ? 'incomplete' : 'complete', database: source.database, startedAt, finishedAt, ...totals, verification: verification.state, consistency: consistency.mode,
  };
}

function ofCheckpoint({ record: { runId, startedAt, plan }, finished }: KeptRun): RunSummary {
  const objects = finished.flatMap((chunk) => chunk.objects);
  return {
    runId,
    state: 'unfinished',
    database: plan.database,
    startedAt,
    tables: plan.tables.length,
    rows: finished.reduce((sum, { rows }) => sum + rows, 0),
    objects: objects.length,
    sizeBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    chunks: plan.tables.reduce((sum, { chunks }) => sum + chunks.length, 0),
    finishedChunks: finished.length,
  };
}
