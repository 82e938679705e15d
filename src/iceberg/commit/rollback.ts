import { brokenWithout, withBroken } from './broken-runs';
import { changeTable, laterThan, LoadedTable, ownerOf } from './change-table';
import { appliedMark, APPLIED_PROPERTIES, markedSnapshot, rolledBackTo, SNAPSHOT_BEFORE } from './changes/chain';
import { foreignSnapshots, isCompaction, isOfChanges, SNAPSHOT_ETAG, SNAPSHOT_RUN } from './foreign-rows';
import { liveEntries, liveManifests } from './snapshot-files';
import { metadataAt, Workplace } from './workplace';
import { CATALOG_PARAMETERS, encodeKeySegment, parsePartKey, runTag, TABLE_PROPERTIES } from '../../contract';
import { IcebergError } from '../spec/errors';
import { Long, sameLong } from '../spec/long';
import {
  currentSnapshot, lineage, Snapshot, snapshotById, TableMetadata, withMain, withProperties, withRefs,
} from '../spec/table-metadata';

/** The snapshot of a run; undefined when the table has none, or no more. One without a tag was withdrawn: its files are not what they were. */
export function snapshotOfRun(metadata: TableMetadata, runId: string): Snapshot | undefined {
  return snapshotById(metadata, metadata.refs?.[runTag(runId)]?.['snapshot-id']);
}

/** Runs whose snapshots have tags, oldest first. */
export function taggedRuns(metadata: TableMetadata): string[] {
  const tag = runTag('');
  return Object.entries(metadata.refs ?? {}).filter(([name, { type }]) => type === 'tag' && name.startsWith(tag)).map(([name]) => name.slice(tag.length)).sort();
}

/** Shows readers a snapshot that is there, by its schema. */
function shown(workplace: Workplace, metadata: TableMetadata, snapshot: Snapshot): TableMetadata {
  const run = snapshot.summary[SNAPSHOT_RUN];
  const main = withMain(metadata, snapshot['snapshot-id'], laterThan(workplace, metadata));
  const schema = snapshot['schema-id'] ?? metadata['current-schema-id'];
  return withProperties({ ...main, 'current-schema-id': schema }, run === undefined ? {} : { [CATALOG_PARAMETERS.run]: run });
}

/**
 * Lets readers see an earlier state again: of a run, or by a snapshot's id. Nothing is deleted, and runs that come later are applied as
 * ever; the run that was shown is not applied again.
 *
 * @throws IcebergError NOT_THERE when the table has no such snapshot, COMMIT_CONTENTION
 */
export async function rollbackTable(
  workplace: Workplace, name: string, to: { readonly runId: string } | { readonly snapshotId: Long },
): Promise<{ readonly snapshotId: Long; readonly runId?: string; readonly changed: boolean }> {
  let snapshot: Snapshot | undefined;
  const { changed } = await changeTable(workplace, name, ({ metadata }) => {
    snapshot = 'runId' in to ? snapshotOfRun(metadata, to.runId) : snapshotById(metadata, to.snapshotId);
    if (!snapshot) {
      const runs = taggedRuns(metadata);
      throw new IcebergError('NOT_THERE', `the table '${name}' has no snapshot ${'runId' in to ? `of run '${to.runId}'` : to.snapshotId}; `
        + `it has those of ${runs.length === 0 ? 'no run' : `the runs ${runs.join(', ')}`}`);
    }
    if (sameLong(currentSnapshot(metadata)?.['snapshot-id'], snapshot['snapshot-id'])) return undefined;
    return shown(workplace, metadata, snapshot);
  });
  const runId = snapshot!.summary[SNAPSHOT_RUN];
  return { snapshotId: snapshot!['snapshot-id'], ...(runId !== undefined && { runId }), changed };
}

/** What became of a table whose run does not hold any more. */
export type Withdrawal =
  /** It does not show the run. */
  | { readonly state: 'UNTOUCHED' }
  /** It shows an earlier run. */
  | { readonly state: 'ROLLED_BACK'; readonly runId: string; readonly snapshotId: Long }
  /** There was no other run: the name is gone, the files stay. */
  | { readonly state: 'DROPPED' }
  /** Others, or runs of changes, wrote on top of the run: readers see what they saw, and of runs of changes that is noted (`brokenRuns`). */
  | { readonly state: 'BROKEN'; readonly why: string };

/**
 * Takes a run back whose files are gone or changed: where readers see it, they see the newest other run that has a tag, or, of a run of
 * changes, what there was before; files are never added again.
 *
 * @throws IcebergError COMMIT_CONTENTION
 */
export async function withdrawRun(
  workplace: Workplace, run: {
    readonly name: string;
    readonly dataset: string;
    readonly runId: string;
    /** Whether an expiry let go of the run's files: that they are gone tells nothing of rows which were written anew of them. */
    readonly hasExpired?: boolean;
  },
): Promise<Withdrawal> {
  const { name, dataset } = run;
  const there = await workplace.catalog.load(name);
  const metadata = there?.metadataLocation === undefined ? undefined : await metadataAt(workplace, there.metadataLocation);
  if (!there || !metadata || ownerOf(there, metadata) !== dataset) return { state: 'UNTOUCHED' };
  let outcome: Withdrawal = { state: 'UNTOUCHED' };
  const { table } = await changeTable(workplace, name, async (loaded) => {
    const { next, withdrawal } = await without(workplace, loaded, run);
    outcome = withdrawal;
    return next;
  });
  if ((outcome as Withdrawal).state !== 'DROPPED' || await workplace.catalog.drop(table)) return outcome;
  return withdrawRun(workplace, run);
}

/** Metadata that does not show the run, and what that is. */
interface Without {
  readonly next?: TableMetadata;
  readonly withdrawal: Withdrawal;
}

async function without(
  workplace: Workplace, { metadata }: LoadedTable, { runId, hasExpired = false }: { readonly runId: string; readonly hasExpired?: boolean },
): Promise<Without> {
  const current = currentSnapshot(metadata);
  const line = lineage(metadata, current);
  const foreign = foreignSnapshots(metadata);
  const ours = line[foreign.length];
  const untagged = metadata.refs?.[runTag(runId)] ? withRefs(metadata, { [runTag(runId)]: undefined }) : undefined;
  const isBroken = (why: string, next?: TableMetadata): Without => ({ next, withdrawal: { state: 'BROKEN', why } });
  const isNamed = async () => current !== undefined && namesRun(workplace, current, runId);
  if (hasExpired && !await isNamed()) return { next: untagged, withdrawal: { state: 'UNTOUCHED' } };
  const compacted = compactionOf(line, runId);
  // A compaction in part has left files of it, which the next one would write anew as they are; runs of changes look for rows in them.
  const noted = async () => (await isNamed() ? withBroken(workplace, metadata, runId) : undefined);
  if (compacted) return isBroken(`rows of run '${runId}' were written anew since, by the compaction of snapshot ${compacted['snapshot-id']}`, await noted());
  if (ours?.summary[SNAPSHOT_RUN] !== runId) {
    if (ours && isOfChanges(ours) && await namesRun(workplace, ours, runId)) {
      return isBroken(`runs of changes were applied on top of run '${runId}', run '${ours.summary[SNAPSHOT_RUN]}' last`, withBroken(workplace, metadata, runId));
    }
    return { next: untagged, withdrawal: { state: 'UNTOUCHED' } };
  }
  if (foreign.length > 0) return isBroken(`others wrote snapshot ${foreign[0]['snapshot-id']} (${foreign[0].summary.operation}) on top of run '${runId}'`, appliedMark(metadata) && await noted());
  if (isOfChanges(ours)) return withoutChanges(workplace, metadata, ours);
  const left = taggedRuns(metadata).filter((each) => each !== runId).at(-1);
  const snapshot = left === undefined ? undefined : snapshotOfRun(metadata, left);
  if (left === undefined || !snapshot) return { withdrawal: { state: 'DROPPED' } };
  const withdrawal: Withdrawal = { state: 'ROLLED_BACK', runId: left, snapshotId: snapshot['snapshot-id'] };
  const other = shown(workplace, untagged ?? metadata, snapshot);
  if (rolledBackTo(metadata) && await holdsWithout(workplace, metadata, runId)) return { next: other, withdrawal };
  const folder = (run: string) => `run=${encodeKeySegment(run)}/`;
  const next = withProperties(other, {
    // A run that is whole again later is applied again.
    [TABLE_PROPERTIES.appliedRun]: left,
    [TABLE_PROPERTIES.appliedSequence]: String(snapshot['sequence-number']),
    [TABLE_PROPERTIES.appliedMark]: snapshot.summary[TABLE_PROPERTIES.appliedMark],
    [TABLE_PROPERTIES.manifestETag]: snapshot.summary[SNAPSHOT_ETAG],
    [TABLE_PROPERTIES.manifest]: metadata.properties?.[TABLE_PROPERTIES.manifest]?.replace(folder(runId), folder(left)),
  });
  return { next, withdrawal };
}

/** Whether a table that was rolled back can be shown again as of its mark, and goes on from there, whatever became of a run. */
async function holdsWithout(workplace: Workplace, metadata: TableMetadata, runId: string): Promise<boolean> {
  const marked = markedSnapshot(metadata);
  return marked !== undefined && !compactionOf(lineage(metadata, marked), runId) && !await namesRun(workplace, marked, runId);
}

/** Takes back a run of changes that was applied last: the table says what it said before, so that the run is applied again once it is whole. */
function withoutChanges(workplace: Workplace, metadata: TableMetadata, ours: Snapshot): Without {
  const runId = ours.summary[SNAPSHOT_RUN];
  const parent = snapshotById(metadata, ours['parent-snapshot-id']);
  const why = ours.summary[SNAPSHOT_BEFORE] === undefined ? 'its rows were written anew since' : ours.summary[TABLE_PROPERTIES.appliedMark] !== metadata.properties?.[TABLE_PROPERTIES.appliedMark] ? 'later runs were applied, which found no changes'
    : parent ? undefined : 'the snapshot before it has expired';
  if (why !== undefined || !parent) {
    return { next: withBroken(workplace, metadata, runId), withdrawal: { state: 'BROKEN', why: `run '${runId}' cannot be taken back: ${why}` } };
  }
  const before = JSON.parse(ours.summary[SNAPSHOT_BEFORE]) as { readonly [property: string]: string };
  const unset = Object.fromEntries(APPLIED_PROPERTIES.map((property) => [property, undefined]));
  const broken = brokenWithout(metadata, runId);
  const next = withProperties(shown(workplace, metadata, parent), { ...unset, ...before, [TABLE_PROPERTIES.brokenRuns]: broken });
  return { next, withdrawal: { state: 'ROLLED_BACK', runId: before[TABLE_PROPERTIES.appliedRun], snapshotId: parent['snapshot-id'] } };
}

/** The compaction that has written anew what a run left, where readers see its rows still. @param line newest first */
function compactionOf(line: readonly Snapshot[], runId: string): Snapshot | undefined {
  const isOurs = ({ summary }: Snapshot) => summary[SNAPSHOT_RUN] !== undefined;
  const whole = line.findIndex((snapshot) => isOurs(snapshot) && !isOfChanges(snapshot));
  const seen = whole < 0 ? line : line.slice(0, whole + 1);
  const at = seen.findIndex((snapshot) => snapshot.summary[SNAPSHOT_RUN] === runId && !isCompaction(snapshot));
  // Whose own snapshot has expired is known by the compaction that passed its name on.
  return at < 0 ? seen.find((snapshot) => isCompaction(snapshot) && snapshot.summary[SNAPSHOT_RUN] === runId) : seen.slice(0, at).find(isCompaction);
}

/** Whether a snapshot needs files that a run landed. */
async function namesRun({ files }: Workplace, snapshot: Snapshot, runId: string): Promise<boolean> {
  const entries = (await liveManifests(files, snapshot)).flatMap(liveEntries);
  return entries.some(({ entry }) => parsePartKey(entry.file.filePath)?.runId === runId);
}
