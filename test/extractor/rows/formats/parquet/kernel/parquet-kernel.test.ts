import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { TypeOptions } from '../../../../../../src/extractor/api/type-options';
import { DateType, LoneSurrogates, TimestampType, TimeType, UniqueidentifierType } from '../../../../../../src/extractor/doors/public';
import type { OutputFormat } from '../../../../../../src/extractor/rows/columns/output-format';
import { ParquetKernel } from '../../../../../../src/extractor/rows/formats/parquet/kernel/parquet-kernel';
import { PARQUET_KERNEL } from '../../../../../../src/extractor/rows/formats/parquet/kernel/parquet-kernel.wasm';
import { done } from '../../../../../../tools/replay-server/tds-packets';
import { colMetadata, nbcRow, row, WireCell, WireColumn, wireColumn } from '../../../../../../tools/replay-server/wire-rows';
import { capturePayload } from '../../../../../support/tds/captures';
import { landPayload } from '../../../../../support/tds/land';
import { readWithPyArrow } from '../../../../../support/tds/parquet-readers';
import { anyRow, edgeRows, le, payloadOf, TYPED_COLUMNS } from '../../../../../support/tds/typed-values';
import { without } from '../../../../../support/tds/without-kernels';

const PLAIN: OutputFormat = { name: 'parquet', compression: 'none' };
const OPTIONS: readonly (readonly [string, TypeOptions])[] = [
  ['as it is by default', {}],
  ['native types and nanoseconds', { time: TimeType.NATIVE, uniqueidentifier: UniqueidentifierType.UUID, timestamps: TimestampType.NANOSECONDS }],
  ['text for times', { timestamps: TimestampType.TEXT, dates: DateType.TEXT }],
  ['what may be altered', { timestamps: TimestampType.TRUNCATED, loneSurrogates: LoneSurrogates.REPLACE }],
];
const RESULTS = 200;

/** Types that the kernel has; its dictionary knows xml without and with a byte order mark as one value. */
const COLUMNS = TYPED_COLUMNS.filter(({ column: { name } }) => !/^variant_|_japanese$|^xml$/.test(name));
const anyResult = fc.subarray([...COLUMNS], { minLength: 1, maxLength: 12 })
  .chain((columns) => fc.array(anyRow(columns), { maxLength: 8 }).map((rows) => payloadOf(columns, rows)));
const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 10 });

/** All that comes of a payload, or the error. */
async function outcome(payload: Uint8Array, format: OutputFormat, sizes?: readonly number[]) {
  try {
    const { objects, rows, files, tallies, control, alterations } = await landPayload(payload, format, { cuts: sizes, initialBuffer: 64 });
    return { objects: objects.map((object) => object.toString('latin1')), rows, files, tallies, control, alterations };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

const withoutKernel = async <T>(run: () => Promise<T>) => without(ParquetKernel, run);

function resultOf(columns: readonly WireColumn[], rows: readonly (readonly WireCell[])[], make = row): Buffer {
  return Buffer.concat([colMetadata([...columns]), ...rows.map((cells) => make([...columns], [...cells])), done(0x10, rows.length)]);
}

describe.each(OPTIONS)('%s', (_, all) => {
  const format: OutputFormat = { ...PLAIN, types: { all } };

  test('is the same with and without the kernel, for any values and cuts', async () => {
    await fc.assert(fc.asyncProperty(anyResult, cuts, async (bytes, sizes) => {
      expect(await outcome(bytes, format, sizes)).toEqual(await withoutKernel(() => outcome(bytes, format)));
    }), { numRuns: RESULTS });
  });

  test('is the same for the edges of every type', async () => {
    for (const column of COLUMNS) {
      const bytes = payloadOf([column], edgeRows([column]));
      expect(await outcome(bytes, format, [977])).toEqual(await withoutKernel(() => outcome(bytes, format)));
    }
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
    expect(errors).toBeGreaterThan(RESULTS / 20);
  });
});

/** Where the first row, or what is in its place, begins. */
function colMetadataEnd(bytes: Buffer): number {
  for (let at = bytes.length - 13; ; at--) {
    if (at < 0) throw new Error('no row');
    if (bytes[at] === 0xd1 || bytes[at] === 0xd2 || bytes[at] === 0xfd) return at;
  }
}

test('leaves no row of an ordinary table', async () => {
  for (const capture of ['transactions-2000', 'customers-500']) {
    expect((await landPayload(capturePayload(capture), PLAIN)).rowsOffKernel).toEqual({});
  }
});

const utf16 = (text: string) => Buffer.from(text, 'utf16le');

test('captures are the same bytes in every codec', async () => {
  for (const capture of ['transactions-2000', 'customers-500']) {
    for (const compression of ['none', 'snappy', 'zstd', 'gzip'] as const) {
      const format: OutputFormat = { name: 'parquet', compression };
      const bytes = capturePayload(capture);
      expect(await outcome(bytes, format, [1000, 31])).toEqual(await withoutKernel(() => outcome(bytes, format)));
    }
  }
});

test('dictionaries are left in the middle of a batch, and go from batch to batch and from row group to row group', async () => {
  const columns = [wireColumn.intN('id', 4), wireColumn.nvarchar('few', 40), wireColumn.nvarchar('many', 40), wireColumn.varchar('late', 300)];
  const rows = Array.from({ length: 40_000 }, (_, i) => [
    le(BigInt(i), 4), i % 11 === 0 ? null : utf16(`kind ${i % 7}`), utf16(`text ${i % 3 === 0 ? i : i % 1500}`),
    Buffer.from(i < 20_000 ? `some ${i % 900}` : i === 20_000 ? 'x'.repeat(300) : `late ${i}`),
  ]);
  const bytes = resultOf(columns, rows, nbcRow);
  for (const rowGroupBytes of [0x4000000, 0x80000]) {
    const format: OutputFormat = { ...PLAIN, rowGroupBytes };
    expect(await outcome(bytes, format, [50_001])).toEqual(await withoutKernel(() => outcome(bytes, format, [50_001])));
  }
});

test('batches that are full of long values, and values of any length, hold what was sent', async () => {
  const columns = [wireColumn.intN('id', 4), wireColumn.varcharMax('text'), wireColumn.varbinaryMax('bytes')];
  const sizes = [0, 1, 255, 256, 257, 5000, 0xffff, 0x10000, 0x10001, 200_000, 1_500_000];
  const rows = Array.from({ length: 150 }, (_, i) => {
    const size = sizes[i % sizes.length];
    const bytes = Buffer.alloc(size, i);
    return [le(BigInt(i), 4), Buffer.alloc(size, 0x61 + i % 26), i % 5 === 0 ? null : [bytes.subarray(0, size >> 1), bytes.subarray(size >> 1)]];
  });
  const { objects: [object], rowsOffKernel } = await landPayload(resultOf(columns, rows), PLAIN);
  const read = await readWithPyArrow(object);
  const asText = rows.map(([, text]) => (text as Buffer).toString());
  expect(read.rows.map(([, text]) => text)).toEqual(asText);
  const asHex = rows.map(([, , pieces]) => pieces && Buffer.concat(pieces as Buffer[]).toString('hex').toUpperCase());
  expect(read.rows.map(([, , hex]) => (hex === null ? null : String(hex).toUpperCase()))).toEqual(asHex);
  expect(rowsOffKernel).toEqual({ longRow: expect.any(Number) as number });
});

test('many values of the greatest dictionary fill a batch', async () => {
  const columns = [wireColumn.nvarchar('a', 120), wireColumn.nvarchar('b', 120)];
  const texts = Array.from({ length: 1300 }, (_, i) => utf16(`${i} `.padEnd(120, '漢')));
  const rows = Array.from({ length: 60_000 }, (_, i) => [texts[i % texts.length], texts[i * 7 % texts.length]]);
  rows.push(...Array.from({ length: 3000 }, (_, i) => [utf16(`other ${i}`.padEnd(120, '語')), utf16('x')]));
  const { objects: [object], rows: count } = await landPayload(resultOf(columns, rows), { name: 'parquet', compression: 'snappy' });
  expect(count).toBe(rows.length);
  const read = await readWithPyArrow(object);
  expect(read.rows.map(([a]) => a)).toEqual(rows.map(([a]) => a.toString('utf16le')));
});

test('results that are read by turns do not mix, and memory is used again', async () => {
  const make = (name: string) => resultOf([wireColumn.nvarchar(name, 40), wireColumn.bit('b')], Array.from({ length: 5000 }, (_, i) => [utf16(`${name}${i % 50}`), le(1n, 1)]));
  const alone = await Promise.all(['x', 'y', 'z'].map(async (name) => withoutKernel(() => outcome(make(name), PLAIN, [100]))));
  for (let round = 0; round < 3; round++) {
    expect(await Promise.all(['x', 'y', 'z'].map(async (name) => outcome(make(name), PLAIN, [333])))).toEqual(alone);
  }
});

test('a memory serves whatever needs no larger one, and tells what it held before to nobody', async () => {
  const wide = () => resultOf([...'abcdefgh'].map((name) => wireColumn.nvarchar(name, 40)), Array.from({ length: 3000 }, (_, i) => [...'abcdefgh'].map((name) => (i % 3 ? utf16(`${name}${i % 70}`) : null))));
  const narrow = () => resultOf([wireColumn.intN('id', 4), wireColumn.bit('b')], Array.from({ length: 3000 }, (_, i) => [i % 5 ? le(BigInt(i), 4) : null, le(1n, 1)]));
  const alone = await withoutKernel(async () => [await outcome(wide(), PLAIN, [100]), await outcome(narrow(), PLAIN, [100])]);
  await outcome(wide(), PLAIN, [100]);
  const made = jest.spyOn((globalThis as unknown as { WebAssembly: { Memory: () => void } }).WebAssembly, 'Memory');
  for (let round = 0; round < 3; round++) expect([await outcome(wide(), PLAIN, [333]), await outcome(narrow(), PLAIN, [333])]).toEqual(alone);
  expect(made).not.toHaveBeenCalled();
  made.mockRestore();
});

test('a processor without its instructions does without it', async () => {
  const bytes = resultOf([wireColumn.intN('id', 4)], [[le(1n, 4)]]);
  await withoutKernel(async () => expect((await landPayload(bytes, PLAIN)).rowsOffKernel).toEqual({ processor: 1 }));
});

test('the committed kernel is what its source compiles to', () => {
  const script = join(__dirname, '../../../../../../tools/build/kernels.js');
  expect(execFileSync(process.execPath, [script, '--print', 'parquet-kernel'], { encoding: 'utf8' }).trim()).toBe(PARQUET_KERNEL);
});
