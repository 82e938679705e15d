import { lengthPrefix } from './canonical-value';
import { readTally, tallyTypeOf, type TallyType } from './column-tally';
import { addHashes } from './content-hash';
import { loadKernel, STAGE, STAGE_BYTES, TALLY_BYTES, type KernelColumns } from './load-kernel';
import type { ManifestColumn, ManifestTally, ValueFraming } from '../../../contract';
import { INTEGER_BYTES, parseSourceType } from '../columns/source-type';

/** The kernel's numbers of the lengths that values have when they are hashed. */
const FRAMINGS: { readonly [framing in ValueFraming]: number } = { fixed: 0, byteLength: 1, shortLength: 2, longLength: 7, textPointer: 7, plp: 8 };
/** Bytes of these lengths. */
const LENGTH_BYTES: { readonly [framing: number]: number } = { 0: 0, 1: 1, 2: 2, 7: 4, 8: 8 };
/** Bytes of the values of the types that have a length of their own (MS-TDS 2.2.5.4.1), whole numbers apart. */
const FIXED_BYTES: { readonly [base: string]: number } = { bit: 1, smallmoney: 4, money: 8, real: 4, float: 8, smalldatetime: 4, datetime: 8 };

/** Most bytes of the rows that {@link CanonicalHasher.rows} takes at a time. */
export const CANONICAL_ROWS_BYTES = STAGE_BYTES;

/** Hashes and tallies rows that are given by the bytes that are hashed; see `RowHasher` for what those are. */
export class CanonicalHasher {
  private readonly kernel = loadKernel();
  private readonly types: readonly TallyType[];
  private readonly described: KernelColumns;
  private sum = 0n;

  /** @param columns those of the source, without companions */
  public constructor(private readonly columns: ReadonlyArray<Pick<ManifestColumn, 'name' | 'sourceType' | 'framing'>>) {
    this.types = columns.map(({ sourceType }) => tallyTypeOf(sourceType));
    this.described = {
      framings: Uint32Array.from(columns, describe),
      kinds: Uint8Array.from(this.types, ({ value }) => value),
      tallies: new Uint8Array(columns.length * TALLY_BYTES),
    };
  }

  /** Adds a row by its values, undefined for NULL. */
  public add(values: ReadonlyArray<Uint8Array | undefined>): void {
    const { kernel } = this;
    kernel.use(this.described);
    const bitmap = new Uint8Array((values.length + 7) >> 3);
    const pieces: Uint8Array[] = [bitmap];
    values.forEach((value, i) => {
      if (value === undefined) {
        bitmap[i >> 3] |= 1 << (i & 7);
        kernel.tallyNull(i);
        return;
      }
      const prefix = lengthPrefix(this.columns[i].framing!, value.length);
      pieces.push(prefix, value);
      if (this.types[i].kind === undefined) kernel.tallyBytes(i, [value]);
      else kernel.tallyNumber(i, [prefix, value]);
    });
    kernel.message(pieces);
    this.sum = addHashes(this.sum, kernel.takeSum());
  }

  /**
   * Adds rows that are put together: NBCROWs (MS-TDS 2.2.7.13), one behind the other, of values with the lengths that are
   * hashed.
   *
   * @param bytes {@link CANONICAL_ROWS_BYTES} at most
   */
  public rows(bytes: Uint8Array): void {
    const { kernel } = this;
    kernel.use(this.described);
    kernel.memory.set(bytes, STAGE);
    if (kernel.rows(0, bytes.length) !== bytes.length) throw new Error('rows that are not put together as their columns say');
    this.sum = addHashes(this.sum, kernel.takeSum());
  }

  /** Adds such rows of any size. */
  public largeRows(bytes: Uint8Array): void {
    const { framings } = this.described;
    for (let start = 0; start < bytes.length;) {
      const bitmap = start + 1;
      let p = bitmap + ((framings.length + 7) >> 3);
      this.add(Array.from(framings, (framing, i) => {
        if ((bytes[bitmap + (i >> 3)] & 1 << (i & 7)) !== 0) return undefined;
        const prefix = LENGTH_BYTES[framing & 0xf];
        let size = framing >> 8;
        for (let at = prefix - 1; at >= 0; at--) size = size * 0x100 + bytes[p + at];
        const value = p + prefix;
        p = value + size;
        return bytes.subarray(value, p);
      }));
      start = p;
    }
  }

  /** The hash of the rows added since the last call. */
  public take(): bigint {
    const { sum } = this;
    this.sum = 0n;
    return sum;
  }

  /** What was tallied of each column's values. */
  public tallies(): ManifestTally[] {
    this.kernel.save();
    return this.columns.map(({ name }, i) => readTally(name, this.types[i], this.described.tallies, i));
  }
}

function describe({ sourceType, framing }: Pick<ManifestColumn, 'sourceType' | 'framing'>): number {
  const { base } = parseSourceType(sourceType);
  return framing === 'fixed' ? (INTEGER_BYTES[base] ?? FIXED_BYTES[base]) << 8 : FRAMINGS[framing!];
}
