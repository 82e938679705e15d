import { readFileSync } from 'node:fs';
import { READERS, READING_PAGE, readingPage, readSeen } from '../../../tools/docs/iceberg-readers';

const seen = readSeen();

test('docs/reading.md has the table of what engines showed; npx tsx tools/docs/iceberg-readers.ts writes it', () => {
  const page = readFileSync(READING_PAGE, 'utf8');
  expect(page).toContain('<!-- readers:');
  expect(readingPage(page, seen)).toBe(page);
});

test('every engine was seen with every type', () => {
  expect(seen.types.map(({ engines }) => Object.keys(engines))).toEqual(seen.types.map(() => READERS));
  expect(seen.types.map(({ iceberg }) => iceberg)).toEqual(expect.arrayContaining(
    ['boolean', 'int', 'long', 'decimal(p, s)', 'float', 'double', 'date', 'time', 'timestamp', 'timestamptz', 'string', 'uuid', 'binary']));
});
