import type { ManifestTable, ManifestTally } from '../../contract';
import { VerificationFault, type VerificationProblem } from '../api/verification-result';
import { mergeTallies } from '../rows/hash/column-tally';

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
