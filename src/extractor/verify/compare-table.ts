import type { ManifestTable, ManifestTally } from '../../contract';
import { VerificationFault, type VerificationProblem } from '../api/verification-result';
import { mergeTallies } from '../rows/hash/tally-sums';

/** Why the content hashes of a table cannot be taken again from its objects. */
export function notComparable({ alterations = [], objects }: ManifestTable): string | undefined {
  if (alterations.length > 0) {
    return `values were altered on the way as an option allows (${alterations.map(({ column }) => `"${column}"`).join(', ')}), so that only sizes, checksums and rows are compared`;
  }
  if (objects.some(({ contentHash }) => contentHash === undefined)) return 'the run took no content hashes, so that only sizes, checksums and rows are compared';
  return undefined;
}

const COMPARED = ['nulls', 'bytes', 'sum', 'least', 'greatest', 'digest'] as const;

/**
 * Columns whose values are others than those that were tallied when the rows came from the source.
 *
 * @param read what was tallied of each object
 */
export function columnProblems(
  { columns, tallies }: ManifestTable, read: ReadonlyArray<readonly ManifestTally[]>,
): Pick<VerificationProblem, 'fault' | 'column' | 'expected' | 'found'>[] {
  if (!tallies || read.length === 0) return [];
  return mergeTallies(columns.filter(({ framing }) => framing !== undefined), read).flatMap((found, i) => {
    const differing = COMPARED.find((field) => found[field] !== tallies[i][field]);
    if (differing === undefined) return [];
    const text = (tally: ManifestTally) => `${differing} ${tally[differing] ?? 'none'}`;
    return [{ fault: VerificationFault.COLUMN, column: found.column, expected: text(tallies[i]), found: text(found) }];
  });
}
