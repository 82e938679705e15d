import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { OutputFormat } from '../../../../../src/extractor/rows/columns/output-format';
import { TextKernel } from '../../../../../src/extractor/rows/text/kernel/text-kernel';
import { TEXT_KERNEL } from '../../../../../src/extractor/rows/text/kernel/text-kernel.wasm';
import { done } from '../../../../../tools/replay-server/tds-packets';
import { COLLATION, colMetadata, nbcRow, row, WireCell, WireColumn, wireColumn } from '../../../../../tools/replay-server/wire-rows';
import { capturePayload } from '../../../../support/tds/captures';
import { landPayload } from '../../../../support/tds/land';
import { anyRow, edgeRows, le, payloadOf, TYPED_COLUMNS } from '../../../../support/tds/typed-values';
import { without } from '../../../../support/tds/without-kernels';

const CSV: OutputFormat = { name: 'csv', compression: 'none' };
const FORMATS: readonly (readonly [string, OutputFormat])[] = [
  ['CSV', CSV],
  ['CSV with a delimiter and a quote of its own', { ...CSV, delimiter: '\t', quote: '\'' }],
  ['JSON Lines', { name: 'jsonl', compression: 'none' }],
];
const RESULTS = 700;

/** Types that the kernel has. */
const COLUMNS = TYPED_COLUMNS.filter(({ column: { name } }) => !/^variant_|_japanese$/.test(name));
const anyResult = fc.subarray([...COLUMNS], { minLength: 1, maxLength: 12 })
  .chain((columns) => fc.array(anyRow(columns), { maxLength: 8 }).map((rows) => payloadOf(columns, rows)));
const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 10 });

/** All that comes of a payload, or the error. */
async function outcome(payload: Uint8Array, format: OutputFormat, sizes?: readonly number[]) {
  try {
    const { objects, rows, files, tallies, control } = await landPayload(payload, format, { cuts: sizes, initialBuffer: 64 });
    return { text: objects.map((object) => object.toString('latin1')), rows, files, tallies, control };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

const withoutKernel = async <T>(run: () => Promise<T>) => without(TextKernel, run);

/** Rows that the kernel left to the other code. */
async function rowsLeft(payload: Uint8Array, format: OutputFormat): Promise<{ readonly rows: number; readonly left: number }> {
  const { rows, rowsOffKernel } = await landPayload(payload, format);
  return { rows, left: Object.values(rowsOffKernel).reduce((sum, count) => sum + count, 0) };
}

function resultOf(columns: readonly WireColumn[], rows: readonly (readonly WireCell[])[], make = row): Buffer {
  return Buffer.concat([colMetadata([...columns]), ...rows.map((cells) => make([...columns], [...cells])), done(0x10, rows.length)]);
}

describe.each(FORMATS)('%s', (_, format) => {
  test('is the same with and without the kernel, for any values and cuts', async () => {
    await fc.assert(fc.asyncProperty(anyResult, cuts, async (bytes, sizes) => {
      expect(await outcome(bytes, format, sizes)).toEqual(await withoutKernel(() => outcome(bytes, format)));
    }), { numRuns: RESULTS });
  });

  test('is the same for the edges of every type', async () => {
    const bytes = payloadOf(COLUMNS, edgeRows(COLUMNS));
    const got = await outcome(bytes, format, [977]);
    expect(got).toEqual(await withoutKernel(() => outcome(bytes, format)));
    expect(got.rows).toBeGreaterThan(20);
  });

  test('is the same, or the same error, for bytes that are wrong', async () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 });
    let errors = 0;
    await fc.assert(fc.asyncProperty(anyResult, changes, async (bytes, changed) => {
      const first = colMetadataEnd(bytes);
      for (const [place, byte] of changed) bytes[first + place % (bytes.length - first)] = byte;
      const got = await outcome(bytes, format);
      if (got.error) errors++;
      expect(got).toEqual(await withoutKernel(() => outcome(bytes, format)));
    }), { numRuns: RESULTS });
    expect(errors).toBeGreaterThan(RESULTS / 10);
  });

  test('leaves no row of an ordinary table', async () => {
    expect(await rowsLeft(capturePayload('transactions-2000'), format)).toEqual({ rows: 2000, left: 0 });
    expect(await rowsLeft(capturePayload('customers-500'), format)).toEqual({ rows: 500, left: 0 });
  });
});

/** Where the first row, or what is in its place, begins. */
function colMetadataEnd(bytes: Buffer): number {
  for (let at = bytes.length - 13; ; at--) {
    if (at < 0) throw new Error('no row');
    if (bytes[at] === 0xd1 || bytes[at] === 0xd2 || bytes[at] === 0xfd) return at;
  }
}

const text = (value: string) => Buffer.from(value, 'utf16le');
const float = (value: number) => {
  const out = Buffer.alloc(8);
  out.writeDoubleLE(value);
  return out;
};

test.each<[string, WireColumn, WireCell]>([
  ['text beyond the Basic Multilingual Plane', wireColumn.nvarchar('c', 40), text('a😀"b')],
  ['(max) text in one piece', wireColumn.nvarcharMax('c'), text('x'.repeat(5000))],
  ['(max) text of no length', wireColumn.nvarcharMax('c'), text('')],
  ['legacy text', wireColumn.ntext('c'), text('a,b')],
  ['xml', wireColumn.xml('c'), text('\ufeff<a/>')],
  ['text of a code page', wireColumn.varchar('c', 40), Buffer.from([0x41, 0x80, 0xe9])],
  ['UTF-8', wireColumn.varchar('c', 40, COLLATION.utf8), Buffer.from('é漢😀')],
  ['a binary', wireColumn.varbinary('c', 40), Buffer.from([1, 2, 3, 4])],
  ['a float', wireColumn.floatN('c', 8), float(-1234.5678)],
  ['a whole float', wireColumn.floatN('c', 8), float(4)],
  ['a negative zero', wireColumn.floatN('c', 8), float(-0)],
  ['a decimal of 38 digits', wireColumn.decimal('c', 38, 10), Buffer.concat([Buffer.from([0]), le(10n ** 38n - 1n, 16)])],
])('%s is the kernel\'s', async (_, column, cell) => {
  for (const make of [row, nbcRow]) {
    for (const [, format] of FORMATS) {
      expect(await rowsLeft(resultOf([column], [[cell], [null], [cell]], make), format)).toEqual({ rows: 3, left: 0 });
    }
  }
});

test.each<[string, WireColumn, WireCell, string]>([
  ['a float that is very small', wireColumn.floatN('c', 8), float(1e-300), '1e-300'],
  ['a value larger than its memory', wireColumn.varbinaryMax('c'), Buffer.alloc(300_000, 0xab), 'AB'.repeat(300_000)],
])('%s is left, and the rows around it are not', async (_, column, cell, written) => {
  const id = wireColumn.intN('id', 4);
  const bytes = resultOf([id, column], [[le(1n, 4), null], [le(2n, 4), cell], [le(3n, 4), null], [le(4n, 4), null]]);
  expect(await rowsLeft(bytes, CSV)).toEqual({ rows: 4, left: 1 });
  const { objects } = await landPayload(bytes, CSV, { cuts: [70_000] });
  expect(objects[0].toString()).toBe(`id,c\n1,\n2,${written}\n3,\n4,\n`);
});

test('(max) text in several pieces is not left', async () => {
  const columns = [wireColumn.intN('id', 4), wireColumn.nvarcharMax('c'), wireColumn.varbinaryMax('b')];
  const pieces = [[text('ab'), text('cd')], [Buffer.from([1]), Buffer.from([2]), Buffer.from([3])]];
  const bytes = resultOf(columns, [[le(1n, 4), null, null], [le(2n, 4), ...pieces], [le(3n, 4), [text('x')], []]]);
  expect(await rowsLeft(bytes, CSV)).toEqual({ rows: 3, left: 0 });
  for (const sizes of [[1], [7, 50], [70_000]]) {
    const { objects } = await landPayload(bytes, CSV, { cuts: sizes });
    expect(objects[0].toString()).toBe('id,c,b\n1,,\n2,abcd,010203\n3,x,""\n');
  }
});

test.each([4, 8] as const)('powers of two are the same as without it, and those of a half to some 2^-n are its own, in floats of %i bytes', async (size) => {
  const bytes = (value: number) => {
    const out = Buffer.alloc(size);
    if (size === 8) out.writeDoubleLE(value);
    else out.writeFloatLE(value);
    return out;
  };
  const column = wireColumn.floatN('f', size);
  const all = resultOf([column], Array.from({ length: 240 }, (_, i) => [bytes((i % 2 === 0 ? 1 : -1) * 2 ** ((i >> 1) - 60))]));
  expect(await outcome(all, CSV)).toEqual(await withoutKernel(() => outcome(all, CSV)));
  const own = Array.from({ length: size === 8 ? 18 : 8 }, (_, i) => [bytes(2 ** -(i + 1))]);
  expect(await rowsLeft(resultOf([column], own), CSV)).toEqual({ rows: own.length, left: 0 });
});

test('results that are read by turns do not mix', async () => {
  const wide = wireColumn.nvarchar('wide', 40);
  const rows = (count: number, cell: (i: number) => WireCell) => Array.from({ length: count }, (_, i) => [cell(i)]);
  const numbers = resultOf([wireColumn.intN('n', 4)], rows(5000, (i) => le(BigInt(i), 4)));
  const texts = resultOf([wide], rows(5000, (i) => text(`t${i}`)));
  const both = await Promise.all([outcome(numbers, CSV, [100]), outcome(texts, { name: 'jsonl', compression: 'none' }, [333])]);
  expect(both[0].text).toEqual([`n\n${Array.from({ length: 5000 }, (_, i) => `${i}\n`).join('')}`]);
  expect(both[1].text).toEqual([Array.from({ length: 5000 }, (_, i) => `{"wide":"t${i}"}\n`).join('')]);
});

test.each<[string, readonly WireColumn[], string]>([
  ['a type the kernel has not', [wireColumn.variant('v')], 'sqlVariant'],
  ['a double-byte code page', [wireColumn.varchar('c', 10, COLLATION.japanese)], 'doubleByteText'],
  ['more columns than it has room for', Array.from({ length: 4097 }, (_, i) => wireColumn.intN(`c${i}`, 4)), 'columns'],
])('%s is not for it', async (_, columns, reason) => {
  const cells = columns.map(() => null);
  const { objects, rowsOffKernel } = await landPayload(resultOf(columns, [cells], nbcRow), CSV);
  expect(rowsOffKernel).toEqual({ [reason]: 1 });
  expect(objects[0].toString().split('\n')[1]).toBe(','.repeat(columns.length - 1));
});

test('a processor without its instructions does without it', () => {
  const runtime = (globalThis as unknown as { readonly WebAssembly: { validate(bytes: Uint8Array): boolean } }).WebAssembly;
  const validate = jest.spyOn(runtime, 'validate').mockReturnValue(false);
  jest.isolateModules(() => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { TextKernel: other } = require('../../../../../src/extractor/rows/text/kernel/text-kernel') as { TextKernel: typeof TextKernel };
    expect(other.of([], { name: 'csv', delimiter: 0x2c, quote: 0x22 })).toBe('processor');
  });
  validate.mockRestore();
  expect(TextKernel.of([], { name: 'csv', delimiter: 0x2c, quote: 0x22 })).toBeInstanceOf(TextKernel);
});

test('the committed kernel is what its source compiles to', () => {
  const script = join(__dirname, '../../../../../tools/build/kernels.js');
  expect(execFileSync(process.execPath, [script, '--print', 'text-kernel'], { encoding: 'utf8' }).trim()).toBe(TEXT_KERNEL);
});
