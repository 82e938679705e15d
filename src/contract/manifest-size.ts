/** Largest manifest, or page of one, that is read (bytes). */
export const MAX_MANIFEST_PAGE_BYTES = 64 * 1024 * 1024;

/** What run completion keeps of a manifest, page by page, must fit into a function of 1024 MB beside what it works with (bytes). */
export const MAX_KEPT_BYTES = 448 * 1024 * 1024;

/** Measured with names of 30 characters and keys of 150 (bench/manifest-size). */
const KEPT_COLUMN_BYTES = 160;
const KEPT_OBJECT_BYTES = 800;
const KEPT_TALLY_BYTES = 200;

/** Bytes that run completion keeps for so many columns and objects, about, and for the tallies of columns where it proves tables by them. */
export function keptBytes({ columns, objects, tallies = 0 }: { readonly columns: number; readonly objects: number; readonly tallies?: number }): number {
  return KEPT_COLUMN_BYTES * columns + KEPT_OBJECT_BYTES * objects + KEPT_TALLY_BYTES * tallies;
}
