import { randomInt, randomUUID } from 'node:crypto';
import { commitMetadata } from '../../../src/iceberg/commit/change-table';
import { ReadManifest, liveManifests, summaryOf, writeSnapshot } from '../../../src/iceberg/commit/snapshot-files';
import { metadataAt, Workplace } from '../../../src/iceberg/commit/workplace';
import { DataFile } from '../../../src/iceberg/spec/data-file';
import { currentSnapshot, withSnapshot } from '../../../src/iceberg/spec/table-metadata';

/** A file that somebody wrote into a table's own folder. */
export function foreignFile(location: string, rows: number, name: string = randomUUID()): DataFile {
  return {
    content: 0,
    filePath: `${location}/data/${name}.parquet`,
    recordCount: rows,
    fileSizeBytes: 100,
    columnSizes: new Map(),
    valueCounts: new Map(),
    nullValueCounts: new Map(),
    lowerBounds: new Map(),
    upperBounds: new Map(),
  };
}

/** What somebody else does to a table: adds files, and lets others go. */
export interface ForeignChange {
  readonly operation: 'append' | 'overwrite' | 'replace' | 'delete';
  readonly rows?: readonly number[];
  /** Files that are there, in place of made-up ones. */
  readonly files?: readonly DataFile[];
  readonly goes?: (file: DataFile) => boolean;
}

/** One attempt of somebody who knows nothing of runs. @returns the added files; undefined when another writer was faster */
export async function foreignCommit(
  workplace: Workplace, name: string, { operation, rows = [1], files, goes = () => false }: ForeignChange,
): Promise<string[] | undefined> {
  const base = (await workplace.catalog.load(name))!;
  const before = await metadataAt(workplace, base.metadataLocation!);
  const parent = currentSnapshot(before);
  const present: ReadManifest[] = await liveManifests(workplace.files, parent);
  const snapshotId = BigInt(randomInt(2 ** 47)) * 32768n + 4_000_000_000_000_000_001n;
  const sequenceNumber = Number(before['last-sequence-number']) + 1;
  const added = files ?? rows.map((count) => foreignFile(before.location, count));
  if (!files) added.forEach(({ filePath }) => (workplace.files as { put?: (uri: string, bytes: string) => void }).put?.(filePath, 'rows'));
  const attempt = `foreign-${randomUUID()}`;
  const { manifestList, counts } = await writeSnapshot(workplace.files, before, {
    snapshotId, sequenceNumber, parentId: parent?.['snapshot-id'], added, before: present, stays: (file) => !goes(file),
  }, attempt);
  const next = withSnapshot(before, {
    'snapshot-id': snapshotId,
    'parent-snapshot-id': parent?.['snapshot-id'],
    'sequence-number': sequenceNumber,
    'timestamp-ms': before['last-updated-ms'] + 1,
    'manifest-list': manifestList,
    'summary': { operation, ...summaryOf(counts) },
    'schema-id': before['current-schema-id'],
  });
  const done = await commitMetadata(workplace, next, { name, base, before, attempt });
  return done && added.map(({ filePath }) => filePath);
}
