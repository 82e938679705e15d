import { liveManifests, writeSnapshot } from '../../../src/iceberg/commit/snapshot-files';
import { metadataAt, Workplace } from '../../../src/iceberg/commit/workplace';
import { currentSnapshot, withPrevious, withSnapshot } from '../../../src/iceberg/spec/table-metadata';

/**
 * Appends a file as somebody else's engine does, under the condition of the table's version, until it is there: by our own writer, without
 * what tells our snapshots from others'.
 *
 * @returns its URI
 */
export async function appendForeignFile(workplace: Workplace, name: string, bytes: Buffer, id: number): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const base = await workplace.catalog.load(name);
    if (base?.metadataLocation === undefined) throw new Error(`there is no table '${name}'`);
    const before = await metadataAt(workplace, base.metadataLocation);
    const uri = `${before.location}/data/${id}.parquet`;
    await workplace.files.replace(uri, bytes);
    const parent = currentSnapshot(before)!;
    const present = await liveManifests(workplace.files, parent);
    const sequence = Number(before['last-sequence-number']) + 1;
    const { manifestList } = await writeSnapshot(workplace.files, before, {
      snapshotId: id,
      sequenceNumber: sequence,
      parentId: parent['snapshot-id'],
      added: [{ ...present[0].content.entries[0].file, filePath: uri }],
      before: present,
      stays: () => true,
    }, `theirs-${id}-${attempt}`);
    const metadata = withPrevious(withSnapshot(before, {
      'snapshot-id': id,
      'parent-snapshot-id': parent['snapshot-id'],
      'sequence-number': sequence,
      'timestamp-ms': before['last-updated-ms'] + 1,
      'manifest-list': manifestList,
      'summary': { operation: 'append' },
      'schema-id': before['current-schema-id'],
    }), base.metadataLocation, before['last-updated-ms']);
    if (await workplace.catalog.commit({ name, base, metadata, attempt: `theirs-${id}-${attempt}` })) return uri;
  }
}
