import { randomUUID } from 'node:crypto';
import { deleteAbandoned } from './abandoned';
import { attemptsFolder, sweepAttempts } from './attempts';
import { changeTable, laterThan, loadTable, LoadedTable } from './change-table';
import { appliedMark, markedSnapshot } from './changes/chain';
import { isWithdrawal } from './changes/history';
import { foreignSnapshots, isOfChanges, SNAPSHOT_RUN } from './foreign-rows';
import { snapshotOfRun, taggedRuns } from './rollback';
import { listedManifests, liveEntries } from './snapshot-files';
import { forEachAtOnce, metadataAt, required, timeOf, Workplace } from './workplace';
import { parsePartKey, runTag, TABLE_PROPERTIES } from '../../contract';
import { canonicalUri } from '../files/table-files';
import { Long, sameLong } from '../spec/long';
import { readManifest } from '../spec/manifest';
import { currentSnapshot, lineage, MAIN, Snapshot, snapshotById, TableMetadata, withoutSnapshots, withRefs } from '../spec/table-metadata';

/** Which runs stay. The one that readers see always does, and what other branches and tags name. */
export interface Retention {
  /** So many of the newest runs. @default - what the table says (`keepRuns` of the pipeline); all beside `keepForMs` */
  readonly keepRuns?: number;
  /** Runs whose snapshots are younger, in milliseconds. @default - all */
  readonly keepForMs?: number;
}

/** What an expiry takes away. */
export interface Expiry {
  readonly name: string;
  /** Runs whose snapshots go, oldest first. */
  readonly runs: readonly string[];
  readonly snapshots: number;
  /** Landed files, and bytes of them; the table's own small files are not counted. */
  readonly files: number;
  readonly bytes: number;
  /** Whether the bytes are held all the same, by versions of the bucket; undefined where that could not be asked. */
  readonly heldByVersions?: boolean;
}

/** What goes, noted before metadata lets go of it, so that an expiry that was interrupted is ended by the next one. */
interface ExpireNote {
  readonly expired: readonly string[];
}

/** Files that a snapshot needs: by URI, with their bytes where these are known. */
type Reached = Map<string, number>;

/** Files of the table's folder that nothing names are deleted when they are older; younger ones may be of a commit under way. */
const ORPHAN_AGE_MS = 24 * 3600 * 1000;

/**
 * Takes runs away whose time is over: their tags and snapshots, then the files that no other snapshot names, of the table or of its history.
 *
 * @param marked called with the runs before the first of their files goes
 * @param dryRun tells what would go, and changes nothing
 * @throws IcebergError NOT_THERE, COMMIT_CONTENTION; TABLE_UNREADABLE when a manifest is missing, and nothing is deleted then
 */
export async function expireTable(
  workplace: Workplace, name: string, retention: Retention, { marked, dryRun = false }: {
    readonly marked?: (runs: readonly string[], loaded: LoadedTable) => Promise<void>; readonly dryRun?: boolean;
  } = {},
): Promise<Expiry> {
  const { files } = workplace;
  const loaded = await loadTable(workplace, name);
  const plan = await planExpiry(workplace, loaded, retention);
  const heldByVersions = await files.keepsVersions(loaded.metadata.location);
  const told: Expiry = {
    name,
    runs: plan.runs,
    snapshots: plan.gone.length,
    files: plan.landed.size,
    bytes: [...plan.landed.values()].reduce((sum, bytes) => sum + bytes, 0),
    ...(heldByVersions !== undefined && { heldByVersions }),
  };
  if (dryRun) return told;
  if (plan.gone.length > 0) {
    // While their snapshots are there, attempts are known to be committed.
    await sweepAttempts(workplace, name, loaded.metadata.location);
    await marked?.(plan.runs, loaded);
    const note: ExpireNote = { expired: [...plan.landed.keys(), ...plan.own] };
    await files.replace(`${attemptsFolder(loaded.metadata.location)}expire-${randomUUID()}.json`, JSON.stringify(note));
    const gone = new Set(plan.gone.map(String));
    await changeTable(workplace, name, ({ metadata }) => {
      // What a new commit shows meanwhile stays: only what was planned goes, and only what is still due.
      const due = expired(metadata, retention, timeOf(workplace)).filter((id) => gone.has(String(id)));
      if (due.length === 0) return undefined;
      const untagged = withRefs(metadata, Object.fromEntries(runsOf(metadata, due).map((run) => [runTag(run), undefined])));
      return withoutSnapshots(untagged, due, laterThan(workplace, metadata));
    });
  }
  await deleteUnnamed(workplace, name);
  return told;
}

/** Runs whose tags name one of these snapshots. */
function runsOf(metadata: TableMetadata, ids: readonly Long[]): string[] {
  const named = new Set(ids.map(String));
  return taggedRuns(metadata).filter((run) => named.has(String(metadata.refs![runTag(run)]['snapshot-id'])));
}

/** How many runs the table itself says that it keeps. */
function ownKeepRuns({ properties }: TableMetadata): number | undefined {
  const own = Number(properties?.[TABLE_PROPERTIES.keepRuns]);
  return Number.isSafeInteger(own) && own > 0 ? own : undefined;
}

/** Snapshots that were applied one on the other, newest first: those above the one that a table was rolled back to, too. */
function appliedLine(metadata: TableMetadata): Snapshot[] {
  const current = currentSnapshot(metadata);
  const line = lineage(metadata, current);
  const applied = lineage(metadata, markedSnapshot(metadata));
  return applied.some((snapshot) => sameLong(snapshot['snapshot-id'], current?.['snapshot-id'])) ? applied : line;
}

/** Ids of the snapshots that go. */
function expired(metadata: TableMetadata, retention: Retention, now: number): Long[] {
  const { keepForMs, keepRuns = retention.keepForMs === undefined ? ownKeepRuns(metadata) : undefined } = retention;
  const current = currentSnapshot(metadata);
  const runs = taggedRuns(metadata);
  const kept = new Set<string>();
  const keep = (snapshot: Snapshot | undefined) => snapshot && kept.add(String(snapshot['snapshot-id']));
  // With those of others on top of a run the run's stays: by it they are known as others'.
  lineage(metadata, current).slice(0, foreignSnapshots(metadata).length + 1).forEach(keep);
  // A table that follows changes, or a history, takes runs again after it was rolled back once it shows what was applied last.
  const marked = markedSnapshot(metadata);
  if (marked && (isOfChanges(marked) || appliedMark(metadata))) keep(marked);
  runs.forEach((run, at) => {
    const tag = metadata.refs![runTag(run)];
    const snapshot = snapshotOfRun(metadata, run);
    const age = now - (snapshot?.['timestamp-ms'] ?? 0);
    const old = (keepRuns !== undefined && at < runs.length - keepRuns) || (keepForMs !== undefined && age > keepForMs)
      || (tag['max-ref-age-ms'] !== undefined && BigInt(age) > BigInt(tag['max-ref-age-ms']));
    if (!old) keep(snapshot);
  });
  // Runs of changes have no tags: so many of them, whole runs since included, and so old ones, stay as runs do that have.
  appliedLine(metadata).filter(isOfChanges).forEach((snapshot, at) => {
    const since = runs.filter((run) => BigInt(snapshotOfRun(metadata, run)?.['sequence-number'] ?? 0) > BigInt(snapshot['sequence-number'])).length;
    const isOld = (keepRuns !== undefined && at + since >= keepRuns) || (keepForMs !== undefined && now - snapshot['timestamp-ms'] > keepForMs);
    if (!isOld) keep(snapshot);
  });
  const ours = new Set([MAIN, ...runs.map(runTag)]);
  for (const [name, ref] of Object.entries(metadata.refs ?? {})) {
    if (ours.has(name)) continue;
    const head = snapshotById(metadata, ref['snapshot-id']);
    (ref.type === 'branch' ? lineage(metadata, head) : [head]).forEach(keep);
  }
  return (metadata.snapshots ?? []).map((snapshot) => snapshot['snapshot-id']).filter((id) => !kept.has(String(id)));
}

async function planExpiry(workplace: Workplace, { table: { name }, metadata }: LoadedTable, retention: Retention): Promise<{
  readonly gone: readonly Long[]; readonly runs: readonly string[]; readonly landed: Reached; readonly own: readonly string[];
}> {
  const gone = expired(metadata, retention, timeOf(workplace));
  const ids = new Set(gone.map(String));
  const isGone = (snapshot: Snapshot) => ids.has(String(snapshot['snapshot-id']));
  const snapshots = metadata.snapshots ?? [];
  if (gone.length === 0) return { gone, runs: [], landed: new Map(), own: [] };
  const tagged = runsOf(metadata, gone);
  const withdrawn = new Set(snapshots.filter(isWithdrawal).map(({ summary }) => summary[SNAPSHOT_RUN]));
  const changes = appliedLine(metadata).filter((snapshot) => isOfChanges(snapshot) && !withdrawn.has(snapshot.summary[SNAPSHOT_RUN]));
  const applied = new Set([...tagged.map((run) => metadata.refs![runTag(run)]), ...changes].map((each) => String(each['snapshot-id'])));
  const isRun = (snapshot: Snapshot) => isGone(snapshot) && applied.has(String(snapshot['snapshot-id']));
  const kept = await reached(workplace, snapshots.filter((snapshot) => !isGone(snapshot)));
  const ofRuns = await reached(workplace, snapshots.filter(isRun));
  const others = await reached(workplace, snapshots.filter((snapshot) => isGone(snapshot) && !isRun(snapshot)));
  // What landed of a run that was withdrawn stays: no retention let go of it.
  const data = new Map([...others.data].filter(([uri]) => uri.startsWith(`${metadata.location}/`)).concat([...ofRuns.data]));
  const only = (all: Reached, named: Reached) => new Map([...all].filter(([uri]) => !named.has(uri)));
  const unnamed = only(data, kept.data);
  const landed = unnamed.size === 0 ? unnamed : withoutRuns(unnamed, await runsBeside(workplace, name));
  // Of a run of changes whose snapshot goes the files stay as long as one of later runs names them.
  const left = new Set([...landed.keys()].map((uri) => parsePartKey(uri)?.runId));
  const ofChanges = changes.filter(isGone).map(({ summary }) => summary[SNAPSHOT_RUN]).filter((run) => left.has(run));
  // A compaction has the name of the run that it found.
  const runs = [...new Set([...tagged, ...ofChanges])].sort();
  return { gone, runs, landed, own: [...only(new Map([...ofRuns.own, ...others.own]), kept.own).keys()] };
}

/** Ends of names: of a history, and of generations of it and of the table. */
const BESIDE = /(?:_changes|_g\d+)*$/;

/**
 * Runs of landed files that the tables beside a table name: its history, that whose history it is, and generations of both. They stay
 * whole, so that they are COMPLETE when they are checked again.
 */
async function runsBeside(workplace: Workplace, name: string): Promise<ReadonlySet<string>> {
  const first = name.replace(BESIDE, '');
  const isBeside = (each: string) => each !== name && BESIDE.exec(each)!.index <= first.length;
  const tables = await Promise.all((await workplace.catalog.names(first)).filter(isBeside).map((each) => workplace.catalog.load(each)));
  const all = await Promise.all(tables.flatMap((table) => table?.metadataLocation ?? []).map((location) => metadataAt(workplace, location)));
  const { data } = await reached(workplace, all.flatMap(({ snapshots = [] }) => snapshots));
  return new Set([...data.keys()].flatMap((uri) => runOfFile(uri) ?? []));
}

/** Which table's run landed a file, as one text; undefined for files of the tables' own. */
function runOfFile(uri: string): string | undefined {
  const part = parsePartKey(uri);
  return part && JSON.stringify([part.database, part.schema, part.table, part.runId]);
}

/** Files of other runs. */
function withoutRuns(files: Reached, runs: ReadonlySet<string>): Reached {
  return new Map([...files].filter(([uri]) => !runs.has(runOfFile(uri) ?? '')));
}

/** What snapshots name: landed and other data files, and the table's own lists and manifests. */
async function reached({ files }: Pick<Workplace, 'files'>, snapshots: readonly Snapshot[]): Promise<{ readonly data: Reached; readonly own: Reached }> {
  const data: Reached = new Map();
  const own: Reached = new Map();
  const manifests = new Map<string, Awaited<ReturnType<typeof listedManifests>>[number]>();
  await forEachAtOnce(snapshots, async (snapshot) => {
    own.set(canonicalUri(snapshot['manifest-list']), 0);
    for (const manifest of await listedManifests(files, snapshot)) manifests.set(manifest.path, manifest);
  }, 8);
  await forEachAtOnce([...manifests.values()], async (listed) => {
    own.set(canonicalUri(listed.path), listed.lengthBytes);
    if (listed.addedFiles + listed.existingFiles === 0) return;
    const content = readManifest(await required(files, listed.path), listed.path);
    for (const { entry: { file } } of liveEntries({ listed, content })) data.set(canonicalUri(file.filePath), file.fileSizeBytes);
  }, 8);
  return { data, own };
}

/** Deletes what expiries have noted and no snapshot names, and what in the table's own folder nothing names any more. */
async function deleteUnnamed(workplace: Workplace, name: string): Promise<void> {
  const { files } = workplace;
  const { table, metadata } = await loadTable(workplace, name);
  const { data, own } = await reached(workplace, metadata.snapshots ?? []);
  const named = new Set([
    ...data.keys(), ...own.keys(), canonicalUri(table.metadataLocation!), `${metadata.location}/metadata/version-hint.text`,
    ...(metadata['metadata-log'] ?? []).map((entry) => canonicalUri(entry['metadata-file'])),
    ...[...metadata.statistics ?? [], ...metadata['partition-statistics'] ?? []].map((each) => canonicalUri(each['statistics-path'])),
  ]);
  const listed = await files.list(`${metadata.location}/`);
  const notes = listed.filter(({ uri }) => uri.startsWith(`${attemptsFolder(metadata.location)}expire-`));
  const beside = notes.length === 0 ? new Set<string>() : await runsBeside(workplace, name);
  for (const { uri } of notes) {
    const note = JSON.parse(String(await required(files, uri))) as ExpireNote;
    await files.delete(note.expired.filter((file) => !named.has(file) && !beside.has(runOfFile(file) ?? '')));
    await files.delete([uri]);
  }
  const before = timeOf(workplace) - ORPHAN_AGE_MS;
  await files.delete(listed.filter(({ uri, modifiedAt }) => !named.has(uri) && modifiedAt.getTime() < before).map(({ uri }) => uri));
  await deleteAbandoned(workplace, metadata, before);
}
