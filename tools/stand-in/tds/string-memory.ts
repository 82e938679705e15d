import { DuckDBBlobVector, DuckDBVector } from '@duckdb/node-api';

/** Bytes of an entry in a string vector: length, then 12 inline bytes or a 4-byte prefix and a pointer. */
const ENTRY_BYTES = 16;
const INLINE_BYTES = 12;
/** Strings less than a page apart lie on neighbouring pages, so what is between them may be read. */
const MAX_GAP = 4095;
const FOUR_GIGABYTES = 4294967296;

/**
 * The bytes of a vector of strings or blobs.
 *
 * DuckDB's API makes one native call for each value longer than 12 bytes. Those of a chunk mostly lie one after the
 * other in its memory, so this asks for whole runs of them. What it hands out is valid as long as the chunk.
 */
export class StringMemory {
  /** Memory in which the value last located lies, where it starts, and its bytes. */
  source: Uint8Array = new Uint8Array(0);
  start = 0;
  length = 0;

  private entries: Uint32Array = new Uint32Array(0);
  private inline: Uint8Array = new Uint8Array(0);
  private runs: Uint8Array[] = [];
  private runStarts: number[] = [];
  private runOfRow: Int32Array = new Int32Array(0);

  bind(vector: DuckDBVector, isNull: (row: number) => boolean): void {
    const { dataView } = vector as unknown as { dataView: DataView };
    const rows = Math.floor(dataView.byteLength / ENTRY_BYTES);
    this.entries = new Uint32Array(dataView.buffer, dataView.byteOffset, rows * 4);
    this.inline = new Uint8Array(dataView.buffer, dataView.byteOffset, rows * ENTRY_BYTES);
    this.runs = [];
    this.runStarts = [];
    if (this.runOfRow.length < rows) {
      this.runOfRow = new Int32Array(rows);
    }
    let low = 0;
    let high = 0;
    for (let row = 0; row < rows; row++) {
      const length = this.entries[row * 4];
      if (length <= INLINE_BYTES || isNull(row)) {
        continue;
      }
      const from = this.pointer(row);
      const to = from + length;
      if (high === 0 || from > high + MAX_GAP || to < low - MAX_GAP || Math.max(high, to) - Math.min(low, from) >= FOUR_GIGABYTES) {
        this.closeRun(low, high);
        low = from;
        high = to;
      } else {
        low = Math.min(low, from);
        high = Math.max(high, to);
      }
      this.runOfRow[row] = this.runs.length;
    }
    this.closeRun(low, high);
  }

  /** Finds a row's value; it must not be NULL. */
  locate(row: number): void {
    this.length = this.entries[row * 4];
    if (this.length <= INLINE_BYTES) {
      this.source = this.inline;
      this.start = row * ENTRY_BYTES + 4;
      return;
    }
    const run = this.runOfRow[row];
    this.source = this.runs[run];
    this.start = this.pointer(row) - this.runStarts[run];
  }

  private pointer(row: number): number {
    return this.entries[row * 4 + 2] + this.entries[row * 4 + 3] * FOUR_GIGABYTES;
  }

  private closeRun(low: number, high: number): void {
    if (high === 0) {
      return;
    }
    const entry = new DataView(new ArrayBuffer(ENTRY_BYTES));
    entry.setUint32(0, high - low, true);
    entry.setBigUint64(8, BigInt(low), true);
    const holder = { dataView: entry, validity: { itemValid: () => true } };
    this.runs.push(DuckDBBlobVector.prototype.getItemBytes.call(holder as unknown as DuckDBBlobVector, 0)!);
    this.runStarts.push(low);
  }
}
