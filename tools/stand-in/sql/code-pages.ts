/* eslint-disable no-bitwise */

/** Encodings that `TextDecoder` knows for the code pages of SQL Server's collations. */
const ENCODINGS: Record<number, string> = {
  874: 'windows-874',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  1250: 'windows-1250',
  1251: 'windows-1251',
  1252: 'windows-1252',
  1253: 'windows-1253',
  1254: 'windows-1254',
  1255: 'windows-1255',
  1256: 'windows-1256',
  1257: 'windows-1257',
  1258: 'windows-1258',
};

/** 0x80 to 0x9F of code page 1252; Node's decoder takes them for ISO 8859-1's control characters. */
const CP1252_HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const QUESTION_MARK = 0x3f;
const encoders = new Map<number, Map<number, number>>();

/**
 * Bytes of text in a Windows code page; a character it lacks becomes `?`, as in SQL Server.
 *
 * @param codePage 65001 for UTF-8
 */
export function encodeText(text: string, codePage: number): Buffer {
  if (codePage === 65001) {
    return Buffer.from(text, 'utf8');
  }
  const table = codePageTable(codePage);
  const out = Buffer.allocUnsafe(text.length * 2);
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const code = unit < 0x80 ? unit : table.get(unit) ?? QUESTION_MARK;
    if (code > 0xff) {
      out[length++] = code >> 8;
    }
    out[length++] = code & 0xff;
  }
  return out.subarray(0, length);
}

export function decodeText(bytes: Buffer, codePage: number): string {
  if (codePage === 65001) {
    return bytes.toString('utf8');
  }
  if (codePage === 1252) {
    return bytes.toString('latin1').replace(/[\u0080-\u009f]/g, (char) => CP1252_HIGH[char.charCodeAt(0) - 0x80]);
  }
  return new TextDecoder(encodingOf(codePage)).decode(bytes);
}

function encodingOf(codePage: number): string {
  const encoding = ENCODINGS[codePage];
  if (encoding === undefined) {
    throw new Error(`no encoding for code page ${codePage}; known are ${Object.keys(ENCODINGS).join(', ')}`);
  }
  return encoding;
}

/** Codes by UTF-16 unit, the inverse of the decoder: every one- and two-byte sequence is decoded once. */
export function codePageTable(codePage: number): ReadonlyMap<number, number> {
  let table = encoders.get(codePage);
  if (table === undefined) {
    table = new Map();
    const decode = (bytes: number[]) => (codePage === 1252 ? decodeText(Buffer.from(bytes), 1252) : decoder.decode(Uint8Array.from(bytes)));
    const decoder = new TextDecoder(encodingOf(codePage));
    const doubleByte = [932, 936, 949, 950].includes(codePage);
    for (let byte = 0x80; byte <= 0xff; byte++) {
      addCode(table, decode([byte]), byte);
      for (let trail = 0x40; doubleByte && trail <= 0xfe; trail++) {
        addCode(table, decode([byte, trail]), byte * 256 + trail);
      }
    }
    encoders.set(codePage, table);
  }
  return table;
}

function addCode(table: Map<number, number>, text: string, code: number): void {
  if (text.length === 1 && text !== '\ufffd' && !table.has(text.charCodeAt(0))) {
    table.set(text.charCodeAt(0), code);
  }
}
