import * as fc from 'fast-check';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, nbcRow, row } from '../../../tools/replay-server/wire-rows';
import { canonical, sourceValue } from '../../support/tds-canonical';
import { parseCsv } from '../../support/tds-captures';
import { landPayload } from '../../support/tds-land';
import { readWithDuckDb, readWithPyArrow } from '../../support/tds-parquet-readers';
import { TYPED_COLUMNS, TypedValue } from '../../support/tds-typed-values';

const COLUMNS = TYPED_COLUMNS.map(({ column }) => column);
const anyRow = fc.record({ values: fc.tuple(...TYPED_COLUMNS.map(({ values }) => values)), bitmap: fc.boolean() });
type AnyRow = { readonly values: readonly TypedValue[]; readonly bitmap: boolean };

function payloadOf(rows: readonly AnyRow[]): Buffer {
  return Buffer.concat([
    colMetadata(COLUMNS),
    ...rows.map(({ values, bitmap }) => (bitmap ? nbcRow : row)(COLUMNS, values.map(({ cell }) => cell))),
    done(0x10, rows.length),
  ]);
}

const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 10 });

/** A JSON line with its numbers as strings, so that reading it loses no digit; what looks like one inside a string stays. */
function numbersAsText(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|-?\d[-+.eE\d]*/g, (token) => (token.startsWith('"') ? token : `"${token}"`));
}

describe('any values of every type', () => {
  test('are exact in CSV', async () => {
    await fc.assert(fc.asyncProperty(fc.array(anyRow, { maxLength: 12 }), cuts, async (rows, sizes) => {
      const { objects: [object] } = await landPayload(payloadOf(rows), { name: 'csv', compression: 'none' }, { cuts: sizes, initialBuffer: 64 });
      const read = parseCsv(object.toString('utf8')).slice(1);
      expect(read).toEqual(rows.map(({ values }) => values.map(({ text }) => text)));
    }), { numRuns: 200 });
  });

  test('are exact in JSON Lines', async () => {
    await fc.assert(fc.asyncProperty(fc.array(anyRow, { maxLength: 12 }), cuts, async (rows, sizes) => {
      const { columns, objects: [object] } = await landPayload(payloadOf(rows), { name: 'jsonl', compression: 'none', binary: 'hex' }, { cuts: sizes });
      const lines = object.toString('utf8').split('\n').slice(0, -1);
      const read = lines.map((line) => {
        const record = JSON.parse(numbersAsText(line)) as { readonly [name: string]: unknown };
        return columns.map(({ name }) => (record[name] === null ? null : String(record[name])));
      });
      expect(read).toEqual(rows.map(({ values }) => values.map(({ text }) => text)));
    }), { numRuns: 200 });
  });

  test.each([['none', readWithDuckDb, 10], ['snappy', readWithPyArrow, 3], ['zstd', readWithDuckDb, 5]] as const)(
    'are exact in Parquet with %s', async (compression, read, runs) => {
      await fc.assert(fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 80 }), cuts, async (rows, sizes) => {
        const { columns, objects: [object] } = await landPayload(payloadOf(rows), { name: 'parquet', compression }, { cuts: sizes });
        const content = await read(object);
        const got = content.rows.map((landed) => COLUMNS.map((_, i) => sourceValue(columns, landed, i + 1)));
        const sourceType = (i: number) => columns.find(({ ordinal }) => ordinal === i + 1)!.sourceType;
        expect(got).toEqual(rows.map(({ values }) => values.map(({ text }, i) => canonical(text, sourceType(i)))));
      }), { numRuns: runs });
    },
  );
});

