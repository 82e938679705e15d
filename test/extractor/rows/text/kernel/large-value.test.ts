import * as fc from 'fast-check';
import { LoneSurrogates } from '../../../../../src/extractor/doors/public';
import type { OutputFormat } from '../../../../../src/extractor/rows/columns/output-format';
import { RowLanding } from '../../../../../src/extractor/rows/objects/row-landing';
import { TokenReader } from '../../../../../src/extractor/rows/tds/token-reader';
import { LARGE_VALUE } from '../../../../../src/extractor/rows/text/kernel/large-value';
import { done } from '../../../../../tools/replay-server/tds-packets';
import { COLLATION, colMetadata, row, WireCell, WireColumn, wireColumn } from '../../../../../tools/replay-server/wire-rows';
import { parseCsv } from '../../../../support/tds/captures';
import { landPayload } from '../../../../support/tds/land';
import { MemoryTarget } from '../../../../support/tds/memory-target';
import { readWithPyArrow } from '../../../../support/tds/parquet-readers';

const CSV: OutputFormat = { name: 'csv', compression: 'none' };
const JSONL: OutputFormat = { name: 'jsonl', compression: 'none' };
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const utf8 = (text: string) => Buffer.from(text, 'utf8');
const WIDE = ['a', 'bc', '"', ',', '\n', '\r', '\\', '\u0001', 'é', '漢', '😀', ' ', 'plain text without anything odd'];
const NARROW = WIDE.filter((part) => !/[漢😀]/u.test(part));

/** Text around the sizes at which pieces end, with whatever characters there. */
const large = (parts: readonly string[]) => fc.record({
  begin: fc.string({ maxLength: 9, unit: 'grapheme-ascii' }),
  parts: fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 12 }),
  length: fc.constantFrom(LARGE_VALUE, 0x4000, 0x8000, 0x10000, 0x18000),
}).map(({ begin, parts: some, length }) => {
  const text = some.join('');
  return begin + text.repeat(Math.ceil(length / text.length));
});

/** Code page 874, in which 0xFC is no character. */
const THAI = Buffer.from('1e04d00000', 'hex');

const COLUMNS: readonly (readonly [string, WireColumn, (text: string) => Buffer, readonly string[]])[] = [
  ['nvarchar(max)', wireColumn.nvarcharMax('c'), utf16, WIDE],
  ['ntext', wireColumn.ntext('c'), utf16, WIDE],
  ['nvarchar', wireColumn.nvarchar('c', 4000), (text) => utf16(text.slice(0, 3999).replace(/[\ud800-\udbff]$/, '')), WIDE],
  ['xml', wireColumn.xml('c'), utf16, WIDE],
  ['varchar(max)', wireColumn.varcharMax('c'), latin1, NARROW],
  ['varchar(max) in UTF-8', { ...wireColumn.varcharMax('c'), typeInfo: Buffer.concat([Buffer.from([0xff, 0xff]), COLLATION.utf8]) }, utf8, WIDE],
];

function payload(column: WireColumn, cells: readonly WireCell[]): Buffer {
  return Buffer.concat([colMetadata([column]), ...cells.map((cell) => row([column], [cell])), done(0x10, cells.length)]);
}

describe.each(COLUMNS)('large values of %s', (_name, column, encode, parts) => {
  const decode = (cell: Buffer) => cell.toString(encode === utf8 ? 'utf8' : encode === latin1 ? 'latin1' : 'utf16le');

  test.each<[string, OutputFormat, (object: Buffer) => unknown[]]>([
    ['CSV', CSV, (object) => parseCsv(object.toString()).slice(1).map(([cell]) => cell)],
    ['CSV with a NULL text', { ...CSV, nullText: '\\N' }, (object) => parseCsv(object.toString(), '\\N').slice(1).map(([cell]) => cell)],
    ['JSON Lines', JSONL, (object) => object.toString().trimEnd().split('\n').map((line) => (JSON.parse(line) as { c: unknown }).c)],
  ])('are exact in %s', async (_, format, read) => {
    await fc.assert(fc.asyncProperty(large(parts), large(parts), async (first, second) => {
      const cells = [encode(first), null, encode(second)];
      const { objects: [object] } = await landPayload(payload(column, cells), format);
      expect(read(object)).toEqual(cells.map((cell) => cell && decode(cell)));
    }), { numRuns: 25 });
  });

  test('are exact in Parquet', async () => {
    const texts = fc.sample(large(parts), { numRuns: 6, seed: 7 }).map((text) => encode(text));
    const { objects: [object] } = await landPayload(payload(column, texts), { name: 'parquet', compression: 'none' });
    const { rows } = await readWithPyArrow(object);
    expect(rows.map((values) => Object.values(values)[0])).toEqual(texts.map(decode));
  });
});

test.each([LARGE_VALUE - 1, LARGE_VALUE, LARGE_VALUE + 1, LARGE_VALUE + 2, 0xc000, 0xc001, 0x10000, 0x10001, 100_003])('%i bytes of a binary', async (length) => {
  const bytes = Buffer.from(Array.from({ length }, (_, i) => i * 7 + (i >> 8) & 255));
  const bits = payload(wireColumn.varbinaryMax('c'), [bytes]);
  const hex = await landPayload(bits, CSV);
  expect(hex.objects[0].toString()).toBe(`c\n${bytes.toString('hex').toUpperCase()}\n`);
  const base64 = await landPayload(bits, JSONL);
  expect(base64.objects[0].toString()).toBe(`{"c":"${bytes.toString('base64')}"}\n`);
});

describe('a lone surrogate where a piece ends', () => {
  const text = `${'x'.repeat(0x8000 - 1)}\ud800${'y'.repeat(0x8000)}`;
  const bits = payload(wireColumn.nvarcharMax('c'), [utf16(text)]);

  test.each([CSV, JSONL])('is an error in %j', async (format) => {
    await expect(landPayload(bits, format)).rejects.toThrow('column "c" (nvarchar(max)), row 1: a lone UTF-16 surrogate (0xD800)');
  });

  test('is replaced and counted once where an option says so', async () => {
    const target = new MemoryTarget();
    const landing = new RowLanding({
      format: CSV, subject: 'test', targetFileBytes: Infinity, open: target.open, typeOptions: () => ({ loneSurrogates: LoneSurrogates.REPLACE }),
    });
    const reader = new TokenReader({ consumer: landing, onControl: () => undefined });
    await reader.push(bits);
    await landing.finish();
    expect(target.completed[0].toString()).toBe(`c\n${text.replace('\ud800', '\ufffd')}\n`);
    expect(landing.alterations).toEqual([{ column: 'c', replacedSurrogates: 1, replacedSequences: 0, truncatedTimes: 0 }]);
  });
});

test('a character for private use of a code page', async () => {
  const column = { ...wireColumn.varcharMax('c'), typeInfo: Buffer.concat([Buffer.from([0xff, 0xff]), THAI]) };
  const bits = payload(column, [Buffer.concat([Buffer.alloc(5000, 0xa1), Buffer.from([0xfc])])]);
  expect((await landPayload(bits, CSV)).objects[0].toString()).toBe(`c\n${'ก'.repeat(5000)}\uf8c5\n`);
});

test('bytes that are not UTF-8 are an error, also at the end of the value', async () => {
  const column = COLUMNS[5][1];
  await expect(landPayload(payload(column, [Buffer.concat([Buffer.alloc(0x8000, 0x61), Buffer.from([0xe6, 0xbc])])]), CSV)).rejects.toThrow('bytes that are not UTF-8 (0xE6BC)');
});
