import { escapeString, jsonUtf16 } from './json-string';
import { ColumnType, replacesSurrogates } from '../../columns/column-type';
import { JsonLinesFormat } from '../../columns/output-format';
import { binaryEncoding, TYPE_TABLE } from '../../columns/type-table';
import { largeKindOf, largeOr, writeLarge } from '../../text/kernel/large-value';
import { TextStyle } from '../../text/kernel/load-text-kernel';
import { TextKernel } from '../../text/kernel/text-kernel';
import { valueText } from '../../text/value-text';
import { variantText } from '../../text/variant-text';
import { TextEncoder } from '../text-encoder';

/** One object a line; NULL is written as `null`, so every line has every key. */
export function jsonLinesEncoder(columns: readonly ColumnType[], format: JsonLinesFormat): TextEncoder {
  const style: TextStyle = { name: 'json' };
  const bindings: { [name: string]: unknown } = { style, writeLarge, jsonUtf16, escapeString, variantText, putBytes, putNumber, NULL: Buffer.from('null') };
  let rowBytes = 3;
  const keys = columns.map(({ name }, i) => Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`));
  const codes = columns.map((column, i) => {
    const key = keys[i];
    bindings[`key${i}`] = key;
    rowBytes += key.length + 8;
    const before = `o = putBytes(out, o, key${i});`;
    const onNull = 'o = putBytes(out, o, NULL);';
    bindings[`altered${i}`] = column.altered;
    const large = largeKindOf(column);
    bindings[`large${i}`] = large;
    const string = (small: string) => ({ before, onNull, onValue: large ? largeOr(i, small) : small });
    if (column.kind === 'utf16') return string(`o = jsonUtf16(v, p, n, out, o${replacesSurrogates(column.options) ? `, altered${i}` : ''});`);
    if (column.kind === 'variant') {
      bindings[`column${i}`] = column;
      rowBytes += 48;
      return { before, onNull, onValue: `o = escapeString(out, o, variantText(v, p, n, out, o + 1, column${i}));` };
    }
    const { write, extra, bound, free } = valueText(column, binaryEncoding(column, format));
    if ('bytes' in bound) rowBytes += bound.bytes;
    bindings[`write${i}`] = write;
    extra.forEach((value, j) => (bindings[`extra${i}_${j}`] = value));
    const text = (at: string) => (
      `write${i}(v, p, n, out, ${at}${extra.map((value, j) => `, ${typeof value === 'number' ? value : `extra${i}_${j}`}`).join('')})`
    );
    if (free) return string(`o = escapeString(out, o, ${text('o + 1')});`);
    if (isQuoted(column)) {
      return { before, onNull, onValue: `out[o] = 0x22; o = ${text('o + 1')}; out[o++] = 0x22;` };
    }
    const isFloat = column.kind === 'float' || column.kind === 'real';
    return { before, onNull, onValue: isFloat ? `o = putNumber(out, o, ${text('o')});` : `o = ${text('o')};` };
  });
  return new TextEncoder(columns, {
    bindings,
    column: (i) => codes[i],
    afterRow: 's.out[s.o] = 0x7d; s.out[s.o + 1] = 0x0a; s.o += 2;',
    rowBytes,
    bytesPerWireByte: 6,
    kernel: TextKernel.of(columns.map((type, i) => ({
      type, prefix: keys[i], binary: binaryEncoding(type, format), quoted: isQuoted(type),
    })), style),
  });
}

/** Whether values that are no text of the user's own stand between quotes. */
function isQuoted({ kind }: ColumnType): boolean {
  return TYPE_TABLE[kind].json === 'string';
}

function putBytes(out: Uint8Array, o: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) out[o++] = bytes[i];
  return o;
}

/** JSON has no NaN and no infinities; they become strings. */
function putNumber(out: Uint8Array, start: number, end: number): number {
  const last = out[end - 1];
  if (last >= 0x30 && last <= 0x39) return end;
  out.copyWithin(start + 1, start, end);
  out[start] = out[end + 1] = 0x22;
  return end + 2;
}
