import { canonicalValue, decimalLength, isRewritten } from './canonical-value';
import { readTally, tallyTypeOf, type TallyType } from './column-tally';
import { addHashes } from './content-hash';
import { loadKernel, STAGE, STAGE_BYTES, TALLY_BYTES, type KernelColumns, type RowKernel } from './load-kernel';
import { openRow, openValue } from './wire-row';
import type { ManifestTally } from '../../../contract';
import type { ColumnType } from '../columns/column-type';
import { OffKernelRows } from '../columns/off-kernel';
import type { Framing } from '../tds/framing';
import { RowScanner } from '../tds/row-scanner';

const KINDS: { readonly [kind in Framing['kind']]: number } = {
  fixed: 0, byteLength: 1, shortLength: 2, longLength: 15, textPointer: 3, plp: 4,
};
const DECIMAL = 5;
const XML = 6;
const CALLER = 15;

/** What is hashed of a value that the kernel asked for. */
interface GivenValue {
  readonly column: number;
  readonly value: readonly Uint8Array[];
}

/**
 * The content hash of a result's rows: the sum modulo 2^128 of a hash of each row, so that it depends on what rows there
 * are and how often, not on their order. A row's hash is XXH64 with seed 0 (low half) and seed 1 of the row's bytes in the
 * form of an NBCROW (MS-TDS 2.2.7.13) without its token: a bitmap of NULLs, and the values that are not NULL. Values are as
 * they came on the wire with their length, except that
 *
 * - (max) and CLR values are their length (8 bytes) and their bytes, not pieces; xml is without a byte order mark;
 * - text, ntext and image have no pointer;
 * - text of double-byte code pages is in UTF-8, because some of their characters have several spellings;
 * - decimals have the length of their precision (5, 9, 13 or 17), whatever the server announced or sent, and zero has no sign;
 * - sql_variant is its text in UTF-8, behind its length (4 bytes).
 */
export class RowHasher {
  private sum = 0n;
  private readonly kernel: RowKernel;
  private readonly types: readonly TallyType[];
  private readonly described: KernelColumns;
  private readonly bitmapBytes: number;
  private readonly scanner: RowScanner;
  /** Rows that the kernel did not do alone. */
  public readonly offKernel: OffKernelRows;

  public constructor(private readonly columns: readonly ColumnType[]) {
    this.kernel = loadKernel();
    this.types = columns.map(({ sourceType }) => tallyTypeOf(sourceType));
    this.described = {
      framings: Uint32Array.from(columns, describe),
      kinds: Uint8Array.from(this.types, ({ value }) => value),
      tallies: new Uint8Array(columns.length * TALLY_BYTES),
    };
    this.bitmapBytes = (columns.length + 7) >> 3;
    this.offKernel = new OffKernelRows(columns);
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

  /**
   * Adds whole rows that lie one behind the other, tokens included, as the server sent them.
   *
   * @throws ValueError for a value that its type does not have
   */
  public rows(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const { kernel } = this;
    kernel.use(this.described);
    while (start < end) {
      const size = Math.min(end - start, STAGE_BYTES);
      kernel.memory.set(bytes.subarray(start, start + size), STAGE);
      start += this.staged(bytes, view, start, size, end);
    }
    this.sum = addHashes(this.sum, kernel.takeSum());
  }

  /** Adds the rows of which `size` bytes lie at STAGE. @returns bytes of the rows that were added, one at least */
  private staged(bytes: Uint8Array, view: DataView, start: number, size: number, end: number): number {
    const { kernel } = this;
    for (let at = 0, given: GivenValue[] = []; ;) {
      const next = kernel.rows(at, size);
      if (given.length > 0 && next > at) {
        for (const { column, value } of given) this.tally(column, value);
        this.offKernel.add(given[0].column);
        given = [];
      }
      at = next;
      if (at === size) return size;
      const { asked } = kernel;
      if (asked) {
        const column = this.columns[asked.column];
        const { pieces } = openValue(column.framing, bytes, view, start + asked.at);
        given.push({ column: asked.column, value: canonicalValue(column, pieces!) });
        if (kernel.give(given.map(({ value }) => value))) continue;
      }
      kernel.give([]);
      given = [];
      const rowEnd = this.scanner.scan(view, start + at, end);
      // A row that is cut off where the stage ends is next; one that is longer than the stage, or has a wrong value, is added by itself.
      if (rowEnd > start + size && at > 0) return at;
      this.oneRow(bytes, view, start + at, end);
      this.offKernel.add(asked?.column);
      at = rowEnd - start;
      if (at >= size) return at;
    }
  }

  /** A row that is long. */
  private oneRow(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const { values: wire } = openRow(this.columns, this.scanner, bytes, view, start, end);
    const bitmap = new Uint8Array(this.bitmapBytes);
    const values = wire.map((pieces, i) => pieces && canonicalValue(this.columns[i], pieces));
    values.forEach((value, i) => { if (!value) bitmap[i >> 3] |= 1 << (i & 7); });
    this.kernel.begin();
    this.kernel.update([bitmap]);
    values.forEach((value, i) => {
      if (value && this.types[i].kind === undefined) {
        this.kernel.update([value[0]]);
        this.kernel.tallyBytes(i, value.slice(1), true);
        return;
      }
      if (value) this.kernel.update(value);
      this.tally(i, value);
    });
    this.kernel.finish();
  }

  private tally(column: number, value: readonly Uint8Array[] | undefined): void {
    if (!value) this.kernel.tallyNull(column);
    else if (this.types[column].kind === undefined) this.kernel.tallyBytes(column, value.slice(1));
    else this.kernel.tallyNumber(column, value);
  }
}

function describe(column: ColumnType): number {
  const { kind, framing } = column;
  if (kind === 'xml' && framing.kind === 'plp') return XML;
  if (isRewritten(column) || kind === 'null') return CALLER | KINDS[framing.kind] << 4;
  if (kind === 'decimal') return DECIMAL | decimalLength(column.precision) << 8;
  return KINDS[framing.kind] | (framing.kind === 'fixed' ? framing.size << 8 : 0);
}
