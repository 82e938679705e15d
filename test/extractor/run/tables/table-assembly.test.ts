import * as fc from 'fast-check';
import type { ManifestAlterations, ManifestColumn, ManifestObject, ManifestTally } from '../../../../src/contract';
import { HiddenRows, NotComparedReason } from '../../../../src/extractor/api/extraction-plan';
import type { OutputFormat } from '../../../../src/extractor/rows/columns/output-format';
import { decimalText } from '../../../../src/extractor/rows/hash/column-tally';
import { landedTable, landedTables, TableAssembly, type KnownTable } from '../../../../src/extractor/run/tables/landed-table';
import type { LandedChunk } from '../../../../src/extractor/state/landed-chunk';
import { reachable } from '../../../support/runs/reachable';
import { referenceTable } from '../../../support/runs/reference-table';

const MOST_CHUNKS = 9;
const TYPES = ['int', 'decimal(10,2)', 'float', 'nvarchar(20)', 'datetime2(3)', 'bit', 'sql_variant'];
const NAMES = TYPES.map((_, at) => `c${at}`);

const COLUMNS: readonly ManifestColumn[] = [
  ...TYPES.map((sourceType, at): ManifestColumn => ({
    name: NAMES[at], ordinal: at + 1, sourceType, nullable: at > 0, outputType: 'o', glueType: 'g', framing: 'byteLength',
  })),
  // A companion column has no tally.
  { name: 'c6_type', ordinal: 7, sourceType: 'sql_variant', nullable: true, outputType: 'o', glueType: 'g' },
];

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const often = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 5 });
const hex = (digits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(4 * digits)) - 1n }).map((value) => value.toString(16).padStart(digits, '0'));
/** Nothing depends on how large they are, but on how floats of several orders of magnitude are added up. */
const seconds = fc.double({ min: 0, max: 1000, noNaN: true, noDefaultInfinity: true });
const rows = fc.integer({ min: 0, max: 5 });

/** Texts of a type's values; a few, so that chunks have equal ones. */
const VALUES: { readonly [type: string]: fc.Arbitrary<string> } = {
  'int': fc.integer({ min: -12, max: 12 }).map(String),
  'decimal(10,2)': fc.bigInt({ min: -1200n, max: 1200n }).map((value) => decimalText(value, 2)),
  'float': fc.constantFrom('0', '-0', '1e+21', '-2.5', '10', '9', '1.5e-7', 'NaN'),
  'datetime2(3)': fc.constantFrom('2020-01-01 00:00:00.000', '1999-12-31 23:59:59.999', '2020-01-01 00:00:00.001'),
};

const tallyOf = (type: string, column: string): fc.Arbitrary<ManifestTally> => {
  const value = VALUES[type];
  const isNumber = type === 'int' || type.startsWith('decimal');
  return fc.record({
    nulls: rows,
    hasValues: fc.boolean(),
    digest: hex(16),
    bytes: fc.bigInt({ min: 0n, max: 1n << 60n }).map(String),
    sum: isNumber ? value : fc.constant('1'),
    least: value ?? fc.constant(''),
    greatest: value ?? fc.constant(''),
  }).map(({ nulls, hasValues, digest, bytes, sum, least, greatest }) => ({
    column,
    nulls,
    ...(!isNumber && type !== 'bit' && { digest }),
    ...(['nvarchar(20)', 'sql_variant'].includes(type) && { bytes }),
    ...(hasValues && (isNumber || type === 'bit') && { sum }),
    ...(hasValues && value && { least, greatest }),
  }));
};

const object = fc.record({ rows, sizeBytes: fc.nat(), contentHash: often(hex(32)) }).map(({ contentHash, ...more }): ManifestObject => ({
  key: 'k', part: 'p', ...more, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'x' }, ...(contentHash && { contentHash }),
}));

const alteration: fc.Arbitrary<ManifestAlterations> = fc.record({
  column: fc.constantFrom(...NAMES), replacedSurrogates: rows, replacedSequences: rows, truncatedTimes: rows,
}, { requiredKeys: ['column', 'replacedSurrogates', 'truncatedTimes'] });

const difference = fc.record({
  column: fc.constantFrom(...NAMES), aggregate: fc.constantFrom('sum' as const, 'least' as const), source: fc.constantFrom('1', null), landed: fc.constant('2'),
});

/** The same columns in most chunks; a change of nullability alone leaves them readable alike, one of type does not. */
const columns = fc.oneof(
  { weight: 30, arbitrary: fc.constant(COLUMNS) },
  { weight: 5, arbitrary: fc.constantFrom(1, 3).map((at) => COLUMNS.map((each, i) => (i === at ? { ...each, nullable: false, collation: 'Latin1_General_CI_AS' } : each))) },
  { weight: 1, arbitrary: fc.constantFrom('bigint', 'smallint').map((sourceType) => COLUMNS.map((each, i) => (i === 0 ? { ...each, sourceType } : each))) },
);

const chunkOf = (chunk: number): fc.Arbitrary<LandedChunk> => fc.record({
  columns,
  rows,
  off: fc.constantFrom(0, 0, 0, 0, 0, 1),
  sourceRows: fc.boolean(),
  sourceSeconds: maybe(seconds),
  differences: maybe(fc.array(difference, { maxLength: 4 })),
  tableRows: fc.constantFrom(undefined, undefined, '7', '12'),
  aggregated: often(fc.constant(true)),
  hashedRows: often(rows),
  tallies: often(fc.tuple(...TYPES.map((type, at) => tallyOf(type, NAMES[at])))),
  objects: fc.array(object, { maxLength: 3 }),
  alterations: maybe(fc.array(alteration, { maxLength: 3 })),
  rowsOffKernel: maybe(fc.dictionary(fc.constantFrom('longRow', 'rareValue', 'columns', 'processor'), rows, { maxKeys: 3 })),
  contentHashVersion: fc.constantFrom(1, 2, undefined),
  instant: maybe(fc.constantFrom('2026-01-31T10:00:00.000Z', '2026-01-31T10:00:01.000Z')),
  state: fc.constantFrom('s1', 's1', 's1', 's2', undefined),
  seconds,
}).map(({ off, sourceRows, ...each }) => ({
  tableIndex: 0, chunk, wireBytes: 1, attempts: 1 + chunk % 3, ...each, ...(sourceRows && { sourceRows: String(each.rows + off) }),
}));

/** What a whole run has or has not: of a table it is mostly the same for all chunks. */
const is = fc.boolean();
const sameForAll = fc.record({ sourceRows: is, tallies: is, aggregated: is, hashedRows: is, differences: is, state: is, total: is });

const someChunks = fc.integer({ min: 1, max: MOST_CHUNKS }).chain((chunks) => fc.tuple(...Array.from({ length: chunks }, (_, at) => chunkOf(at))));
const landedChunks = fc.tuple(someChunks, sameForAll)
  .map(([chunks, same]) => {
    const total = String(chunks.reduce((sum, each) => sum + each.rows, 0));
    return chunks.map((each, at): LandedChunk => ({
      ...each,
      ...(same.sourceRows && { sourceRows: String(each.rows) }),
      ...(same.tallies && { tallies: each.tallies ?? chunks.find(({ tallies }) => tallies)?.tallies }),
      ...(same.aggregated && { aggregated: true }),
      ...(same.hashedRows && { hashedRows: each.hashedRows ?? 1 }),
      ...(same.differences && { differences: undefined }),
      ...(same.state && { state: 's1' }),
      ...(same.total && { tableRows: at === 0 ? total : undefined }),
    }));
  });

const relations = { indexes: [{ name: 'i', unique: true, clustered: true, keyColumns: ['c0'] }], foreignKeys: [] };
const planned = TYPES.map((type, at) => (
  { name: NAMES[at], type, nullable: at !== 2, ...(at === 3 && { notCompared: NotComparedReason.MASKED }) }
));
const identity: fc.Arbitrary<KnownTable> = fc.record({
  columns: maybe(fc.constant(planned)),
  chunkKey: fc.constantFrom<string[]>([], ['c0'], ['c4', 'c0']),
  primaryKey: fc.constantFrom<string[]>([], ['c0'], ['c3']),
  rowFilter: fc.constantFrom(undefined, undefined, 'c0 > 1', 'c4 > GETDATE()'),
  hiddenRows: fc.constantFrom(undefined, undefined, HiddenRows.POLICY, HiddenRows.UNKNOWN),
  memoryOptimized: maybe(fc.constant(true)),
  relations: maybe(fc.constant(relations)),
}).map((each) => ({
  schema: 'dbo',
  table: 'T',
  ...each,
  chunks: Array.from({ length: MOST_CHUNKS }, (_, chunk) => ({
    chunk,
    ...(chunk > 0 && { lower: [String(chunk)] }),
    ...(chunk % 2 === 0 && { upper: [String(chunk + 1)] }),
    ...(chunk === 0 && { nullKey: true }),
    estimatedRows: 1,
    estimatedBytes: 1,
  })),
}));

const format = maybe(fc.constant<OutputFormat>({ name: 'csv', compression: 'none', oneColumnNullText: '\\N' }));

/** As text: the order of members is part of what the manifest is. */
function outcome(assemble: () => unknown): string {
  try {
    return JSON.stringify(assemble());
  } catch (error) {
    const { code, message } = error as { readonly code: string; readonly message: string };
    return `${code}: ${message}`;
  }
}

const seen = new Map<string, number>();
const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);

test('chunks that come in any order make the table that all of them make at once', () => {
  const anyOrder = landedChunks.chain((chunks) => fc.tuple(fc.constant(chunks), fc.shuffledSubarray(chunks, { minLength: chunks.length })));
  fc.assert(fc.property(anyOrder, identity, format, ([chunks, shuffled], of, as) => {
    const expected = outcome(() => referenceTable('Ledger', of, chunks, as));
    count(/^([A-Z_]+): /.exec(expected)?.[1] ?? /"verification":\{"state":"(\w+)"/.exec(expected)![1]);
    if (expected.includes('"tallies"')) count('tallies');
    if (expected.includes('"tableRows"')) count('tableRows');
    if (/and \d+ more/.test(expected)) count('more differences');
    expect(outcome(() => landedTable('Ledger', of, shuffled, as))).toBe(expected);
  }), { numRuns: 1500 });
  // Each kind of table was among them.
  const kinds = ['SCHEMA_CHANGED', 'COUNT_MISMATCH', 'unverified', 'counted', 'verifiedAsVisible', 'verified', 'tallies', 'tableRows', 'more differences'];
  expect(kinds.filter((kind) => (seen.get(kind) ?? 0) < 5)).toEqual([]);
});

test('tables of a run are in the order of the plan', () => {
  const [of] = fc.sample(identity, 1);
  const chunk = { ...fc.sample(chunkOf(0), 1)[0], tableRows: undefined };
  const tables = landedTables('Ledger', [{ ...of, table: 'A' }, { ...of, table: 'B' }], [{ ...chunk, tableIndex: 1 }, chunk]);
  expect(tables.map(({ table }) => table.table)).toEqual(['A', 'B']);
  expect(tables[1]).toEqual(landedTable('Ledger', { ...of, table: 'B' }, [chunk]));
});

test('a chunk\'s columns and tallies are not kept', () => {
  const [of] = fc.sample(identity, 1);
  const assembly = new TableAssembly('Ledger', of);
  const chunk = fc.sample(chunkOf(0), 1)[0];
  const held = Array.from({ length: MOST_CHUNKS }, (_, at): LandedChunk => (
    { ...chunk, chunk: at, columns: structuredClone(COLUMNS), tallies: NAMES.map((column) => ({ column, nulls: at })) }
  ));
  held.forEach((each) => assembly.add(each));
  const reached = reachable(assembly);
  expect(held.filter(({ columns: own }) => reached.has(own)).length).toBeLessThanOrEqual(2);
  expect(held.filter(({ tallies }) => reached.has(tallies!))).toEqual([]);
  expect(held.filter(({ tallies }) => reached.has(tallies![0])).length).toBeLessThanOrEqual(1);
  expect(held.filter((each) => reached.has(each))).toEqual([]);
});
