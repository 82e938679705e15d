import fc from 'fast-check';
import { LOG_KEYWORDS } from '../../../src/contract';
import { quietFields, quietText } from '../../../src/handlers/shared/telemetry';

const parts = fc.array(fc.oneof(fc.string(), fc.constantFrom('Error', 'Failure', 'Err', 'or', 'Fail', 'ure', '%', '%45', '%46', 'E', 'F')), { maxLength: 12 });

test('no keyword is left, not in JSON either, and decoding gives the text back', () => {
  fc.assert(fc.property(parts, (pieces) => {
    const text = pieces.join('');
    const quiet = quietText(text);
    for (const keyword of Object.values(LOG_KEYWORDS)) expect(JSON.stringify({ key: quiet })).not.toContain(keyword);
    expect(decodeURIComponent(quiet)).toBe(text);
  }), { numRuns: 500 });
});

test('ordinary names stay readable', () => {
  expect(quietText('in/accounts 2024+ü.csv')).toBe('in/accounts 2024+ü.csv');
  expect(quietText('Error-2024 100%.csv')).toBe('%45rror-2024 100%25.csv');
});

test('only the strings of a record change', () => {
  expect(quietFields({ key: 'Failure', size: 3, none: undefined })).toEqual({ key: '%46ailure', size: 3, none: undefined });
});
