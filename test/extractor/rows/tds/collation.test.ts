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
