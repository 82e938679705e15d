import { alterationsWarning, sumAlterations } from '../../../../src/extractor/run/tables/alterations';

const NAME = { schema: 'dbo', table: 'T]1' };

test('chunks are added up by column, those of older versions without sequences too', () => {
  expect(sumAlterations([
    { column: 'a', replacedSurrogates: 1, truncatedTimes: 0 },
    { column: 'b', replacedSurrogates: 0, replacedSequences: 2, truncatedTimes: 0 },
    { column: 'a', replacedSurrogates: 1, replacedSequences: 3, truncatedTimes: 4 },
  ])).toEqual([
    { column: 'a', replacedSurrogates: 2, replacedSequences: 3, truncatedTimes: 4 },
    { column: 'b', replacedSurrogates: 0, replacedSequences: 2, truncatedTimes: 0 },
  ]);
});

test('the warning says what, how often and how', () => {
  expect(alterationsWarning(NAME, [
    { column: 'a', replacedSurrogates: 1, replacedSequences: 0, truncatedTimes: 2000 },
    { column: 'b', replacedSurrogates: 2, replacedSequences: 1, truncatedTimes: 1 },
  ])).toBe('[dbo].[T]]1]: 2 columns landed otherwise than the source has it, as options allow: '
    + '"a" (1 half of a surrogate pair as U+FFFD, 2,000 times without the seventh digit); '
    + '"b" (2 halves of surrogate pairs as U+FFFD, 1 sequence of bytes that is no text as U+FFFD, 1 time without the seventh digit); '
    + 'verify compares sizes, checksums and rows of this table, not its values');
});
