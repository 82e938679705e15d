import { readFileSync } from 'node:fs';
import { EXTRACTOR_TYPES_FILE, extractorTypes } from '../../support/packages/exported-types';

test('the extractor\'s door exports the types it did, member by member', () => {
  expect(extractorTypes()).toBe(readFileSync(EXTRACTOR_TYPES_FILE, 'utf8'));
});
