import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import type { PlannedChunk, PlannedTable } from '../../../src/extractor/api/extraction-plan';
import { fitsKeyText, keyType } from '../../../src/extractor/plan/key-types';
import { tableProblem } from '../../../src/extractor/plan/validate-plan';
import { planJobs } from '../../../src/extractor/run/chunks/table-job';

type Key = ReadonlyArray<number | null>;

/** A table cut by its first columns, any of which may be NULL or may not. */
interface CutTable {
  readonly nullable: readonly boolean[];
  readonly rows: readonly Key[];
  /** Ascending; none has a NULL, some have fewer values than the key has columns. */
  readonly bounds: ReadonlyArray<readonly number[]>;
}

/** SQL Server's order: NULL before all values. Where one key is the beginning of the other, the shorter is before it. */
function compare(a: Key, b: Key): number {
  const rank = (value: number | null | undefined) => (value === undefined ? -Infinity : value ?? -1e9);
  for (let at = 0; at < Math.max(a.length, b.length); at++) if (rank(a[at]) !== rank(b[at])) return rank(a[at]) - rank(b[at]);
  return 0;
}

const cutTables: fc.Arbitrary<CutTable> = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }).chain((nullable) => {
  const value = fc.integer({ min: 0, max: 3 });
  const row = fc.tuple(...nullable.map((may) => (may ? fc.option(value, { freq: 2 }) : value)));
  return fc.record({
    nullable: fc.constant(nullable),
    rows: fc.array(row, { minLength: 1, maxLength: 40 }),
    bounds: fc.array(fc.array(value, { minLength: 1, maxLength: nullable.length }), { maxLength: 6 }).map((bounds) => bounds.sort(compare)),
  });
});

function planned({ nullable, bounds }: CutTable, rowFilter?: string): PlannedTable {
  const columns = [...nullable.map((may, at) => ({ name: `c${at}`, type: 'int', nullable: may })), { name: 'id', type: 'int', nullable: false }];
  const texts = bounds.map((bound) => bound.map(String));
  const estimates = { estimatedRows: 1, estimatedBytes: 1 };
  const nulls: PlannedChunk[] = nullable[0] ? [{ chunk: 0, nullKey: true, ...estimates }] : [];
  const ranges = [...texts, undefined].map((upper, at): PlannedChunk => (
    { chunk: nulls.length + at, ...(at > 0 && { lower: texts[at - 1] }), ...(upper && { upper }), ...estimates }));
  return {
    schema: 'main',
    table: 't',
    columns,
    primaryKey: [],
    chunkKey: nullable.map((_, at) => `c${at}`),
    schemaHash: '',
    ...estimates,
    chunks: [...nulls, ...ranges],
    ...(rowFilter !== undefined && { rowFilter }),
  };
}

/** The chunk that a row is of, by the order alone. */
function chunkOf(row: Key, { nullable, bounds }: CutTable): number {
  if (row[0] === null) return 0;
  return (nullable[0] ? 1 : 0) + bounds.filter((bound) => compare(bound, row) <= 0).length;
}

describe('the conditions of chunks', () => {
  let duckdb: DuckDBInstance;
  let connection: DuckDBConnection;
  beforeAll(async () => {
    duckdb = await DuckDBInstance.create(':memory:');
    connection = await duckdb.connect();
  });
  afterAll(() => {
    connection?.closeSync();
    duckdb?.closeSync();
  });

  async function fill({ nullable, rows }: CutTable): Promise<void> {
    await connection.run(`CREATE OR REPLACE TABLE t (${nullable.map((_, at) => `c${at} int`).join(', ')}, id int)`);
    await connection.run(`INSERT INTO t VALUES ${rows.map((row, id) => `(${row.map((value) => value ?? 'NULL').join(', ')}, ${id})`).join(', ')}`);
  }

  /** Ids by chunk, as an engine with three-valued logic answers the statements. */
  async function idsByChunk(table: PlannedTable): Promise<number[][]> {
    const found: number[][] = [];
    for (const { source, parameters } of planJobs({ tables: [table] })) {
      const from = source!.from.replace(/\[(\w+)]/g, '"$1"')
        .replace(/CONVERT\(int, @(\w+)\)/g, (_, name: string) => String(Number(parameters.find((each) => each.name === name)!.value)));
      const read = await connection.runAndReadAll(`SELECT id ${from} ORDER BY id`);
      found.push(read.getRows().map(([id]) => Number(id)));
    }
    return found;
  }

  test('every row is in the chunk that the order says and in no other, whatever is NULL or there twice', async () => {
    await fc.assert(fc.asyncProperty(cutTables, async (cut) => {
      await fill(cut);
      const table = planned(cut);
      expect(tableProblem(JSON.parse(JSON.stringify(table)))).toBeUndefined();
      const expected = table.chunks.map((_, chunk) => cut.rows.flatMap((row, id) => (chunkOf(row, cut) === chunk ? [id] : [])));
      expect(await idsByChunk(table)).toEqual(expected);
      expect(expected.flat().sort((a, b) => a - b)).toEqual(cut.rows.map((_, id) => id));
    }), { numRuns: 250 });
  }, 60_000);

  test('a filter of rows holds in each of them besides, also one that is unknown for NULL', async () => {
    await fc.assert(fc.asyncProperty(cutTables, async (cut) => {
      await fill(cut);
      const found = await idsByChunk(planned(cut, 'c0 <> 1 OR id < 3 -- some'));
      const wanted = cut.rows.flatMap((row, id) => ((row[0] !== null && row[0] !== 1) || id < 3 ? [id] : []));
      expect(found.flat().sort((a, b) => a - b)).toEqual(wanted);
    }), { numRuns: 50 });
  }, 60_000);
});

test.each<[string, boolean]>([
  ['varchar(4000)', true], ['varchar(4001)', false], ['char(8000)', false], ['nvarchar(4000)', true], ['nchar(10)', true],
  ['varbinary(1999)', true], ['varbinary(2000)', false], ['binary(8000)', false], ['timestamp', true], ['decimal(38,10)', true], ['datetime2(7)', true], ['int', true],
])('the text of every %s is whole: %s', (type, fits) => {
  expect(fitsKeyText({ type })).toBe(fits);
  expect(keyType({ name: 'K', type, nullable: false, collation: 'Latin1_General_CI_AS' })).toBeDefined();
});
