import * as fc from 'fast-check';
import { BinaryEncoding } from '../../../src/extractor/api/type-options';
import { DateType, InvalidText, LoneSurrogates, TimestampType, TimeType, UniqueidentifierType, type TypeOptions } from '../../../src/extractor/doors/public';
import { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, WireCell, WireColumn, wireColumn } from '../../../tools/replay-server/wire-rows';
import { parseCsv } from '../../support/tds/captures';
import { jsonRows } from '../../support/tds/json-rows';
import { landPayload } from '../../support/tds/land';
import { readWithDuckDb, readWithPyArrow } from '../../support/tds/parquet-readers';
import { le } from '../../support/tds/typed-values';
import { withoutKernels } from '../../support/tds/without-kernels';

const PARQUET: OutputFormat = { name: 'parquet', compression: 'none' };
const CSV: OutputFormat = { name: 'csv', compression: 'none' };
const JSON_LINES: OutputFormat = { name: 'jsonl', compression: 'none' };

const DAY = 86400n * 10_000_000n;
/** Days since 0001-01-01 of 1970-01-01. */
const EPOCH = 719162;
const day = (days: number) => le(BigInt(days), 3);
const datetime2 = (days: number, ticks: bigint) => Buffer.concat([le(ticks, 5), day(EPOCH + days)]);
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

async function land(column: WireColumn, cells: readonly WireCell[], all: TypeOptions, format: OutputFormat = PARQUET) {
  const payload = Buffer.concat([colMetadata([column]), ...cells.map((cell) => row([column], [cell])), done(0x10, cells.length)]);
  return landPayload(payload, { ...format, types: { all } });
}

/** The first column as both readers show it, which must agree. */
async function shown(object: Buffer): Promise<Array<string | null>> {
  const [duckDb, pyArrow] = await Promise.all([readWithDuckDb(object), readWithPyArrow(object)]);
  const values = duckDb.rows.map(([value]) => value as string | null);
  expect(pyArrow.rows.map(([value]) => (value as string | null)?.toUpperCase() ?? null)).toEqual(values.map((value) => value?.toUpperCase() ?? null));
  return values;
}

describe('time as TIME', () => {
  const options = { time: TimeType.NATIVE };

  test('is exact to the microsecond up to scale 6', async () => {
    const { columns, objects: [object] } = await land(wireColumn.time('c', 6), [le(0n, 5), le(86399999999n, 5), null, le(45296123456n, 5)], options);
    expect(columns).toMatchObject([{ name: 'c', outputType: 'TIME(MICROS)', glueType: 'bigint' }]);
    expect((await readWithPyArrow(object)).rows.flat()).toEqual(['00:00:00', '23:59:59.999999', null, '12:34:56.123456']);
    expect((await readWithDuckDb(object)).rows.flat()).toEqual(['00:00:00', '23:59:59.999999', null, '12:34:56.123456']);
  });

  test('is in nanoseconds at scale 7', async () => {
    const { columns, objects: [object] } = await land(wireColumn.time('c', 7), [le(DAY - 1n, 5), le(1n, 5)], options);
    expect(columns).toMatchObject([{ outputType: 'TIME(NANOS)' }]);
    expect((await readWithPyArrow(object)).rows.flat()).toEqual(['86399999999900', '100']);
  });

  test('refuses 24:00:00', async () => {
    await expect(land(wireColumn.time('c', 7), [le(DAY, 5)], options)).rejects.toMatchObject({
      code: 'INVALID_VALUE', message: expect.stringContaining('time of day of 24 hours or more'),
    });
  });
});

test('uniqueidentifier as UUID has the bytes of its text', async () => {
  const wire = Buffer.from('ff19966f868b11d0b42d00c04fc964ff', 'hex');
  const { columns, objects: [object] } = await land(wireColumn.guid('c'), [wire, null], { uniqueidentifier: UniqueidentifierType.UUID });
  expect(columns).toMatchObject([{ outputType: 'UUID', glueType: 'binary' }]);
  expect((await readWithDuckDb(object)).rows.flat()).toEqual(['6f9619ff-8b86-d011-b42d-00c04fc964ff', null]);
  expect((await readWithPyArrow(object)).rows.flat().map((value) => String(value).replace(/-/g, '').toUpperCase()))
    .toEqual(['6F9619FF8B86D011B42D00C04FC964FF', 'NULL']);
});

describe('datetime2(7)', () => {
  test('as nanoseconds is one exact column', async () => {
    const cells = [datetime2(19782, 451234567890n), datetime2(-1, DAY - 1n), datetime2(0, 1n), null];
    const { columns, objects: [object] } = await land(wireColumn.datetime2('c', 7), cells, { timestamps: TimestampType.NANOSECONDS });
    expect(columns).toMatchObject([{ name: 'c', outputType: 'TIMESTAMP(NANOS)', glueType: 'timestamp' }]);
    expect((await readWithPyArrow(object)).rows.flat()).toEqual([
      String(19782n * 86_400_000_000_000n + 45_123_456_789_000n), '-100', '100', null,
    ]);
  });

  test.each([[-106752, 0n], [106751, DAY - 1n], [106752, 0n]])('as nanoseconds refuses what 64 bits do not hold: day %d', async (days, ticks) => {
    await expect(land(wireColumn.datetime2('c', 7), [datetime2(days, ticks)], { timestamps: TimestampType.NANOSECONDS }))
      .rejects.toMatchObject({ code: 'INVALID_VALUE', message: expect.stringContaining('row 1') });
  });

  test('truncated has no companion, and the values that lost a digit are counted', async () => {
    const cells = [datetime2(0, 12_345n), datetime2(0, 12_340n), datetime2(-1, DAY - 1n)];
    const { columns, objects: [object], alterations } = await land(wireColumn.datetime2('c', 7), cells, { timestamps: TimestampType.TRUNCATED });
    expect(columns).toMatchObject([{ name: 'c', outputType: 'TIMESTAMP(MICROS)' }]);
    expect(await shown(object)).toEqual(['1234', '1234', '-1']);
    expect(alterations).toEqual([{ column: 'c', truncatedTimes: 2, replacedSurrogates: 0, replacedSequences: 0 }]);
  });

  test('as text has every digit of every year', async () => {
    const cells = [datetime2(-EPOCH, 0n), datetime2(2932896, DAY - 1n), null];
    const { columns, objects: [object] } = await land(wireColumn.datetime2('c', 7), cells, { timestamps: TimestampType.TEXT });
    expect(columns).toMatchObject([{ name: 'c', outputType: 'STRING', glueType: 'string' }]);
    expect(await shown(object)).toEqual(['0001-01-01T00:00:00.0000000', '9999-12-31T23:59:59.9999999', null]);
  });
});

test('datetimeoffset as text keeps its offset in the value', async () => {
  const cell = Buffer.concat([le(0n, 3), day(EPOCH), le(-90n, 2)]);
  const { columns, objects: [object] } = await land(wireColumn.datetimeoffset('c', 0), [cell], { timestamps: TimestampType.TEXT });
  expect(columns.map(({ name }) => name)).toEqual(['c']);
  expect(await shown(object)).toEqual(['1969-12-31T22:30:00-01:30']);
});

test('dates as text', async () => {
  const { columns, objects: [object] } = await land(wireColumn.date('c'), [day(0), day(3652058)], { dates: DateType.TEXT });
  expect(columns).toMatchObject([{ outputType: 'STRING' }]);
  expect(await shown(object)).toEqual(['0001-01-01', '9999-12-31']);
});

test.each([[CSV, BinaryEncoding.BASE64, 'c\n3q2+7w==\n'], [CSV, BinaryEncoding.HEX, 'c\nDEADBEEF\n'],
  [JSON_LINES, BinaryEncoding.HEX, '{"c":"DEADBEEF"}\n'], [JSON_LINES, BinaryEncoding.BASE64, '{"c":"3q2+7w=="}\n']] as const)(
  'binary in $name as %s', async (format, binary, text) => {
    const { objects } = await land(wireColumn.varbinary('c', 10), [Buffer.from('deadbeef', 'hex')], { binary }, format);
    expect(objects[0].toString()).toBe(text);
  },
);

describe.each([CSV, JSON_LINES, PARQUET])('a lone surrogate in $name', (format) => {
  const options = { loneSurrogates: LoneSurrogates.REPLACE };
  const texts = ['ok', 'a\ud800', '\udc00b\ud800', 'a\ud800', '𝄞'];

  test('is replaced and counted, each time it comes', async () => {
    const { objects: [object], alterations } = await land(wireColumn.nvarchar('c', 10), texts.map(utf16), options, format);
    const expected = ['ok', 'a\ufffd', '\ufffdb\ufffd', 'a\ufffd', '𝄞'];
    if (format.name === 'parquet') expect(await shown(object)).toEqual(expected);
    else if (format.name === 'csv') expect(object.toString()).toBe(`c\n${expected.join('\n')}\n`);
    else expect(object.toString()).toBe(expected.map((text) => `{"c":"${text}"}\n`).join(''));
    expect(alterations).toEqual([{ column: 'c', replacedSurrogates: 4, replacedSequences: 0, truncatedTimes: 0 }]);
  });

  test('of xml and (max) text too', async () => {
    for (const column of [wireColumn.nvarcharMax('c'), wireColumn.xml('c'), wireColumn.ntext('c')]) {
      const { alterations } = await land(column, [utf16('a\ud800'), utf16('fine')], options, format);
      expect(alterations).toMatchObject([{ replacedSurrogates: 1 }]);
    }
  });
});

describe.each([CSV, JSON_LINES, PARQUET])('text that is no Unicode in $name', (format) => {
  const japanese = Buffer.from('1104d00000', 'hex');
  const utf8 = Buffer.from('0904d02600', 'hex');
  const replaced = { invalidText: InvalidText.REPLACE };

  /** With kernels and without, which must be the same to the byte. */
  async function texts(column: WireColumn, cells: readonly WireCell[], options: TypeOptions = replaced) {
    const [landing, other] = [await land(column, cells, options, format), await withoutKernels(() => land(column, cells, options, format))];
    expect(other.objects).toEqual(landing.objects);
    expect(other.alterations).toEqual(landing.alterations);
    expect(other.files).toEqual(landing.files);
    const { objects: [object], alterations, columns } = landing;
    const at = columns.findIndex(({ name }) => name === 'c');
    const rows = format.name === 'parquet' ? (await readWithDuckDb(object)).rows.map((values) => values[at])
      : format.name === 'csv' ? parseCsv(object.toString('utf8')).slice(1).map((values) => values[at]) : jsonRows(object).map((values) => values[at]);
    return { rows, alterations };
  }

  test.each<[string, WireColumn, readonly (string | null)[], readonly (string | null)[], number]>([
    // Recorded from SQL Server 2025: its own conversion of e0a07f42 to nvarchar.
    ['UTF-8, each maximal subpart', wireColumn.varchar('c', 20, utf8),
      ['c3a9', 'e0a07f42', 'c3', 'eda080', 'f0908d41', null, 'e0a07f42', 'c080'],
      ['é', '\ufffd\u007fB', '\ufffd', '\ufffd\ufffd\ufffd', '\ufffdA', null, '\ufffd\u007fB', '\ufffd\ufffd'], 9],
    ['code page 932, a pair at once', wireColumn.varchar('c', 20, japanese), ['93fa', '859f41', '4182', '8540', '850a22'], ['日', '\ufffdA', 'A\ufffd', '\ufffd', '\ufffd\n"'], 4],
    ['(max) and CR LF in UTF-8', wireColumn.varcharMax('c', utf8), ['61ff0d0a2262', 'ff'], ['a\ufffd\r\n"b', '\ufffd'], 2],
  ])('is replaced and counted, each time it comes: %s', async (_, column, hex, expected, count) => {
    const { rows, alterations } = await texts(column, hex.map((value) => value === null ? null : Buffer.from(value, 'hex')));
    expect(rows).toEqual(expected);
    expect(alterations).toEqual([{ column: 'c', replacedSurrogates: 0, replacedSequences: count, truncatedTimes: 0 }]);
  });

  test('is replaced in sql_variant too, by the kind it is of', async () => {
    const variant = (type: number, collation: Buffer, value: string) => Buffer.concat([Buffer.from([type, 7]), collation, Buffer.from([40, 0]), Buffer.from(value, 'hex')]);
    const cells = [variant(0xa7, utf8, '41ff'), variant(0xa7, japanese, '8540'), variant(0xe7, japanese, '00d84100')];
    const { rows, alterations } = await texts(wireColumn.variant('c'), cells);
    expect(rows).toEqual(['A\ufffd', '\ufffd', '\ufffdA']);
    expect(alterations).toEqual([{ column: 'c', replacedSurrogates: 1, replacedSequences: 2, truncatedTimes: 0 }]);
  });

  test('halves of surrogate pairs are part of it, unless an option of their own says otherwise', async () => {
    const cells = [utf16('a\ud800')];
    expect((await texts(wireColumn.nvarchar('c', 10), cells)).alterations).toMatchObject([{ replacedSurrogates: 1 }]);
    const refused = land(wireColumn.nvarchar('c', 10), cells, { ...replaced, loneSurrogates: LoneSurrogates.REFUSE }, format);
    await expect(refused).rejects.toThrow('which UTF-8 cannot hold; the option invalidText: replace lands U+FFFD for it');
  });

  test('bytes are still refused where only surrogates are replaced', async () => {
    const options = { loneSurrogates: LoneSurrogates.REPLACE };
    await expect(land(wireColumn.varchar('c', 9, utf8), [Buffer.from('e0a07f', 'hex')], options, format))
      .rejects.toThrow(/column "c" \(varchar\(9\)\), row 1: bytes that are not UTF-8 \(0xE0A07F\); the option invalidText: replace/);
    await expect(land(wireColumn.varchar('c', 9, japanese), [Buffer.from('8540', 'hex')], options, format))
      .rejects.toThrow('the byte sequence 0x8540, which its code page does not have; the option invalidText: replace');
  });

  test('whatever the bytes, it is what the Encoding Standard makes of them', async () => {
    const bytes = fc.uint8Array({ maxLength: 3000 }).map((array) => Buffer.from(array));
    const edges = fc.constantFrom(0x41, 0x80, 0x9f, 0xa0, 0xbf, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5);
    const often = fc.array(edges, { maxLength: 40 }).map((array) => Buffer.from(array));
    const cells = fc.sample(fc.oneof(bytes, often), { numRuns: 60, seed: 7 });
    const expected = cells.map((cell) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(cell));
    const { rows, alterations } = await texts(wireColumn.varcharMax('c', utf8), cells);
    expect(rows).toEqual(expected);
    const real = (cell: Buffer) => cell.toString('latin1').split('\xef\xbf\xbd').length - 1;
    const count = expected.reduce((sum, text, i) => sum + text.split('\ufffd').length - 1 - real(cells[i]), 0);
    expect(alterations).toMatchObject([{ replacedSequences: count }]);
  });
});

test('nothing altered, nothing told', async () => {
  const { alterations } = await land(wireColumn.nvarchar('c', 10), [utf16('𝄞')], { loneSurrogates: LoneSurrogates.REPLACE });
  expect(alterations).toEqual([]);
});
