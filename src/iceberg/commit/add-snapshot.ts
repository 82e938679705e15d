import { randomInt } from 'node:crypto';
import { SNAPSHOT_RUN } from './foreign-rows';
import { CarriedFiles, ReadManifest, summaryOf, writeSnapshot } from './snapshot-files';
import { TableFiles } from '../files/table-files';
import { DataFile } from '../spec/data-file';
import { Long } from '../spec/long';
import { currentSnapshot, TableMetadata, withSnapshot } from '../spec/table-metadata';

/** A snapshot of ours on its way into a table. */
export interface NewSnapshot {
  readonly runId: string;
  /** Part of the names of its files. */
  readonly attempt: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly added: readonly DataFile[];
  /** Manifests of the snapshot before. */
  readonly present: readonly ReadManifest[];
  /** Which of their files stay. */
  readonly stays: (file: DataFile) => boolean;
  /** In place of `present`, where all stay. */
  readonly carried?: CarriedFiles;
  /** What became of the rows (Iceberg spec, "Snapshots", operation). */
  readonly operation: 'append' | 'overwrite' | 'delete' | 'replace';
  /** Further entries of the summary. */
  readonly summary?: { readonly [key: string]: string };
}

/** Writes a snapshot's files, and lets the metadata's `main` show it. Ids are whole numbers that every reader of JSON holds. */
export async function addSnapshot(
  files: TableFiles, metadata: TableMetadata, { runId, attempt, now, added, present, stays, carried, operation, summary }: NewSnapshot,
): Promise<{ readonly metadata: TableMetadata; readonly snapshotId: Long; readonly sequenceNumber: Long }> {
  const parent = currentSnapshot(metadata);
  const snapshotId = randomInt(1, 2 ** 48 - 1) * 16 + randomInt(16);
  const sequenceNumber = Number(BigInt(metadata['last-sequence-number']) + 1n);
  const { manifestList, counts } = await writeSnapshot(files, metadata, {
    snapshotId, sequenceNumber, parentId: parent?.['snapshot-id'], added, before: present, stays, carried,
  }, attempt);
  return {
    snapshotId,
    sequenceNumber,
    metadata: withSnapshot(metadata, {
      'snapshot-id': snapshotId,
      ...(parent && { 'parent-snapshot-id': parent['snapshot-id'] }),
      'sequence-number': sequenceNumber,
      'timestamp-ms': now,
      'manifest-list': manifestList,
      'summary': { operation, [SNAPSHOT_RUN]: runId, ...summary, ...summaryOf(counts) },
      'schema-id': metadata['current-schema-id'],
    }),
  };
}
