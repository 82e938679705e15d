import { csvClasses, csvSingleByte, csvUtf16, quoteField } from './csv-field';
import { ColumnType, replacesSurrogates } from '../../columns/column-type';
import { OffKernelReason } from '../../columns/off-kernel';
import { CsvFormat } from '../../columns/output-format';
import { binaryEncoding } from '../../columns/type-table';
import { largeKindOf, largeOr, LARGE_VALUE, writeLarge } from '../../text/kernel/large-value';
import { TextStyle } from '../../text/kernel/load-text-kernel';
import { TextKernel } from '../../text/kernel/text-kernel';
import { valueText } from '../../text/value-text';
import { variantText } from '../../text/variant-text';
import { TextEncoder } from '../text-encoder';

const LINE_FEED = 0x0a;
/** Delimiters that numbers, dates, GUIDs and base64 can hold. */
const IN_NUMBERS_AND_DATES = /[0-9A-Za-z+\-.:/=]/;

/**
 * RFC 4180 with two choices of its own: lines end in LF (readers take both, and it is a byte a row less), and NULL is
 * the empty field while the empty string is `""`.
 */
export function csvEncoder(columns: readonly ColumnType[], format: CsvFormat): TextEncoder {
  const delimiter = (format.delimiter ?? ',').charCodeAt(0);
  const quote = (format.quote ?? '"').charCodeAt(0);
  const { ascii, quoting } = csvClasses(delimiter, quote);
  const nullText = Buffer.from(format.nullText ?? '');
  const style: TextStyle = { name: 'csv', delimiter, quote };
  const bindings: { [name: string]: unknown } = { style, writeLarge, ascii, quoting, nullText, csvUtf16, csvSingleByte, quoteField, variantText };
  let rowBytes = 1;
  const codes = columns.map((column, i) => {
    const before = i === 0 ? '' : `out[o++] = ${delimiter};`;
    const onNull = nullText.length === 0 ? '' : 'out.set(nullText, o); o += nullText.length;';
    rowBytes += 3 + nullText.length;
    bindings[`altered${i}`] = column.altered;
    // A text of NULL that is as long would have to be told from it.
    const large = 4 * nullText.length < LARGE_VALUE ? largeKindOf(column) : undefined;
    bindings[`large${i}`] = large;
    const field = (small: string) => ({ before, onNull, onValue: large ? largeOr(i, small) : small });
    if (column.kind === 'utf16') return field(`o = csvUtf16(v, p, n, out, o, ascii, quoting, nullText${replacesSurrogates(column.options) ? `, altered${i}` : ''});`);
    if (column.charset?.kind === 'singleByte') {
      bindings[`units${i}`] = column.charset.units;
      return field(`o = csvSingleByte(v, p, n, out, o, units${i}, ascii, quoting, nullText);`);
    }
    if (column.kind === 'variant') {
      bindings[`column${i}`] = column;
      rowBytes += 48;
      return { before, onNull, onValue: `o = quoteField(out, o, variantText(v, p, n, out, o, column${i}), quoting, nullText);` };
    }
    const { write, extra, bound, free } = valueText(column, binaryEncoding(column, format));
    if ('bytes' in bound) rowBytes += bound.bytes;
    bindings[`write${i}`] = write;
    extra.forEach((value, j) => (bindings[`extra${i}_${j}`] = value));
    const text = `write${i}(v, p, n, out, o${extra.map((value, j) => `, ${typeof value === 'number' ? value : `extra${i}_${j}`}`).join('')})`;
    // Values other than text need quotes only where they read as the text of NULL or hold an odd delimiter.
    if (free || nullText.length > 0 || IN_NUMBERS_AND_DATES.test(format.delimiter ?? '')) {
      return field(`o = quoteField(out, o, ${text}, quoting, nullText);`);
    }
    // A binary of no bytes is told from NULL like an empty string.
    const empty = column.kind === 'binary' ? `if (n === 0) { out[o] = ${quote}; out[o + 1] = ${quote}; o += 2; } else ` : '';
    return { before, onNull, onValue: `${empty}o = ${text};` };
  });
  return new TextEncoder(columns, {
    bindings,
    column: (i) => codes[i],
    afterRow: `s.out[s.o++] = ${LINE_FEED};`,
    rowBytes,
    bytesPerWireByte: 4,
    kernel: csvKernel(columns, format, delimiter, style),
    header: format.header === false ? undefined : header(columns, delimiter, quoting, nullText),
  });
}

/** None where values other than text may need quotes too. */
function csvKernel(columns: readonly ColumnType[], format: CsvFormat, delimiter: number, style: TextStyle): TextKernel | OffKernelReason {
  if (format.nullText || IN_NUMBERS_AND_DATES.test(format.delimiter ?? '')) return 'csvOptions';
  return TextKernel.of(columns.map((type, i) => ({
    type, prefix: Uint8Array.from(i === 0 ? [] : [delimiter]), binary: binaryEncoding(type, format), quoted: false,
  })), style);
}

function header(columns: readonly ColumnType[], delimiter: number, quoting: Uint8Array, nullText: Uint8Array): Uint8Array {
  const fields = columns.map(({ name }) => {
    const text = Buffer.from(name);
    const field = Buffer.alloc(2 * text.length + 2);
    text.copy(field);
    return field.subarray(0, quoteField(field, 0, text.length, quoting, nullText));
  });
  const separator = Buffer.from([delimiter]);
  return Buffer.concat([...fields.flatMap((field, i) => (i === 0 ? [field] : [separator, field])), Buffer.from([LINE_FEED])]);
}
