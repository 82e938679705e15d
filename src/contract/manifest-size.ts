/** Largest manifest, or page of one, that is read (bytes). */
export const MAX_MANIFEST_PAGE_BYTES = 64 * 1024 * 1024;

/** What run completion keeps of a manifest, page by page, must fit into a function of 1024 MB beside what it works with (bytes). */
export const MAX_KEPT_BYTES = 448 * 1024 * 1024;

/** Measured with names of 30 characters and keys of 150 (bench/manifest-size). */
const KEPT_COLUMN_BYTES = 160;
const KEPT_OBJECT_BYTES = 800;
const KEPT_TALLY_BYTES = 160;

/** What run completion keeps of a manifest, by number. */
export interface KeptParts {
  readonly columns: number;
  readonly objects: number;
  /** Of columns, where tables are proved by them. @default 0 */
  readonly tallies?: number;
}

/** Bytes that run completion keeps for so many parts, about. */
export function keptBytes({ columns, objects, tallies = 0 }: KeptParts): number {
  return KEPT_COLUMN_BYTES * columns + KEPT_OBJECT_BYTES * objects + KEPT_TALLY_BYTES * tallies;
}
