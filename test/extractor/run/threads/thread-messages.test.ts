import { LegacyToS3Error } from '../../../../src/extractor/api/errors';
import { fromPlainError, toPlainError } from '../../../../src/extractor/run/threads/reader-messages';

const copied = (error: unknown) => fromPlainError(structuredClone(toPlainError(error)));

test('an error of ours keeps class, code, message and causes', () => {
  const error = new LegacyToS3Error('INVALID_VALUE', 'row 7', { cause: new RangeError('out of bounds') });
  const copy = copied(error);
  expect(copy).toBeInstanceOf(LegacyToS3Error);
  expect(copy).toMatchObject({ code: 'INVALID_VALUE', message: 'row 7', stack: error.stack, cause: { name: 'RangeError', message: 'out of bounds' } });
});

test('another error keeps its name, and what is no error becomes one', () => {
  expect(copied(new TypeError('no'))).toMatchObject({ name: 'TypeError', message: 'no' });
  expect(copied('text')).toMatchObject({ name: 'Error', message: 'text' });
});
