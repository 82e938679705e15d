import * as fc from 'fast-check';
import type { ManifestColumn } from '../../../src/contract';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, nbcRow, row, wireColumn } from '../../../tools/replay-server/wire-rows';
import { canonical, sourceValue } from '../../support/tds/canonical';
import { parseCsv } from '../../support/tds/captures';
import { jsonRows } from '../../support/tds/json-rows';
import { landPayload } from '../../support/tds/land';
import { readWithDuckDb, readWithPyArrow } from '../../support/tds/parquet-readers';
import { anyRow, edgeRows, payloadOf, TYPED_COLUMNS } from '../../support/tds/typed-values';

/** Results of CSV and JSON Lines each. */
const CASES = 5000;
const ROW = anyRow(TYPED_COLUMNS);
/** A few rows of some of the types, so that there can be many. */
const someRows = fc.subarray([...TYPED_COLUMNS], { minLength: 1, maxLength: 12 })
  .chain((columns) => fc.array(anyRow(columns), { maxLength: 4 }).map((rows) => ({ columns, rows })));
/** Of the column from 0, as SQL Server spells it; that of a sql_variant is the one its values are of. */
function sourceTypeOf(columns: readonly ManifestColumn[], i: number): string {
  const { name, sourceType } = columns.find(({ ordinal }) => ordinal === i + 1)!;
  return sourceType === 'sql_variant' ? name.split('_')[1].replace(/^dec$/, 'decimal') : sourceType;
}

const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 10 });

describe('the edges of every type', () => {
  const rows = edgeRows(TYPED_COLUMNS);
  const texts = rows.map(({ values }) => values.map(({ text }) => text));

  test('are exact in CSV and JSON Lines', async () => {
    const csv = await landPayload(payloadOf(TYPED_COLUMNS, rows), { name: 'csv', compression: 'none' }, { cuts: [977] });
    expect(parseCsv(csv.objects[0].toString('utf8')).slice(1)).toEqual(texts);
    const json = await landPayload(payloadOf(TYPED_COLUMNS, rows), { name: 'jsonl', compression: 'none', binary: 'hex' }, { cuts: [977] });
    expect(jsonRows(json.objects[0])).toEqual(texts);
  });

  test.each([['DuckDB', readWithDuckDb], ['pyarrow', readWithPyArrow]] as const)('are exact in Parquet, read by %s', async (_, read) => {
    const { columns, objects: [object] } = await landPayload(payloadOf(TYPED_COLUMNS, rows), { name: 'parquet', compression: 'zstd' });
    const content = await read(object);
    const got = content.rows.map((landed) => TYPED_COLUMNS.map((__, i) => sourceValue(columns, landed, i + 1)));
    expect(got).toEqual(texts.map((cells) => cells.map((text, i) => canonical(text, sourceTypeOf(columns, i)))));
  });
});

describe('any values of every type', () => {
  test('are exact in CSV', async () => {
    await fc.assert(fc.asyncProperty(someRows, cuts, async ({ columns, rows }, sizes) => {
      const { objects: [object] } = await landPayload(payloadOf(columns, rows), { name: 'csv', compression: 'none' }, { cuts: sizes, initialBuffer: 64 });
      const read = parseCsv(object.toString('utf8')).slice(1);
      expect(read).toEqual(rows.map(({ values }) => values.map(({ text }) => text)));
    }), { numRuns: CASES });
  });

  test('are exact in JSON Lines', async () => {
    await fc.assert(fc.asyncProperty(someRows, cuts, async ({ columns, rows }, sizes) => {
      const { objects: [object] } = await landPayload(payloadOf(columns, rows), { name: 'jsonl', compression: 'none', binary: 'hex' }, { cuts: sizes });
      expect(jsonRows(object)).toEqual(rows.map(({ values }) => values.map(({ text }) => text)));
    }), { numRuns: CASES });
  });

  test.each([['none', readWithDuckDb, 10], ['snappy', readWithPyArrow, 3], ['zstd', readWithDuckDb, 5]] as const)(
    'are exact in Parquet with %s', async (compression, read, runs) => {
      await fc.assert(fc.asyncProperty(fc.array(ROW, { minLength: 1, maxLength: 80 }), cuts, async (rows, sizes) => {
        const { columns, objects: [object] } = await landPayload(payloadOf(TYPED_COLUMNS, rows), { name: 'parquet', compression }, { cuts: sizes });
        const content = await read(object);
        const got = content.rows.map((landed) => TYPED_COLUMNS.map((_, i) => sourceValue(columns, landed, i + 1)));
        expect(got).toEqual(rows.map(({ values }) => values.map(({ text }, i) => canonical(text, sourceTypeOf(columns, i)))));
      }), { numRuns: runs });
    },
  );
});


describe('the type that has no value (MS-TDS 2.2.5.4.1)', () => {
  const columns = [wireColumn.intN('id', 4), wireColumn.fixed('none', 0x1f), wireColumn.xml('x')];
  const id = Buffer.from([7, 0, 0, 0]);
  const rows = (make: typeof row, none: Buffer | null) => Buffer.concat([
    colMetadata(columns),
    ...[null, Buffer.from('<a/>', 'utf16le')].map((xml) => make(columns, [id, none, xml])),
    done(0x10, 2),
  ]);

  test.each([
    ['csv', 'id,none,x\n7,,\n7,,<a/>\n'],
    ['jsonl', '{"id":7,"none":null,"x":null}\n{"id":7,"none":null,"x":"<a/>"}\n'],
  ] as const)('is NULL in %s, however the row comes', async (name, written) => {
    const landed = await Promise.all([[row, Buffer.alloc(0)] as const, [nbcRow, Buffer.alloc(0)] as const, [nbcRow, null] as const]
      .map(([make, none]) => landPayload(rows(make, none), { name, compression: 'none' })));
    for (const { objects, files, tallies } of landed) {
      expect(objects[0].toString()).toBe(written);
      expect(files[0].contentHash).toBe(landed[0].files[0].contentHash);
      expect(tallies).toEqual(landed[0].tallies);
      expect(tallies[1]).toMatchObject({ column: 'none', nulls: 2 });
    }
  });

  test('is NULL in Parquet', async () => {
    const { columns: landed, objects } = await landPayload(rows(row, Buffer.alloc(0)), { name: 'parquet', compression: 'none' });
    const content = await readWithDuckDb(objects[0]);
    expect(content.rows.map((values) => landed.map((_, i) => sourceValue(landed, values, i + 1)))).toEqual([['7', null, null], ['7', null, '<a/>']]);
  });
});
