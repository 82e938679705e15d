import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { BinaryEncoding } from '../../../../src/extractor/api/type-options';
import { DateType, TimestampType, TimeType, UniqueidentifierType, type TypeOptions } from '../../../../src/extractor/doors/public';
import { formatOfColumns, type OutputFormat } from '../../../../src/extractor/rows/columns/output-format';
import { CanonicalHasher } from '../../../../src/extractor/rows/hash/canonical-hasher';
import { VERIFY_KERNEL } from '../../../../src/extractor/verify/kernel/verify-kernel.wasm';
import { objectContent } from '../../../../src/extractor/verify/objects/object-content';
import { landPayload } from '../../../support/tds/land';
import { anyRow, edgeRows, payloadOf, TYPED_COLUMNS, type AnyRow, type TypedColumn } from '../../../support/tds/typed-values';

const FORMATS: readonly [string, OutputFormat, TypeOptions][] = [
  ['CSV', { name: 'csv', compression: 'none', oneColumnNullText: '\\N' }, {}],
  ['CSV with other characters', { name: 'csv', compression: 'none', delimiter: ';', quote: '\'', header: false, nullText: '\\N' }, { binary: BinaryEncoding.BASE64 }],
  ['JSON Lines', { name: 'jsonl', compression: 'none' }, {}],
  ['JSON Lines with hex', { name: 'jsonl', compression: 'none', binary: 'hex' }, {}],
  ['Parquet', { name: 'parquet', compression: 'snappy' }, {}],
  ['Parquet with native types', { name: 'parquet', compression: 'none' }, { time: TimeType.NATIVE, uniqueidentifier: UniqueidentifierType.UUID }],
  ['Parquet with text for times', { name: 'parquet', compression: 'none' }, { timestamps: TimestampType.TEXT, dates: DateType.TEXT }],
];

/** Bytes of a value that may be too large for the rows' room. */
const LARGE = 0x8000;

async function bothWays(columns: readonly TypedColumn[], rows: readonly AnyRow[], format: OutputFormat, all: TypeOptions) {
  const payload = payloadOf(columns, rows);
  const { columns: landed, objects: [object], files: [{ contentHash }], tallies } = await landPayload(payload, { ...format, types: { all } });
  const read = async (byValue: boolean) => objectContent(Readable.from([object]), landed, formatOfColumns(format, landed), { byValue });
  return { expected: { rows: rows.length, contentHash, tallies }, byKernel: () => read(false), byValue: () => read(true) };
}

test('the committed WebAssembly is what its source compiles to', () => {
  const compiled = execFileSync('node', [join(__dirname, '../../../../tools/build/kernels.js'), '--print', 'verify-kernel'], { encoding: 'utf8' });
  expect(compiled.trim()).toBe(VERIFY_KERNEL);
});

describe.each(FORMATS)('%s', (_, format, options) => {
  test.each(TYPED_COLUMNS.map((column) => [column.column.name, column] as const))('%s: the kernel makes every edge of the type, and leaves none', async (__, column) => {
    const rows = edgeRows([column]);
    const { expected, byKernel } = await bothWays([column], rows, format, options);
    const added = jest.spyOn(CanonicalHasher.prototype, 'add');
    try {
      expect(await byKernel()).toEqual(expected);
      // A row that does not fit into the room of the others is made by the kernel too, but hashed alone.
      const left = added.mock.calls.map(([[value]]) => value).filter((value) => value === undefined || value.length < LARGE);
      expect(left).toEqual([]);
    } finally {
      added.mockRestore();
    }
  });

  test('any rows: kernel and reference read the same, which is what was landed', async () => {
    await fc.assert(fc.asyncProperty(fc.array(anyRow(TYPED_COLUMNS), { maxLength: 12 }), async (rows) => {
      const { expected, byKernel, byValue } = await bothWays(TYPED_COLUMNS, rows, format, options);
      expect(await byKernel()).toEqual(expected);
      expect(await byValue()).toEqual(expected);
    }), { numRuns: 12 });
  });
});
