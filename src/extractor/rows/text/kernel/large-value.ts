import { PIECE_KINDS, utf8Table } from './kernel-columns';
import { loadTextKernel, OUT, PIECE, PIECE_BYTES, PIECE_CHARSET, TextStyle } from './load-text-kernel';
import type { ColumnType } from '../../columns/column-type';

/** Bytes on the wire from which on a value is worth the kernel. */
export const LARGE_VALUE = 2048;

/** What {@link writeLarge} returns for a value that is not the kernel's. */
export const NOT_WRITTEN = -1;

const PLAIN: TextStyle = { name: 'plain' };
/** A byte of text becomes up to six. */
const MOST_TEXT = PIECE_BYTES / 2;
/** Answers of the kernel (text-kernel.as). */
const CALLER = 0;
const TO_QUOTE = 1;

/** What a value is, and its bytes in one piece: what becomes of them fits into the kernel's memory. */
export interface LargeKind {
  readonly kind: number;
  readonly bytes: number;
  /** Bytes of which it must have a multiple. */
  readonly unit: number;
  /** How many bytes of a piece are to be left for the next one, which must begin with a character. */
  readonly kept?: (v: DataView, end: number) => number;
  /** Table of the code page. */
  readonly charset?: Uint8Array;
}

export const LARGE_UTF16: LargeKind = {
  kind: PIECE_KINDS.utf16, bytes: PIECE_BYTES, unit: 2, kept: (v, end) => ((v.getUint8(end - 1) & 0xfc) === 0xd8 ? 2 : 0),
};
export const LARGE_HEX: LargeKind = { kind: PIECE_KINDS.hex, bytes: PIECE_BYTES, unit: 1 };
/** Three bytes become four characters. */
export const LARGE_BASE64: LargeKind = { kind: PIECE_KINDS.base64, bytes: PIECE_BYTES / 4 * 3, unit: 1 };
export const LARGE_UTF8: LargeKind = { kind: PIECE_KINDS.bytesText, bytes: MOST_TEXT, unit: 1, kept: utf8Begun };

/** @param units 256 code units of the code page */
export function largeSingleByte(units: Uint16Array): LargeKind {
  return { kind: PIECE_KINDS.bytesText, bytes: MOST_TEXT, unit: 1, charset: utf8Table(units) };
}

/** How large values of a column of text go through the kernel; undefined where they do not. */
export function largeKindOf({ kind, charset }: ColumnType): LargeKind | undefined {
  if (kind === 'utf16') return LARGE_UTF16;
  if (charset?.kind === 'utf8') return LARGE_UTF8;
  return charset?.kind === 'singleByte' ? largeSingleByte(charset.units) : undefined;
}

/** Code of a column: large values by the kernel, `small` for the others and for what it leaves. @param i names the binding `large${i}` */
export function largeOr(i: number, small: string): string {
  return `const end${i} = n < ${LARGE_VALUE} ? ${NOT_WRITTEN} : writeLarge(large${i}, v, p, n, out, o, style); if (end${i} >= 0) o = end${i}; else ${small}`;
}

/**
 * Writes a value of any length through the kernel, piece by piece.
 *
 * @returns position behind the text, or NOT_WRITTEN
 */
export function writeLarge(
  { kind, bytes, unit, kept, charset }: LargeKind, v: DataView, p: number, n: number, out: Uint8Array, o: number, style = PLAIN,
): number {
  const kernel = loadTextKernel();
  if (!kernel || n % unit !== 0) return NOT_WRITTEN;
  const { functions, memory } = kernel;
  if (kernel.changesTo(style)) kernel.use(style);
  if (charset) memory.set(charset, PIECE_CHARSET);
  const wire = new Uint8Array(v.buffer, v.byteOffset, v.byteLength);
  const start = o;
  const end = p + n;
  const quote = 'quote' in style ? style.quote : 0x22;
  // In CSV first without quotes.
  let inQuotes = style.name === 'json';
  if (inQuotes) out[o++] = quote;
  for (let at = p; at < end;) {
    let next = Math.min(at + bytes, end);
    if (next < end && kept) next -= kept(v, next);
    memory.set(wire.subarray(at, next), PIECE);
    const after = functions.piece(kind, PIECE, PIECE + next - at, OUT, charset ? PIECE_CHARSET : 0, inQuotes ? 1 : 0);
    if (after === CALLER) return NOT_WRITTEN;
    if (after === TO_QUOTE) {
      inQuotes = true;
      o = start;
      out[o++] = quote;
      at = p;
      continue;
    }
    out.set(memory.subarray(OUT, after), o);
    o += after - OUT;
    at = next;
  }
  if (inQuotes) out[o++] = quote;
  return o;
}

/** Bytes before `end` of a character that is not whole there. */
function utf8Begun(v: DataView, end: number): number {
  for (let count = 1; count <= 3; count++) {
    const byte = v.getUint8(end - count);
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return count < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? count : 0;
  }
  return 0;
}
