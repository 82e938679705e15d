import { decode } from 'iconv-lite';
import { Collation } from 'tedious/lib/collation';

/** How the bytes of a char, varchar or text column are to be read. */
export type Charset =
  | { readonly kind: 'utf8' }
  /** 256 code units. */
  | { readonly kind: 'singleByte'; readonly codePage: string; readonly units: Uint16Array }
  /** 65,536 code units by lead and trail byte; below 256 the single bytes; `leads[b]` is 1 for a lead byte. */
  | { readonly kind: 'doubleByte'; readonly codePage: string; readonly units: Uint16Array; readonly leads: Uint8Array };

/** What a table holds for bytes without a character. */
export const NO_CHARACTER = 0xfffd;

const DOUBLE_BYTE = new Set(['CP932', 'CP936', 'CP949', 'CP950']);
const charsets = new Map<string, Charset>();

/**
 * The charset of a collation (MS-TDS 2.2.5.1.2: LCID and flags, or sort id).
 *
 * @returns nothing when the collation has no code page known here
 */
export function charsetOfCollation(collation: Uint8Array): Charset | undefined {
  const codePage = Collation.fromBuffer(Buffer.from(collation)).codepage;
  return codePage === undefined ? undefined : charset(codePage);
}

/** Tables are made once a process, from the code page's own mapping. */
export function charset(codePage: string): Charset {
  const known = charsets.get(codePage);
  if (known) return known;
  const made = makeCharset(codePage);
  charsets.set(codePage, made);
  return made;
}

function makeCharset(codePage: string): Charset {
  if (codePage === 'utf-8') return { kind: 'utf8' };
  if (!DOUBLE_BYTE.has(codePage)) return { kind: 'singleByte', codePage, units: singleBytes(codePage) };
  const units = new Uint16Array(0x10000).fill(NO_CHARACTER);
  const leads = new Uint8Array(0x100);
  units.set(singleBytes(codePage), 0);
  const pair = Buffer.alloc(2);
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x30; trail <= 0xff; trail++) {
      pair[0] = lead;
      pair[1] = trail;
      const text = decode(pair, codePage);
      if (text.length !== 1 || text.charCodeAt(0) === NO_CHARACTER) continue;
      units[lead << 8 | trail] = text.charCodeAt(0);
      leads[lead] = 1;
    }
  }
  return { kind: 'doubleByte', codePage, units, leads };
}

function singleBytes(codePage: string): Uint16Array {
  const units = new Uint16Array(0x100).fill(NO_CHARACTER);
  for (let byte = 0; byte < 0x100; byte++) {
    const text = decode(Buffer.from([byte]), codePage);
    if (text.length === 1) units[byte] = text.charCodeAt(0);
    // Windows maps the bytes its code pages leave open in 0x80-0x9F to the C1 controls, and so does SQL Server.
    if (units[byte] === NO_CHARACTER && byte >= 0x80 && byte < 0xa0 && (codePage.startsWith('CP12') || codePage === 'CP874')) units[byte] = byte;
  }
  return units;
}
