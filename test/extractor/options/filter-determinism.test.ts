import { varyingPart } from '../../../src/extractor/options/filter-determinism';

test.each([
  ['Created < GETDATE()', 'GETDATE'], ['Created < sysdatetime ( )', 'sysdatetime'], ['CURRENT_TIMESTAMP > d', 'CURRENT_TIMESTAMP'],
  ['NEWID() <> Id', 'NEWID'], ['Id > @@DBTS', '@@DBTS'], ['d < {fn NOW()}', '{fn NOW'], ['RAND() < 0.5', 'RAND'],
])('%s does not repeat', (filter, part) => {
  expect(varyingPart(filter)).toBe(part);
});

test.each([
  undefined, 'Id > 1', 'Name = \'GETDATE()\'', '[GETDATE()] = 1', '"CURRENT_TIMESTAMP" = 1', 'Id = 1 -- GETDATE()', 'Id = 1 /* NEWID() */', 'Brand > 2',
  'NewId = 3', 'dbo.IsOpen(Id) = 1', 'Name = N\'it\'\'s GETDATE()\'',
])('%s repeats', (filter) => {
  expect(varyingPart(filter)).toBeUndefined();
});
