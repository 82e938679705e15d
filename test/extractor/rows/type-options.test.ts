import { BinaryEncoding } from '../../../src/extractor/api/type-options';
import { DateType, LoneSurrogates, TimestampType, TimeType, UniqueidentifierType, type TypeOptions } from '../../../src/extractor/doors/public';
import { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, WireCell, WireColumn, wireColumn } from '../../../tools/replay-server/wire-rows';
import { landPayload } from '../../support/tds/land';
import { readWithDuckDb, readWithPyArrow } from '../../support/tds/parquet-readers';
import { le } from '../../support/tds/typed-values';

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
    expect(alterations).toEqual([{ column: 'c', truncatedTimes: 2, replacedSurrogates: 0 }]);
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
    expect(alterations).toEqual([{ column: 'c', replacedSurrogates: 4, truncatedTimes: 0 }]);
  });

  test('of xml and (max) text too', async () => {
    for (const column of [wireColumn.nvarcharMax('c'), wireColumn.xml('c'), wireColumn.ntext('c')]) {
      const { alterations } = await land(column, [utf16('a\ud800'), utf16('fine')], options, format);
      expect(alterations).toMatchObject([{ replacedSurrogates: 1 }]);
    }
  });
});

test('nothing altered, nothing told', async () => {
  const { alterations } = await land(wireColumn.nvarchar('c', 10), [utf16('𝄞')], { loneSurrogates: LoneSurrogates.REPLACE });
  expect(alterations).toEqual([]);
});
