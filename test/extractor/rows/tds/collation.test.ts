import { charsetOfCollation } from '../../../../src/extractor/rows/tds/collation';

/** LCID, flags and sort id as five bytes. */
const collation = (lcid: number, sortId = 0) => Buffer.from([lcid & 0xff, lcid >> 8, 0xd0, 0x00, sortId]);

test.each([
  ['CP1250', 0x0405], ['CP1251', 0x0419], ['CP1252', 0x0409], ['CP1253', 0x0408], ['CP1254', 0x041f], ['CP1255', 0x040d], ['CP1256', 0x0401],
  ['CP1257', 0x0425], ['CP1258', 0x042a], ['CP874', 0x041e], ['CP932', 0x0411], ['CP936', 0x0804], ['CP949', 0x0412], ['CP950', 0x0404],
])('%s is the code page of LCID %p', (codePage, lcid) => {
  expect(charsetOfCollation(collation(lcid))).toMatchObject({ codePage });
});

test('a sort id decides before the LCID, the UTF-8 flag before both', () => {
  expect(charsetOfCollation(collation(0x0409, 30))).toMatchObject({ codePage: 'CP437' });
  expect(charsetOfCollation(Buffer.from('0904d02634', 'hex'))).toEqual({ kind: 'utf8' });
});

test('an unknown collation has no code page', () => {
  expect(charsetOfCollation(collation(0x0fff))).toBeUndefined();
});

/** By LocalesHelper.cs of Microsoft.Data.SqlClient ("copied directly from tdssort.h"); the JDBC driver's SQLCollation.java says the same. */
const SORT_IDS: ReadonlyArray<readonly [number, number, string]> = [
  [30, 35, 'CP437'], [40, 45, 'CP850'], [49, 49, 'CP850'], [50, 54, 'CP1252'], [55, 61, 'CP850'], [71, 75, 'CP1252'], [80, 98, 'CP1250'],
  [104, 108, 'CP1251'], [112, 114, 'CP1253'], [120, 122, 'CP1253'], [124, 124, 'CP1253'], [128, 130, 'CP1254'], [136, 138, 'CP1255'],
  [144, 146, 'CP1256'], [152, 160, 'CP1257'], [183, 186, 'CP1252'], [192, 193, 'CP932'], [194, 195, 'CP949'], [196, 197, 'CP950'],
  [198, 199, 'CP936'], [200, 200, 'CP932'], [201, 201, 'CP949'], [202, 202, 'CP950'], [203, 203, 'CP936'], [204, 206, 'CP874'],
  [210, 217, 'CP1252'],
];

test('every sort id has the code page that Microsoft\'s drivers give it, and no other has one', () => {
  for (let sortId = 1; sortId < 0x100; sortId++) {
    const [, , codePage] = SORT_IDS.find(([first, last]) => sortId >= first && sortId <= last) ?? [];
    // The LCID does not decide where there is a sort id.
    const found = charsetOfCollation(collation(0x0419, sortId));
    expect([sortId, found && found.kind !== 'utf8' && found.codePage]).toEqual([sortId, codePage]);
  }
});

test('the older Lithuanian collation has a code page too', () => {
  expect(charsetOfCollation(collation(0x0827))).toMatchObject({ codePage: 'CP1257' });
});

test.each([
  // Kept by Windows collations that are Unicode only: no char or varchar can be in them.
  ['Indic_General', 0x0439], ['Maltese', 0x043a], ['Khmer', 0x0453], ['Maori', 0x0481],
])('%s has no code page', (_, lcid) => {
  expect(charsetOfCollation(collation(lcid))).toBeUndefined();
});
