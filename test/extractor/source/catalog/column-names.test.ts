import fc from 'fast-check';
import { PARTITION_KEYS } from '../../../../src/contract';
import { columnsLikePartitions, freePartitionPrefix, landedNames } from '../../../../src/extractor/source/catalog/column-names';
import { quoteTable } from '../../../../src/extractor/source/catalog/identifiers';

describe('landedNames', () => {
  test.each([
    [['Id', 'Name'], ['Id', 'Name']],
    [['Run', 'x'], ['Run', 'x']],
    [['a', 'A', 'b'], ['a', 'A_1', 'b']],
    [['a', 'A', 'a_1'], ['a', 'A_2', 'a_1']],
  ])('%j lands as %j', (columns, landed) => {
    expect(landedNames(columns.map((each) => ({ name: each })), 'landed_')).toEqual(landed);
  });

  test('without a prefix a column called run is renamed, as in runs that were begun before there were any', () => {
    expect(landedNames([{ name: 'Run' }, { name: 'x' }])).toEqual(['Run_1', 'x']);
    expect(landedNames([{ name: 'run' }, { name: 'run_1' }])).toEqual(['run_2', 'run_1']);
  });

  test('whatever the names, those landed are distinct without case', () => {
    const name = fc.constantFrom('a', 'A', 'a_1', 'A_1', 'a_2', 'run', 'RUN', 'Run_1', 'run_2', 'b');
    fc.assert(fc.property(fc.uniqueArray(name), (columns) => {
      const folded = landedNames(columns.map((each) => ({ name: each })), freePartitionPrefix(columns)).map((landed) => landed.toLowerCase());
      expect(new Set(folded).size).toBe(columns.length);
    }));
  });
});

describe('freePartitionPrefix', () => {
  test.each([
    [['Id', 'runs', 'tables'], undefined],
    [['Id', 'RUN'], 'landed_'],
    [['Database', 'schema'], 'landed_'],
    [['table', 'Landed_Run'], 'landed_2_'],
    [['table', 'landed_schema', 'LANDED_2_table', 'landed_3_run'], 'landed_4_'],
    [['landed_run'], undefined],
  ])('of %j is %j', (columns, prefix) => {
    expect(freePartitionPrefix(columns)).toBe(prefix);
  });

  test('whatever the columns, none has the name of a partition key', () => {
    const name = fc.tuple(fc.constantFrom('', 'landed_', 'LANDED_', 'landed_2_', 'landed_3_'), fc.constantFrom(...PARTITION_KEYS, 'RUN', 'x'));
    fc.assert(fc.property(fc.uniqueArray(name.map((parts) => parts.join(''))), (columns) => {
      const prefix = freePartitionPrefix(columns) ?? '';
      const folded = columns.map((column) => column.toLowerCase());
      for (const key of PARTITION_KEYS) expect(folded).not.toContain(prefix + key);
      expect(prefix === '').toBe(columnsLikePartitions(columns).length === 0);
    }));
  });
});

test('identifiers are quoted', () => {
  expect(quoteTable('d]bo', 'a"b')).toBe('[d]]bo].[a"b]');
});
