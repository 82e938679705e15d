import { counted } from '../../api/counted';
import { Framing, wireBound } from '../tds/framing';
import * as littleEndian from '../tds/little-endian';
import { openPlp, PlpValue, RowScanner } from '../tds/row-scanner';
import { WireError } from '../tds/value-error';
import { Token } from '../tds/wire-types';

/** What generated row code works on. */
export interface RowState extends PlpValue {
  /** Buffer, and the part of it that is filled with bytes not decoded yet. */
  bytes: Uint8Array;
  /** Of the same bytes. */
  view: DataView;
  position: number;
  end: number;
  /** Rows decoded since the result began. */
  rows: number;
  /** How many rows the next call may decode. */
  rowLimit: number;
  /** Column being decoded, from 0, for messages. */
  column: number;
  /** Told of rows that have (max) values before anything moves their pieces together. */
  beforeRow?: (start: number, end: number) => void;
  /** Set when decoding stopped in front of a row that is not wholly in the buffer. */
  incomplete: boolean;
  /** Bytes the incomplete row needs at least. */
  needed: number;
}

/**
 * What a format adds to the framing of rows. All members are code of ours: no text of the source (names, values)
 * may get into them, only numbers and the names in `bindings`.
 *
 * Names in scope: `s` the state, `b` the bytes, `v` a view of them, `p` the value's position, `n` its length.
 */
export interface RowCode {
  readonly bindings: { readonly [name: string]: unknown };
  /** At the begin and the end of every function over columns. */
  readonly load: string;
  readonly store: string;
  /** Before a row that ends at or before `e`; may `break` to leave it for the next call. */
  readonly beforeRow: string;
  readonly afterRow: string;
  readonly column: (index: number) => {
    /** Before the column, whatever it is. */
    readonly before: string;
    readonly onNull: string;
    readonly onValue: string;
  };
}

/** Decodes rows from `state.position` on until one is incomplete, another token begins, or the format wants to stop. */
export type DecodeRows<S extends RowState> = (state: S) => void;

/** V8 does not optimise functions of more than 60 KB of bytecode, so wide tables are cut into functions of this many columns. */
const COLUMNS_PER_FUNCTION = 16;
/** Rows that can be longer than this are always scanned first. */
const LARGEST_UNSCANNED_ROW = 0x10000;

/**
 * Generates the decoder of one result set: one specialised block of code a column, no object a row or cell.
 *
 * A row is decoded without any check for the end of the buffer: while a row of the greatest possible length fits into
 * what is left, it must be there; after that, and for rows without such a length, {@link RowScanner} looks first.
 */
export function compileRows<S extends RowState>(framings: readonly Framing[], code: RowCode): DecodeRows<S> {
  const scanner = new RowScanner(framings);
  const bitmapBytes = (framings.length + 7) >> 3;
  const bound = framings.reduce((sum, framing) => sum + wireBound(framing), 1 + bitmapBytes);
  const bounded = bound <= LARGEST_UNSCANNED_ROW;
  const functions: string[] = [];
  for (let first = 0; first < framings.length; first += COLUMNS_PER_FUNCTION) {
    const blocks = framings.slice(first, first + COLUMNS_PER_FUNCTION).map((framing, i) => columnBlock(framing, first + i, code));
    functions.push(`function columns${functions.length}(s, b, v, p, nb) { let n = 0; ${code.load}\n${blocks.join('\n')}\n${code.store} return p; }`);
  }
  const source = `'use strict';
${functions.join('\n')}
return function decodeRows(s) {
  const b = s.bytes;
  const v = s.view;
  const end = s.end;
  let p = s.position;
  let left = s.rowLimit;
  s.incomplete = false;
  while (p < end && left > 0) {
    const token = b[p];
    if (token !== ${Token.ROW} && token !== ${Token.NBCROW}) break;
    let e = ${bounded ? `p + ${bound}` : '0'};
    ${bounded ? 'if (e > end) {' : '{'}
      e = scanner.scan(v, p, end);
      if (e < 0) { s.incomplete = true; s.needed = scanner.needed; s.column = scanner.column; break; }
    }
    ${code.beforeRow}
    ${movesBytes(framings) ? 'if (s.beforeRow) s.beforeRow(p, e);' : ''}
    p += 1;
    let nb = 0;
    if (token === ${Token.NBCROW}) { nb = p; p += ${bitmapBytes}; }
    ${functions.map((_, i) => `p = columns${i}(s, b, v, p, nb);`).join('\n    ')}
    ${code.afterRow}
    left -= 1;
    s.rows += 1;
    s.position = p;
  }
};`;
  const bindings: { readonly [name: string]: unknown } = { ...littleEndian, openPlp, tooLong, scanner, ...code.bindings };
  // The code is made of constants of this module and of the formats, and of numbers from COLMETADATA.
  const make = new Function(...Object.keys(bindings), source);
  return make(...Object.values(bindings)) as DecodeRows<S>;
}

/** Whether decoding a row changes bytes of the buffer. */
export function movesBytes(framings: readonly Framing[]): boolean {
  return framings.some(({ kind }) => kind === 'plp');
}

function columnBlock(framing: Framing, index: number, code: RowCode): string {
  const { before, onNull, onValue } = code.column(index);
  const isNull = `nb !== 0 && (b[nb + ${index >> 3}] & ${1 << (index & 7)}) !== 0`;
  const block = (read: string, nullTest: string, value: string) => (
    `s.column = ${index}; ${before}\n${read}\nif (${nullTest}) { ${onNull} } else { ${value} }`
  );
  switch (framing.kind) {
    case 'fixed':
      // The type of no bytes has no value but NULL.
      if (framing.size === 0) return block('', 'true', '');
      return block('', isNull, `n = ${framing.size}; ${onValue} p += ${framing.size};`);
    case 'byteLength':
      return block(`n = ${isNull} ? 0 : b[p++];`, 'n === 0', `if (n > ${framing.max}) tooLong(n, ${framing.max}); ${onValue} p += n;`);
    case 'shortLength':
      return block(
        `if (${isNull}) n = 0xffff; else { n = uint16(v, p); p += 2; }`, 'n === 0xffff',
        `if (n > ${framing.max}) tooLong(n, ${framing.max}); ${onValue} p += n;`,
      );
    case 'longLength':
      return block(
        `if (${isNull}) n = 0; else { n = uint32(v, p); p += 4; }`, 'n === 0',
        `if (n > ${framing.max}) tooLong(n, ${framing.max}); ${onValue} p += n;`,
      );
    case 'textPointer':
      return block(`n = ${isNull} ? 0 : b[p++];`, 'n === 0', `p += n + 8; n = uint32(v, p); p += 4; ${onValue} p += n;`);
    case 'plp':
      return block(
        `if (${isNull}) n = -1; else { n = openPlp(s, b, v, p); if (n < 0) p += 8; }`, 'n < 0',
        `const next = s.valueEnd; p = s.valueStart; ${onValue} p = next;`,
      );
  }
}

function tooLong(length: number, max: number): never {
  throw new WireError(`a value of ${counted(length, 'byte')} in a column of at most ${max}`);
}
