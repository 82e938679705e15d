import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { objectContent } from '../../../src/extractor/verify/objects/object-content';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, decimalSize, nbcRow, row, type WireCell, type WireColumn, wireColumn } from '../../../tools/replay-server/wire-rows';
import { parseCsv } from '../../support/tds/captures';
import { jsonRows } from '../../support/tds/json-rows';
import { landPayload } from '../../support/tds/land';
import { readWithDuckDb } from '../../support/tds/parquet-readers';
import { le, scaled } from '../../support/tds/typed-values';
import { withoutKernels } from '../../support/tds/without-kernels';

/**
 * A decimal is a sign and a magnitude of 4, 8, 12 or 16 bytes (MS-TDS 2.2.5.5.1.6). Microsoft's server announces and sends
 * the length of the precision; others announce 17 for all, and send the shortest that holds the value.
 */

const RUNS = Number(process.env.DECIMAL_RUNS ?? 20);
jest.setTimeout(60_000 + 1000 * RUNS);

const LENGTHS = [5, 9, 13, 17] as const;
const FORMATS: readonly OutputFormat[] = [
  { name: 'csv', compression: 'none' }, { name: 'jsonl', compression: 'none' }, { name: 'parquet', compression: 'none' },
];
const WAYS = [['with kernels', <T>(run: () => Promise<T>) => run()], ['without', withoutKernels]] as const;

/** A decimal that its type has; zero has both signs on the wire. */
interface Decimal {
  readonly magnitude: bigint;
  readonly negative: boolean;
}
interface Type {
  readonly precision: number;
  readonly scale: number;
  readonly isNumeric: boolean;
}

const anyType: fc.Arbitrary<Type> = fc.integer({ min: 1, max: 38 })
  .chain((precision) => fc.record({ precision: fc.constant(precision), scale: fc.integer({ min: 0, max: precision }), isNumeric: fc.boolean() }));
const greatestOf = ({ precision }: Pick<Type, 'precision'>) => 10n ** BigInt(precision) - 1n;
/** The ends of the precision and of every length in it, and anything of every number of digits. */
function anyDecimal(type: Type): fc.Arbitrary<Decimal> {
  const greatest = greatestOf(type);
  const ends = [32n, 64n, 96n].flatMap((bits) => [2n ** bits - 1n, 2n ** bits]);
  const edges = [0n, 1n, greatest, 2n ** 53n, ...ends].filter((magnitude) => magnitude <= greatest);
  const digits = fc.integer({ min: 1, max: type.precision }).chain((count) => fc.bigInt({ min: 0n, max: 10n ** BigInt(count) - 1n }));
  return fc.record({ magnitude: fc.oneof(fc.constantFrom(...edges), digits), negative: fc.boolean() });
}

const textOf = ({ magnitude, negative }: Decimal, { scale }: Type) => scaled(negative ? -magnitude : magnitude, scale);
const shortest = (magnitude: bigint) => LENGTHS.find((length) => magnitude < 2n ** BigInt(8 * (length - 1)))!;
const bytesOf = ({ magnitude, negative }: Decimal, length: number) => Buffer.concat([Buffer.from([negative ? 0 : 1]), le(magnitude, length - 1)]);

/** Those that hold it and are not longer than announced. */
const lengthsOf = ({ magnitude }: Decimal, announced: number) => LENGTHS.filter((length) => length >= shortest(magnitude) && length <= announced);
/** As Microsoft's server has it, where zero is positive. */
const usualBytes = ({ magnitude, negative }: Decimal, { precision }: Type) => (
  bytesOf({ magnitude, negative: negative && magnitude !== 0n }, decimalSize(precision)));

function columnOf({ precision, scale, isNumeric }: Type, announced: number): WireColumn {
  return { ...wireColumn.decimal('Amount', precision, scale), type: isNumeric ? 0x6c : 0x6a, typeInfo: Buffer.from([announced, precision, scale]) };
}

/** Other values before and behind, and a (max) value, where rows are hashed before they are decoded. */
interface Around {
  readonly max: boolean;
  readonly make: typeof row;
}
const AROUND: readonly Around[] = [true, false].flatMap((max) => [row, nbcRow].map((make) => ({ max, make })));

/** A row a cell, NULL last. */
function resultOf(column: WireColumn, cells: readonly WireCell[], { max, make }: Around): Buffer {
  const columns = [wireColumn.intN('Id', 4), column, wireColumn.nvarchar('Memo', 10), ...max ? [wireColumn.varbinaryMax('Bytes')] : []];
  const memo = (i: number) => (i % 2 === 0 ? null : Buffer.from('m', 'utf16le'));
  const rows = [...cells, null].map((cell, i) => make(columns, [le(BigInt(i), 4), cell, memo(i), ...max ? [Buffer.from([i])] : []]));
  return Buffer.concat([colMetadata(columns), ...rows, done(0x10, rows.length)]);
}

/** All that comes of a result: bytes, hash and tallies. */
async function outcome(payload: Buffer, format: OutputFormat) {
  const { columns, objects: [object], files: [{ contentHash }], tallies, rows } = await landPayload(payload, format);
  return { columns, object, content: { rows, contentHash, tallies } };
}

/** The decimal's own column, as text. */
function cellsOf(object: Buffer, { name }: OutputFormat): Array<string | null> {
  const rows = name === 'csv' ? parseCsv(object.toString('utf8')).slice(1) : jsonRows(object);
  return rows.slice(0, -1).map((cells) => cells[1]);
}

describe.each(WAYS)('%s', (_, way) => {
  const some = anyType.chain((type) => fc.record({
    type: fc.constant(type), values: fc.array(anyDecimal(type), { minLength: 1, maxLength: 6 }), around: fc.constantFrom(...AROUND),
  }));

  test('a decimal is the same however long it is announced and sent', async () => {
    await fc.assert(fc.asyncProperty(some, async ({ type, values, around }) => {
      for (const announced of LENGTHS) {
        const sent = values.flatMap((value) => lengthsOf(value, announced).map((length) => ({ value, length })));
        const cells = sent.map(({ value, length }) => bytesOf(value, length));
        const usual = sent.map(({ value }) => usualBytes(value, type));
        for (const format of FORMATS) {
          const { columns, object, content } = await way(() => outcome(resultOf(columnOf(type, announced), cells, around), format));
          const reference = await outcome(resultOf(columnOf(type, decimalSize(type.precision)), usual, { ...around, make: row }), format);
          expect(object.equals(reference.object)).toBe(true);
          expect(content).toEqual(reference.content);
          if (format.name !== 'parquet') expect(cellsOf(object, format)).toEqual(sent.map(({ value }) => textOf(value, type)));
          expect(await objectContent(Readable.from([object]), columns, format)).toEqual(content);
        }
      }
    }), { numRuns: RUNS });
  });

  test('inside a sql_variant it is its text, however long it is sent', async () => {
    await fc.assert(fc.asyncProperty(some, async ({ type, values, around }) => {
      const sent = values.flatMap((value) => lengthsOf(value, 17).map((length) => ({ value, length })));
      const cells = sent.map(({ value, length }) => variantOf(type, bytesOf(value, length)));
      const usual = sent.map(({ value }) => variantOf(type, usualBytes(value, type)));
      const texts = sent.map(({ value }) => textOf(value, type));
      const column = wireColumn.variant('Amount');
      for (const format of FORMATS) {
        const { columns, object, content } = await way(() => outcome(resultOf(column, cells, around), format));
        const reference = await outcome(resultOf(column, usual, { ...around, make: row }), format);
        expect(content).toEqual(reference.content);
        // The dictionary of Parquet tells values apart by what came, so that its bytes can differ.
        if (format.name === 'parquet') {
          const { rows } = await readWithDuckDb(object);
          expect(rows.map((cell) => cell.slice(1, 3))).toEqual([...texts.map((text) => [text, spelled(type)]), [null, null]]);
        } else {
          expect(cellsOf(object, format)).toEqual(texts);
          expect(object.equals(reference.object)).toBe(true);
        }
        expect(await objectContent(Readable.from([object]), columns, format)).toEqual(content);
      }
    }), { numRuns: RUNS });
  });

  /** What refuses a decimal that is too great: any of the lengths that hold it. */
  const tooGreat = anyType.chain((type) => {
    const limit = greatestOf(type) + 1n;
    const most = (length: number) => 2n ** BigInt(8 * (length - 1)) - 1n;
    const lengths = LENGTHS.filter((length) => length >= shortest(limit));
    return fc.record({
      type: fc.constant(type),
      negative: fc.boolean(),
      around: fc.constantFrom(...AROUND),
      excess: fc.constantFrom(...lengths).chain((length) => fc.record({
        length: fc.constant(length),
        magnitude: fc.oneof(fc.constant(most(length)), fc.bigInt({ min: limit, max: most(length) })),
      })),
    });
  });

  test('one of more digits than its precision is refused by table, column and row', async () => {
    await fc.assert(fc.asyncProperty(tooGreat, async ({ type, negative, around, excess: { length, magnitude } }) => {
      const fine = bytesOf({ magnitude: greatestOf(type), negative }, Math.min(length, decimalSize(type.precision)));
      // The least that is too great, and another.
      for (const wrong of [greatestOf(type) + 1n, magnitude].map((each) => bytesOf({ magnitude: each, negative }, length))) {
        for (const format of FORMATS) {
          for (const announced of LENGTHS.filter((each) => each >= length)) {
            await expect(way(() => outcome(resultOf(columnOf(type, announced), [fine, null, wrong], around), format))).rejects.toMatchObject({
              code: 'INVALID_VALUE',
              message: `test, column "Amount" (${spelled(type)}), row 3: a decimal of more than ${type.precision} digits`,
            });
          }
          const cells = [variantOf(type, fine), null, variantOf(type, wrong)];
          await expect(way(() => outcome(resultOf(wireColumn.variant('Amount'), cells, around), format))).rejects.toMatchObject({
            code: 'INVALID_VALUE',
            message: `test, column "Amount" (sql_variant), row 3: a decimal of more than ${type.precision} digits`,
          });
        }
      }
    }), { numRuns: RUNS });
  });

  test.each([5, 9, 13])('one longer than the %i bytes announced is refused by table, column and row, whatever is in them', async (announced) => {
    for (const around of AROUND) {
      for (const length of LENGTHS.filter((each) => each > announced)) {
        for (const format of FORMATS) {
          const type = { precision: 38, scale: 2, isNumeric: false };
          const cells = [bytesOf({ magnitude: 7n, negative: false }, announced), bytesOf({ magnitude: 7n, negative: false }, length)];
          await expect(way(() => outcome(resultOf(columnOf(type, announced), cells, around), format))).rejects.toMatchObject({
            code: 'PROTOCOL_ERROR',
            message: `test, column "Amount" (decimal(38,2)), row 2: a value of ${length} bytes in a column of at most ${announced}`,
          });
        }
      }
    }
  });

  test.each([1, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15, 16])('one of %i bytes is refused, which no decimal has', async (length) => {
    const type = { precision: 38, scale: 0, isNumeric: true };
    const cell = Buffer.concat([Buffer.from([1]), Buffer.alloc(length - 1)]);
    for (const around of AROUND) {
      for (const format of FORMATS) {
        for (const [column, bytes] of [[columnOf(type, 17), cell], [wireColumn.variant('Amount'), variantOf(type, cell)]] as const) {
          await expect(way(() => outcome(resultOf(column, [null, bytes], around), format))).rejects.toMatchObject({
            code: 'PROTOCOL_ERROR', message: expect.stringMatching(/^test, column "Amount" \(.+\), row 2: a value of \d+ bytes?, which its type does not have$/),
          });
        }
      }
    }
  });

  test.each([[0, 0], [39, 0], [255, 0], [5, 6], [38, 39]])('a sql_variant with a decimal(%i,%i), which there is not, is refused', async (precision, scale) => {
    const type = { precision, scale, isNumeric: false };
    const cells = [null, variantOf(type, bytesOf({ magnitude: 0n, negative: false }, 17))];
    for (const around of AROUND) {
      for (const format of FORMATS) {
        await expect(way(() => outcome(resultOf(wireColumn.variant('Amount'), cells, around), format)))
          .rejects.toMatchObject({ code: 'INVALID_VALUE', message: expect.stringMatching(/^test, column "Amount" \(sql_variant\), row 2: /) });
      }
    }
  });
});

/** Base type, length of its properties, precision, scale, value (MS-TDS 2.2.5.5.4). */
function variantOf({ precision, scale, isNumeric }: Type, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([isNumeric ? 0x6c : 0x6a, 2, precision, scale]), bytes]);
}

function spelled({ precision, scale, isNumeric }: Type): string {
  return `${isNumeric ? 'numeric' : 'decimal'}(${precision},${scale})`;
}
