import type { ManifestTable } from '../../contract';

/** Why the content hashes of a table cannot be taken again from its objects. */
export function notComparable({ alterations = [], objects }: ManifestTable): string | undefined {
  if (alterations.length > 0) {
    return `values were altered on the way as an option allows (${alterations.map(({ column }) => `"${column}"`).join(', ')}), so that only sizes, checksums and rows are compared`;
  }
  if (objects.some(({ contentHash }) => contentHash === undefined)) return 'the run took no content hashes, so that only sizes, checksums and rows are compared';
  return undefined;
}
