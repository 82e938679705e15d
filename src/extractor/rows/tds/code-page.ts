import { decode } from 'iconv-lite';
import { addPrivateUse } from './private-use';

/** How the bytes of a char, varchar or text column are to be read. */
export type Charset =
  | { readonly kind: 'utf8' }
  /** 256 code units: every byte has a character. */
  | { readonly kind: 'singleByte'; readonly codePage: string; readonly units: Uint16Array }
  /** 65,536 code units by lead and trail byte; below 256 the single bytes; `leads[b]` is 1 for a lead byte. */
  | { readonly kind: 'doubleByte'; readonly codePage: string; readonly units: Uint16Array; readonly leads: Uint8Array };

/** What a table holds for bytes without a character. */
export const NO_CHARACTER = 0xfffd;

/** The least trail byte that any double-byte code page has. */
export const FIRST_TRAIL = 0x40;

/** First and last of the lead bytes of Windows' double-byte code pages (DBCSRANGE of their tables, see private-use.ts). */
const LEAD_BYTES: { readonly [codePage: string]: ReadonlyArray<readonly [number, number]> | undefined } = {
  CP932: [[0x81, 0x9f], [0xe0, 0xfc]], CP936: [[0x81, 0xfe]], CP949: [[0x81, 0xfe]], CP950: [[0x81, 0xfe]],
};
const charsets = new Map<string, Charset>();

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
  const ranges = LEAD_BYTES[codePage];
  const units = ranges ? new Uint16Array(0x10000).fill(NO_CHARACTER) : new Uint16Array(0x100);
  units.set(singleBytes(codePage));
  const leads = new Uint8Array(0x100);
  const pair = Buffer.alloc(2);
  for (const [first, last] of ranges ?? []) {
    for (let lead = first; lead <= last; lead++) {
      leads[lead] = 1;
      for (let trail = FIRST_TRAIL; trail <= 0xfe; trail++) {
        pair[0] = lead;
        pair[1] = trail;
        const text = decode(pair, codePage);
        if (text.length === 1) units[lead << 8 | trail] = text.charCodeAt(0);
      }
    }
  }
  addPrivateUse(codePage, units);
  return ranges ? { kind: 'doubleByte', codePage, units, leads } : { kind: 'singleByte', codePage, units };
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
