import { CHARSET_BYTES, CHARSETS, DESCRIPTION_BYTES, MAX_CHARSETS, MAX_COLUMNS, PREFIX_BYTES, PREFIXES } from './load-text-kernel';
import type { ColumnType, ValueKind } from '../../columns/column-type';
import { OffKernelReason, reasonOf } from '../../columns/off-kernel';
import { NO_CHARACTER } from '../../tds/code-page';
import type { Framing } from '../../tds/framing';

/** What the kernel is told of a result's columns: bytes for its memory. */
export interface KernelColumns {
  readonly count: number;
  readonly descriptions: Uint8Array;
  readonly charsets: Uint8Array;
  readonly prefixes: Uint8Array;
}

/** A column, and what a format makes of it. */
export interface KernelColumn {
  readonly type: ColumnType;
  /** What stands before each value: delimiter, or name. */
  readonly prefix: Uint8Array;
  readonly binary: 'hex' | 'base64';
  /** Whether values that are no text stand between quotes. */
  readonly quoted: boolean;
}

/** The kernel reads prefixes in words. */
const PREFIX_SLACK = 8;

export const FRAMINGS: { readonly [kind in Framing['kind']]?: number } = { fixed: 0, byteLength: 1, shortLength: 2, textPointer: 3, plp: 4 };
export const KINDS: { readonly [kind in ValueKind]?: number } = {
  bit: 0,
  tinyint: 1,
  smallint: 2,
  int: 3,
  bigint: 4,
  decimal: 5,
  smallmoney: 6,
  money: 7,
  real: 8,
  float: 9,
  date: 10,
  time: 11,
  smalldatetime: 12,
  datetime: 13,
  datetime2: 14,
  datetimeoffset: 15,
  uniqueidentifier: 16,
  utf16: 17,
  bytesText: 18,
  xml: 21,
};
const BINARIES = { hex: 19, base64: 20 };

/** Kinds of values that can be written in pieces. */
export const PIECE_KINDS = { utf16: KINDS.utf16!, bytesText: KINDS.bytesText!, ...BINARIES };

/** @returns why they are not the kernel's: a column's type, or that there are too many */
export function kernelColumns(columns: readonly KernelColumn[]): KernelColumns | OffKernelReason {
  if (columns.length > MAX_COLUMNS) return 'columns';
  const descriptions = new Uint8Array(columns.length * DESCRIPTION_BYTES);
  const words = new DataView(descriptions.buffer);
  const charsets = new Map<Uint16Array, number>();
  const prefixes: number[] = [];
  for (const [i, { type, prefix, binary, quoted }] of columns.entries()) {
    const kind = type.kind === 'binary' ? BINARIES[binary] : KINDS[type.kind];
    const framing = FRAMINGS[type.framing.kind];
    const other = reasonOf(type);
    if (other) return other;
    if (kind === undefined || framing === undefined) return 'columns';
    const at = i * DESCRIPTION_BYTES;
    descriptions.set([kind, framing, type.scale, type.precision], at);
    words.setUint32(at + 4, sizeOf(type.framing), true);
    words.setUint32(at + 8, PREFIXES + prefixes.length, true);
    words.setUint32(at + 12, prefix.length, true);
    if (type.charset?.kind === 'singleByte') {
      const { units } = type.charset;
      if (!charsets.has(units)) charsets.set(units, CHARSETS + charsets.size * CHARSET_BYTES);
      words.setUint32(at + 16, charsets.get(units)!, true);
    }
    words.setUint32(at + 20, quoted && !isText(type) ? 1 : 0, true);
    prefixes.push(...prefix);
  }
  if (prefixes.length + PREFIX_SLACK > PREFIX_BYTES || charsets.size > MAX_CHARSETS) return 'columns';
  return {
    count: columns.length, descriptions, charsets: Buffer.concat([...charsets.keys()].map(utf8Table)), prefixes: Uint8Array.from(prefixes),
  };
}

/** Text has quotes of its own. */
function isText({ kind }: ColumnType): boolean {
  return kind === 'utf16' || kind === 'bytesText' || kind === 'xml';
}

/** Size of a value of fixed framing, the greatest of others. */
export function sizeOf(framing: Framing): number {
  return framing.kind === 'fixed' ? framing.size : 'max' in framing ? framing.max : 0xffffffff;
}

const utf8Tables = new WeakMap<Uint16Array, Uint8Array>();

/** UTF-8 of each byte of a code page in a word, its length in the top byte; 0 is no character. */
export function utf8Table(units: Uint16Array): Uint8Array {
  const known = utf8Tables.get(units);
  if (known) return known;
  const table = new Uint8Array(CHARSET_BYTES);
  for (let byte = 0x80; byte < 0x100; byte++) {
    if (units[byte] === NO_CHARACTER) continue;
    const text = Buffer.from(String.fromCharCode(units[byte]));
    table.set(text, 4 * byte);
    table[4 * byte + 3] = text.length;
  }
  utf8Tables.set(units, table);
  return table;
}
