import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { columnTypeOf, type ColumnType } from '../../../../src/extractor/rows/columns/column-type';
import { RowHasher } from '../../../../src/extractor/rows/hash/row-hasher';
import { ROW_KERNEL } from '../../../../src/extractor/rows/hash/row-kernel.wasm';
import { ByteCursor } from '../../../../src/extractor/rows/tds/byte-cursor';
import { readColumnMetadata } from '../../../../src/extractor/rows/tds/column-metadata';
import { done } from '../../../../tools/replay-server/tds-packets';
import { COLLATION, colMetadata, nbcRow, row, WireCell, WireColumn, wireColumn } from '../../../../tools/replay-server/wire-rows';
import { landPayload } from '../../../support/tds/land';
import { rowHash, sumOf, xxh64 } from '../../../support/tds/reference-hash';
import { le, TYPED_COLUMNS, type TypedValue } from '../../../support/tds/typed-values';

const COLUMNS = TYPED_COLUMNS.map(({ column }) => column);
const CSV = { name: 'csv', compression: 'none' } as const;

/** Bytes of the length of a value as it is hashed. */
const PREFIX_BYTES = { fixed: 0, byte: 1, short: 2, long: 4, text: 4, plp: 8 };

function canonicalRow(cells: readonly TypedValue[]): Buffer {
  const bitmap = Buffer.alloc((COLUMNS.length + 7) >> 3);
  const values = cells.flatMap(({ cell, text }, i) => {
    if (cell === null) {
      bitmap[i >> 3] |= 1 << (i & 7);
      return [];
    }
    let value = Buffer.isBuffer(cell) ? cell : Buffer.concat(cell as readonly Buffer[]);
    const { name, framing } = COLUMNS[i];
    if (name === 'xml' && value.subarray(0, 2).equals(Buffer.from([0xff, 0xfe]))) value = value.subarray(2);
    if (/^variant_|_japanese$/.test(name)) value = Buffer.from(text!, 'utf8');
    return [le(BigInt(value.length), PREFIX_BYTES[framing]), value];
  });
  return Buffer.concat([bitmap, ...values]);
}

async function hashOf(columns: readonly WireColumn[], rows: readonly Buffer[], cuts?: readonly number[]) {
  const payload = Buffer.concat([colMetadata([...columns]), ...rows, done(0x10, rows.length)]);
  const { files } = await landPayload(payload, CSV, { cuts, initialBuffer: 64 });
  return sumOf(files.map(({ contentHash }) => contentHash));
}

test('the reference is XXH64', () => {
  expect(xxh64(Buffer.alloc(0), 0n)).toBe(0xef46db3751d8e999n);
  expect(xxh64(Buffer.from('abc'), 0n)).toBe(0x44bc2cf5ad770999n);
  expect(xxh64(Buffer.from('Nobody inspects the spammish repetition'), 0n)).toBe(0xfbcea83c8a378bf1n);
});

test('is the sum of the hashes of canonical rows, whatever the row token, the NULLs and the cuts', async () => {
  const anyRow = fc.record({ values: fc.tuple(...TYPED_COLUMNS.map(({ values }) => values)), bitmap: fc.boolean() });
  const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 10 });
  await fc.assert(fc.asyncProperty(fc.array(anyRow, { maxLength: 12 }), cuts, async (rows, sizes) => {
    const wire = rows.map(({ values, bitmap }) => (bitmap ? nbcRow : row)(COLUMNS, values.map(({ cell }) => cell)));
    const expected = rows.map(({ values }) => rowHash(canonicalRow(values)));
    expect(await hashOf(COLUMNS, wire, sizes)).toBe(sumOf(expected));
  }), { numRuns: 150 });
});

test('no format and no file size changes it, and each object has its own', async () => {
  const id = wireColumn.intN('Id', 4);
  const text = wireColumn.nvarcharMax('Text');
  const rows = Array.from({ length: 3000 }, (_, i) => row([id, text], [le(BigInt(i), 4), i % 7 === 0 ? null : Buffer.from(`${i}`.repeat(i % 300), 'utf16le')]));
  const payload = Buffer.concat([colMetadata([id, text]), ...rows, done(0x10, rows.length)]);
  const hashes = await Promise.all((['csv', 'jsonl', 'parquet'] as const).map(async (name) => {
    const { files } = await landPayload(payload, { name, compression: 'none' }, { targetFileBytes: 0x40000 });
    if (name !== 'parquet') expect(files.length).toBeGreaterThan(1);
    expect(new Set(files.map(({ contentHash }) => contentHash)).size).toBe(files.length);
    return sumOf(files.map(({ contentHash }) => contentHash));
  }));
  expect(new Set(hashes).size).toBe(1);
});

test('rows that are longer than the kernel\'s memory', async () => {
  const columns = [wireColumn.intN('Id', 4), wireColumn.varbinaryMax('Bytes')];
  const cell = Buffer.alloc(1_500_000, 7);
  const pieces = [cell.subarray(0, 900_000), cell.subarray(900_000)];
  const rows = [row(columns, [le(1n, 4), pieces]), row(columns, [null, null])];
  const expected = [
    rowHash(Buffer.concat([Buffer.from([0, 4]), le(1n, 4), le(1_500_000n, 8), cell])), rowHash(Buffer.from([3])),
  ];
  expect(await hashOf(columns, rows)).toBe(sumOf(expected));
});

test.each<[string, WireColumn, WireCell, Buffer]>([
  ['a decimal that came in fewer bytes', wireColumn.decimal('c', 38, 0), Buffer.concat([Buffer.from([1]), le(7n, 4)]), Buffer.concat([Buffer.from([17, 1]), le(7n, 16)])],
  ['text of a double-byte code page', wireColumn.varchar('c', 10, Buffer.from('1104d00000', 'hex')), Buffer.from([0x8a, 0xbf]), Buffer.concat([le(3n, 2), Buffer.from('漢')])],
  ['text of a single-byte code page', wireColumn.varchar('c', 10), Buffer.from([0x80]), Buffer.concat([le(1n, 2), Buffer.from([0x80])])],
  ['text in UTF-8', wireColumn.varchar('c', 10, COLLATION.utf8), Buffer.from('é'), Buffer.concat([le(2n, 2), Buffer.from('é')])],
])('%s', async (_, column, cell, canonical) => {
  const expected = sumOf([rowHash(Buffer.concat([Buffer.from([0]), canonical])), rowHash(Buffer.from([1]))]);
  expect(await hashOf([column], [row([column], [cell]), row([column], [null])])).toBe(expected);
});

test('a doubled, a lost and a changed row show', async () => {
  const columns = [wireColumn.intN('c', 4)];
  const rows = [1n, 2n, 3n].map((value) => row(columns, [le(value, 4)]));
  const hash = await hashOf(columns, rows);
  expect(await hashOf(columns, [rows[2], rows[0], rows[1]])).toBe(hash);
  for (const other of [[...rows, rows[0]], rows.slice(1), [rows[0], rows[1], rows[1]], [...rows, rows[0], rows[0]]]) {
    expect(await hashOf(columns, other)).not.toBe(hash);
  }
});

test('the committed kernel is what its source compiles to', () => {
  const script = join(__dirname, '../../../../tools/build/kernels.js');
  expect(execFileSync(process.execPath, [script, '--print', 'row-kernel'], { encoding: 'utf8' }).trim()).toBe(ROW_KERNEL);
});

test('rows before a wrong value are no part of another result', () => {
  const columns = [wireColumn.varchar('Text', 20, COLLATION.japanese)];
  const metadata = colMetadata(columns);
  const hash = (bytes: Buffer) => {
    const types = readColumnMetadata(new ByteCursor(metadata, 1, metadata.length)).map((column) => columnTypeOf(column, {}) as ColumnType);
    const hasher = new RowHasher(types);
    hasher.rows(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    return hasher.take();
  };
  const good = row(columns, [Buffer.from('abc')]);
  const expected = hash(good);
  // The first byte of a character of two.
  expect(() => hash(Buffer.concat([good, row(columns, [Buffer.from([0x81])])]))).toThrow();
  expect(hash(good)).toBe(expected);
});
