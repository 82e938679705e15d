import { canonicalValue, isRewritten } from './canonical-value';
import { readTally, tallyTypeOf, type TallyType } from './column-tally';
import { addHashes } from './content-hash';
import { loadKernel, STAGE, STAGE_BYTES, TALLY_BYTES, type KernelColumns, type RowKernel } from './load-kernel';
import { openRow } from './wire-row';
import type { ManifestTally } from '../../contract';
import type { ColumnType } from '../columns/column-type';
import type { Framing } from '../columns/framing';
import { RowScanner } from '../columns/row-scanner';

const KINDS: { readonly [kind in Framing['kind']]: number } = {
  fixed: 0, byteLength: 1, shortLength: 2, longLength: 15, textPointer: 3, plp: 4,
};
const EXACT_LENGTH = 5;
const CALLER = 15;

/**
 * The content hash of a result's rows: the sum modulo 2^128 of a hash of each row, so that it depends on what rows there
 * are and how often, not on their order. A row's hash is XXH64 with seed 0 (low half) and seed 1 of the row's bytes in the
 * form of an NBCROW (MS-TDS 2.2.7.13) without its token: a bitmap of NULLs, and the values that are not NULL. Values are as
 * they came on the wire with their length, except that
 *
 * - (max) and CLR values are their length (8 bytes) and their bytes, not pieces; xml is without a byte order mark;
 * - text, ntext and image have no pointer;
 * - text of double-byte code pages is in UTF-8, because some of their characters have several spellings;
 * - decimals have the length of their column;
 * - sql_variant is its text in UTF-8, behind its length (4 bytes).
 */
export class RowHasher {
  private sum = 0n;
  private readonly kernel: RowKernel;
  private readonly types: readonly TallyType[];
  private readonly described: KernelColumns;
  private readonly bitmapBytes: number;
  private readonly scanner: RowScanner;

  public constructor(private readonly columns: readonly ColumnType[]) {
    this.kernel = loadKernel();
    this.types = columns.map(({ sourceType }) => tallyTypeOf(sourceType));
    this.described = {
      framings: Uint32Array.from(columns, describe),
      kinds: Uint8Array.from(this.types, ({ value }) => value),
      tallies: new Uint8Array(columns.length * TALLY_BYTES),
    };
    this.bitmapBytes = (columns.length + 7) >> 3;
    this.scanner = new RowScanner(columns.map(({ framing }) => framing));
  }

  /** The hash of the rows added since the last call. */
  public take(): bigint {
    const { sum } = this;
    this.sum = 0n;
    return sum;
  }

  /** What was tallied of each column's values so far. */
  public tallies(): ManifestTally[] {
    this.kernel.save();
    return this.columns.map(({ name }, i) => readTally(name, this.types[i], this.described.tallies, i));
  }

  /** Adds whole rows that lie one behind the other, tokens included, as the server sent them. */
  public rows(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const { kernel } = this;
    kernel.use(this.described);
    while (start < end) {
      const size = Math.min(end - start, STAGE_BYTES);
      kernel.memory.set(bytes.subarray(start, start + size), STAGE);
      const done = kernel.rows(size);
      // What the kernel leaves is a row it cannot do, or, at the end of its memory, one that is cut off there.
      start += done > 0 ? done : this.oneRow(bytes, view, start, end);
    }
    this.sum = addHashes(this.sum, kernel.takeSum());
  }

  /** A row that is long, or has values that are rewritten. @returns its size on the wire */
  private oneRow(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const { end: rowEnd, values: wire } = openRow(this.columns, this.scanner, bytes, view, start, end);
    const bitmap = new Uint8Array(this.bitmapBytes);
    const values = wire.map((pieces, i) => pieces && canonicalValue(this.columns[i], pieces));
    values.forEach((value, i) => { if (!value) bitmap[i >> 3] |= 1 << (i & 7); });
    this.kernel.message([bitmap, ...values.flatMap((value) => value ?? [])]);
    this.columns.forEach((_, i) => this.tally(i, values[i]));
    return rowEnd - start;
  }

  private tally(column: number, value: readonly Uint8Array[] | undefined): void {
    if (!value) this.kernel.tallyNull(column);
    else if (this.types[column].kind === undefined) this.kernel.tallyBytes(column, value.slice(1));
    else this.kernel.tallyNumber(column, value);
  }
}

function describe(column: ColumnType): number {
  const { framing } = column;
  if (isRewritten(column) || column.kind === 'null') return CALLER | KINDS[framing.kind] << 4;
  if (column.kind === 'decimal' && framing.kind === 'byteLength') return EXACT_LENGTH | framing.max << 8;
  return KINDS[framing.kind] | (framing.kind === 'fixed' ? framing.size << 8 : 0);
}
