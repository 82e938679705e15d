import { addSnapshot } from './add-snapshot';
import { endAttempt, noteAttempt, sweepAttempts } from './attempts';
import { commitMetadata, laterThan, loadTable } from './change-table';
import { proveCommit } from './prove-commit';
import { liveManifests } from './snapshot-files';
import { MAX_ATTEMPTS, Workplace } from './workplace';
import { TABLE_PROPERTIES } from '../../contract';
import { DataFile, FileContent } from '../spec/data-file';
import { IcebergError } from '../spec/errors';
import { Long } from '../spec/long';
import { currentSnapshot, withProperties } from '../spec/table-metadata';

/** Rows that a run adds to a table, and deletes of rows that earlier runs landed. */
export interface RowChange {
  readonly runId: string;
  /** Data files alone are an append; with delete files it is a row delta. Deletes do not touch rows of their own snapshot. */
  readonly added: readonly DataFile[];
  /** Properties that are set by the same commit. */
  readonly properties?: { readonly [name: string]: string };
}

/** What was committed. */
export interface CommittedRows {
  readonly snapshotId: Long;
  readonly metadataLocation: string;
  /** Whether it had been committed before. */
  readonly repeated: boolean;
}

/**
 * Adds a run's rows and deletes to a table as one snapshot; all files of before stay (Iceberg spec, "Delete Formats", "Scan Planning").
 * A run that was applied is not applied again.
 *
 * @throws IcebergError NOT_THERE, COMMIT_CONTENTION, COMMIT_UNPROVEN
 */
export async function commitRows(workplace: Workplace, name: string, { runId, added, properties }: RowChange): Promise<CommittedRows> {
  for (let turn = 1; turn <= MAX_ATTEMPTS; turn++) {
    const { table, metadata: before } = await loadTable(workplace, name);
    const done = currentSnapshot(before);
    if (done && before.properties?.[TABLE_PROPERTIES.appliedRun] === runId) {
      return { snapshotId: done['snapshot-id'], metadataLocation: table.metadataLocation!, repeated: true };
    }
    const attempt = await noteAttempt(workplace, before.location, runId, table.metadataLocation);
    const deletes = added.some(({ content }) => content !== FileContent.data);
    const { metadata, snapshotId, sequenceNumber } = await addSnapshot(workplace.files, before, {
      runId,
      attempt,
      now: laterThan(workplace, before),
      added,
      present: await liveManifests(workplace.files, currentSnapshot(before)),
      stays: () => true,
      operation: !deletes ? 'append' : added.some(({ content }) => content === FileContent.data) ? 'overwrite' : 'delete',
    });
    const next = withProperties(metadata, {
      ...properties, [TABLE_PROPERTIES.appliedRun]: runId, [TABLE_PROPERTIES.appliedSequence]: String(sequenceNumber),
    });
    const committed = await commitMetadata(workplace, next, { name, base: table, before, attempt });
    if (!committed) continue;
    const paths = new Set(added.map(({ filePath }) => filePath));
    await proveCommit(workplace, name, { snapshotId, paths, stays: ({ filePath }) => !paths.has(filePath) });
    await endAttempt(workplace, before.location, attempt);
    await sweepAttempts(workplace, name, before.location);
    return { snapshotId, metadataLocation: committed.location, repeated: false };
  }
  throw new IcebergError('COMMIT_CONTENTION', `the table '${name}' was changed by others ${MAX_ATTEMPTS} times while rows of run '${runId}' were committed`);
}
