import { LARGE_BASE64, LARGE_HEX, LARGE_VALUE, NOT_WRITTEN, writeLarge } from './kernel/large-value';
import { badLength } from '../tds/value-error';

/** Hex, base64 and GUID text; arguments as in number-text. */

const HIGH = new Uint8Array(256);
const LOW = new Uint8Array(256);
for (let i = 0; i < 256; i++) {
  const hex = i.toString(16).toUpperCase().padStart(2, '0');
  HIGH[i] = hex.charCodeAt(0);
  LOW[i] = hex.charCodeAt(1);
}

export function hexText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n >= LARGE_VALUE) {
    const after = writeLarge(LARGE_HEX, v, p, n, out, o);
    if (after !== NOT_WRITTEN) return after;
  }
  for (let i = p; i < p + n; i++) {
    const byte = v.getUint8(i);
    out[o] = HIGH[byte];
    out[o + 1] = LOW[byte];
    o += 2;
  }
  return o;
}

const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PAD = 0x3d;

export function base64Text(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n >= LARGE_VALUE) {
    const after = writeLarge(LARGE_BASE64, v, p, n, out, o);
    if (after !== NOT_WRITTEN) return after;
  }
  const end = p + n;
  for (; p + 2 < end; p += 3) {
    const bits = v.getUint8(p) << 16 | v.getUint8(p + 1) << 8 | v.getUint8(p + 2);
    out[o] = BASE64[bits >> 18];
    out[o + 1] = BASE64[bits >> 12 & 63];
    out[o + 2] = BASE64[bits >> 6 & 63];
    out[o + 3] = BASE64[bits & 63];
    o += 4;
  }
  if (p < end) {
    const two = p + 1 < end;
    const bits = v.getUint8(p) << 16 | (two ? v.getUint8(p + 1) << 8 : 0);
    out[o] = BASE64[bits >> 18];
    out[o + 1] = BASE64[bits >> 12 & 63];
    out[o + 2] = two ? BASE64[bits >> 6 & 63] : PAD;
    out[o + 3] = PAD;
    o += 4;
  }
  return o;
}

const DASH = 0x2d;

/** The first three groups are little-endian on the wire (MS-TDS 2.2.5.5.1.4); the text is SQL Server's own. */
export function guidText(v: DataView, p: number, n: number, out: Uint8Array, o: number): number {
  if (n !== 16) badLength(n);
  o = putByte(out, putByte(out, putByte(out, putByte(out, o, v.getUint8(p + 3)), v.getUint8(p + 2)), v.getUint8(p + 1)), v.getUint8(p));
  out[o++] = DASH;
  o = putByte(out, putByte(out, o, v.getUint8(p + 5)), v.getUint8(p + 4));
  out[o++] = DASH;
  o = putByte(out, putByte(out, o, v.getUint8(p + 7)), v.getUint8(p + 6));
  out[o++] = DASH;
  o = putByte(out, putByte(out, o, v.getUint8(p + 8)), v.getUint8(p + 9));
  out[o++] = DASH;
  for (let i = 10; i < 16; i++) o = putByte(out, o, v.getUint8(p + i));
  return o;
}

function putByte(out: Uint8Array, o: number, byte: number): number {
  out[o] = HIGH[byte];
  out[o + 1] = LOW[byte];
  return o + 2;
}
