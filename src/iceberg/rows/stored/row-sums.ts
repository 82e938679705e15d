import { Dictionary, int32s, Page, PlainValues } from './page';

const { imul } = Math;

/** Constants of MurmurHash3 (x86, 32 and 128 bits; public domain). */
const A = { seed: 0x2545f491, first: 0xcc9e2d51, second: 0x1b873593, add: 0xe6546b64 } as const;
const B = { seed: 0x38495ab5, first: 0x239b961b, second: 0xab0e9789, add: 0x561ccd1b } as const;

/** What NULL counts as: two numbers as those of a value. */
const NULL_A = 0x9e3779b9 | 0;
const NULL_B = 0x7f4a7c15;

/**
 * Content of rows whatever their order and encoding: number of rows, and the sum of their hashes. A row's hash is made of those of its
 * values, in the order of the columns, so that neither a value that changed nor one that is in another row or column goes unseen. Two
 * hashes of 32 bits, each of which is another wherever a single number is: by chance all are the same once in 2^64. Twice the same row
 * counts twice.
 */
export class RowSums {
  public rows = 0;
  private sumA = 0;
  private sumB = 0;
  private a = new Int32Array(0);
  private b = new Int32Array(0);
  private size = 0;

  /** Begins a group of rows, whose columns follow. */
  public begin(rows: number): void {
    if (this.a.length < rows) [this.a, this.b] = [new Int32Array(rows), new Int32Array(rows)];
    this.a.fill(A.seed, 0, rows);
    this.b.fill(B.seed, 0, rows);
    this.size = rows;
  }

  /** Takes in values of the next column. @param at row in the group */
  public add({ rows, valid, values }: Page, at: number): void {
    if (at + rows > this.size) throw new RangeError(`${at + rows} values of a column for ${this.size} rows`);
    const { a, b } = this;
    const indices = 'dictionary' in values ? values.indices : undefined;
    const of = 'dictionary' in values ? dictionaryHashes(values.dictionary) : hashesOf(values, roomFor(values.count));
    for (let row = 0, ordinal = 0; row < rows; row++) {
      let x = NULL_A;
      let y = NULL_B;
      if (valid === undefined || valid[row] === 1) {
        const place = 2 * (indices ? indices[ordinal] : ordinal);
        ordinal += 1;
        x = of[place];
        y = of[place + 1];
      }
      a[at + row] = mixA(a[at + row], x);
      b[at + row] = mixB(b[at + row], y);
    }
  }

  /** Ends the group. */
  public end(): void {
    const { a, b, size } = this;
    for (let row = 0; row < size; row++) {
      this.sumA = this.sumA + finish(a[row]) | 0;
      this.sumB = this.sumB + finish(b[row]) | 0;
    }
    this.rows += size;
  }

  public toString(): string {
    const hex = (sum: number) => (sum >>> 0).toString(16).padStart(8, '0');
    return `${this.rows} rows ${hex(this.sumA)}${hex(this.sumB)}`;
  }
}

/** Room that is used over and over: hashes are mixed into rows before the next page comes. */
let room = new Int32Array(0);

/** Those of a dictionary are kept. */
function dictionaryHashes(dictionary: Dictionary): Int32Array {
  return dictionary.hashes ??= hashesOf(dictionary, new Int32Array(2 * dictionary.count));
}

function roomFor(count: number): Int32Array {
  if (room.length < 2 * count) room = new Int32Array(4 * count);
  return room;
}

/** Two numbers for each value. */
function hashesOf({ bytes, count, width, starts }: PlainValues, out: Int32Array): Int32Array {
  if (width === 4 || width === 8) {
    const words = int32s(bytes, count * width / 4);
    const each = width / 4;
    for (let i = 0; i < count; i++) {
      let x = mixA(A.seed, words[i * each]);
      let y = mixB(B.seed, words[i * each]);
      if (each === 2) {
        x = mixA(x, words[2 * i + 1]);
        y = mixB(y, words[2 * i + 1]);
      }
      out[2 * i] = finish(x ^ width);
      out[2 * i + 1] = finish(y ^ width);
    }
    return out;
  }
  for (let i = 0; i < count; i++) {
    let at = starts ? starts[i] + 4 : i * width;
    const end = starts ? starts[i + 1] : at + width;
    const length = end - at;
    let x: number = A.seed;
    let y: number = B.seed;
    for (; at + 4 <= end; at += 4) {
      const word = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
      x = mixA(x, word);
      y = mixB(y, word);
    }
    if (at < end) {
      let word = 0;
      for (let shift = 0; at < end; at++, shift += 8) word |= bytes[at] << shift;
      x = mixA(x, word);
      y = mixB(y, word);
    }
    out[2 * i] = finish(x ^ length);
    out[2 * i + 1] = finish(y ^ length);
  }
  return out;
}

function mixA(hash: number, word: number): number {
  let k = imul(word, A.first);
  k = imul(k << 15 | k >>> 17, A.second);
  hash ^= k;
  return imul(hash << 13 | hash >>> 19, 5) + A.add | 0;
}

function mixB(hash: number, word: number): number {
  let k = imul(word, B.first);
  k = imul(k << 16 | k >>> 16, B.second);
  hash ^= k;
  return imul(hash << 17 | hash >>> 15, 5) + B.add | 0;
}

function finish(hash: number): number {
  hash = imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return hash ^ hash >>> 16;
}
