import { partProblem } from '../../../src/handlers/complete/complete-part';

const key = 'lake/database=L/schema=dbo/table=A/run=r/part-00000-0000.csv';
const object = { key, part: '0-0', rows: 2, sizeBytes: 9, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'abc=' } } as const;

test('a part is compared by presence, size and checksum', () => {
  const head = { sizeBytes: 9, checksums: { SHA256: 'abc=' }, metadata: {} };
  expect(partProblem(object, head)).toBeUndefined();
  expect(partProblem(object, undefined)).toBe(`'${key}' is missing`);
  expect(partProblem(object, { ...head, sizeBytes: 8 })).toBe(`'${key}' has 8 bytes, the manifest says 9`);
  expect(partProblem(object, { ...head, checksums: { SHA256: 'abd=' } })).toBe(`'${key}' has SHA256 abd=, the manifest says abc=`);
  expect(partProblem(object, { ...head, checksums: { CRC64NVME: 'abc=' } })).toMatch(/has no SHA256 checksum/);
});
