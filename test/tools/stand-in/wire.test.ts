import fc from 'fast-check';
import { decodeText, encodeText } from '../../../tools/stand-in/sql/code-pages';
import { collationOf, findCollation } from '../../../tools/stand-in/sql/collations';
import { writeCodePage, writeUtf16 } from '../../../tools/stand-in/tds/text-transcoder';
import { ByteWriter } from '../../../tools/tds/byte-writer';
import { MessageReader } from '../../../tools/tds/message-reader';
import { MessageWriter } from '../../../tools/tds/message-writer';
import { HEADER_BYTES, Message, PacketType } from '../../../tools/tds/packet';
import { Encryption, negotiateEncryption } from '../../../tools/tds/prelogin';

describe('packets', () => {
  test('a message comes out as it went in, whatever the packet size and however TCP cuts it', () => {
    fc.assert(fc.property(
      fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 512, max: 32767 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
      (messages, packetSize, cuts) => {
        const wire: Buffer[] = [];
        const sink = { write: (data: Buffer) => wire.push(Buffer.from(data)) > 0, drained: async () => undefined };
        const writer = new MessageWriter(sink, packetSize, 51, PacketType.SQL_BATCH);
        for (const message of messages) {
          writer.write(Buffer.from(message));
          writer.end();
        }
        const all = Buffer.concat(wire);
        const received: Message[] = [];
        const reader = new MessageReader((message) => received.push(message));
        for (let at = 0, turn = 0; at < all.length; turn++) {
          const size = cuts[turn % cuts.length];
          reader.push(all.subarray(at, at + size));
          at += size;
        }
        expect(received.map(({ data }) => Buffer.from(data).toString('hex'))).toEqual(messages.map((message) => Buffer.from(message).toString('hex')));
      },
    ));
  });

  test.each([[0], [504], [505], [1008], [1009]])('%i bytes in packets of 512: full ones, then the rest with the end bit', (length) => {
    let wire = Buffer.alloc(0);
    const writer = new MessageWriter({ write: (data) => (wire = Buffer.concat([wire, data])).length > 0, drained: async () => undefined }, 512, 51);
    writer.write(Buffer.alloc(length));
    writer.end();
    const packets: Array<[size: number, status: number, id: number]> = [];
    for (let at = 0; at < wire.length; at += wire.readUInt16BE(at + 2)) {
      packets.push([wire.readUInt16BE(at + 2), wire[at + 1], wire[at + 6]]);
    }
    const count = Math.max(1, Math.ceil(length / 504));
    expect(packets).toEqual(Array.from({ length: count }, (_, at) =>
      [at + 1 < count ? 512 : length - 504 * (count - 1) + HEADER_BYTES, at + 1 < count ? 0 : 1, at + 1]));
  });

  test('a packet shorter than its header is refused', () => {
    const reader = new MessageReader(() => undefined);
    expect(() => reader.push(Buffer.from([1, 1, 0, 7, 0, 0, 0, 0]))).toThrow('packet length 7 is below the header\'s 8 bytes');
  });
});

// MS-TDS 2.2.6.5, the table of what the two sides agree on.
test.each([
  [Encryption.OFF, Encryption.OFF, Encryption.OFF],
  [Encryption.ON, Encryption.OFF, Encryption.ON],
  [Encryption.NOT_SUPPORTED, Encryption.OFF, Encryption.NOT_SUPPORTED],
  [Encryption.REQUIRED, Encryption.OFF, Encryption.ON],
  [Encryption.OFF, Encryption.REQUIRED, Encryption.ON],
  [Encryption.NOT_SUPPORTED, Encryption.REQUIRED, undefined],
  [Encryption.ON, Encryption.NOT_SUPPORTED, undefined],
  [Encryption.OFF, Encryption.NOT_SUPPORTED, Encryption.NOT_SUPPORTED],
])('encryption: client %i and server %i agree on %p', (client, server, agreed) => {
  expect(negotiateEncryption(client, server)).toBe(agreed);
});

describe('text', () => {
  test('UTF-8 becomes the same UTF-16 as in JavaScript', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = Buffer.from(`x${text}`, 'utf8');
      const out = new ByteWriter(1);
      writeUtf16(out, bytes, 1, bytes.length - 1);
      expect(out.take().equals(Buffer.from(text.replace(/[\u{10d800}-\u{10dfff}]/gu, (kept) => String.fromCharCode(kept.codePointAt(0)! - 0x100000)), 'utf16le'))).toBe(true);
    }));
  });

  test.each([437, 850, 874, 932, 936, 949, 950, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 65001])('code page %i: what it has comes back, what it lacks is a question mark', (codePage) => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const bytes = Buffer.from(text, 'utf8');
      const out = new ByteWriter(1);
      writeCodePage(out, bytes, 0, bytes.length, codePage);
      expect(out.take().equals(encodeText(text, codePage))).toBe(true);
      const back = decodeText(encodeText(text, codePage), codePage);
      expect(back).toHaveLength(text.length);
      expect([...back].every((char, at) => char === '?' || char === [...text][at] || codePage !== 65001)).toBe(true);
    }));
  });

  test('code page 1252 has the Windows characters in 0x80 to 0x9F', () => {
    expect(encodeText('€Ÿžœ漢', 1252)).toEqual(Buffer.from([0x80, 0x9f, 0x9e, 0x9c, 0x3f]));
    expect(decodeText(Buffer.from([0x80, 0x81, 0xe9]), 1252)).toBe('€\u0081é');
  });

  test.each<[number, string, string]>([
    [932, '\ue000\ue757纊①', 'f040f9fcfa5c8740'], [936, '\ue000€', 'aaa180'], [949, '\ue05d', 'c9fe'], [950, '\ue000\ueeb8\uf6b1', 'fa408140c6a1'], [874, '\uf8c1', 'db'],
  ])('code page %i writes what Windows writes of %s', (codePage, text, hex) => {
    expect(encodeText(text, codePage).toString('hex')).toBe(hex);
    expect(decodeText(Buffer.from(hex, 'hex'), codePage)).toBe(text);
  });

  // The first is what the captures of another server have; the flags follow MS-TDS 2.2.5.1.2.
  test.each([
    ['SQL_Latin1_General_CP1_CI_AS', '0904d00034', 1252],
    ['Latin1_General_CI_AS', '0904d00000', 1252],
    ['Latin1_General_BIN2', '0904000200', 1252],
    ['Latin1_General_100_CI_AS_SC_UTF8', '0904d02400', 65001],
    ['Cyrillic_General_CI_AS', '1904d00000', 1251],
    ['Japanese_CI_AS', '1104d00000', 932],
    ['SQL_Latin1_General_CP850_BIN2', '090400022d', 850],
    ['SQL_EBCDIC037_CP1_CS_AS', '0904c000d2', 1252],
  ])('collation %s is %s on the wire', (name, wire, codePage) => {
    expect(findCollation(name)).toMatchObject({ codePage });
    expect(collationOf(name).wire.toString('hex')).toBe(wire);
  });

  test('an unknown collation is not found', () => {
    expect(findCollation('Klingon_CI_AS')).toBeUndefined();
  });
});
