import { appliedMark, APPLIED_PROPERTIES, appliedRun, broken, chainStep, laterRun, requireReadable, requireUnbroken, SNAPSHOT_BEFORE } from './chain';
import { DeltaFiles, deltaFiles, proveChanges, ProvenChanges } from './change-files';
import { filesOfDeleted, SoftDeleted, softDeletedRows, softDeletesOf, withDeletedAt } from './soft-deletes';
import { ForeignRows, objectsOfRole, TABLE_PROPERTIES } from '../../../contract';
import { CatalogTable } from '../../catalogs/table-catalog';
import { ownFile } from '../../rows/own-files';
import { positionDeletesOf } from '../../rows/position-deletes';
import { DataFile, FileContent } from '../../spec/data-file';
import { IcebergError } from '../../spec/errors';
import { Long } from '../../spec/long';
import { landedFields } from '../../spec/schema';
import { currentSnapshot, lineage, Snapshot, TableMetadata, withFields, withProperties } from '../../spec/table-metadata';
import { addSnapshot } from '../add-snapshot';
import { Attempt, endAttempt, forgetAttempts, noteAttempt, sweepAttempts } from '../attempts';
import { brokenWithout, endBroken } from '../broken-runs';
import { commitMetadata, laterThan } from '../change-table';
import { CommitOutcome } from '../commit-run';
import { belowChanges, isCompaction, SNAPSHOT_BELOW, SNAPSHOT_ETAG, SNAPSHOT_RUN } from '../foreign-rows';
import { groundOf, requireOwn } from '../generation';
import { proveCommit } from '../prove-commit';
import { allStay } from '../snapshot-files';
import { datasetOf, runProperties, tableNameOf, TableRun } from '../table-run';
import { MAX_ATTEMPTS, metadataAt, Workplace } from '../workplace';

/** How changes are applied. */
export interface ApplyOptions {
  /** @default 'refuse' */
  readonly foreignRows?: ForeignRows;
  /** Equality deletes of the landed keys, or position deletes of the rows that have them. @default 'equality' */
  readonly deletes?: 'equality' | 'position';
  /** Whether deleted rows stay, with the time of their deletion. @default - as the table has it */
  readonly softDeletes?: boolean;
}

/** Entry of the summary of a run whose deletes are by position: URI of their file; empty where no row had any of the keys. */
const SNAPSHOT_POSITIONS = 'cdk-legacy-to-s3.positions';

/** How runs of changes delete rows of a table, as the newest one did that it knows; undefined where there was none. */
export function deletesBy({ snapshots = [] }: TableMetadata): ApplyOptions['deletes'] {
  const newest = snapshots.filter(({ summary }) => summary[SNAPSHOT_BEFORE] !== undefined).at(-1);
  return newest && (newest.summary[SNAPSHOT_POSITIONS] === undefined ? 'equality' : 'position');
}

/** Entry of the summary of a run that kept rows which it deleted: JSON of {@link OwnRows}. */
const SNAPSHOT_SOFT_DELETED = 'cdk-legacy-to-s3.soft-deleted';

/** Files that an attempt wrote below the table's location, wherever that is now: their names are made of it. */
interface OwnRows {
  readonly attempt: string;
  readonly files: number;
  readonly rows: number;
}

/** A table that changes come to. */
interface Base {
  readonly table: CatalogTable;
  readonly before: TableMetadata;
}

/**
 * Applies a run of changes to a table, by one snapshot: equality deletes of all its keys, then the newest rows (Iceberg spec, "Row-level
 * Deletes"; deletes do not touch rows of their own snapshot). Landed files are named as they are. The mark that the rows are as of is set
 * by the same commit, so that each run is applied once, after its predecessor: a run that comes too early is WAITING, one whose
 * changes the table has is SUPERSEDED, or COMMITTED when it is the very run.
 *
 * @throws IcebergError as its codes say; the table is as it was then
 */
export async function applyChanges(workplace: Workplace, run: TableRun, options: ApplyOptions = {}): Promise<CommitOutcome> {
  const name = tableNameOf(run);
  let proven: ProvenChanges | undefined;
  let lost: Attempt | undefined;
  for (let turn = 1; turn <= MAX_ATTEMPTS + 1; turn++) {
    const table = await workplace.catalog.load(name);
    const before = table?.metadataLocation === undefined ? undefined : await metadataAt(workplace, table.metadataLocation);
    if (lost) await forgetAttempts(workplace, [lost], table, before);
    if (turn > MAX_ATTEMPTS) break;
    if (table && before) requireOwn(table, before, datasetOf(run.table));
    const step = chainStep(before, run);
    if (step.kind === 'waits') return { name, state: 'WAITING', rows: run.table.rows, repeated: false, waitsFor: step.waitsFor };
    const base: Base = { table: table!, before: before! };
    if (step.kind === 'contained') return contained(workplace, run, base);
    requireUnbroken(base.before, run);
    proven ??= await proveChanges(workplace, run);
    const outcome = await tryApply(workplace, run, base, proven, options);
    if ('state' in outcome) return outcome;
    lost = outcome;
  }
  throw new IcebergError('COMMIT_CONTENTION', `the table '${name}' was changed by others ${MAX_ATTEMPTS} times while changes of run '${run.manifest.runId}' were applied`);
}

/** The outcome where the table has the changes. */
async function contained(workplace: Workplace, run: TableRun, { table, before }: Base): Promise<CommitOutcome> {
  const { manifest: { runId }, manifestETag, table: { changes, rows } } = run;
  await sweepAttempts(workplace, table.name, before.location);
  const common = { name: table.name, rows, metadataLocation: table.metadataLocation!, repeated: true } as const;
  const isOwn = ({ summary }: Snapshot) => summary[SNAPSHOT_RUN] === runId && summary[SNAPSHOT_ETAG] === manifestETag;
  const line = lineage(before, currentSnapshot(before));
  const snapshot = line.find(isOwn);
  if (snapshot) {
    await endBroken(workplace, table.name, before, runId);
    const { 'snapshot-id': snapshotId, summary: { [SNAPSHOT_POSITIONS]: positions, [SNAPSHOT_SOFT_DELETED]: own } } = snapshot;
    const kept = own === undefined ? undefined : JSON.parse(own) as OwnRows;
    return { ...common, state: 'COMMITTED', snapshotId, provenRows: await proved(workplace, run, { before, snapshotId, positions, kept }) };
  }
  const isApplied = appliedRun(before) === runId && before.properties?.[TABLE_PROPERTIES.manifestETag] === manifestETag;
  const isEmpty = rows === 0 && changes!.from.order === changes!.to.order && appliedMark(before)?.order === changes!.to.order;
  // Files of a run whose snapshot has expired are shown by later ones.
  const hasExpired = !line.some((each) => each.summary[SNAPSHOT_RUN] === runId && !isCompaction(each));
  if (isApplied || hasExpired) await endBroken(workplace, table.name, before, runId);
  return { ...common, state: isApplied || isEmpty ? 'COMMITTED' : 'SUPERSEDED' };
}

/**
 * Proves the snapshot of a run.
 *
 * @param own positions of its deletes, undefined where these are the landed files of keys; and rows that it deleted and kept
 * @returns its rows: those that it kept are of earlier runs
 */
async function proved(workplace: Workplace, { table }: TableRun, { before: { location }, snapshotId, positions, kept }: {
  readonly before: TableMetadata; readonly snapshotId: Long; readonly positions?: string; readonly kept?: OwnRows;
}): Promise<number> {
  const objects = positions === undefined ? table.objects : objectsOfRole(table.objects, 'changes');
  const written = kept ? Array.from({ length: kept.files }, (_, at) => ownFile(location, 'deleted', kept.attempt, at)) : [];
  const landed = objects.filter(({ rows }) => rows > 0).map(({ key }) => workplace.root + key);
  const paths = new Set([...landed, ...(positions ? [positions] : []), ...written]);
  return await proveCommit(workplace, tableNameOf({ table }), { snapshotId, paths }) - (kept?.rows ?? 0);
}

/** The entries of a run, with position deletes in place of equality deletes where these are asked for. */
async function entriesOf(
  workplace: Workplace, metadata: TableMetadata, attempt: string, { keys, deletes, rows }: DeltaFiles, by: ApplyOptions['deletes'],
): Promise<readonly DataFile[]> {
  const equality = [...keys, ...deletes];
  return [...(by === 'position' ? await positionDeletesOf(workplace, { metadata, attempt, equality }) : equality), ...rows];
}

async function tryApply(
  workplace: Workplace, run: TableRun, { table, before }: Base, proven: ProvenChanges,
  { foreignRows = 'refuse', deletes = 'equality', softDeletes }: ApplyOptions,
): Promise<CommitOutcome | Attempt> {
  const { files, root, prefix = run.manifest.prefix } = workplace;
  const { manifest: { runId }, manifestETag } = run;
  const { name } = table;
  const now = laterThan(workplace, before);
  const landed = landedFields(run.table.columns);
  const ground = groundOf(run, { before, landed, root, prefix, name, uuid: before['table-uuid'], now });
  if (ground.began !== undefined) throw broken(run, `${ground.began}; the table is to be read whole`);
  const below = belowChanges(before, foreignRows);
  const delta = deltaFiles(run, proven, ground.fields, landed);
  const soft = softDeletesOf(run, before, softDeletes);
  const changes = run.table.changes!;
  const sought = deletes === 'position' ? [...delta.keys, ...delta.deletes] : soft.keeps ? filesOfDeleted({ changes, delta }) : [];
  if (sought.length > 0) requireReadable(before, run);

  const attempt = await noteAttempt(workplace, before.location, runId, table.metadataLocation);
  const mark = JSON.stringify(changes.to);
  const typed = withFields(before, withDeletedAt(ground.fields, soft), ground.mapping, run.table.identity?.maxColumnId);
  const kept: SoftDeleted = soft.keeps ? await softDeletedRows(workplace, { metadata: typed, attempt, changes, delta }) : { files: [], rows: 0 };
  const own: OwnRows | undefined = kept.rows > 0 ? { attempt, files: kept.files.length, rows: kept.rows } : undefined;
  const added = [...await entriesOf(workplace, typed, attempt, delta, deletes), ...kept.files];
  const positions = deletes === 'position' ? added.find(({ content }) => content === FileContent.positionDeletes)?.filePath ?? '' : undefined;
  // Changes of none move the mark alone.
  const shown = added.length === 0 ? undefined : await addSnapshot(files, typed, {
    runId,
    attempt,
    now,
    added,
    ...await allStay(files, currentSnapshot(before)),
    operation: operationOf(added),
    summary: {
      [SNAPSHOT_ETAG]: manifestETag,
      [SNAPSHOT_BELOW]: below,
      [TABLE_PROPERTIES.appliedMark]: mark,
      ...(positions !== undefined && { [SNAPSHOT_POSITIONS]: positions }),
      ...(own && { [SNAPSHOT_SOFT_DELETED]: JSON.stringify(own) }),
      [SNAPSHOT_BEFORE]: JSON.stringify(Object.fromEntries(APPLIED_PROPERTIES.map((property) => [property, before.properties?.[property]]))),
    },
  });
  const next = withProperties(shown?.metadata ?? { ...typed, 'last-updated-ms': now }, {
    ...runProperties(workplace, run),
    [TABLE_PROPERTIES.appliedRun]: laterRun(appliedRun(before), runId),
    [TABLE_PROPERTIES.appliedMark]: mark,
    [TABLE_PROPERTIES.softDeletesSince]: soft.since,
    [TABLE_PROPERTIES.brokenRuns]: brokenWithout(before, runId),
    ...(shown && { [TABLE_PROPERTIES.appliedSequence]: String(shown.sequenceNumber) }),
  });
  const committed = await commitMetadata(workplace, next, { name, base: table, before, attempt });
  if (!committed) return { location: before.location, attempt };
  const provenRows = shown ? await proved(workplace, run, { before, snapshotId: shown.snapshotId, positions, kept: own }) : 0;
  await endAttempt(workplace, before.location, attempt);
  await sweepAttempts(workplace, name, before.location);
  return {
    name,
    state: 'COMMITTED',
    rows: run.table.rows,
    metadataLocation: committed.location,
    provenRows,
    repeated: false,
    ...(shown && { snapshotId: shown.snapshotId }),
  };
}

/** What becomes of the rows (Iceberg spec, "Snapshots", operation). */
function operationOf(added: readonly DataFile[]): 'append' | 'overwrite' | 'delete' {
  if (added.every(({ content }) => content === FileContent.data)) return 'append';
  return added.some(({ content }) => content === FileContent.data) ? 'overwrite' : 'delete';
}
