import { appliedRun, broken, laterRun, rolledBackTo } from './chain';
import { historyFiles, proveChanges, ProvenChanges } from './change-files';
import { CATALOG_PARAMETERS, columnsOfRole, historyTableName, parsePartKey, TABLE_PROPERTIES } from '../../../contract';
import { CatalogTable } from '../../catalogs/table-catalog';
import { IcebergError } from '../../spec/errors';
import { landedFields } from '../../spec/schema';
import { currentSnapshot, lineage, Snapshot, TableMetadata, withFields, withProperties } from '../../spec/table-metadata';
import { addSnapshot } from '../add-snapshot';
import { Attempt, endAttempt, forgetAttempts, noteAttempt, sweepAttempts } from '../attempts';
import { commitMetadata, laterThan } from '../change-table';
import { SNAPSHOT_BELOW, SNAPSHOT_ETAG, SNAPSHOT_RUN } from '../foreign-rows';
import { groundOf, keepGeneration, requireOwn, uuidOf } from '../generation';
import { proveCommit } from '../prove-commit';
import { allStay, liveEntries, liveManifests } from '../snapshot-files';
import { datasetOf, runProperties, tableNameOf, TableRun } from '../table-run';
import { MAX_ATTEMPTS, metadataAt, Workplace } from '../workplace';

/*
 * The history of a landed table: an Iceberg table beside it, to which each run of changes adds its newest values and its deletes, once.
 * In which order is all the same: each row says which change it is of.
 */

/** Value of `CATALOG_PARAMETERS.kind` of such a table. */
export const HISTORY_KIND = 'history';

/** Entry of the summary of a snapshot that took a run's rows away. */
const SNAPSHOT_WITHDRAWN = 'cdk-legacy-to-s3.withdrawn';

/** Whether a snapshot took a run's rows away. */
export function isWithdrawal({ summary }: Snapshot): boolean {
  return summary[SNAPSHOT_WITHDRAWN] !== undefined;
}

/**
 * Adds a run of changes to the history of its table. A run whose rows are there changes nothing.
 *
 * @returns whether it added rows
 * @throws IcebergError as its codes say; the history is as it was then
 */
export async function addHistory(workplace: Workplace, run: TableRun): Promise<boolean> {
  if (isEmpty(run)) return false;
  let proven: ProvenChanges | undefined;
  return changeHistory(workplace, run, async (table, before) => {
    if (before && await hasRun(workplace, before, run)) return undefined;
    return tryAdd(workplace, run, { table, before, proven: proven ??= await proveChanges(workplace, run) });
  });
}

/** Whether a run has no rows for a history. */
function isEmpty({ table: { objects } }: TableRun): boolean {
  return objects.every(({ role, rows }) => role === 'keys' || rows === 0);
}

/** Whether a run was added to the history of its table, or a later one; by run ids alone. */
export async function isAdded(workplace: Workplace, run: TableRun): Promise<boolean> {
  return isEmpty(run) || await newestAdded(workplace, run) >= run.manifest.runId;
}

/** Id of the newest run that was added to the history of a run's table; empty where there was none. */
export async function newestAdded(workplace: Workplace, run: TableRun): Promise<string> {
  const history = await workplace.catalog.load(historyTableName(tableNameOf(run)));
  return history?.metadataLocation === undefined ? '' : appliedRun(await metadataAt(workplace, history.metadataLocation));
}

/**
 * Takes the rows of a run out of the history of its table, since its files are not what they were.
 *
 * @returns whether there were any
 * @throws IcebergError COMMIT_CONTENTION
 */
export async function withdrawHistory(workplace: Workplace, run: TableRun): Promise<boolean> {
  return changeHistory(workplace, run, async (table, before) => (
    table && before && await hasRun(workplace, before, run) ? tryWithdraw(workplace, run, { table, before }) : undefined));
}

/** Tries a change on what there is, until no other writer was faster. */
async function changeHistory(
  workplace: Workplace, run: TableRun,
  attempt: (table: CatalogTable | undefined, before: TableMetadata | undefined) => Promise<'done' | Attempt | undefined>,
): Promise<boolean> {
  const name = historyTableName(tableNameOf(run));
  let lost: Attempt | undefined;
  for (let turn = 1; turn <= MAX_ATTEMPTS + 1; turn++) {
    const table = await workplace.catalog.load(name);
    const before = table?.metadataLocation === undefined ? undefined : await metadataAt(workplace, table.metadataLocation);
    if (lost) await forgetAttempts(workplace, [lost], table, before);
    if (turn > MAX_ATTEMPTS) break;
    if (table) requireHistory(table, before, run);
    if (before) requireNewest(name, before, run);
    if (before) await keepGeneration(workplace, name, before);
    const outcome = await attempt(table, before);
    if (outcome === undefined) {
      if (before) await sweepAttempts(workplace, name, before.location);
      return false;
    }
    if (outcome === 'done') return true;
    lost = outcome;
  }
  throw new IcebergError('COMMIT_CONTENTION', `the table '${name}' was changed by others ${MAX_ATTEMPTS} times while run '${run.manifest.runId}' was added`);
}

function requireHistory(table: CatalogTable, before: TableMetadata | undefined, run: TableRun): void {
  requireOwn(table, before, datasetOf(run.table));
  if (before?.properties?.[CATALOG_PARAMETERS.kind] === HISTORY_KIND) return;
  throw new IcebergError('NAME_TAKEN', `the table '${table.name}' is no history of '${datasetOf(run.table)}'`);
}

/** Runs added to what a history was rolled back to would hide that others are missing. */
function requireNewest(name: string, before: TableMetadata, run: TableRun): void {
  const rolledBack = rolledBackTo(before);
  if (rolledBack) throw broken(run, `its history '${name}' shows ${rolledBack.shown}, not the one that was added last: it was rolled back; ${rolledBack.again}`);
}

/**
 * Whether the rows of a run are there: by the snapshots, which tell of each as far back as they are kept, and beyond by the files
 * themselves. A run that is later than all of them is not.
 */
async function hasRun(workplace: Workplace, before: TableMetadata, run: TableRun): Promise<boolean> {
  const { runId } = run.manifest;
  if (runId > appliedRun(before)) return false;
  const line = lineage(before, currentSnapshot(before));
  const known = line.find(({ summary }) => summary[SNAPSHOT_RUN] === runId && summary.operation !== 'replace');
  if (known) return !isWithdrawal(known);
  if (line.length === 0 || (line.at(-1)!['parent-snapshot-id'] ?? undefined) === undefined) return false;
  const entries = (await liveManifests(workplace.files, line[0])).flatMap(liveEntries);
  if (entries.some(({ entry }) => parsePartKey(entry.file.filePath)?.runId === runId)) return true;
  if (entries.some(({ entry }) => parsePartKey(entry.file.filePath) === undefined)) {
    throw broken(run, 'whether its history has them cannot be told any more: snapshots of then have expired, and files were written anew');
  }
  return false;
}

async function tryAdd(workplace: Workplace, run: TableRun, { table, before, proven }: {
  readonly table: CatalogTable | undefined; readonly before: TableMetadata | undefined; readonly proven: ProvenChanges;
}): Promise<'done' | Attempt> {
  const { files, root, prefix = run.manifest.prefix, salt = '' } = workplace;
  const { manifest: { runId }, manifestETag } = run;
  const name = historyTableName(tableNameOf(run));
  const now = laterThan(workplace, before);
  const landed = landedFields(columnsOfRole(run.table, 'changes'));
  const ground = groundOf(run, { before, landed, root, prefix, name, uuid: uuidOf(run, table, `${salt}${HISTORY_KIND}`), now });
  const begins = ground.began !== undefined;
  if (begins && before && runId < appliedRun(before)) throw broken(run, `history goes on without it, since ${ground.began}, and it is older`);
  const { location } = ground.metadata;
  const attempt = await noteAttempt(workplace, location, runId, begins ? undefined : table?.metadataLocation);
  const typed = withFields(ground.metadata, ground.fields, ground.mapping);
  const added = historyFiles(run, proven, ground.fields, landed);
  const { metadata: shown, snapshotId, sequenceNumber } = await addSnapshot(files, typed, {
    runId,
    attempt,
    now,
    added,
    ...await allStay(files, currentSnapshot(typed)),
    operation: 'append',
    summary: { [SNAPSHOT_ETAG]: manifestETag, [SNAPSHOT_BELOW]: JSON.stringify({ rows: false, anew: false }) },
  });
  const next = withProperties(shown, {
    comment: `All changes of ${datasetOf(run.table)}`,
    ...runProperties(workplace, run),
    [CATALOG_PARAMETERS.kind]: HISTORY_KIND,
    [TABLE_PROPERTIES.appliedRun]: begins || !before ? runId : laterRun(appliedRun(before), runId),
    [TABLE_PROPERTIES.appliedSequence]: String(sequenceNumber),
    [TABLE_PROPERTIES.generation]: String(ground.generation),
    [TABLE_PROPERTIES.previousGeneration]: begins ? table?.metadataLocation : undefined,
  });
  const committed = await commitMetadata(workplace, next, { name, base: table, before, attempt });
  if (!committed) return { location, attempt };
  await proveCommit(workplace, name, { snapshotId, paths: new Set(added.map(({ filePath }) => filePath)) });
  await keepGeneration(workplace, name, committed.metadata);
  await endAttempt(workplace, location, attempt);
  await sweepAttempts(workplace, name, location);
  return 'done';
}

async function tryWithdraw(
  workplace: Workplace, { manifest: { runId } }: TableRun, { table, before }: { readonly table: CatalogTable; readonly before: TableMetadata },
): Promise<'done' | Attempt> {
  const attempt = await noteAttempt(workplace, before.location, runId, table.metadataLocation);
  const { metadata, sequenceNumber } = await addSnapshot(workplace.files, before, {
    runId,
    attempt,
    now: laterThan(workplace, before),
    added: [],
    present: await liveManifests(workplace.files, currentSnapshot(before)),
    stays: ({ filePath }) => parsePartKey(filePath)?.runId !== runId,
    operation: 'delete',
    summary: { [SNAPSHOT_WITHDRAWN]: 'true', [SNAPSHOT_BELOW]: JSON.stringify({ rows: false, anew: false }) },
  });
  const next = withProperties(metadata, { [TABLE_PROPERTIES.appliedSequence]: String(sequenceNumber) });
  if (!await commitMetadata(workplace, next, { name: table.name, base: table, before, attempt })) return { location: before.location, attempt };
  await endAttempt(workplace, before.location, attempt);
  return 'done';
}
