import { openFolder } from '../../../../src/cli/tables/place';
import { forgeRows } from '../../../support/iceberg/forged-rows';
import { landedCli } from '../../../support/runs/landed-cli';

const landed = landedCli();
const NAME = 'legacyledger_dbo_followed';
const args = (command: readonly string[], ...more: readonly string[]) => {
  const [, ...source] = landed.extractArgs('dbo.Followed');
  return [...command, ...source, ...more];
};
/** Without the options of reading. */
const verifyArgs = (...more: readonly string[]) => ['verify', '--current', ...more, ...landed.extractArgs('').slice(1, 11)];

test('what tables show is compared with the source, and a repair makes it right', async () => {
  await landed.sql('ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF)');
  await landed.sql('CREATE TABLE dbo.Followed (Id int NOT NULL PRIMARY KEY, A nvarchar(9) NULL)');
  await landed.sql("ALTER TABLE dbo.Followed ENABLE CHANGE_TRACKING; INSERT INTO dbo.Followed SELECT value, 'x' FROM GENERATE_SERIES(1, 50)");
  await landed.ok(args(['sync'], '--landed-tables', 'iceberg', '--quiet'));
  const equal = await landed.cli(verifyArgs('dbo.Followed'));
  const cost = `^${NAME}: reads 1 landed file \\(50 rows, .*\\), and of the source all rows \\(about 50, .*\\) by 10 statements`;
  expect(equal).toMatchObject({ code: 0, stderr: expect.stringMatching(new RegExp(cost)) });
  expect(equal.stdout).toMatch(new RegExp(`^${NAME} equals the source: 50 rows as of \\d{20}, compared with the source at \\d{20}\n$`));
  await forgeRows(openFolder(`file://${landed.folder}`).workplace, NAME, (rows) => rows.map((row) => (row.id === 7 ? { ...row, a: 'y' } : row)));
  const different = await landed.cli(verifyArgs());
  expect(different).toMatchObject({ code: 5, stderr: expect.stringContaining(`error CONTENT_MISMATCH: ${NAME} does not equal the source`) });
  expect(different.stdout).toContain('\n  id = 7: other values in a\n');
  expect(await landed.cli(args(['repair', 'dbo.Nothing'], '--landed-tables', 'iceberg'))).toMatchObject({ stderr: expect.stringContaining('NO_TABLE_MATCHED') });
  const repaired = await landed.ok(args(['repair', 'dbo.Followed'], '--landed-tables', 'iceberg', '--foreign-rows', 'drop', '--json'));
  expect(repaired).toContain('"why":"repair"');
  expect(JSON.parse(await landed.ok(verifyArgs('--json')))).toMatchObject([{ name: NAME, state: 'EQUAL', landedRows: 50 }]);
  expect(await landed.cli(['verify'])).toMatchObject({ code: 2, stderr: expect.stringContaining('pass the run to verify, or --current') });
});

test('what may have changed in the source since is no difference that is claimed, and the command fails all the same', async () => {
  await landed.sql("DROP TABLE IF EXISTS dbo.Followed; CREATE TABLE dbo.Followed (Id int NOT NULL PRIMARY KEY, A nvarchar(9) NULL); INSERT INTO dbo.Followed VALUES (3, 'x')");
  await landed.ok(args(['sync'], '--landed-tables', 'iceberg', '--quiet'));
  await landed.sql("UPDATE dbo.Followed SET A = 'z' WHERE Id = 3");
  const undecided = await landed.cli(verifyArgs());
  expect(undecided).toMatchObject({ code: 5, stderr: expect.stringContaining(`error VERIFICATION_FAILED: ${NAME} could not be decided`) });
  expect(undecided.stdout).toMatch(/could not be decided: 1 key differ.*nothing tells what changed since the run that read it whole.*\n {2}id = 3: other values in a, or changed since\n/);
});
