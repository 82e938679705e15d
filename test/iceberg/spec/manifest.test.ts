import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readAvro } from '../../../src/iceberg/spec/avro-file';
import { DataFile } from '../../../src/iceberg/spec/data-file';
import { ManifestEntry, narrowed, readManifest, writeManifest } from '../../../src/iceberg/spec/manifest';
import { readManifestList, writeManifestList } from '../../../src/iceberg/spec/manifest-list';
import { Schema } from '../../../src/iceberg/spec/schema';

const FIXTURES = path.join(__dirname, '../fixtures');
const fixture = (name: string) => readFileSync(path.join(FIXTURES, name));
const json = (name: string) => JSON.parse(fixture(name).toString());
const BIG = 9_223_372_036_854_775_807n;
const SCHEMA: Schema = { 'type': 'struct', 'schema-id': 3, 'fields': [{ id: 1, name: 'id', required: false, type: 'long' }] };

const file: DataFile = {
  content: 0,
  filePath: 's3://lake/landing/a b%20.parquet',
  recordCount: 7,
  fileSizeBytes: 6_000_000_000,
  columnSizes: new Map([[1, 5_000_000_000]]),
  valueCounts: new Map([[1, 7]]),
  nullValueCounts: new Map([[1, 0]]),
  lowerBounds: new Map([[1, Buffer.from([0])]]),
  upperBounds: new Map([[1, Buffer.alloc(0)]]),
  splitOffsets: [4, 5_000_000_000],
};
const entry = (over: Partial<ManifestEntry> = {}): ManifestEntry => (
  { status: 1, snapshotId: BIG, sequenceNumber: null, fileSequenceNumber: null, file, ...over });

test('a manifest comes back, ids of 63 bits exact', () => {
  const deletes: DataFile = { ...file, content: 2, equalityIds: [1] };
  for (const [content, of] of [['data', file], ['deletes', deletes]] as const) {
    const read = readManifest(writeManifest(SCHEMA, { content, partitionSpecId: 0, entries: [entry({ file: of }), entry({ status: 2, sequenceNumber: BIG - 1n, fileSequenceNumber: 2, file: of })] }), 'm');
    expect(read).toMatchObject({ content, partitionSpecId: 0 });
    expect(read.entries).toEqual([entry({ file: of }), entry({ status: 2, sequenceNumber: BIG - 1n, fileSequenceNumber: 2, file: of })]);
  }
});

test('the head says what the specification asks for', () => {
  const { metadata } = readAvro(writeManifest(SCHEMA, { content: 'deletes', partitionSpecId: 0, entries: [] }), 'm');
  expect(metadata).toMatchObject({ 'schema': JSON.stringify(SCHEMA), 'schema-id': '3', 'partition-spec': '[]', 'partition-spec-id': '0', 'format-version': '2', 'content': 'deletes' });
});

test('equality ids are ints, which Java readers cast to', () => {
  const schema = JSON.stringify(JSON.parse(readAvro(writeManifest(SCHEMA, { content: 'data', partitionSpecId: 0, entries: [] }), 'm').metadata['avro.schema']));
  expect(schema).toContain('"items":"int","element-id":136');
});

test('a manifest list comes back', () => {
  const manifest = {
    path: 's3://lake/m.avro',
    lengthBytes: 5_000_000_000,
    partitionSpecId: 0,
    content: 'deletes' as const,
    sequenceNumber: BIG,
    minSequenceNumber: 1,
    addedSnapshotId: BIG - 5n,
    addedFiles: 1,
    existingFiles: 2,
    deletedFiles: 3,
    addedRows: 2 ** 53 - 1,
    existingRows: BIG,
    deletedRows: 0,
  };
  const bytes = writeManifestList({ snapshotId: BIG, parentId: 1, sequenceNumber: 2 }, [manifest]);
  expect(readManifestList(bytes, 'l')).toEqual([manifest]);
  expect(readAvro(bytes, 'l').metadata).toMatchObject({ 'snapshot-id': String(BIG), 'parent-snapshot-id': '1', 'sequence-number': '2', 'format-version': '2' });
  expect(readAvro(writeManifestList({ snapshotId: 1, sequenceNumber: 1 }, []), 'l').metadata['parent-snapshot-id']).toBe('null');
});

describe('of PyIceberg', () => {
  const expected = json('pyiceberg/expected.json');

  test('the manifest list', () => {
    expect(readManifestList(fixture('pyiceberg/manifest-list.avro'), 'l').map((each) => ({
      addedSnapshotId: String(each.addedSnapshotId),
      added: each.addedFiles,
      existing: each.existingFiles,
      deleted: each.deletedFiles,
      sequenceNumber: each.sequenceNumber,
    }))).toEqual(expected.manifests.map(({ entries: _entries, ...each }: { entries: unknown }) => each));
  });

  test('manifests of a partitioned table', () => {
    expected.manifests.forEach((manifest: { entries: object[]; sequenceNumber: number; addedSnapshotId: string }, at: number) => {
      const { entries, content } = readManifest(fixture(`pyiceberg/manifest-${at}.avro`), 'm');
      const hex = (map: ReadonlyMap<number, Buffer>) => Object.fromEntries([...map].map(([id, bytes]) => [id, bytes.toString('hex')]));
      expect(content).toBe('data');
      expect(entries.map(({ status, snapshotId, sequenceNumber, file: of }) => ({
        status,
        snapshotId: String(snapshotId ?? manifest.addedSnapshotId),
        sequenceNumber: sequenceNumber ?? manifest.sequenceNumber,
        filePath: of.filePath,
        rows: of.recordCount,
        lower: hex(of.lowerBounds),
        upper: hex(of.upperBounds),
      }))).toEqual(manifest.entries);
    });
  });
});

describe("of Iceberg's Java library", () => {
  const expected = json('spark/expected.json');

  test('manifest lists of every snapshot, the newest with a manifest of deletes', () => {
    const lists = readdirSync(path.join(FIXTURES, 'spark')).filter((name) => name.startsWith('manifest-list')).sort();
    const read = lists.map((name) => readManifestList(fixture(`spark/${name}`), name));
    expect(read.at(-1)!.map((each) => ({
      path: each.path,
      content: each.content === 'deletes' ? 1 : 0,
      length: each.lengthBytes,
      added_snapshot_id: String(each.addedSnapshotId),
      files: each.addedFiles + each.existingFiles,
    })).sort((a, b) => a.content - b.content)).toEqual(expected.manifests.map(({ a, e, d: _d, da, de, ...each }: { [count: string]: number }) => (
      { ...each, files: a + e + da + de })).sort((a: { content: number }, b: { content: number }) => a.content - b.content));
    expect(lists.length).toBe(4);
  });

  test('manifests: data, and position deletes', () => {
    const files = [0, 1].flatMap((at) => readManifest(fixture(`spark/manifest-${at}.avro`), 'm').entries).filter(({ status }) => status !== 2).map(({ file: of }) => (
      { content: of.content, path: of.filePath, rows: of.recordCount }));
    expect(files.sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(expected.files);
  });
});

test.each(['pyiceberg/manifest-0.avro', 'pyiceberg/manifest-1.avro', 'spark/manifest-0.avro', 'spark/manifest-1.avro'])(
  '%s written anew keeps all that is not known here: partitions, counts of NaN, schemas', (name) => {
    const read = readManifest(fixture(name), name);
    const numbers = { status: 2, snapshotId: BIG, sequenceNumber: 5, fileSequenceNumber: 5 } as const;
    const changed = narrowed(read, read.entries.map((each, at) => ({ at, entry: { ...each, ...numbers } })));
    const again = writeManifest(SCHEMA, changed);
    const [before, after] = [readAvro(fixture(name), name), readAvro(again, name)];
    expect(after.records).toEqual(before.records.map((raw) => (
      { ...raw, status: 2, snapshot_id: BIG, sequence_number: 5, file_sequence_number: 5 })));
    for (const key of Object.keys(before.metadata).filter((each) => each !== 'avro.codec')) {
      expect(JSON.stringify([key, after.metadata[key]])).toBe(JSON.stringify([key, key === 'avro.schema' ? JSON.stringify(JSON.parse(before.metadata[key])) : before.metadata[key]]));
    }
  });
