/* eslint-disable no-bitwise */
import { ByteWriter } from '../../tds/byte-writer';
import { codePageTable } from '../sql/code-pages';

const QUESTION_MARK = 0x3f;
/** Code points that stand for a surrogate without its other half (see engine/lone-surrogates.ts). */
const FIRST_LONE = 0x10d800;
const LAST_LONE = 0x10dfff;

/** Appends UTF-8 as UTF-16LE. Returns the bytes written. */
export function writeUtf16(out: ByteWriter, source: Uint8Array, start: number, length: number): number {
  out.reserve(length * 2);
  const { data } = out;
  const begin = out.length;
  let to = begin;
  const end = start + length;
  for (let at = start; at < end;) {
    const lead = source[at];
    if (lead < 0x80) {
      data[to] = lead;
      data[to + 1] = 0;
      to += 2;
      at += 1;
    } else if (lead < 0xe0) {
      const unit = ((lead & 0x1f) << 6) | (source[at + 1] & 0x3f);
      data[to] = unit & 0xff;
      data[to + 1] = unit >> 8;
      to += 2;
      at += 2;
    } else if (lead < 0xf0) {
      const unit = ((lead & 0x0f) << 12) | ((source[at + 1] & 0x3f) << 6) | (source[at + 2] & 0x3f);
      data[to] = unit & 0xff;
      data[to + 1] = unit >> 8;
      to += 2;
      at += 3;
    } else {
      const point = codePoint4(source, at);
      at += 4;
      if (point >= FIRST_LONE && point <= LAST_LONE) {
        const unit = point - 0x100000;
        data[to] = unit & 0xff;
        data[to + 1] = unit >> 8;
        to += 2;
      } else {
        const high = 0xd7c0 + (point >> 10);
        const low = 0xdc00 | (point & 0x3ff);
        data[to] = high & 0xff;
        data[to + 1] = high >> 8;
        data[to + 2] = low & 0xff;
        data[to + 3] = low >> 8;
        to += 4;
      }
    }
  }
  out.length = to;
  return to - begin;
}

/**
 * Appends UTF-8 as text of a Windows code page; what it lacks becomes one `?` for each UTF-16 unit.
 *
 * @param codePage 65001 copies the bytes. Returns the bytes written.
 */
export function writeCodePage(out: ByteWriter, source: Uint8Array, start: number, length: number, codePage: number): number {
  out.reserve(length);
  const { data } = out;
  const begin = out.length;
  let to = begin;
  const end = start + length;
  if (codePage === 65001) {
    data.set(source.subarray(start, end), to);
    out.length = to + length;
    return length;
  }
  let table: ReadonlyMap<number, number> | undefined;
  for (let at = start; at < end;) {
    const lead = source[at];
    if (lead < 0x80) {
      data[to++] = lead;
      at += 1;
      continue;
    }
    table ??= codePageTable(codePage);
    if (lead >= 0xf0) {
      // Two units in UTF-16, so two question marks; a lone surrogate is one.
      const point = codePoint4(source, at);
      data[to++] = QUESTION_MARK;
      if (point < FIRST_LONE || point > LAST_LONE) {
        data[to++] = QUESTION_MARK;
      }
      at += 4;
      continue;
    }
    const two = lead < 0xe0;
    const unit = two ? ((lead & 0x1f) << 6) | (source[at + 1] & 0x3f)
      : ((lead & 0x0f) << 12) | ((source[at + 1] & 0x3f) << 6) | (source[at + 2] & 0x3f);
    at += two ? 2 : 3;
    const code = table.get(unit) ?? QUESTION_MARK;
    if (code > 0xff) {
      data[to++] = code >> 8;
    }
    data[to++] = code & 0xff;
  }
  out.length = to;
  return to - begin;
}

function codePoint4(source: Uint8Array, at: number): number {
  return ((source[at] & 0x07) << 18) | ((source[at + 1] & 0x3f) << 12) | ((source[at + 2] & 0x3f) << 6) | (source[at + 3] & 0x3f);
}
