import { VerificationFault, type VerificationProblem } from '../api/verification-result';

const TEXTS: { readonly [fault in VerificationFault]: string } = {
  [VerificationFault.MISSING_TABLE]: 'the run lacks the table',
  [VerificationFault.MISSING_OBJECT]: 'the object is missing',
  [VerificationFault.UNNAMED_OBJECT]: 'the manifest does not name this object, which lies among those of the run',
  [VerificationFault.SIZE]: 'the object has another size',
  [VerificationFault.CHECKSUM]: 'the object has another checksum',
  [VerificationFault.UNREADABLE]: 'the object cannot be read as it was written',
  [VerificationFault.ROWS]: 'the object has another number of rows',
  [VerificationFault.CONTENT]: 'the rows of the object are others: content hash',
  [VerificationFault.COLUMN]: 'the values of the column are others',
  [VerificationFault.MANIFEST]: 'the manifest contradicts itself',
  [VerificationFault.SOURCE_ROWS]: 'the source has another number of rows now',
  [VerificationFault.SOURCE_CONTENT]: 'the rows of the source are others now',
};

/** The difference in one line: where, what, and both values. */
export function withMessage(problem: Omit<VerificationProblem, 'message'>): VerificationProblem {
  const { fault, table, chunk, objectKey, column, expected, found } = problem;
  const place = [table, chunk !== undefined && `chunk ${chunk}`, column !== undefined && `column "${column}"`, objectKey].filter(Boolean).join(', ');
  const values = [expected !== undefined && `expected ${expected}`, found !== undefined && `found ${found}`].filter(Boolean).join(', ');
  return { ...problem, message: `${place ? `${place}: ` : ''}${TEXTS[fault]}${fault === VerificationFault.SOURCE_CONTENT && column === undefined ? ': content hash' : ''}${values ? `: ${values}` : ''}` };
}
