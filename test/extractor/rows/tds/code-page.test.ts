import { createHash } from 'node:crypto';
import { charset, NO_CHARACTER } from '../../../../src/extractor/rows/tds/code-page';
import { done } from '../../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../../tools/replay-server/wire-rows';
import { landPayload } from '../../../support/tds/land';

/** LCID and flags as five bytes. */
const collation = (lcid: number) => Buffer.from([lcid & 0xff, lcid >> 8, 0xd0, 0x00, 0]);

async function csvOf(bytes: Buffer, lcid: number): Promise<string> {
  const column = wireColumn.varchar('c', 8000, collation(lcid));
  const { objects: [object] } = await landPayload(
    Buffer.concat([colMetadata([column]), row([column], [bytes]), done(0x10, 1)]), { name: 'csv', compression: 'none', header: false });
  return object.toString('utf8').slice(0, -1);
}

/**
 * SHA-256, its first half, of the code units (least byte first) of each table of Microsoft's that unicode.org publishes:
 * MAPPINGS/VENDORS/MICSFT/WindowsBestFit/bestfit<code page>.txt, MBTABLE and DBCSTABLE, U+FFFD for what is not there. Of 932 the
 * katakana middle dot, which that file gives for lead bytes without characters (it is the page's default character), is left out
 * but at 0x8145.
 */
test.each([
  ['CP874', '32f78caea158a0dd47a634082c15619c'],
  ['CP932', 'fe30427a0fc519004ba1d2c345b01d7e'],
  ['CP936', '5cb3175368c2b63b019fcdf6acfe79db'],
  ['CP949', '7565053448639056aca6f31f5f505596'],
  ['CP950', '08f388a1a9ac189a7e9b151a3a7b0e69'],
  ['CP1250', '083e8699d4ea3429b02b429a7f25b809'],
  ['CP1251', 'b1ce72e8de9ab26261094800e12f0eb3'],
  ['CP1252', '0048a1d8df12622c52e110e4bd0b4da0'],
  ['CP1253', '097593b13c9f6206acad41030446caf6'],
  ['CP1254', '52c57e6a29dd1c1bbe58a19de2f94374'],
  ['CP1255', 'a11dfae23379da61e918f23bbf66f896'],
  ['CP1256', '544c3592214b8762df16607b99334d4d'],
  ['CP1257', '6c47fd11e87361031ba004e3f3ef5056'],
  ['CP1258', '525ad65d40749cdcd9847fdc09d2d10b'],
])('the whole table of %s is that of Windows', (codePage, digest) => {
  const table = charset(codePage);
  if (table.kind === 'utf8') throw new Error('a code page has a table');
  const bytes = Buffer.alloc(2 * table.units.length);
  table.units.forEach((unit, i) => bytes.writeUInt16LE(unit, 2 * i));
  expect(createHash('sha256').update(bytes).digest('hex').slice(0, 32)).toBe(digest);
});

test.each(['CP437', 'CP850', 'CP874', 'CP1250', 'CP1251', 'CP1252', 'CP1253', 'CP1254', 'CP1255', 'CP1256', 'CP1257', 'CP1258'])(
  'every byte of %s is a character of its own', (codePage) => {
    const table = charset(codePage);
    expect(table.kind === 'singleByte' && new Set(table.units).size).toBe(0x100);
    expect(table.kind === 'singleByte' && table.units.includes(NO_CHARACTER)).toBe(false);
  },
);

/** Where Windows differs from ICU, apart from private use. */
const WINDOWS: { readonly [byte: string]: string | undefined } = { 'windows-1255 ca': '\u05ba' };

/**
 * The same code pages by another implementation, ICU. (Not 1252, which Node decodes as Latin-1.) Where that has none, Windows has a
 * character for private use.
 */
test.each([
  ['windows-1250', 0x0405], ['windows-1251', 0x0419], ['windows-1253', 0x0408], ['windows-1254', 0x041f],
  ['windows-1255', 0x040d], ['windows-1256', 0x0401], ['windows-1257', 0x0425], ['windows-1258', 0x042a], ['windows-874', 0x041e],
])('every byte of %s is the character ICU has', async (label, lcid) => {
  const decoder = new TextDecoder(label);
  for (let byte = 0x80; byte < 0x100; byte++) {
    const expected = WINDOWS[`${label} ${byte.toString(16)}`] ?? decoder.decode(Buffer.from([byte]));
    const text = await csvOf(Buffer.from([byte]), lcid);
    if (/[\ufffd\ue000-\uf8ff]/.test(expected) || label === 'windows-1253' && byte === 0xaa) expect(text).toMatch(/^[\uf880-\uf8ff]$/);
    else expect(text).toBe(expected);
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

test.each<[string, number, string, string]>([
  ['932, rows of end-user-defined characters', 0x0411, 'f040f07ef080f9fc', '\ue000\ue03e\ue03f\ue757'],
  ['932, bytes of no use and the control', 0x0411, '80a0fdfeff', '\u0080\uf8f0\uf8f1\uf8f2\uf8f3'],
  ['932, characters of NEC and IBM that are there twice', 0x0411, '8740ed40fa5b81e6fa5481ca879ceefc', '①纊∵∵￢￢∪＂'],
  ['936, three areas', 0x0804, 'aaa1affef8a1fefea140a77ea7a0', '\ue000\ue233\ue234\ue4c5\ue4c6\ue744\ue765'],
  ['936, cells without a character, and the euro', 0x0804, 'a2aba6f3a8bcfe50fea080ff', '\ue766\ue796\ue7c7\ue815\ue864€\uf8f5'],
  ['949, two rows', 0x0412, 'c9a1c9fefea1fefe80ff', '\ue000\ue05d\ue05e\ue0bb\u0080\uf8f7'],
  ['950, four areas', 0x0404, 'fa40fefe8e40a0fe81408dfec6a1c8fe', '\ue000\ue310\ue311\ueeb7\ueeb8\uf6b0\uf6b1\uf848'],
  ['950, the euro and bytes of no use', 0x0404, 'a3e180ff', '€\u0080\uf8f8'],
])('characters of their users: %s', async (_, lcid, hex, text) => {
  expect(await csvOf(Buffer.from(hex, 'hex'), lcid)).toBe(text);
});

test('a lead byte without its trail byte is refused', async () => {
  await expect(csvOf(Buffer.from([0x41, 0x82]), 0x0411)).rejects.toMatchObject({ code: 'INVALID_VALUE', message: expect.stringContaining('0x82') });
});

test('the older DOS code pages are there', async () => {
  const table = charset('CP437');
  expect(table.kind === 'singleByte' && String.fromCharCode(table.units[0x80], table.units[0xe1])).toBe('Çß');
});
