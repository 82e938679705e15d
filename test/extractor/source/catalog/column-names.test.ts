import fc from 'fast-check';
import { landedNames, refusePartitionNames } from '../../../../src/extractor/source/catalog/column-names';
import { quoteTable } from '../../../../src/extractor/source/catalog/identifiers';

describe('landedNames', () => {
  test.each([
    [['Id', 'Name'], ['Id', 'Name']],
    [['Run', 'x'], ['Run_1', 'x']],
    [['a', 'A', 'b'], ['a', 'A_1', 'b']],
    [['run', 'run_1'], ['run_2', 'run_1']],
    [['a', 'A', 'a_1'], ['a', 'A_2', 'a_1']],
  ])('%j lands as %j', (columns, landed) => {
    expect(landedNames(columns.map((each) => ({ name: each })))).toEqual(landed);
  });

  test('whatever the names, those landed are distinct without case, and none is a partition\'s', () => {
    const name = fc.constantFrom('a', 'A', 'a_1', 'A_1', 'a_2', 'run', 'RUN', 'Run_1', 'run_2', 'b');
    fc.assert(fc.property(fc.uniqueArray(name), (columns) => {
      const folded = landedNames(columns.map((each) => ({ name: each }))).map((landed) => landed.toLowerCase());
      expect(new Set(folded).size).toBe(columns.length);
      expect(folded).not.toContain('run');
      expect(() => refusePartitionNames(landedNames(columns.map((each) => ({ name: each }))), 's')).not.toThrow();
    }));
  });
});

test('refusePartitionNames refuses the name of the run partition in any case', () => {
  expect(() => refusePartitionNames(['a', 'runs'], "query 'q'")).not.toThrow();
  expect(() => refusePartitionNames(['a', 'Run'], "query 'q'")).toThrow(expect.objectContaining({
    code: 'INVALID_CONFIG', message: expect.stringContaining("query 'q': column 'Run'"),
  }));
});

test('identifiers are quoted', () => {
  expect(quoteTable('d]bo', 'a"b')).toBe('[d]]bo].[a"b]');
});
