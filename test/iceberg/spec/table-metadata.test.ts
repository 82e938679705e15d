import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { sameLong, toLong } from '../../../src/iceberg/spec/long';
import {
  currentSchema, currentSnapshot, KEPT_METADATA_FILES, lineage, newTable, readMetadata, Snapshot, snapshotById, TableMetadata, withFields, withMain,
  withoutSnapshots, withPrevious, withProperties, withRefs, withSnapshot, writeMetadata,
} from '../../../src/iceberg/spec/table-metadata';

const UUID = '0b1c6f3a-1111-4222-8333-944455556666';
const snapshot = (id: number | bigint, sequence: number, parent?: number | bigint): Snapshot => ({
  'snapshot-id': id,
  ...(parent !== undefined && { 'parent-snapshot-id': parent }),
  'sequence-number': sequence,
  'timestamp-ms': 1000 + sequence,
  'manifest-list': `s3://lake/snap-${id}.avro`,
  'summary': { operation: 'append' },
  'schema-id': 0,
});
const table = (...snapshots: readonly Snapshot[]) => snapshots.reduce(withSnapshot, newTable(UUID, 's3://lake/t', 1000));

test('ids of 63 bits are exact in the text, and through it', () => {
  fc.assert(fc.property(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), (id) => {
    const text = writeMetadata(table(snapshot(toLong(id), 1)));
    expect(text).toContain(`"snapshot-id":${id},`);
    expect(text).toContain(`"current-snapshot-id":${id},`);
    const read = readMetadata(text, 'm');
    expect(BigInt(currentSnapshot(read)!['snapshot-id'])).toBe(id);
    expect(writeMetadata(read)).toBe(text);
  }), { numRuns: 100 });
});

test.each(['pyiceberg', 'spark'])('metadata of %s comes back as it was, what is not known here too', (writer) => {
  const text = readFileSync(path.join(__dirname, `../fixtures/${writer}/table.metadata.json`), 'utf8');
  const again = writeMetadata(readMetadata(text, writer));
  // Numbers as texts: JSON.parse would round them on both sides.
  const exact = (json: string) => JSON.parse(json.replace(/(?<=[:[,]\s*)-?\d+(?=\s*[,}\]])/g, '"n$&"'));
  expect(exact(again)).toEqual(exact(text));
});

test('fields that are not known stay through every change', () => {
  const strange = { ...table(snapshot(1, 1)), 'statistics': [{ 'snapshot-id': 1, 'statistics-path': 'p' }], 'x-other': { deep: [1.5, null, 9_007_199_254_740_993n] } } as TableMetadata;
  const read = readMetadata(writeMetadata(strange), 'm');
  const changed = withRefs(withProperties(withPrevious(withMain(read, 1, 5), 'f', 1), { a: 'b' }), { t: { 'snapshot-id': 1, 'type': 'tag' } });
  expect(changed).toMatchObject({ 'x-other': { deep: [1.5, null, 9_007_199_254_740_993n] }, 'statistics': [{ 'statistics-path': 'p' }] });
  expect(writeMetadata(changed)).toContain('9007199254740993');
});

test.each([
  ['version 1', '{"format-version":1,"location":"x"}', /format version 1; tables of version 2/],
  ['version 3', '{"format-version":3}', /format version 3/],
  ['no version', '{}', /format version undefined/],
  ['null', 'null', /format version undefined/],
  ['no JSON', 'undefined', /is no JSON/],
  ['nothing', '', /is no JSON/],
])('%s is refused by name', (_what, text, message) => {
  expect(() => readMetadata(text, 's3://lake/v1.metadata.json')).toThrow(expect.objectContaining({ code: 'TABLE_UNREADABLE', message: expect.stringMatching(message) }));
  expect(() => readMetadata(text, 's3://lake/v1.metadata.json')).toThrow(/v1\.metadata\.json/);
});

test('a snapshot is shown by main, the log, and the sequence number', () => {
  const big = 9_223_372_036_854_775_806n;
  const two = table(snapshot(big, 1), snapshot(7, 2, big));
  expect(two).toMatchObject({ 'last-sequence-number': 2, 'current-snapshot-id': 7, 'refs': { main: { 'snapshot-id': 7, 'type': 'branch' } } });
  expect(two['snapshot-log']).toEqual([{ 'snapshot-id': big, 'timestamp-ms': 1001 }, { 'snapshot-id': 7, 'timestamp-ms': 1002 }]);
  expect(lineage(two, currentSnapshot(two)).map((each) => each['snapshot-id'])).toEqual([7, big]);
  expect(snapshotById(two, 9_223_372_036_854_775_806n)!['sequence-number']).toBe(1);
  expect(snapshotById(two, 9_223_372_036_854_775_807n)).toBeUndefined();
});

test('main keeps what it is said to be kept by', () => {
  const kept = withRefs(table(snapshot(1, 1)), { main: { 'snapshot-id': 1, 'type': 'branch', 'max-ref-age-ms': 5 } });
  expect(withSnapshot(kept, snapshot(2, 2, 1)).refs!.main).toEqual({ 'snapshot-id': 2, 'type': 'branch', 'max-ref-age-ms': 5 });
});

test('of the log only what follows the last snapshot that is gone stays', () => {
  const all = withMain(table(snapshot(1, 1), snapshot(2, 2, 1), snapshot(3, 3, 2), snapshot(4, 4, 3)), 2, 2000);
  const without = (...ids: number[]) => withoutSnapshots(all, ids, 3000);
  const log = (metadata: TableMetadata) => metadata['snapshot-log']!.map((each) => each['snapshot-id']);
  expect(log(all)).toEqual([1, 2, 3, 4, 2]);
  expect(log(without(1))).toEqual([2, 3, 4, 2]);
  expect(log(without(3))).toEqual([4, 2]);
  expect(log(without(4, 1))).toEqual([2]);
  expect(without(3).snapshots!.map((each) => each['snapshot-id'])).toEqual([1, 2, 4]);
  expect(without(3)['last-updated-ms']).toBe(3000);
});

test('references and statistics of snapshots that are gone go', () => {
  const stats = (id: number) => ({ 'snapshot-id': id, 'statistics-path': `s3://lake/t/metadata/${id}.stats` });
  const tagged = {
    ...withRefs(table(snapshot(1, 1), snapshot(2, 2, 1)), { a: { 'snapshot-id': 1, 'type': 'tag' }, b: { 'snapshot-id': 2, 'type': 'tag' } }),
    'statistics': [stats(1), stats(2)],
    'partition-statistics': [stats(1)],
  };
  const left = withoutSnapshots(tagged, [1], 5);
  expect(Object.keys(left.refs!).sort()).toEqual(['b', 'main']);
  expect([left.statistics, left['partition-statistics']]).toEqual([[stats(2)], []]);
});

test('schemas: one that was there before keeps its id, ids of columns are never given twice', () => {
  const field = (id: number, name: string) => ({ id, name, required: false, type: 'int' });
  const one = withFields(newTable(UUID, 's3://lake/t', 1), [field(1, 'a')], [], 9);
  const two = withFields(one, [field(1, 'a'), field(12, 'b')], []);
  const back = withFields(two, [field(1, 'a')], []);
  expect([one, two, back].map((each) => [each['current-schema-id'], each['last-column-id'], each.schemas.length])).toEqual([[0, 9, 1], [1, 12, 2], [0, 12, 2]]);
  expect(currentSchema(back)!.fields).toEqual([field(1, 'a')]);
  const keyed = { ...back, schemas: back.schemas.map((schema) => ({ ...schema, 'identifier-field-ids': [1] })) };
  expect(withFields(keyed, [field(1, 'a')], [])['current-schema-id']).toBe(2);
});

test('the log of metadata files has so many, the newest', () => {
  let metadata = newTable(UUID, 's3://lake/t', 1);
  for (let at = 0; at < KEPT_METADATA_FILES + 5; at++) metadata = withPrevious(metadata, `v${at}`, at);
  expect(metadata['metadata-log']!.map((each) => each['metadata-file'])).toEqual(Array.from({ length: KEPT_METADATA_FILES }, (_each, at) => `v${at + 5}`));
});

test('a property that is taken away is gone, others stay', () => {
  expect(withProperties({ ...newTable(UUID, 'l', 1), properties: { a: '1', b: '2' } }, { a: undefined, c: '3' }).properties).toEqual({ b: '2', c: '3' });
});

test.each([[1, 1n, true], [1, 2, false], [undefined, null, true], [undefined, 0, false], [2 ** 53, 2n ** 53n, true], [null, 1n, false]] as const)('%s and %s: same %s', (a, b, same) => {
  expect(sameLong(a, b)).toBe(same);
});
