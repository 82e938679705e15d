import { addSnapshot } from './add-snapshot';
import { Attempt, endAttempt, forgetAttempts, noteAttempt, sweepAttempts } from './attempts';
import { endBroken } from './broken-runs';
import { commitMetadata, laterThan } from './change-table';
import { isOlderThan, laterRun, appliedRun, SNAPSHOT_INEXACT } from './changes/chain';
import { softDeletesOf, withDeletedAt } from './changes/soft-deletes';
import { SNAPSHOT_ETAG, staysBesideRun } from './foreign-rows';
import { Ground, groundOf, keepGeneration, requireOwn, uuidOf } from './generation';
import { proveCommit } from './prove-commit';
import { liveManifests } from './snapshot-files';
import { dataFiles, datasetOf, ProvenFile, proveFiles, runProperties, tableNameOf, TableRun } from './table-run';
import { MAX_ATTEMPTS, metadataAt, Workplace } from './workplace';
import { CATALOG_PARAMETERS, ForeignRows, runTag, TABLE_PROPERTIES } from '../../contract';
import { CatalogTable } from '../catalogs/table-catalog';
import { IcebergError } from '../spec/errors';
import { Long } from '../spec/long';
import { LandedField, landedFields } from '../spec/schema';
import { currentSnapshot, snapshotById, TableMetadata, withFields, withProperties, withRefs } from '../spec/table-metadata';

/** How a run is committed. */
export interface CommitOptions {
  /** @default 'refuse' */
  readonly foreignRows?: ForeignRows;
  /** How long a run's tag keeps its snapshot, in milliseconds (`max-ref-age-ms`). @default - for ever */
  readonly keepForMs?: number;
  /** Runs that an expiry keeps where it is told nothing else; noted in the table. @default - all */
  readonly keepRuns?: number;
  /** Whether rows that runs of changes delete stay, with the time of their deletion. @default - as the table has it */
  readonly softDeletes?: boolean;
}

/** What became of a run's table. */
export interface CommitOutcome {
  readonly name: string;
  readonly state: 'COMMITTED' | 'SUPERSEDED' | 'WAITING';
  /** Rows of the run. */
  readonly rows: number;
  /** Of the run's snapshot; absent where it was superseded or has expired. */
  readonly snapshotId?: Long;
  /** Absent where a newer run is shown by a table that is none of Iceberg's yet. */
  readonly metadataLocation?: string;
  /** Rows by the files' own footers, of the files that the committed snapshot names, as the catalog has it. */
  readonly provenRows?: number;
  /** Whether it had been committed before. */
  readonly repeated: boolean;
  /** Why the name stands for a new table, where it does since this commit. */
  readonly began?: string;
  /** Of a run of changes that is WAITING: the mark's order that the table must have reached. */
  readonly waitsFor?: string;
}

/**
 * Makes a table's run its newest snapshot: landed files become data files as they are, those of the snapshot before go (Iceberg
 * spec, "Snapshots"). All or nothing; a commit that is repeated finds itself done, also after its snapshot expired. A run that is older
 * than the one applied last changes nothing.
 *
 * @throws IcebergError as its codes say; the table is as it was then
 */
export async function commitRun(workplace: Workplace, run: TableRun, options: CommitOptions = {}): Promise<CommitOutcome> {
  const name = tableNameOf(run);
  const landed = landedFields(run.table.columns);
  let proven: ProvenFile[] | undefined;
  const lost: Attempt[] = [];
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const base = await workplace.catalog.load(name);
    const before = base?.metadataLocation === undefined ? undefined : await metadataAt(workplace, base.metadataLocation);
    await forgetAttempts(workplace, lost.splice(0), base, before);
    if (base) requireOwn(base, before, datasetOf(run.table));
    const done = before && base && appliedBefore(before, base, run);
    if (before) await keepGeneration(workplace, name, before);
    if (done) {
      await sweepAttempts(workplace, name, before.location);
      // Files of a run whose snapshot has expired are shown by later ones.
      const hasExpired = before.refs?.[runTag(run.manifest.runId)] === undefined;
      if (done.state === 'COMMITTED' || hasExpired) await endBroken(workplace, name, before, run.manifest.runId);
      if (done.snapshotId === undefined) return done;
      const paths = new Set(run.table.objects.map(({ key }) => workplace.root + key));
      const provenRows = await proveCommit(workplace, name, { snapshotId: done.snapshotId, paths, stays: ({ filePath }) => !paths.has(filePath) });
      return { ...done, provenRows };
    }
    if (base && isOlder(run, base)) return { name, state: 'SUPERSEDED', rows: run.table.rows, repeated: true };
    proven ??= await proveFiles(workplace, run);
    const outcome = await tryCommit(workplace, run, { base, before, landed, proven, options });
    if ('state' in outcome) return outcome;
    lost.push(outcome);
  }
  const left = await workplace.catalog.load(name);
  await forgetAttempts(workplace, lost, left, left?.metadataLocation === undefined ? undefined : await metadataAt(workplace, left.metadataLocation));
  throw new IcebergError('COMMIT_CONTENTION', `the table '${name}' was changed by others ${MAX_ATTEMPTS} times while run '${run.manifest.runId}' was committed`);
}

/** Whether a table that is none of Iceberg's yet shows a newer run. */
function isOlder({ manifest }: TableRun, { metadataLocation, parameters }: CatalogTable): boolean {
  return metadataLocation === undefined && (parameters[CATALOG_PARAMETERS.run] ?? '') > manifest.runId;
}

/** The outcome where there is nothing to do. */
function appliedBefore(
  metadata: TableMetadata, { name, metadataLocation }: CatalogTable, { manifest, manifestETag, table }: TableRun,
): CommitOutcome | undefined {
  const common = { name, rows: table.rows, metadataLocation: metadataLocation!, repeated: true } as const;
  const tagged = snapshotById(metadata, metadata.refs?.[runTag(manifest.runId)]?.['snapshot-id']);
  // The same run by another manifest is not what was committed.
  if (tagged?.summary[SNAPSHOT_ETAG] === manifestETag) return { ...common, state: 'COMMITTED', snapshotId: tagged['snapshot-id'] };
  if (appliedRun(metadata) === manifest.runId && metadata.properties?.[TABLE_PROPERTIES.manifestETag] === manifestETag) return { ...common, state: 'COMMITTED' };
  return isOlderThan({ manifest, table }, metadata) ? { ...common, state: 'SUPERSEDED' } : undefined;
}

async function tryCommit(workplace: Workplace, run: TableRun, on: {
  readonly base: CatalogTable | undefined;
  readonly before: TableMetadata | undefined;
  readonly landed: readonly LandedField[];
  readonly proven: readonly ProvenFile[];
  readonly options: CommitOptions;
}): Promise<CommitOutcome | Attempt> {
  const { base, before, landed, proven, options } = on;
  const { files, root, prefix = run.manifest.prefix } = workplace;
  const { runId } = run.manifest;
  const mark = run.table.base?.mark;
  const name = tableNameOf(run);
  const now = laterThan(workplace, before);
  const ground: Ground = groundOf(run, { before, landed, root, prefix, name, uuid: uuidOf(run, base, workplace.salt), now });
  const attempt = await noteAttempt(workplace, ground.metadata.location, runId, ground.began === undefined ? base?.metadataLocation : undefined);

  const soft = softDeletesOf(run, before, options.softDeletes);
  const typed = withFields(ground.metadata, withDeletedAt(ground.fields, soft), ground.mapping, run.table.identity?.maxColumnId);
  const parent = currentSnapshot(typed);
  const present = await liveManifests(files, parent);
  const stays = staysBesideRun(typed, present, options.foreignRows ?? 'refuse');
  const { metadata: shown, snapshotId, sequenceNumber } = await addSnapshot(files, typed, {
    runId,
    attempt,
    now,
    added: dataFiles(proven, ground.fields, landed),
    present,
    stays,
    operation: parent ? 'overwrite' : 'append',
    summary: {
      [SNAPSHOT_ETAG]: run.manifestETag,
      ...(mark && { [TABLE_PROPERTIES.appliedMark]: JSON.stringify(mark) }),
      ...(run.table.base?.exact === false && { [SNAPSHOT_INEXACT]: 'true' }),
    },
  });
  const next = withProperties(withRefs(shown, {
    [runTag(runId)]: { 'snapshot-id': snapshotId, 'type': 'tag', ...(options.keepForMs !== undefined && { 'max-ref-age-ms': options.keepForMs }) },
  }), {
    comment: `Newest complete run of ${datasetOf(run.table)}`,
    ...runProperties(workplace, run),
    ...(before && ground.began === undefined && { [TABLE_PROPERTIES.appliedRun]: laterRun(appliedRun(before), runId) }),
    [TABLE_PROPERTIES.appliedMark]: mark && JSON.stringify(mark),
    [TABLE_PROPERTIES.appliedSequence]: String(sequenceNumber),
    [TABLE_PROPERTIES.softDeletesSince]: soft.since,
    [TABLE_PROPERTIES.brokenRuns]: undefined,
    [TABLE_PROPERTIES.generation]: String(ground.generation),
    [TABLE_PROPERTIES.keepRuns]: options.keepRuns === undefined ? undefined : String(options.keepRuns),
    // It has its own name by the next commit; whoever drops it then is not to find it again.
    [TABLE_PROPERTIES.previousGeneration]: ground.began === undefined ? undefined : base?.metadataLocation,
  });

  const committed = await commitMetadata(workplace, next, { name, base, before, attempt });
  if (!committed) return { location: ground.metadata.location, attempt };
  const { location: metadataLocation, metadata } = committed;
  const provenRows = await proveCommit(workplace, name, { snapshotId, paths: new Set(proven.map(({ uri }) => uri)), stays });
  await keepGeneration(workplace, name, metadata);
  await endAttempt(workplace, metadata.location, attempt);
  await sweepAttempts(workplace, name, metadata.location);
  return {
    name,
    state: 'COMMITTED',
    rows: run.table.rows,
    snapshotId,
    metadataLocation,
    provenRows,
    repeated: false,
    ...(ground.began !== undefined && base?.metadataLocation !== undefined && { began: ground.began }),
  };
}
