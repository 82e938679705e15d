import type { ValueDictionary } from './column-buffer';
import { ParquetColumn } from './type-table';

/** Entries that there is room for at first: most tables are small, and have many columns. */
const FIRST_ENTRIES = 256;
const MOST_ENTRIES = 0x8000;
/** Slots for each entry. */
const SPARSITY = 2;
/** Parquet readers expect dictionary pages of about a mebibyte at most. */
const MOST_BYTES = 0x100000;
/** After this many entries a dictionary must have repaid itself. */
const TRIAL_ENTRIES = 1024;

/** Distinct values of a column chunk: found by their bytes on the wire, kept in Parquet's plain encoding. */
export class Dictionary implements ValueDictionary {
  /** Values, each behind its four bytes of length. */
  public data = new Uint8Array(0x1000);
  public count = 0;
  /** Where each value begins in `data`; one more entry than there are values. */
  public starts = new Int32Array(FIRST_ENTRIES + 1);
  /** Values added over the whole chunk before the current batch. */
  public earlierValues = 0;
  /** Index of the value whose hash leads there, or -1; a power of two of them. */
  private slots = new Int32Array(SPARSITY * FIRST_ENTRIES).fill(-1);
  private hashes = new Int32Array(FIRST_ENTRIES);
  private keys = new Uint8Array(0x1000);
  private keyView = new DataView(this.keys.buffer);
  private keyStarts = new Int32Array(FIRST_ENTRIES + 1);
  /** Of the last `find`. */
  private slot = 0;
  private hash = 0;

  public get bytes(): number {
    return this.starts[this.count];
  }

  /** @returns index of the value, or -1 */
  public find(v: DataView, p: number, n: number): number {
    const { slots, hashes, keyStarts } = this;
    const hash = hashOf(v, p, n);
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let index = slots[slot]; index >= 0; index = slots[slot]) {
      const start = keyStarts[index];
      if (hashes[index] === hash && keyStarts[index + 1] - start === n && this.sameKey(start, v, p, n)) return index;
      slot = (slot + 1) & mask;
    }
    this.slot = slot;
    this.hash = hash;
    return -1;
  }

  /** Whether one more value is worth its place; `values` of the batch were added so far. */
  public pays(values: number): boolean {
    if (this.count >= MOST_ENTRIES || this.bytes >= MOST_BYTES) return false;
    return this.count < TRIAL_ENTRIES || 2 * this.count < this.earlierValues + values;
  }

  /** Makes room for a value; @returns where its bytes go */
  public begin(bytes: number): number {
    const at = this.bytes + 4;
    if (at + bytes > this.data.length) {
      const grown = new Uint8Array(Math.max(at + bytes, 2 * this.data.length));
      grown.set(this.data);
      this.data = grown;
    }
    return at;
  }

  /** Adds the value that was not found last and ends at `data[end]`; @returns its index */
  public commit(end: number, v: DataView, p: number, n: number): number {
    if (this.count === this.hashes.length) this.growEntries();
    const index = this.count++;
    this.slots[this.slot] = index;
    this.hashes[index] = this.hash;
    this.starts[index + 1] = end;
    const start = this.keyStarts[index];
    if (start + n > this.keys.length) {
      const grown = new Uint8Array(Math.max(start + n, 2 * this.keys.length));
      grown.set(this.keys);
      this.keys = grown;
      this.keyView = new DataView(grown.buffer);
    }
    for (let i = 0; i < n; i++) this.keys[start + i] = v.getUint8(p + i);
    this.keyStarts[index + 1] = start + n;
    return index;
  }

  /** Empties it for the next column chunk. */
  public clear(): void {
    this.slots.fill(-1);
    this.count = 0;
    this.earlierValues = 0;
  }

  /** Makes room for four times the entries, up to the most. */
  private growEntries(): void {
    const entries = Math.min(4 * this.hashes.length, MOST_ENTRIES);
    const larger = (from: Int32Array, length: number) => {
      const grown = new Int32Array(length);
      grown.set(from);
      return grown;
    };
    this.hashes = larger(this.hashes, entries);
    this.starts = larger(this.starts, entries + 1);
    this.keyStarts = larger(this.keyStarts, entries + 1);
    this.slots = new Int32Array(SPARSITY * entries).fill(-1);
    for (let index = 0; index < this.count; index++) this.slots[this.freeSlot(this.hashes[index])] = index;
    this.slot = this.freeSlot(this.hash);
  }

  private freeSlot(hash: number): number {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] >= 0) slot = (slot + 1) & mask;
    return slot;
  }

  private sameKey(start: number, v: DataView, p: number, n: number): boolean {
    const { keyView } = this;
    let i = 0;
    for (; i + 4 <= n; i += 4) if (keyView.getInt32(start + i, true) !== v.getInt32(p + i, true)) return false;
    for (; i < n; i++) if (keyView.getUint8(start + i) !== v.getUint8(p + i)) return false;
    return true;
  }
}

/** Multiplicative hash of four bytes at a time. */
function hashOf(v: DataView, p: number, n: number): number {
  let hash = n;
  const end = p + n;
  for (; p + 4 <= end; p += 4) {
    hash = Math.imul(hash ^ v.getInt32(p, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; p < end; p++) hash = Math.imul(hash ^ v.getUint8(p), 0x9e3779b1);
  return hash ^ hash >>> 16;
}

/** Whether a dictionary may pay: GUIDs and times rarely come twice. */
export function mayRepeat({ source: { kind } }: ParquetColumn): boolean {
  return kind !== 'uniqueidentifier' && kind !== 'time';
}
