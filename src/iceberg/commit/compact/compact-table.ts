import { endAttempt, noteAttempt, sweepAttempts } from '../attempts';
import { commitMetadata, laterThan, LoadedTable, loadTable } from '../change-table';
import { CompactionPlan, Compacting, planCompaction, WrittenRows, writeRowsAnew } from './compact-files';
import { TABLE_PROPERTIES } from '../../../contract';
import { IcebergError } from '../../spec/errors';
import { Long } from '../../spec/long';
import { currentSnapshot, Snapshot, withProperties } from '../../spec/table-metadata';
import { addSnapshot } from '../add-snapshot';
import { SNAPSHOT_INEXACT } from '../changes/chain';
import { SNAPSHOT_BELOW, SNAPSHOT_COMPACTED, SNAPSHOT_RUN } from '../foreign-rows';
import { proveCommit } from '../prove-commit';
import { MAX_ATTEMPTS, Workplace } from '../workplace';

/** What a compaction did. */
export interface Compacted {
  readonly name: string;
  readonly state: 'COMPACTED' | 'LEFT';
  /** Why it was left as it is. */
  readonly why?: string;
  readonly snapshotId?: Long;
  readonly metadataLocation?: string;
  /** Delete files of before; after a compaction there is none. */
  readonly deleteFiles: number;
  /** Rows that deletes had taken away from the files that were written anew. */
  readonly deletedRows: number;
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Rows written anew, and what they hash to before and after; absent where no file was. */
  readonly rowsWritten: number;
  readonly content?: string;
}

/**
 * Folds deletes into the files that they touch, and puts small files together: new files below the table's own location, one snapshot
 * of operation `replace`, rows unchanged. Landed files stay, as long as snapshots of runs name them. Where another writer was faster it
 * starts anew, since deletes of then may touch what was written.
 *
 * @throws IcebergError FOREIGN_ROWS when others changed the table, CONTENT_DIFFERS when what was written is not what was read (nothing
 * is committed then), TABLE_UNREADABLE, NOT_THERE, COMMIT_CONTENTION, COMMIT_UNPROVEN
 */
export async function compactTable(workplace: Workplace, name: string, compacting: Compacting = {}): Promise<Compacted> {
  for (let turn = 1; turn <= MAX_ATTEMPTS; turn++) {
    const loaded = await loadTable(workplace, name);
    const plan = await planCompaction(workplace, loaded.metadata, compacting);
    if (plan.left !== undefined) return { ...toldOf(name, plan), state: 'LEFT', why: plan.left };
    const done = await compact(workplace, name, loaded, plan, compacting);
    if (done) return done;
  }
  throw new IcebergError('COMMIT_CONTENTION', `the table '${name}' was changed by others ${MAX_ATTEMPTS} times while it was compacted`);
}

function toldOf(name: string, { scan, rewritten }: CompactionPlan): Omit<Compacted, 'state'> {
  const bytes = scan.files.reduce((sum, { file }) => sum + file.fileSizeBytes, 0);
  return {
    name,
    deleteFiles: scan.deleteFiles.length,
    deletedRows: rewritten.reduce((sum, { positions }) => sum + positions.length, 0),
    filesBefore: scan.files.length,
    filesAfter: scan.files.length,
    bytesBefore: bytes,
    bytesAfter: bytes,
    rowsWritten: 0,
  };
}

/** @returns undefined when another writer was faster */
async function compact(
  workplace: Workplace, name: string, { table, metadata: before }: LoadedTable, plan: CompactionPlan, compacting: Compacting,
): Promise<Compacted | undefined> {
  const { files } = workplace;
  // That readers see; it is ours, since there are none of others.
  const shown = currentSnapshot(before)!;
  const runId = shown.summary[SNAPSHOT_RUN];
  const attempt = await noteAttempt(workplace, before.location, runId, table.metadataLocation);
  let written: WrittenRows;
  try {
    written = await writeRowsAnew(workplace, before, plan, attempt, compacting);
  } catch (error) {
    await endAttempt(workplace, before.location, attempt);
    // Whoever changed the table meanwhile has taken away what attempts on the state of before were writing.
    if ((await workplace.catalog.load(name))?.version !== table.version) return undefined;
    throw error;
  }
  const gone = new Set([...plan.rewritten.map(({ scanned }) => scanned.file.filePath), ...plan.scan.deleteFiles.map(({ file }) => file.filePath)]);
  const { metadata, snapshotId, sequenceNumber } = await addSnapshot(files, before, {
    runId,
    attempt,
    now: laterThan(workplace, before),
    added: written.added,
    present: plan.manifests,
    stays: ({ filePath }) => !gone.has(filePath),
    operation: 'replace',
    summary: { [SNAPSHOT_COMPACTED]: attempt, [SNAPSHOT_BELOW]: NOTHING_BELOW, ...passedOn(shown) },
  });
  // Of all files without a delete, manifests tell the rows.
  const rows = plan.scan.files.reduce((sum, { file }) => sum + (gone.has(file.filePath) ? 0 : file.recordCount), 0) + written.rows;
  const next = withProperties(metadata, {
    [TABLE_PROPERTIES.countedRows]: String(rows),
    [TABLE_PROPERTIES.countedSequence]: String(sequenceNumber),
    // Changes may follow where they could before: a table that was rolled back stays so.
    ...(String(shown['sequence-number']) === before.properties?.[TABLE_PROPERTIES.appliedSequence] && { [TABLE_PROPERTIES.appliedSequence]: String(sequenceNumber) }),
  });
  const committed = await commitMetadata(workplace, next, { name, base: table, before, attempt });
  if (!committed) {
    await files.delete(written.added.map(({ filePath }) => filePath));
    return undefined;
  }
  const paths = new Set(written.added.map(({ filePath }) => filePath));
  await proveCommit(workplace, name, { snapshotId, paths, stays: ({ filePath }) => !paths.has(filePath) });
  await endAttempt(workplace, before.location, attempt);
  await sweepAttempts(workplace, name, before.location);
  return { ...toldOf(name, plan), ...sizesAfter(plan, written), state: 'COMPACTED', snapshotId, metadataLocation: committed.location };
}

/** Others have left nothing: a table that they changed is not compacted. */
const NOTHING_BELOW = JSON.stringify({ rows: false, anew: false });

/** What is still true of rows that were written anew; of which manifest they are, it is not: its files are not named any more. */
function passedOn({ summary }: Snapshot): { readonly [key: string]: string } {
  return Object.fromEntries([TABLE_PROPERTIES.appliedMark, SNAPSHOT_INEXACT].flatMap((key) => (summary[key] === undefined ? [] : [[key, summary[key]]])));
}

function sizesAfter({ scan, rewritten }: CompactionPlan, { added, rows, content }: WrittenRows) {
  const gone = rewritten.reduce((sum, { scanned }) => sum + scanned.file.fileSizeBytes, 0);
  const all = scan.files.reduce((sum, { file }) => sum + file.fileSizeBytes, 0);
  return {
    filesAfter: scan.files.length - rewritten.length + added.length,
    bytesAfter: all - gone + added.reduce((sum, { fileSizeBytes }) => sum + fileSizeBytes, 0),
    rowsWritten: rows,
    ...(content !== undefined && { content }),
  };
}
