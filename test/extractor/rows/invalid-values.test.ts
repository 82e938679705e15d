import { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { done } from '../../../tools/replay-server/tds-packets';
import { COLLATION, colMetadata, row, WireCell, WireColumn, wireColumn } from '../../../tools/replay-server/wire-rows';
import { Landing, landPayload } from '../../support/tds/land';
import { MemoryTarget } from '../../support/tds/memory-target';
import { le } from '../../support/tds/typed-values';

const FORMATS: readonly OutputFormat[] = [
  { name: 'csv', compression: 'none' }, { name: 'jsonl', compression: 'none' }, { name: 'parquet', compression: 'none' },
];

function land(column: WireColumn, cells: readonly WireCell[], format: OutputFormat): Promise<Landing> {
  const id = wireColumn.intN('Id', 4);
  const rows = cells.map((cell, i) => row([id, column], [le(BigInt(i), 4), cell]));
  return landPayload(Buffer.concat([colMetadata([id, column]), ...rows, done(0x10, cells.length)]), format);
}

const good = le(1n, 4);
const plain = (text: string) => Buffer.from(text, 'utf16le');
const day = (days: number) => le(BigInt(days), 3);

describe.each(FORMATS)('$name', (format) => {
  test.each<[string, WireColumn, WireCell, WireCell, RegExp]>([
    ['a lone high surrogate', wireColumn.nvarchar('c', 10), plain('ok'), plain('a\ud800'), /lone UTF-16 surrogate \(0xD800\)/],
    ['a lone low surrogate', wireColumn.nvarchar('c', 10), plain('ok'), plain('\udc00a'), /lone UTF-16 surrogate \(0xDC00\)/],
    ['a date after 9999', wireColumn.date('c'), day(0), day(3652059), /date after 9999-12-31/],
    ['a datetime2 of 24:00', wireColumn.datetime2('c', 0), Buffer.concat([le(86399n, 3), day(0)]), Buffer.concat([le(86400n, 3), day(0)]), /time of day of 24 hours or more/],
    ['a time beyond 24:00', wireColumn.time('c', 0), le(86400n, 3), le(86401n, 3), /time of day of 24 hours or more/],
    ['a datetime before 1753', wireColumn.datetimeN('c', 8), Buffer.alloc(8), Buffer.concat([le(-53691n, 4), le(0n, 4)]), /datetime outside the years 1753 to 9999/],
    ['a datetime of 24:00', wireColumn.datetimeN('c', 8), Buffer.alloc(8), Buffer.concat([le(0n, 4), le(25920000n, 4)]), /time of day of 24 hours or more/],
    ['a smalldatetime of 24:00', wireColumn.datetimeN('c', 4), Buffer.alloc(4), Buffer.from([0, 0, 0xa0, 5]), /time of day of 24 hours or more/],
    ['an offset beyond 14 hours', wireColumn.datetimeoffset('c', 0), Buffer.alloc(8), Buffer.concat([Buffer.alloc(6), le(841n, 2)]), /offset from UTC of 841 minutes/],
    ['a local time before year 1', wireColumn.datetimeoffset('c', 0), Buffer.alloc(8), Buffer.concat([Buffer.alloc(6), le(-1n, 2)]), /local time outside the years 1 to 9999/],
    ['a local time after 9999', wireColumn.datetimeoffset('c', 0), Buffer.alloc(8), Buffer.concat([le(86399n, 3), day(3652058), le(1n, 2)]), /local time outside the years 1 to 9999/],
    ['a bit of 2', wireColumn.bit('c'), Buffer.from([1]), Buffer.from([2]), /a bit of 2/],
    ['a sign of 2', wireColumn.decimal('c', 5, 2), Buffer.from([1, 1, 0, 0, 0]), Buffer.from([2, 1, 0, 0, 0]), /a decimal whose sign is 2/],
    ['a sign of 2 and 18 digits', wireColumn.decimal('c', 18, 2), Buffer.from([1, 1, 0, 0, 0]), Buffer.from([2, 1, 0, 0, 0]), /a decimal whose sign is 2/],
    ['a sign of 2 and 38 digits', wireColumn.decimal('c', 38, 2), Buffer.from([0, 1, 0, 0, 0]), Buffer.from([2, 1, 0, 0, 0]), /a decimal whose sign is 2/],
    ['too many digits', wireColumn.decimal('c', 5, 2), Buffer.concat([Buffer.from([1]), le(99999n, 4)]), Buffer.concat([Buffer.from([1]), le(100000n, 4)]), /more than 5 digits/],
    ['too many digits of 38', wireColumn.decimal('c', 38, 0), Buffer.concat([Buffer.from([1]), le(10n ** 38n - 1n, 16)]), Buffer.concat([Buffer.from([1]), le(10n ** 38n, 16)]), /more than 38 digits/],
    ['bytes that are not UTF-8', wireColumn.varchar('c', 10, COLLATION.utf8), Buffer.from('é'), Buffer.from([0xc3]), /not UTF-8/],
    ['an overlong UTF-8 form', wireColumn.varchar('c', 10, COLLATION.utf8), Buffer.from('é'), Buffer.from([0xc0, 0x80]), /not UTF-8/],
    ['a UTF-8 surrogate', wireColumn.varchar('c', 10, COLLATION.utf8), Buffer.from('é'), Buffer.from([0xed, 0xa0, 0x80]), /not UTF-8/],
  ])('%s is refused by column and row', async (_, column, fine, bad, message) => {
    await expect(land(column, [fine, fine], format)).resolves.toMatchObject({ rows: 2 });
    const failure = land(column, [fine, null, bad], format);
    await expect(failure).rejects.toMatchObject({ code: 'INVALID_VALUE', message: expect.stringMatching(message) });
    await expect(failure).rejects.toThrow(/^test, column "c" \(.+\), row 3: /);
  });

  test.each<[string, WireColumn, Buffer]>([
    ['int', wireColumn.intN('c', 4), Buffer.alloc(3)],
    ['uniqueidentifier', wireColumn.guid('c'), Buffer.alloc(15)],
    ['float', wireColumn.floatN('c', 8), Buffer.alloc(4)],
    ['decimal', wireColumn.decimal('c', 9, 0), Buffer.alloc(4)],
    ['date', wireColumn.date('c'), Buffer.alloc(2)],
    ['datetime2', wireColumn.datetime2('c', 7), Buffer.alloc(7)],
    ['nvarchar', wireColumn.nvarchar('c', 10), Buffer.alloc(3)],
    ['nvarchar longer than declared', wireColumn.nvarchar('c', 2), Buffer.alloc(6)],
    ['int longer than declared', wireColumn.intN('c', 4), Buffer.alloc(8)],
    ['sql_variant of varbinary without its length', wireColumn.variant('c'), Buffer.from([0xa5, 0, 1, 2])],
    ['sql_variant of decimal without its scale', wireColumn.variant('c'), Buffer.from([0x6a, 1, 9, 1, 0, 0, 0, 0])],
    ['sql_variant of int with properties', wireColumn.variant('c'), Buffer.from([0x38, 1, 0, 1, 0, 0, 0])],
    ['sql_variant of NULL', wireColumn.variant('c'), Buffer.from([0x1f, 0, 1])],
    ['sql_variant of xml', wireColumn.variant('c'), Buffer.from([0xf1, 0, 1, 0])],
    ['sql_variant shorter than its properties', wireColumn.variant('c'), Buffer.from([0xa5, 2, 1])],
  ])('a value of a length its type does not have is refused: %s', async (_, column, bad) => {
    await expect(land(column, [bad], format)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR', message: expect.stringContaining('row 1') });
  });

  test('a decimal longer than declared is refused, also beside a (max) value', async () => {
    const decimal = { ...wireColumn.decimal('c', 9, 0), typeInfo: Buffer.from([5, 9, 0]) };
    for (const columns of [[decimal], [decimal, wireColumn.xml('x')]]) {
      const payload = Buffer.concat([colMetadata(columns), row(columns, [Buffer.alloc(9, 1), null].slice(0, columns.length)), done()]);
      await expect(landPayload(payload, format)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR', message: expect.stringContaining('of at most 5') });
    }
  });

  test('a (max) value of another length than announced is refused', async () => {
    const column = wireColumn.varbinaryMax('c');
    const cell = row([column], [Buffer.from([1, 2, 3])]);
    cell[1] = 4;
    const payload = Buffer.concat([colMetadata([column]), cell, done()]);
    await expect(landPayload(payload, format)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR', message: expect.stringContaining('announced with 4') });
  });

  test('an unknown type is refused by name before any row', async () => {
    const target = new MemoryTarget();
    const json = { ...wireColumn.varchar('Vector', 10, Buffer.from('000000000f', 'hex')) };
    const payload = Buffer.concat([colMetadata([wireColumn.intN('Id', 4), json]), row([wireColumn.intN('Id', 4), json], [good, good]), done()]);
    await expect(landPayload(payload, format, { target })).rejects.toMatchObject({
      code: 'UNSUPPORTED_TYPE', message: expect.stringMatching(/"Vector" \(column 2\): varchar\(10\) in a collation .* whose code page is unknown/),
    });
    expect(target.opened).toBe(0);
  });

  test('column names that differ by case only are refused', async () => {
    const columns = [wireColumn.intN('Id', 4), wireColumn.intN('ID', 4)];
    await expect(landPayload(Buffer.concat([colMetadata(columns), done()]), format)).rejects.toMatchObject({
      code: 'INVALID_CONFIG', message: expect.stringContaining('"Id" and "ID"'),
    });
  });

  test('a stream that ends inside a row is refused', async () => {
    const column = wireColumn.intN('c', 4);
    const payload = Buffer.concat([colMetadata([column]), row([column], [good]).subarray(0, 4)]);
    await expect(landPayload(payload, format)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR', message: expect.stringContaining('ended inside a token') });
  });
});

test('an expression without a name is named by its position', async () => {
  const columns = [wireColumn.intN('Id', 4), wireColumn.intN('', 4)];
  const { columns: landed } = await landPayload(Buffer.concat([colMetadata(columns), done()]), FORMATS[0]);
  expect(landed.map(({ name }) => name)).toEqual(['Id', 'column_2']);
});

test('24:00:00 in time passes through as text', async () => {
  const { objects } = await land(wireColumn.time('c', 7), [le(864000000000n, 5)], FORMATS[0]);
  expect(objects[0].toString()).toBe('Id,c\n0,24:00:00.0000000\n');
});
