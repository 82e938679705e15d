import { charset, charsetOfCollation } from '../../../../src/extractor/rows/tds/code-page';
import { done } from '../../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../../tools/replay-server/wire-rows';
import { landPayload } from '../../../support/tds/land';

/** LCID, flags and sort id as five bytes. */
const collation = (lcid: number, sortId = 0) => Buffer.from([lcid & 0xff, lcid >> 8, 0xd0, 0x00, sortId]);

async function csvOf(bytes: Buffer, lcid: number): Promise<string> {
  const column = wireColumn.varchar('c', 8000, collation(lcid));
  const { objects: [object] } = await landPayload(
    Buffer.concat([colMetadata([column]), row([column], [bytes]), done(0x10, 1)]), { name: 'csv', compression: 'none', header: false });
  return object.toString('utf8').slice(0, -1);
}

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

/** Where Windows differs from ICU. */
const WINDOWS: { readonly [byte: string]: string | undefined } = { 'windows-1253 aa': '\ufffd', 'windows-1255 ca': '\u05ba' };

/**
 * The same code pages by another implementation, ICU. (Not 1252, which Node decodes as Latin-1.) Where there is no
 * character, or one for private use, the byte is refused.
 */
test.each([
  ['windows-1250', 0x0405], ['windows-1251', 0x0419], ['windows-1253', 0x0408], ['windows-1254', 0x041f],
  ['windows-1255', 0x040d], ['windows-1256', 0x0401], ['windows-1257', 0x0425], ['windows-1258', 0x042a], ['windows-874', 0x041e],
])('every byte of %s is the character ICU has', async (label, lcid) => {
  const decoder = new TextDecoder(label);
  for (let byte = 0x80; byte < 0x100; byte++) {
    const expected = WINDOWS[`${label} ${byte.toString(16)}`] ?? decoder.decode(Buffer.from([byte]));
    if (/[\ufffd\ue000-\uf8ff]/.test(expected)) {
      await expect(csvOf(Buffer.from([byte]), lcid)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    } else {
      expect(await csvOf(Buffer.from([byte]), lcid)).toBe(expected);
    }
  }
});

test('Windows-1252 has its own characters and C1 controls from 0x80 to 0x9F, and Latin-1 behind', async () => {
  const bytes = Buffer.from(Array.from({ length: 128 }, (_, i) => 0x80 + i));
  const latin1 = bytes.subarray(0x20).toString('latin1');
  expect(await csvOf(bytes, 0x0409)).toBe(`€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ${latin1}`);
});

test.each([
  ['shift_jis', 0x0411, '8abf8e9a82a9c5a1816081ca', '漢字かﾅ｡～￢'],
  ['gbk', 0x0804, 'bababad7d6a1a4', undefined],
  ['euc-kr', 0x0412, 'c7d1b1dbb0a1', '한글가'],
  ['big5', 0x0404, 'bab8a4a4a4e5', undefined],
])('double bytes of %s', async (label, lcid, hex, text) => {
  const bytes = Buffer.from(hex, 'hex').subarray(0, Math.floor(hex.length / 4) * 2);
  expect(await csvOf(Buffer.concat([Buffer.from('a'), bytes, Buffer.from('z')]), lcid)).toBe(`a${text ?? new TextDecoder(label).decode(bytes)}z`);
});

test('a lead byte without its trail byte is refused', async () => {
  await expect(csvOf(Buffer.from([0x41, 0x82]), 0x0411)).rejects.toMatchObject({ code: 'INVALID_VALUE', message: expect.stringContaining('0x82') });
});

test('the older DOS code pages are there', async () => {
  const table = charset('CP437');
  expect(table.kind === 'singleByte' && String.fromCharCode(table.units[0x80], table.units[0xe1])).toBe('Çß');
});
