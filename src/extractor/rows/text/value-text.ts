import { base64Text, guidText, hexText } from './binary-text';
import * as dates from './date-time-text';
import { floatText, realText } from './float-text';
import * as numbers from './number-text';
import * as utf8 from './utf8-text';
import { Alterations, ColumnType, replacesSequences, replacesSurrogates, ValueKind } from '../columns/column-type';
import type { Charset } from '../tds/code-page';

/** Writes the text of a value's `n` bytes at `v.getUint8(p)` to `out[o]`; returns the position behind it. */
export type TextWriter = (v: DataView, p: number, n: number, out: Uint8Array, o: number, ...extra: never[]) => number;

/** A writer and the arguments a column gives it behind the common five. */
export interface ValueText {
  readonly write: TextWriter;
  readonly extra: readonly unknown[];
  /** Most bytes of text, or how many a wire byte can become. */
  readonly bound: { readonly bytes: number } | { readonly bytesPerWireByte: number };
  /** Text of the user's own, which may hold any character. */
  readonly free: boolean;
}

type Plain = Exclude<ValueKind, 'utf16' | 'bytesText' | 'xml' | 'binary' | 'variant'>;

const PLAIN: { readonly [kind in Plain]: (column: ColumnType) => readonly [TextWriter, number, ...unknown[]] } = {
  null: () => [neverWritten, 0],
  bit: () => [numbers.bitText, 5],
  tinyint: () => [numbers.tinyintText, 3],
  smallint: () => [numbers.smallintText, 6],
  int: () => [numbers.intText, 11],
  bigint: () => [numbers.bigintText, 20],
  decimal: ({ scale, precision }) => [numbers.decimalText as TextWriter, 41, scale, precision],
  smallmoney: () => [numbers.moneyText, 22],
  money: () => [numbers.moneyText, 22],
  real: () => [realText, 26],
  float: () => [floatText, 26],
  date: () => [dates.dateText, 10],
  time: ({ scale }) => [dates.timeText as TextWriter, 16, scale],
  smalldatetime: () => [dates.smalldatetimeText, 19],
  datetime: () => [dates.datetimeText, 23],
  datetime2: ({ scale }) => [dates.datetime2Text as TextWriter, 27, scale],
  datetimeoffset: ({ scale }) => [dates.datetimeoffsetText as TextWriter, 33, scale],
  uniqueidentifier: () => [guidText, 36],
};

/**
 * The writer of a column's text; sql_variant has its own (variant-text).
 *
 * @param altered where replacements are counted, in place of the column's own
 */
export function valueText(column: ColumnType, binary: 'hex' | 'base64', altered: Alterations = column.altered): ValueText {
  switch (column.kind) {
    case 'utf16': case 'xml': {
      const write = column.kind === 'xml' ? utf8.xmlText : utf8.utf16Text;
      return { write: write as TextWriter, extra: replacesSurrogates(column.options) ? [altered] : [], bound: { bytesPerWireByte: 1.5 }, free: true };
    }
    case 'bytesText':
      return bytesText(column.charset!, replacesSequences(column.options) ? [altered] : []);
    case 'binary':
      return { write: binary === 'hex' ? hexText : base64Text, extra: [], bound: { bytesPerWireByte: 4 }, free: false };
    case 'variant':
      throw new Error('sql_variant is written by variant-text');
    default: {
      const [write, bytes, ...extra] = PLAIN[column.kind](column);
      return { write, extra, bound: { bytes }, free: false };
    }
  }
}

/** @param altered where sequences that are replaced are counted; none where they are refused */
function bytesText(charset: Charset, altered: readonly Alterations[]): ValueText {
  const free = true;
  switch (charset.kind) {
    case 'utf8': return { write: utf8.utf8Text as TextWriter, extra: altered, bound: { bytesPerWireByte: altered.length > 0 ? 3 : 1 }, free };
    case 'singleByte': return { write: utf8.singleByteText as TextWriter, extra: [charset.units], bound: { bytesPerWireByte: 3 }, free };
    case 'doubleByte':
      return { write: utf8.doubleByteText as TextWriter, extra: [charset.units, charset.leads, ...altered], bound: { bytesPerWireByte: 3 }, free };
  }
}

/** A column of nothing but NULL has no value to write. */
function neverWritten(): number {
  throw new Error('a value in a column that has none');
}
