import { majorVersion } from '../../../../src/extractor/source/catalog/read-catalog';

test.each([
  ['16.0.4181.5', 3, 16],
  ['11.0.7001.0', 2, 11],
  // Azure SQL Database and Managed Instance say 12 whatever they have; so does SQL Server 2014.
  ['12.0.2000.8', 5, 16],
  ['12.0.2000.8', 8, 16],
  ['12.0.2000.8', 3, 12],
  ['unknown', 3, 0],
])('version %s of edition %d is asked for what version %d has', (productVersion, edition, major) => {
  expect(majorVersion({ productVersion, edition, snapshotAllowed: true })).toBe(major);
});
