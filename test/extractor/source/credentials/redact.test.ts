import { LegacyToS3Error } from '../../../../src/extractor/api/errors';
import { redact, toSafeError } from '../../../../src/extractor/source/credentials/redact';

describe('secrets', () => {
  test('are taken out of texts and messages', () => {
    expect(redact('pass hunter2, hunter2', ['hunter2'])).toBe('pass ***, ***');
    expect(toSafeError(new LegacyToS3Error('LOGIN_FAILED', 'with hunter2'), ['hunter2'])).toMatchObject({ code: 'LOGIN_FAILED', message: 'with ***' });
    expect(toSafeError(new Error('hunter2'), ['hunter2'])).toMatchObject({ code: 'INTERNAL', message: 'unexpected: ***' });
  });

  test('of one to three characters are left, since they would blank out words', () => {
    expect(redact('a cat', ['a'])).toBe('a cat');
  });
});
