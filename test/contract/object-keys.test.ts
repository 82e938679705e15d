import * as fc from 'fast-check';
import {
  datasetRunFolder, decodeKeySegment, encodeKeySegment, fileNameOf, isManifestKey, isPartitionPrefix, isStateKey, manifestKey, normalizePrefix,
  parsePartKey, partFileName, partitionPrefix, partitionPrefixOfFolder, stateCheckFile, stateFolder,
} from '../../src/contract';

const dataset = { database: 'Ledger', schema: 'dbo', table: 'Transactions' };

test('a part lies under prefix, database, schema, table and run', () => {
  expect(datasetRunFolder('landing', dataset, 'r1') + partFileName(3, 0, 'parquet'))
    .toBe('landing/database=Ledger/schema=dbo/table=Transactions/run=r1/part-00003-0000.parquet');
});

test('a partition prefix stands before each name of a key, and only the prefixes that there are', () => {
  const key = `${datasetRunFolder('landing', { ...dataset, partitionPrefix: 'landed_2_' }, 'r1')}part-00003-0000.parquet`;
  expect(key).toBe('landing/landed_2_database=Ledger/landed_2_schema=dbo/landed_2_table=Transactions/landed_2_run=r1/part-00003-0000.parquet');
  expect(parsePartKey(key)).toEqual({ ...dataset, partitionPrefix: 'landed_2_', runId: 'r1', fileName: 'part-00003-0000.parquet' });
  expect(parsePartKey('landed_database=a/schema=b/table=c/run=d/x')).toBeUndefined();
  expect(parsePartKey('landed_database=a/landed_schema=b/landed_2_table=c/landed_run=d/x')).toBeUndefined();
  expect(['landed_', 'landed_2_', 'landed_10_'].filter(isPartitionPrefix)).toHaveLength(3);
  expect(['', 'x_', 'landed', 'landed_0_', 'landed_a_', undefined, 'landed_/'].filter(isPartitionPrefix)).toEqual([]);
  expect([1, 2, 3].map(partitionPrefix)).toEqual(['landed_', 'landed_2_', 'landed_3_']);
  expect(['landing/landed_database=a/', 'database=a/', 'landed_x_database=a/'].map(partitionPrefixOfFolder)).toEqual(['landed_', '', undefined]);
});

test('the manifest lies beside the datasets', () => {
  expect(manifestKey('landing', 'r1')).toBe('landing/_runs/run=r1/_manifest.json');
  expect(manifestKey('', 'r1')).toBe('_runs/run=r1/_manifest.json');
});

test.each([
  ['', ''], ['/', ''], ['a', 'a/'], ['/a/b/', 'a/b/'], [undefined, ''],
])('prefix %j becomes %j', (prefix, expected) => {
  expect(normalizePrefix(prefix)).toBe(expected);
});

test.each([
  ['Order Details', 'Order%20Details'],
  ['a/b=c', 'a%2Fb%3Dc'],
  ['Größe', 'Gr%C3%B6%C3%9Fe'],
  ["it's (1)*!~", 'it%27s%20%281%29%2A%21%7E'],
  ['..', '%2E%2E'],
  ['v1.2', 'v1.2'],
])('the name %j becomes the segment %j', (name, segment) => {
  expect(encodeKeySegment(name)).toBe(segment);
});

test('a name with a lone surrogate has a segment all the same', () => {
  expect(encodeKeySegment('a\ud800')).toBe('a%EF%BF%BD');
});

test('any well-formed name survives the key', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(fc.property(name, name, name, fc.integer({ min: 0, max: 99_999 }), (database, schema, table, chunk) => {
    const key = datasetRunFolder('a/b', { database, schema, table }, 'r1') + partFileName(chunk, 1, 'csv.gz');
    expect(parsePartKey(key)).toEqual({ database, schema, table, runId: 'r1', fileName: fileNameOf(key) });
  }));
});

test('two names never share a segment', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    fc.pre(a !== b && !/\p{Surrogate}/u.test(a + b));
    expect(encodeKeySegment(a)).not.toBe(encodeKeySegment(b));
  }));
});

test.each(['a.csv', 'landing/_runs/run=r1/_manifest.json', 'database=a/table=b/run=c/x', 'database=a/schema=b/table=c/run=/x'])(
  '%s is not a part', (key) => {
    expect(parsePartKey(key)).toBeUndefined();
  });

test('a manifest is told by its file name', () => {
  expect(isManifestKey('x/_manifest.json')).toBe(true);
  expect(isManifestKey('_manifest.json')).toBe(true);
  expect(isManifestKey('x/my_manifest.json')).toBe(false);
});

test('checkpoints lie beside the landing prefix and are told by their key', () => {
  expect([stateFolder('landing'), stateFolder('a/landing/'), stateFolder('')]).toEqual(['landing-state/', 'a/landing-state/', '_state/']);
  for (const folder of ['landing-state/', 'a/landing-state/', '_state/']) {
    const ofExecutions = ['header.json', 'table-00003.json', 'items-000001.jsonl', ...['claim', 'chunk', 'failed'].map((kind) => `${kind}-00000-00012-001.json`)];
    for (const file of ['run.json', 'lease-000001.json', 'chunk-00000-00012.json', ...ofExecutions]) expect(isStateKey(`${folder}run=r1/${file}`)).toBe(true);
    expect(isStateKey(`${folder}${stateCheckFile(4711)}`)).toBe(true);
    for (const file of ['running-000001', 'waiting-000001', 'paused', 'durations']) expect(isStateKey(`${folder}extraction=Nightly/${file}.json`)).toBe(true);
    expect(isStateKey(`${folder}run=r1/item-000001-000007.json`)).toBe(true);
  }
  for (const other of ['landing-state/check-list.json', 'landing/run=r1/run.json', 'landing-state/run.json', 'landing-state/run=r1/accounts.json', 'state/run=r1/run.json']) {
    expect(isStateKey(other)).toBe(false);
  }
});

test('a segment that is not percent-encoding is returned as it is', () => {
  expect(decodeKeySegment('100%')).toBe('100%');
});

test('part names sort as their numbers', () => {
  const names = [partFileName(2, 0, 'csv'), partFileName(10, 0, 'csv'), partFileName(10, 2, 'csv'), partFileName(10, 11, 'csv')];
  expect([...names].sort()).toEqual(names);
});
