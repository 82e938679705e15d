import { createHash } from 'node:crypto';

/** Rows fall into so many buckets by their keys, on both sides into the same: content is compared bucket by bucket, whatever the order of rows. */
export const BUCKETS = 65_536;

/** FNV-1a of the key's text: which bucket a row falls into. */
export function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash ^ hash >>> 16) & (BUCKETS - 1);
}

/** Number and content of the rows of each bucket: sums of SHA-256 of all values, so that twice the same row counts twice. */
export class RowBuckets {
  public rows = 0;
  public readonly counts = new Float64Array(BUCKETS);
  private readonly first = new BigUint64Array(BUCKETS);
  private readonly second = new BigUint64Array(BUCKETS);

  /** @param row all that is compared of it, injectively as a text */
  public add(key: string, row: string): void {
    const bucket = bucketOf(key);
    const digest = createHash('sha256').update(row).digest();
    this.rows += 1;
    this.counts[bucket] += 1;
    this.first[bucket] += digest.readBigUInt64LE(0);
    this.second[bucket] += digest.readBigUInt64LE(8);
  }

  /** Buckets whose rows are not the same. */
  public differing(other: RowBuckets): number[] {
    const found: number[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const isEqual = this.counts[bucket] === other.counts[bucket] && this.first[bucket] === other.first[bucket] && this.second[bucket] === other.second[bucket];
      if (!isEqual) found.push(bucket);
    }
    return found;
  }
}
