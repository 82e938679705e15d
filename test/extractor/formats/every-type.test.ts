import * as fc from 'fast-check';
import { canonical, sourceValue } from '../../support/tds-canonical';
import { parseCsv } from '../../support/tds-captures';
import { landPayload } from '../../support/tds-land';
import { readWithDuckDb, readWithPyArrow } from '../../support/tds-parquet-readers';
import { anyRow, payloadOf, TYPED_COLUMNS } from '../../support/tds-typed-values';

/** Results of CSV and JSON Lines each. */
const CASES = 5000;
const ROW = anyRow(TYPED_COLUMNS);
/** A few rows of some of the types, so that there can be many. */
const someRows = fc.subarray([...TYPED_COLUMNS], { minLength: 1, maxLength: 12 })
  .chain((columns) => fc.array(anyRow(columns), { maxLength: 4 }).map((rows) => ({ columns, rows })));
const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 10 });

/** A JSON line with its numbers as strings, so that reading it loses no digit; what looks like one inside a string stays. */
function numbersAsText(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|-?\d[-+.eE\d]*/g, (token) => (token.startsWith('"') ? token : `"${token}"`));
}

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
      const lines = object.toString('utf8').split('\n').slice(0, -1);
      const read = lines.map((line) => {
        const record = JSON.parse(numbersAsText(line)) as { readonly [name: string]: unknown };
        return columns.map(({ column: { name } }) => (record[name] === null ? null : String(record[name])));
      });
      expect(read).toEqual(rows.map(({ values }) => values.map(({ text }) => text)));
    }), { numRuns: CASES });
  });

  test.each([['none', readWithDuckDb, 10], ['snappy', readWithPyArrow, 3], ['zstd', readWithDuckDb, 5]] as const)(
    'are exact in Parquet with %s', async (compression, read, runs) => {
      await fc.assert(fc.asyncProperty(fc.array(ROW, { minLength: 1, maxLength: 80 }), cuts, async (rows, sizes) => {
        const { columns, objects: [object] } = await landPayload(payloadOf(TYPED_COLUMNS, rows), { name: 'parquet', compression }, { cuts: sizes });
        const content = await read(object);
        const got = content.rows.map((landed) => TYPED_COLUMNS.map((_, i) => sourceValue(columns, landed, i + 1)));
        const sourceType = (i: number) => columns.find(({ ordinal }) => ordinal === i + 1)!.sourceType;
        expect(got).toEqual(rows.map(({ values }) => values.map(({ text }, i) => canonical(text, sourceType(i)))));
      }), { numRuns: runs });
    },
  );
});

