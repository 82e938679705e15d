/**
 * Landed rows back to the rows that are hashed, in AssemblyScript: of Parquet from its pages, of CSV and JSON Lines from their
 * text, with no JavaScript value for a cell. It decides nothing: a value that is not spelled or stored as the extractor does
 * it, be it wrong or only rare, is left to the code beside this folder, which is the reference. Nor does it hash: the rows
 * go to the row kernel (hash/row-kernel.as), which both sides share.
 *
 * A row is an NBCROW (MS-TDS 2.2.7.13) with the lengths that `RowHasher` says.
 *
 * `node tools/build/kernels.js` compiles this into verify-kernel.wasm.ts. The kernel allocates nothing; where what lies in its
 * memory is told in load-verify-kernel.ts.
 */
import { COLUMN, COMPANION, copied, IN_DICTIONARY, KIND, PLACE, STRIDE } from './kernel-column';
import { nextPlace } from './parquet-page';
import { storedBytes, storedRoom, storedValue } from './stored-value';

export { dictionaryEnd, openDictionary, openPage, pageValues, unsnappy } from './parquet-page';
export { csv, textOutEnd, textRows, textRowsDone, textStopReason } from './text-row';

const NBCROW: u8 = 0xd2;

/** All rows are made. */
const END: i32 = 0;
/** The next row is for the caller, who finds its values at the columns' places. */
const CALLER: i32 = 1;
/** There is no room for the next row. */
const FULL: i32 = 2;

let outBehind: usize = 0;
let reason: i32 = 0;
/** Whether the columns' places are those of the next row. */
let placed: bool = false;
export function parquetOutEnd(): usize { return outBehind; }
export function parquetStopReason(): i32 { return reason; }
/** The caller took the row, or pages were opened. */
export function passRow(): void { placed = false; }

/**
 * Makes the next `count` rows of the columns' pages, which have as many, into those that are hashed.
 *
 * @param first the first column's description, of `columns`
 * @param sources columns that are no companions
 * @returns how many were made
 */
export function parquetRows(first: usize, columns: i32, sources: i32, count: i32, out: usize, limit: usize): i32 {
  const bitmapBytes: usize = <usize>(sources + 7) >> 3;
  const behind = first + <usize>columns * COLUMN;
  outBehind = out;
  reason = END;
  for (let row = 0; row < count; row++) {
    if (!placed) for (let column = first; column < behind; column += COLUMN) nextPlace(column);
    placed = true;
    let o = outBehind;
    if (limit - o < 1 + bitmapBytes + 64) {
      reason = FULL;
      return row;
    }
    const bitmap = o + 1;
    store<u8>(o, NBCROW);
    memory.fill(bitmap, 0, bitmapBytes);
    o = bitmap + bitmapBytes;
    let i: u32 = 0;
    for (let column = first; column < behind; column += COLUMN) {
      if (load<u8>(column, COMPANION) != 0) continue;
      const place = <usize>load<u32>(column, PLACE);
      if (place == 0) {
        const at = bitmap + <usize>(i >> 3);
        store<u8>(at, load<u8>(at) | <u8>((<u32>1) << (<u32>i & 7)));
        i += 1;
        continue;
      }
      i += 1;
      if (load<u8>(column, STRIDE) != 0) {
        if (limit - o < 64) {
          reason = FULL;
          return row;
        }
        o = storedValue(column, load<u8>(column, KIND), place, o);
      } else if (load<u8>(column, IN_DICTIONARY) != 0) {
        const value = <usize>load<u32>(place);
        const size = <usize>load<u32>(place, 4);
        if (value == 0) {
          o = 0;
        } else if (size + 64 > limit - o) {
          reason = FULL;
          return row;
        } else {
          copied(o, value, size);
          o += size;
        }
      } else {
        const size = <usize>load<u32>(place);
        if (storedRoom(size) + 64 > limit - o) {
          reason = FULL;
          return row;
        }
        o = storedBytes(column, load<u8>(column, KIND), place + 4, size, o);
      }
      if (o == 0) {
        reason = CALLER;
        return row;
      }
    }
    outBehind = o;
    placed = false;
  }
  return count;
}
