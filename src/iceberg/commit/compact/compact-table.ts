import { endAttempt, forgetAttempts, noteAttempt, sweepAttempts } from '../attempts';
import { commitMetadata, laterThan, LoadedTable, loadTable } from '../change-table';
import { CompactionPlan, Compacting, planCompaction, WrittenRows, writeRowsAnew } from './compact-files';
import { TABLE_PROPERTIES } from '../../../contract';
import type { DeletedRows } from '../../rows/deleted-rows';
import { IcebergError } from '../../spec/errors';
import { Long } from '../../spec/long';
import { currentSnapshot, Snapshot } from '../../spec/table-metadata';
import { addSnapshot } from '../add-snapshot';
import { rewrittenSummary } from '../changes/chain';
import { SNAPSHOT_COMPACTED, SNAPSHOT_RUN } from '../foreign-rows';
import { proveCommit } from '../prove-commit';
import { MAX_ATTEMPTS, metadataAt, Workplace } from '../workplace';

/** What a compaction did. */
export interface Compacted {
  readonly name: string;
  /** PARTLY: the deadline came first, and the next compaction goes on with what is left. */
  readonly state: 'COMPACTED' | 'PARTLY' | 'LEFT';
  /** Why it was left as it is, or what is left of it. */
  readonly why?: string;
  readonly snapshotId?: Long;
  readonly metadataLocation?: string;
  /** Delete files of before. */
  readonly deleteFiles: number;
  /** Delete files that rows still need: none once it is compacted. */
  readonly deleteFilesLeft: number;
  /** Files whose rows are still to be written anew, or that are to be looked into for deleted rows: none once it is compacted. */
  readonly filesLeft: number;
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
 * starts anew, since deletes of then may touch what was written. With a deadline it may do some of the files; a delete file stays as long
 * as any file is left that it may touch.
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
    if (compacting.deadline?.()) {
      const { filesLeft } = remainderOf(plan, []);
      return { ...toldOf(name, plan), filesLeft, state: 'PARTLY', why: 'another writer was faster, and there is no time to start anew' };
    }
  }
  throw new IcebergError('COMMIT_CONTENTION', `the table '${name}' was changed by others ${MAX_ATTEMPTS} times while it was compacted`);
}

/** What is told of a table in which nothing was done. */
function toldOf(name: string, { scan }: CompactionPlan): Omit<Compacted, 'state'> {
  const bytes = scan.files.reduce((sum, { file }) => sum + file.fileSizeBytes, 0);
  return {
    name,
    deleteFiles: scan.deleteFiles.length,
    deleteFilesLeft: scan.deleteFiles.length,
    filesLeft: 0,
    deletedRows: 0,
    filesBefore: scan.files.length,
    filesAfter: scan.files.length,
    bytesBefore: bytes,
    bytesAfter: bytes,
    rowsWritten: 0,
  };
}

/** What is left of a plan. */
interface Remainder extends Pick<Compacted, 'filesLeft' | 'deleteFilesLeft'> {
  /** Paths of delete files that may touch a row of what is left: they alone have to stay. */
  readonly needed: ReadonlySet<string>;
}

function remainderOf({ chosen, unlooked }: CompactionPlan, done: readonly DeletedRows[]): Remainder {
  const left = chosen.filter((each) => !done.includes(each));
  const hit = [...left.filter(({ positions }) => positions.length > 0).map(({ scanned }) => scanned), ...unlooked];
  const deletes = hit.flatMap(({ equalityDeletes, positionDeletes }) => [...equalityDeletes, ...positionDeletes]);
  const needed = new Set(deletes.map(({ file }) => file.filePath));
  return { filesLeft: left.length + unlooked.length, deleteFilesLeft: needed.size, needed };
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
  const { needed, ...left } = remainderOf(plan, written.done);
  const deleteFiles = plan.scan.deleteFiles.map(({ file }) => file.filePath).filter((file) => !needed.has(file));
  const gone = new Set([...written.done.map(({ scanned }) => scanned.file.filePath), ...deleteFiles]);
  const { metadata, snapshotId } = await addSnapshot(files, before, {
    runId,
    attempt,
    now: laterThan(workplace, before),
    added: written.added,
    present: plan.manifests,
    stays: ({ filePath }) => !gone.has(filePath),
    operation: 'replace',
    summary: { ...rewrittenSummary(before), ...markOf(shown), [SNAPSHOT_COMPACTED]: attempt },
  });
  const committed = await commitMetadata(workplace, metadata, { name, base: table, before, attempt });
  if (!committed) {
    // What refused it may have been its own repetition: what the table names then stays.
    const now = await workplace.catalog.load(name);
    const metadataNow = now?.metadataLocation === undefined ? undefined : await metadataAt(workplace, now.metadataLocation);
    await forgetAttempts(workplace, [{ location: before.location, attempt }], now, metadataNow);
    return undefined;
  }
  const paths = new Set(written.added.map(({ filePath }) => filePath));
  await proveCommit(workplace, name, { snapshotId, paths, stays: ({ filePath }) => !paths.has(filePath) });
  await endAttempt(workplace, before.location, attempt);
  await sweepAttempts(workplace, name, before.location);
  return {
    ...toldOf(name, plan),
    ...sizesAfter(plan, written),
    ...left,
    ...(left.filesLeft === 0 ? { state: 'COMPACTED' } : { state: 'PARTLY', why: `there was no time for ${left.filesLeft} of its files` }),
    snapshotId,
    metadataLocation: committed.location,
  };
}

/** The mark is still true of rows that were written anew; of which manifest they are, is not: its files are not named any more. */
function markOf({ summary }: Snapshot): { readonly [key: string]: string } {
  const mark = summary[TABLE_PROPERTIES.appliedMark];
  return mark === undefined ? {} : { [TABLE_PROPERTIES.appliedMark]: mark };
}

function sizesAfter({ scan }: CompactionPlan, { done, added, rows, content }: WrittenRows) {
  const gone = done.reduce((sum, { scanned }) => sum + scanned.file.fileSizeBytes, 0);
  const all = scan.files.reduce((sum, { file }) => sum + file.fileSizeBytes, 0);
  return {
    deletedRows: done.reduce((sum, { positions }) => sum + positions.length, 0),
    filesAfter: scan.files.length - done.length + added.length,
    bytesAfter: all - gone + added.reduce((sum, { fileSizeBytes }) => sum + fileSizeBytes, 0),
    rowsWritten: rows,
    ...(content !== undefined && { content }),
  };
}
