import { ChangeMark, isOneLineage, ManifestColumn, TABLE_PROPERTIES } from '../../../contract';
import { IcebergError } from '../../spec/errors';
import { currentSnapshot, lineage, Snapshot, TableMetadata } from '../../spec/table-metadata';
import { brokenRuns } from '../broken-runs';
import { belowChanges, foreignSnapshots, SNAPSHOT_BELOW, SNAPSHOT_RUN } from '../foreign-rows';
import { datasetOf, identityText, tableNameOf, TableRun } from '../table-run';

/*
 * Whether a run is to be applied to a table, by what the table says of the runs that were: marks of one lineage are compared by their
 * order, all else by run ids. The answer holds for the metadata it was asked of, and is set by the commit that replaces just that.
 */

/** Entry of the summary of a run of changes: what the table said of the runs before, as JSON, for one that is taken back. */
export const SNAPSHOT_BEFORE = 'cdk-legacy-to-s3.before';

/** What a table says of the runs that were applied to it. */
export const APPLIED_PROPERTIES = [
  TABLE_PROPERTIES.appliedRun, TABLE_PROPERTIES.appliedSequence, TABLE_PROPERTIES.appliedMark, TABLE_PROPERTIES.manifest,
  TABLE_PROPERTIES.manifestETag,
] as const;

/** What is to be done with a run of changes. */
export type ChainStep =
  | { readonly kind: 'apply' }
  /** The table's rows are as of its mark, or of a later one. */
  | { readonly kind: 'contained' }
  /** Its predecessor is not applied. */
  | { readonly kind: 'waits'; readonly waitsFor: string };

/** The mark that a table's rows are as of; undefined where no changes can follow. */
export function appliedMark({ properties }: Pick<TableMetadata, 'properties'>): ChangeMark | undefined {
  const text = properties?.[TABLE_PROPERTIES.appliedMark];
  return text === undefined ? undefined : JSON.parse(text) as ChangeMark;
}

/** Id of the newest run that was applied to a table; empty where there was none. */
export function appliedRun({ properties }: Pick<TableMetadata, 'properties'>): string {
  return properties?.[TABLE_PROPERTIES.appliedRun] ?? '';
}

/** The later of two run ids: one that is applied late does not let a newer one be forgotten. */
export function laterRun(a: string, b: string): string {
  return a > b ? a : b;
}

/**
 * What is to be done with a run of changes.
 *
 * @param before undefined where there is no table
 * @throws IcebergError CHAIN_BROKEN when what was applied and what comes contradict each other
 */
export function chainStep(before: TableMetadata | undefined, run: TableRun): ChainStep {
  const { manifest: { runId }, table } = run;
  const { from, to, keyColumns } = table.changes!;
  const waits: ChainStep = { kind: 'waits', waitsFor: from.order };
  if (!before) return waits;
  const mark = appliedMark(before);
  if (!mark || !isOneLineage(mark, from) || !isSameObject(before, run)) {
    // Rows of another table, or without a mark, are later than the changes or their base is still to come.
    return appliedRun(before) >= runId && !isTakenLater(from, mark) ? { kind: 'contained' } : waits;
  }
  if (to.order <= mark.order) {
    if (to.order < mark.order && wentBack(mark, to, runId, before)) {
      throw broken(run, `its mark ${to.order} was taken at ${to.at}, after the one that the table's rows are as of, ${mark.order} at ${mark.at}: the source went back`);
    }
    // A rowversion's mark stands still while a transaction is open, and rows above it are read: the newest run has the newest of them.
    const standsStill = from.order === to.order && to.order === mark.order && keyColumns.length > 0 && table.rows > 0;
    return { kind: standsStill && runId > appliedRun(before) ? 'apply' : 'contained' };
  }
  // Numbers behind a rowversion that stands still begin anew when the table is read whole: what was read before may have a higher one.
  if (to.at < mark.at && runId < appliedRun(before)) return { kind: 'contained' };
  if (from.order > mark.order) return waits;
  const found = foundAmongLanded(run);
  if (found !== undefined && (from.order < mark.order || isLaterThanChain(before, run))) {
    throw broken(run, `its ${found} among rows that landed up to ${from.order}, and the table may have others: it is as of ${mark.order}`
      + `${from.order === mark.order ? ' or later' : ''}; the next runs go on from there, or, where they wait for this one, the table is to be read whole`);
  }
  if (keyColumns.length === 0 && (from.order !== mark.order || isInexactBase(before))) {
    throw broken(run, `it adds rows after ${from.order} without a key, and the table may have some of them: it is as of ${mark.order}${from.order === mark.order ? ' or later' : ''}`);
  }
  return { kind: 'apply' };
}

/** What of a run was found among the rows that the runs of its chain had landed, which are no others' rows; undefined where nothing was. */
function foundAmongLanded({ table: { changes, columns } }: TableRun): string | undefined {
  const { way, deletesSeen, keyColumns } = changes!;
  if (deletesSeen && (way === 'rowversion' || way === 'watermark')) return 'deletes were found by comparing keys';
  const hasSpellings = columns.some((column) => keyColumns.includes(column.name) && isSpelled(column));
  // Captured changes have each spelling that a key had since their mark.
  return way === 'changeTracking' && hasSpellings ? 'other spellings of keys were looked for' : undefined;
}

/** Whether values that the source holds equal may land as different bytes. */
function isSpelled({ sourceType, collation = '' }: ManifestColumn): boolean {
  return /^(varbinary|n?varchar)\b/.test(sourceType) || (/^n?char\b/.test(sourceType) && !/_BIN2?(_|$)/i.test(collation));
}

/** Whether a table's rows are later than those of a run that read it whole. */
export function isOlderThan({ manifest: { runId }, table }: Pick<TableRun, 'manifest' | 'table'>, before: TableMetadata): boolean {
  const mark = appliedMark(before);
  const own = table.base?.mark;
  if (mark && own && isOneLineage(mark, own) && own.order !== mark.order) {
    return own.order < mark.order && !wentBack(mark, own, runId, before);
  }
  return appliedRun(before) > runId && !isTakenLater(own, mark);
}

/** Whether a mark is later by the source's clock, which all its runs share; run ids are made by the clocks of those who read it. */
function isTakenLater(own: ChangeMark | undefined, mark: ChangeMark | undefined): boolean {
  return own !== undefined && mark !== undefined && own.at > mark.at;
}

/** Whether a lower mark is later all the same: a source whose order began again without another lineage. */
function wentBack(mark: ChangeMark, own: ChangeMark, runId: string, before: TableMetadata): boolean {
  return own.at > mark.at && runId > appliedRun(before);
}

function isSameObject({ properties }: TableMetadata, { table }: TableRun): boolean {
  const known = properties?.[TABLE_PROPERTIES.identity];
  const own = identityText(table.identity);
  return known === undefined || own === undefined || known === own;
}

/** Entry of a summary: of a run that read the table whole, and later than its mark in part. */
export const SNAPSHOT_INEXACT = 'cdk-legacy-to-s3.inexact';

function isInexactBase(before: TableMetadata): boolean {
  return ourSnapshot(before)?.summary[SNAPSHOT_INEXACT] === 'true';
}

/**
 * Whether a table shows rows that are later than its mark in part, of a run that the changes do not follow: their chain has another one of that
 * mark. A run that follows it, directly or behind others that had no rows, names that one or one that was begun after it.
 */
function isLaterThanChain(before: TableMetadata, { table: { changes } }: TableRun): boolean {
  const shown = ourSnapshot(before)?.summary[SNAPSHOT_RUN] ?? '';
  return isInexactBase(before) && changes!.previousRun < shown;
}

/** The newest snapshot of ours that readers see, or that others wrote on. */
export function ourSnapshot(metadata: TableMetadata): Snapshot | undefined {
  return lineage(metadata, currentSnapshot(metadata))[foreignSnapshots(metadata).length];
}

/**
 * Looks whether a table still shows what its mark says.
 *
 * @throws IcebergError CHAIN_BROKEN when it was rolled back, by whomever
 */
export function requireUnbroken(before: TableMetadata, run: TableRun): void {
  const rolledBack = rolledBackTo(before);
  if (rolledBack) throw broken(run, `the table shows ${rolledBack.shown}, not the one that its mark was set by: it was rolled back; ${rolledBack.again}, or read the table whole`);
}

/**
 * Looks whether the files of a table are what they were, before places of rows or rows themselves are taken from them: these would stay as
 * they are when the files are mended.
 *
 * @throws IcebergError CHAIN_BROKEN when runs are noted whose files are not
 */
export function requireReadable(before: TableMetadata, run: TableRun): void {
  const damaged = brokenRuns(before);
  if (damaged.length === 0) return;
  throw broken(run, `rows are looked for, and files of run '${damaged.join("', '")}' are not what they were: mend them and replay that run, then this one`);
}

/** What a table shows that was rolled back, by whomever, and how the newest run is shown again, for messages; undefined where it shows that. */
export function rolledBackTo(metadata: TableMetadata): { readonly shown: string; readonly again: string } | undefined {
  const ours = ourSnapshot(metadata);
  if (ours && shownSequence(ours) === metadata.properties?.[TABLE_PROPERTIES.appliedSequence]) return undefined;
  const marked = markedSnapshot(metadata);
  return {
    shown: ours ? `snapshot ${ours['snapshot-id']}` : 'no snapshot of a run',
    again: marked ? `roll it back to snapshot ${marked['snapshot-id']}` : 'show the newest run again',
  };
}

/** The newest snapshot that shows what a table's mark says, also of a table that was rolled back; undefined where it has expired. */
export function markedSnapshot({ snapshots = [], properties }: TableMetadata): Snapshot | undefined {
  const sequence = properties?.[TABLE_PROPERTIES.appliedSequence];
  return [...snapshots].reverse().find((snapshot) => snapshot.summary[SNAPSHOT_RUN] !== undefined && shownSequence(snapshot) === sequence);
}

/** Sequence number of the commit that applied what a snapshot of ours shows. */
function shownSequence({ summary, 'sequence-number': own }: Snapshot): string {
  return summary[TABLE_PROPERTIES.appliedSequence] ?? String(own);
}

/** Entries of the summary of a snapshot of ours that writes rows anew: what holds of the one before holds of it. */
export function rewrittenSummary(before: TableMetadata): { readonly [key: string]: string } {
  const ours = ourSnapshot(before);
  return {
    [SNAPSHOT_BELOW]: belowChanges(before, 'refuse'),
    ...(ours && { [TABLE_PROPERTIES.appliedSequence]: shownSequence(ours) }),
    ...(isInexactBase(before) && { [SNAPSHOT_INEXACT]: 'true' }),
  };
}

/** A run of changes that cannot follow what a table has. */
export function broken(run: TableRun, why: string): IcebergError {
  return new IcebergError('CHAIN_BROKEN', `changes of run '${run.manifest.runId}' cannot be applied to '${tableNameOf(run)}' (${datasetOf(run.table)}): ${why}`);
}
