import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { RowLanding } from '../../../src/extractor/rows/objects/row-landing';
import { TokenReader } from '../../../src/extractor/rows/tds/token-reader';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../tools/replay-server/wire-rows';
import { landPayload } from '../../support/tds/land';
import { MemoryTarget } from '../../support/tds/memory-target';
import { withoutKernels } from '../../support/tds/without-kernels';

const FORMATS: readonly OutputFormat[] = [
  { name: 'csv', compression: 'none' }, { name: 'jsonl', compression: 'none' }, { name: 'parquet', compression: 'none' },
];
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** All that comes of a payload, or the error. */
async function outcome(payload: Uint8Array, format: OutputFormat) {
  try {
    const { objects, rows, files, tallies } = await landPayload(payload, format);
    return { objects: objects.map((object) => object.toString('latin1')), rows, hashes: files.map(({ contentHash }) => contentHash), tallies };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

describe.each(FORMATS)('$name', (format) => {
  test.each([0xfffffff8, 0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff])('a piece that says it has %i bytes is not there', async (size) => {
    for (const column of [wireColumn.nvarcharMax('t'), wireColumn.varbinaryMax('t'), wireColumn.varcharMax('t'), wireColumn.xml('t')]) {
      for (const total of [Buffer.from('feffffffffffffff', 'hex'), Buffer.concat([u32(size), u32(0)])]) {
        const cut = Buffer.concat([Buffer.from([0xd1]), total, u32(size), Buffer.alloc(70_000), u32(0)]);
        const bytes = Buffer.concat([colMetadata([column]), row([column], [utf16('ab')]), cut, done(0x10, 2)]);
        expect(await outcome(bytes, format)).toEqual(await withoutKernels(() => outcome(bytes, format)));
      }
    }
  });

  test('xml whose byte order mark comes in two pieces has the same hash', async () => {
    const columns = [wireColumn.xml('x')];
    const value = utf16('\ufeff<a/>');
    const bytes = Buffer.concat([colMetadata(columns), row(columns, [[value.subarray(0, 1), value.subarray(1)]]), done(0x10, 1)]);
    expect(await outcome(bytes, format)).toEqual(await withoutKernels(() => outcome(bytes, format)));
  });

  test('the place of a row that is cut off is the column that was reached', async () => {
    const columns = [wireColumn.varcharMax('first'), wireColumn.varcharMax('second')];
    const bytes = Buffer.concat([colMetadata(columns), row(columns, [Buffer.alloc(1000, 0x61), Buffer.alloc(1000, 0x62)])]);
    const from = colMetadata(columns).length;
    const landing = new RowLanding({ format, subject: 't', targetFileBytes: Infinity, open: new MemoryTarget().open });
    const reader = new TokenReader({ consumer: landing, onControl: () => undefined });
    await reader.push(bytes.subarray(0, from + 500));
    expect(landing.place).toBe('column "first" (varchar(max)), row 1');
    await reader.push(bytes.subarray(from + 500, from + 1500));
    expect(landing.place).toBe('column "second" (varchar(max)), row 1');
  });
});

test('a row that is long in every column finds room behind a batch of values by dictionary', async () => {
  const columns = Array.from({ length: 300 }, (_, i) => wireColumn.nvarcharMax(`c${i}`));
  const short = row(columns, columns.map((_, i) => utf16(`value ${i % 10} of some`)));
  // Three bytes of UTF-8 each: just short enough to be kept inside the kernel's memory.
  const long = row(columns, columns.map(() => utf16('漢'.repeat(21_845))));
  const count = 5750;
  const bytes = Buffer.concat([colMetadata(columns), ...Array.from({ length: count }, () => short), long, done(0x10, count + 1)]);
  const { rows, rowsOffKernel } = await landPayload(bytes, { name: 'parquet', compression: 'none' }, { cuts: [0x40000] });
  expect({ rows, rowsOffKernel }).toEqual({ rows: count + 1, rowsOffKernel: { longRow: 1 } });
});

test('a batch of text of thousands of characters has as many rows as without the kernel', async () => {
  const flush = jest.spyOn(RowLanding.prototype, 'flush');
  const columns = [wireColumn.nvarchar('t', 4000)];
  const rows = Array.from({ length: 4000 }, (_, i) => row(columns, [utf16(`${i} `.padEnd(2700, 'lorem ipsum'))]));
  const bytes = Buffer.concat([colMetadata(columns), ...rows, done(0x10, rows.length)]);
  const format: OutputFormat = { name: 'parquet', compression: 'none' };
  await landPayload(bytes, format);
  const batches = flush.mock.calls.length;
  flush.mockClear();
  await withoutKernels(() => landPayload(bytes, format));
  expect(batches).toBe(flush.mock.calls.length);
  flush.mockRestore();
});
