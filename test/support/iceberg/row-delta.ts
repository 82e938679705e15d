import { addSnapshot } from '../../../src/iceberg/commit/add-snapshot';
import { endAttempt, noteAttempt, sweepAttempts } from '../../../src/iceberg/commit/attempts';
import { commitMetadata, laterThan, loadTable } from '../../../src/iceberg/commit/change-table';
import { liveManifests } from '../../../src/iceberg/commit/snapshot-files';
import { Workplace } from '../../../src/iceberg/commit/workplace';
import { DataFile } from '../../../src/iceberg/spec/data-file';
import { currentSnapshot } from '../../../src/iceberg/spec/table-metadata';

/** Adds files of rows and of deletes, whoever wrote them, as one snapshot of ours; without a chain of marks, so that any may follow any. */
export async function commitDelta(workplace: Workplace, name: string, runId: string, added: readonly DataFile[]): Promise<void> {
  const { table, metadata: before } = await loadTable(workplace, name);
  const attempt = await noteAttempt(workplace, before.location, runId, table.metadataLocation);
  const { metadata } = await addSnapshot(workplace.files, before, {
    runId,
    attempt,
    now: laterThan(workplace, before),
    added,
    present: await liveManifests(workplace.files, currentSnapshot(before)),
    stays: () => true,
    operation: 'overwrite',
  });
  if (!await commitMetadata(workplace, metadata, { name, base: table, before, attempt })) throw new Error(`the table '${name}' was changed meanwhile`);
  await endAttempt(workplace, before.location, attempt);
  await sweepAttempts(workplace, name, before.location);
}
