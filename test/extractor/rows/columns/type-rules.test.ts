import { ClrType, TimestampType, TimeType } from '../../../../src/extractor/doors/public';
import { refuseUnmatched, typeOptionsOf, type TypeRules } from '../../../../src/extractor/rows/columns/type-rules';

const COLUMN = { schema: 'dbo', table: 'Ledger', column: 'BookedAt' };
const time = (value: TimeType) => ({ time: value });

test('the options of all columns apply where no pattern says otherwise', () => {
  const rules: TypeRules = { all: { time: TimeType.NATIVE, clr: ClrType.TEXT }, columns: { Other: time(TimeType.TEXT) } };
  expect(typeOptionsOf(rules, COLUMN)).toEqual({ time: TimeType.NATIVE, clr: ClrType.TEXT });
  expect(typeOptionsOf(undefined, COLUMN)).toEqual({});
});

test.each([
  ['BookedAt'], ['bookedat'], ['Booked*'], ['?ookedAt'], ['Ledger.BookedAt'], ['dbo.Ledger.BookedAt'], ['*.*.*'], ['[dbo].[Ledger].[BookedAt]'], ['"Ledger".BookedAt'],
])('%s names the column', (pattern) => {
  expect(typeOptionsOf({ columns: { [pattern]: time(TimeType.NATIVE) } }, COLUMN)).toEqual({ time: TimeType.NATIVE });
});

test.each([['Booked'], ['Journal.BookedAt'], ['hr.Ledger.BookedAt'], ['[Booked*]']])('%s does not', (pattern) => {
  expect(typeOptionsOf({ columns: { [pattern]: time(TimeType.NATIVE) } }, COLUMN)).toEqual({});
});

test('of several that match the last says, option by option', () => {
  const columns = { '*At': { timestamps: TimestampType.TEXT, time: TimeType.NATIVE }, 'BookedAt': { timestamps: TimestampType.NANOSECONDS, time: undefined } };
  expect(typeOptionsOf({ columns }, COLUMN)).toEqual({ timestamps: TimestampType.NANOSECONDS, time: TimeType.NATIVE });
});

test('a pattern that no column has is refused by name', () => {
  expect(() => refuseUnmatched({ columns: { 'Ledger.BookdAt': {} } }, [COLUMN])).toThrow("columnTypes names 'Ledger.BookdAt', but no column that is extracted matches it");
  expect(() => refuseUnmatched({ columns: { 'Ledger.*': {} } }, [COLUMN])).not.toThrow();
});
