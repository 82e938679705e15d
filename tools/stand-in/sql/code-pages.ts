/* eslint-disable no-bitwise */
import { charset, NO_CHARACTER } from '../../../src/extractor/rows/tds/code-page';

/**
 * Windows' tables of the code pages that collations have. They are those of the extractor, whose tests hold them against Microsoft's own
 * to the last byte: a table of another maker would send bytes that no SQL Server sends.
 */
function tableOf(codePage: number): Exclude<ReturnType<typeof charset>, { readonly kind: 'utf8' }> {
  if (!KNOWN.has(codePage)) {
    throw new Error(`no encoding for code page ${codePage}; known are ${[...KNOWN].join(', ')}`);
  }
  const table = charset(`CP${codePage}`);
  if (table.kind === 'utf8') {
    throw new Error('UTF-8 has no table');
  }
  return table;
}

const KNOWN = new Set([437, 850, 874, 932, 936, 949, 950, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258]);

/** Lead bytes of 932 whose characters are there twice: Windows writes IBM's selection at FA40 to FC4B, not NEC's (KB 170559). */
const READ_ONLY_LEADS = new Set([0xed, 0xee]);

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
  const table = tableOf(codePage);
  let text = '';
  for (let at = 0; at < bytes.length; at++) {
    const isPair = table.kind === 'doubleByte' && table.leads[bytes[at]] === 1 && at + 1 < bytes.length;
    const code = isPair ? bytes[at] << 8 | bytes[++at] : bytes[at];
    text += String.fromCharCode(table.units[code]);
  }
  return text;
}

/** Codes by UTF-16 unit, the inverse of the table. */
export function codePageTable(codePage: number): ReadonlyMap<number, number> {
  let codes = encoders.get(codePage);
  if (codes === undefined) {
    codes = new Map();
    const { units } = tableOf(codePage);
    for (const [code, unit] of units.entries()) {
      if (unit !== NO_CHARACTER && !codes.has(unit) && !(codePage === 932 && READ_ONLY_LEADS.has(code >> 8))) {
        codes.set(unit, code);
      }
    }
    encoders.set(codePage, codes);
  }
  return codes;
}
