const MIB = 1024 * 1024;

/** S3's "multipart upload limits": parts an upload may have. */
export const MAX_PARTS = 10_000;

/** S3's "multipart upload limits": largest object that this growth is made for (bytes). */
export const MAX_OBJECT_BYTES = 5 * 1024 * 1024 * MIB;

/** Size of the first parts (bytes). */
export const FIRST_PART_BYTES = 8 * MIB;

/** Size at which growth ends (bytes): 500 parts of each doubling and 6,500 of this hold 5 TiB. */
const LAST_PART_BYTES = 832 * MIB;

/** Parts of one size before it doubles. */
const PARTS_PER_SIZE = 500;

/**
 * Size of the `index`-th part, from 0 (bytes). It grows with the object, whose size nobody knows beforehand, so that
 * 10,000 parts hold the largest object and small ones need little memory.
 */
export function partBytes(index: number): number {
  const doublings = Math.floor(index / PARTS_PER_SIZE);
  return Math.min(FIRST_PART_BYTES * 2 ** doublings, LAST_PART_BYTES);
}
