import * as fc from 'fast-check';
import type { ManifestTally } from '../../../../src/contract';
import { decimalText, unscaledOf } from '../../../../src/extractor/rows/hash/column-tally';
import { done } from '../../../../tools/replay-server/tds-packets';
import { colMetadata, nbcRow, row, WireCell, WireColumn, wireColumn } from '../../../../tools/replay-server/wire-rows';
import { landPayload } from '../../../support/tds/land';
import { le, TYPED_COLUMNS, type TypedValue } from '../../../support/tds/typed-values';

const COLUMNS = TYPED_COLUMNS.map(({ column }) => column);
const CSV = { name: 'csv', compression: 'none' } as const;

async function talliesOf(columns: readonly WireColumn[], rows: readonly Buffer[], cuts?: readonly number[]): Promise<readonly ManifestTally[]> {
  const payload = Buffer.concat([colMetadata([...columns]), ...rows, done(0x10, rows.length)]);
  return (await landPayload(payload, CSV, { cuts, initialBuffer: 64 })).tallies;
}

const u64 = (value: bigint) => BigInt.asUintN(64, value);

/** The digest of a text or binary value as docs/manifest.md has it. */
function digestOf(value: Buffer): bigint {
  let sum = 0n;
  for (let at = 0, factor = 0x9e3779b185ebca87n; at < value.length; at += 8, factor = u64(factor + 0xc2b2ae3d27d4eb4en)) {
    const word = Buffer.alloc(8);
    value.copy(word, 0, at);
    sum = u64(sum + word.readBigUInt64LE(0) * factor);
  }
  sum = u64((sum ^ BigInt(value.length)) * 0x165667b19e3779f9n);
  return sum ^ sum >> 32n;
}

const bytesOf = (cell: WireCell) => (Buffer.isBuffer(cell) ? cell : Buffer.concat(cell as readonly Buffer[]));

/** What is expected of a column, from the texts of its values. */
function expected({ name: column }: WireColumn, values: readonly TypedValue[]): ManifestTally {
  const name = column.replace(/_fixed$/, '');
  const there = values.filter(({ cell }) => cell !== null);
  const texts = there.map(({ text }) => text!);
  const base = { column, nulls: values.length - there.length };
  if (/^(bit|(tiny|small|big)?int|(small)?money|dec_.*)$/.test(name)) {
    if (texts.length === 0) return base;
    const numbers = texts.map((text) => (name === 'bit' ? BigInt(text === 'true') : unscaledOf(text)));
    const scale = name === 'bit' ? 0 : (texts[0].split('.')[1] ?? '').length;
    const sum = decimalText(numbers.reduce((total, value) => total + value, 0n), scale);
    if (name === 'bit') return { ...base, sum };
    const ordered = [...numbers].sort((a, b) => (a < b ? -1 : Number(a > b)));
    return { ...base, sum, least: decimalText(ordered[0], scale), greatest: decimalText(ordered.at(-1)!, scale) };
  }
  if (/^(float|real)$/.test(name)) {
    const digest = there.reduce((sum, { cell }) => sum + bytesOf(cell).reduceRight((value, byte) => value << 8n | BigInt(byte), 0n), 0n);
    const equalTo = (number: number) => texts.find((text) => Number(text) === number)!;
    const range = texts.length > 0 && { least: equalTo(Math.min(...texts.map(Number))), greatest: equalTo(Math.max(...texts.map(Number))) };
    return { ...base, digest: hex(digest), ...range };
  }
  if (/^(date|time|smalldatetime)/.test(name)) {
    const sorted = name.startsWith('datetimeoffset') ? [] : [...texts].sort();
    const digest = expect.stringMatching(/^[0-9a-f]{16}$/) as unknown as string;
    return { ...base, digest, ...(sorted.length > 0 && { least: sorted[0], greatest: sorted.at(-1)! }) };
  }
  const cells = there.map(({ cell, text }) => {
    // What is tallied is what is hashed: these as text in UTF-8.
    if (/^variant_|_japanese$/.test(name)) return Buffer.from(text!, 'utf8');
    const bytes = bytesOf(cell);
    return name === 'xml' && bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.subarray(2) : bytes;
  });
  const digest = hex(cells.reduce((sum, cell) => sum + digestOf(cell), 0n));
  return { ...base, bytes: String(cells.reduce((sum, { length }) => sum + length, 0)), digest };
}

const hex = (digest: bigint) => u64(digest).toString(16).padStart(16, '0');

test('every type is tallied as its values are, whatever the row token, the NULLs and the cuts', async () => {
  const anyRow = fc.record({ values: fc.tuple(...TYPED_COLUMNS.map(({ values }) => values)), bitmap: fc.boolean() });
  const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 10 });
  await fc.assert(fc.asyncProperty(fc.array(anyRow, { maxLength: 12 }), cuts, async (rows, sizes) => {
    const wire = rows.map(({ values, bitmap }) => (bitmap ? nbcRow : row)(COLUMNS, values.map(({ cell }) => cell)));
    const tallies = await talliesOf(COLUMNS, wire, sizes);
    tallies.forEach((tally, i) => {
      const { least, greatest, ...rest } = tally;
      const wanted = expected(COLUMNS[i], rows.map(({ values }) => values[i]));
      // The texts are local times; the tally's are UTC.
      expect(tally.column.startsWith('datetimeoffset') ? rest : tally).toEqual(wanted);
    });
  }), { numRuns: 60, interruptAfterTimeLimit: 60_000 });
}, 120_000);

test('a datetimeoffset is tallied in UTC, and its offset shows in the digest', async () => {
  const column = wireColumn.datetimeoffset('at', 0);
  const value = (ticks: number, offset: number) => Buffer.concat([le(BigInt(ticks), 3), le(730000n, 3), le(BigInt(offset), 2)]);
  const tally = async (...values: Buffer[]) => (await talliesOf([column], values.map((cell) => row([column], [cell]))))[0];
  expect(await tally(value(60, 120), value(0, -600))).toMatchObject({ least: '1999-09-04T00:00:00+00:00', greatest: '1999-09-04T00:01:00+00:00' });
  expect((await tally(value(60, 120))).digest).not.toBe((await tally(value(60, 60))).digest);
});

test('rows by the thousand, of results that take turns', async () => {
  const columns = [wireColumn.intN('a', 4), wireColumn.nvarchar('b', 20), wireColumn.decimal('c', 38, 0)];
  const limit = 10n ** 38n - 1n;
  const rows = (sign: bigint) => Array.from({ length: 30_000 }, (_, i) => row(columns, [
    le(sign * BigInt(i), 4), i % 3 === 0 ? null : Buffer.from('é'.repeat(i % 5), 'utf16le'), Buffer.concat([Buffer.from([sign > 0n ? 1 : 0]), le(limit, 16)]),
  ]));
  const [plus, minus] = await Promise.all([1n, -1n].map((sign) => talliesOf(columns, rows(sign), [7000])));
  const bytes = Array.from({ length: 30_000 }, (_, i) => (i % 3 === 0 ? 0 : 2 * (i % 5))).reduce((sum, size) => sum + size, 0);
  expect(plus).toMatchObject([
    { nulls: 0, sum: '449985000', least: '0', greatest: '29999' }, { nulls: 10_000, bytes: String(bytes) },
    { sum: String(30_000n * limit), least: String(limit), greatest: String(limit) },
  ]);
  expect(minus).toMatchObject([
    { sum: '-449985000', least: '-29999', greatest: '0' }, { nulls: 10_000, bytes: String(bytes), digest: plus[1].digest }, { sum: String(-30_000n * limit) },
  ]);
});

test('more columns than a word of bitmap: rows before one without NULLs are tallied as they were', async () => {
  const columns = Array.from({ length: 100 }, (_, i) => wireColumn.intN(`c${i}`, 4));
  const rows = Array.from({ length: 500 }, (_, at) => row(columns, columns.map((_column, i) => le(BigInt(at * 100 + i), 4))));
  const tallies = await talliesOf(columns, rows);
  expect(tallies.map(({ sum }) => sum)).toEqual(columns.map((_, i) => String(100 * 500 * 499 / 2 + 500 * i)));
});
