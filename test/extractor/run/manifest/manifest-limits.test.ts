import type { PlannedColumn } from '../../../../src/extractor/api/extraction-plan';
import { refuseLargeManifest } from '../../../../src/extractor/run/manifest/manifest-limits';
import type { KnownTable } from '../../../../src/extractor/run/tables/landed-table';

const table = (columns: number, name = 'Column', relations?: KnownTable['relations']): KnownTable => {
  const column: PlannedColumn = { name, type: 'int', nullable: true };
  return { schema: 'dbo', table: 'T', primaryKey: [], chunkKey: [], chunks: [], columns: Array<PlannedColumn>(columns).fill(column), relations };
};

test('two million columns are taken', () => {
  expect(() => refuseLargeManifest(Array<KnownTable>(2000).fill(table(1000)), 100_000)).not.toThrow();
});

test.each<[string, () => void, RegExp]>([
  ['columns', () => refuseLargeManifest(Array<KnownTable>(4000).fill(table(1000)), 1), /4000000 columns and 1 objects or more.*allowed are 2936012 columns.*several runs/],
  ['chunks', () => refuseLargeManifest([table(1)], 1_000_000), /1000000 objects or more/],
  ['indexes of a table', () => refuseLargeManifest(
    [table(1, 'a', { indexes: [{ name: 'x'.repeat(70_000_000), unique: false, clustered: false, keyColumns: [] }], foreignKeys: [] })], 1), /of \[dbo\]\.\[T\] would take some/],
])('more %s than can be read again are refused before the run reads', (_, refuse, message) => {
  expect(refuse).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) }));
});
