import * as fc from 'fast-check';
import type { ManifestColumn, ManifestTally } from '../../../../src/contract';
import { mergeTallies, TallySums } from '../../../../src/extractor/rows/hash/tally-sums';
import { referenceTallies } from '../../../support/runs/reference-table';

const columnOf = (sourceType: string, at: number): ManifestColumn => (
  { name: `c${at}`, ordinal: at + 1, sourceType, nullable: true, outputType: 'o', glueType: 'g', framing: 'byteLength' }
);
const COLUMNS = ['decimal(38,4)', 'real', 'date', 'varbinary(max)'].map(columnOf);
const bounds = (...texts: string[]) => fc.option(fc.record({ least: fc.constantFrom(...texts), greatest: fc.constantFrom(...texts) }), { nil: {} });
const nulls = fc.nat(9);

const tallies: fc.Arbitrary<ManifestTally[]> = fc.tuple(
  fc.record({ nulls, more: bounds('-9999999999999999999999999999999999.9999', '-10.0000', '-9.0000', '0.0001') })
    .map(({ more, ...each }) => ({ ...each, ...more, ...('least' in more && { sum: more.least }) })),
  fc.record({ nulls, digest: fc.constantFrom('ffffffffffffffff', '0000000000000001'), more: bounds('-0', '0', '9', '10', '1e+21', 'NaN') })
    .map(({ more, ...each }) => ({ ...each, ...more })),
  fc.record({ nulls, digest: fc.constant('00000000000000ff'), more: bounds('0001-01-01', '2020-02-29') }).map(({ more, ...each }) => ({ ...each, ...more })),
  fc.record({ nulls, digest: fc.constant('8000000000000000'), bytes: fc.constantFrom('0', '9007199254740993') }),
).map((each) => each.map((tally, at) => ({ column: `c${at}`, ...tally })));

test('tallies are added up as one after the other, in whatever order they come', () => {
  const anyOrder = fc.array(tallies, { minLength: 1, maxLength: 6 })
    .chain((sets) => fc.tuple(fc.constant(sets), fc.shuffledSubarray(sets.map((_, at) => at), { minLength: sets.length })));
  fc.assert(fc.property(anyOrder, ([sets, order]) => {
    const expected = JSON.stringify(referenceTallies(COLUMNS, sets));
    expect(JSON.stringify(mergeTallies(COLUMNS, sets))).toBe(expected);
    const sums = new TallySums(COLUMNS);
    for (const at of order) sums.add(sets[at], at);
    expect(JSON.stringify(sums.totals)).toBe(expected);
  }), { numRuns: 1000 });
});

test('none leave nothing', () => expect(mergeTallies(COLUMNS, [])).toEqual([]));
