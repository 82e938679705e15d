import { readFileSync } from 'node:fs';
import { TYPE_TABLE } from '../../../src/extractor/rows/columns/type-table';
import { sampleTypes } from '../../../tools/docs/land-samples';
import { TYPE_MAPPING_FILE, typeMapping } from '../../../tools/docs/type-mapping';

test('docs/type-mapping.md is what the type table, DuckDB and pyarrow say; npx tsx tools/docs/type-mapping.ts writes it', async () => {
  expect(readFileSync(TYPE_MAPPING_FILE, 'utf8')).toBe(await typeMapping());
});

test('there is a sample of every kind of value', () => {
  const kinds = new Set<string>(sampleTypes().map(({ kind }) => kind));
  // A column of nothing but NULL has no type on the wire; SQL Server calls it int.
  expect(Object.keys(TYPE_TABLE).filter((kind) => kind !== 'null' && !kinds.has(kind))).toEqual([]);
});
