import { lengthPrefix } from './canonical-value';
import { readTally, tallyTypeOf, type TallyType } from './column-tally';
import { addHashes } from './content-hash';
import { loadKernel, TALLY_BYTES, type KernelColumns } from './load-kernel';
import type { ManifestColumn, ManifestTally } from '../../contract';

/** The kernel's number of a length in one byte before the value. */
const BYTE_LENGTH = 1;

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
      framings: new Uint32Array(columns.length).fill(BYTE_LENGTH),
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
      pieces.push(lengthPrefix(this.columns[i].framing!, value.length), value);
      if (this.types[i].kind === undefined) kernel.tallyBytes(i, [value]);
      else kernel.tallyNumber(i, [lengthPrefix('byteLength', value.length), value]);
    });
    kernel.message(pieces);
    this.sum = addHashes(this.sum, kernel.takeSum());
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
