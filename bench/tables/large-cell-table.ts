import { wireColumn, type WireColumn } from '../../tools/replay-server/wire-rows';

/** A cell that is one block over and over, so that nobody has to hold all of it. */
export interface LargeCell {
  readonly column: WireColumn;
  /** On the wire. */
  readonly block: Buffer;
  readonly blocks: number;
  /** The block as each format writes it. */
  readonly text: { readonly [format in 'csv' | 'jsonl']: Buffer };
}

const MIB = 0x100000;

/** Letters of one to four bytes of UTF-8; none needs quotes or escapes. */
const sentence = Array.from({ length: 0x4000 }, (_, at) => ['a', 'Z', '7', ' ', 'é', '€', '漢', '𝄞'][at * 7919 % 8]).join('');
const words = sentence.repeat(Math.ceil(MIB / 2 / sentence.length)).slice(0, MIB / 2 - 1).replace(/[\ud800-\udbff]$/, '.');
const nvarchar = Buffer.from(words.padEnd(MIB / 2, '.'), 'utf16le');

/** A multiple of 3, so that the base64 of blocks is the blocks' base64. */
const varbinary = Buffer.from(Array.from({ length: 3 * 0x10000 }, (_, at) => at * 31 % 251));

const utf8 = Buffer.from(nvarchar.toString('utf16le'));

export const LARGE_CELLS: { readonly [type: string]: LargeCell } = {
  nvarchar: { column: wireColumn.nvarcharMax('Document'), block: nvarchar, blocks: 256, text: { csv: utf8, jsonl: utf8 } },
  varbinary: {
    column: wireColumn.varbinaryMax('Document'),
    block: varbinary,
    blocks: 1360,
    text: { csv: Buffer.from(varbinary.toString('hex').toUpperCase()), jsonl: Buffer.from(varbinary.toString('base64')) },
  },
};
