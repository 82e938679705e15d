import { addHashes } from './content-hash';
import { loadKernel } from './load-kernel';

/** Hashes rows that are given by the bytes that are hashed; see `RowHasher` for what those are. */
export class CanonicalHasher {
  private readonly kernel = loadKernel();
  private sum = 0n;

  /** Adds a row: its bitmap of NULLs, and its values that are not NULL, each behind its length. */
  public add(bitmap: Uint8Array, values: readonly Uint8Array[]): void {
    this.kernel.message([bitmap, ...values]);
    this.sum = addHashes(this.sum, this.kernel.takeSum());
  }

  /** The hash of the rows added since the last call. */
  public take(): bigint {
    const { sum } = this;
    this.sum = 0n;
    return sum;
  }
}
