import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { newTable, writeMetadata } from '../../../../src/iceberg/spec/table-metadata';
import { landedCli } from '../../../support/runs/landed-cli';
import { runCli } from '../../spawn-cli';

const landed = landedCli();
const NAMES = ['legacyledger_dbo_accounts', 'legacyledger_dbo_pendingtransfers'];
const TABLES = 'dbo.Accounts,dbo.PendingTransfers';

test('a complete run is a snapshot of each table, and says how to read one', async () => {
  const told = await landed.ok(landed.extractArgs(TABLES, '--landed-tables', 'iceberg'));
  const [, runId] = /^run (\S+):/.exec(told)!;
  const tables = await landed.tables();
  expect(tables.map(({ name, dataset, generation, run, rows, snapshots }) => ({ name, dataset, generation, run, rows, snapshots }))).toEqual([
    { name: NAMES[0], dataset: 'LegacyLedger/dbo/Accounts', generation: 1, run: runId, rows: 40, snapshots: 1 },
    { name: NAMES[1], dataset: 'LegacyLedger/dbo/PendingTransfers', generation: 1, run: runId, rows: 0, snapshots: 1 },
  ]);
  for (const { name, snapshotId, metadataLocation } of tables) {
    expect(told).toMatch(new RegExp(`^${name} +\\d+ +${snapshotId}  ${metadataLocation}$`, 'm'));
  }
  // The line that it gives is one that runs.
  const [, sql] = /cdk-legacy-to-s3 query --to \S+ "(.*)"$/m.exec(told)!;
  expect(await landed.query(sql)).toHaveLength(10);
  expect(told).toContain(`iceberg_scan('${join(landed.folder, '_tables')}/${NAMES[0]}-`);
});

test('what the tables have equals what another reader finds in the landed files', async () => {
  await landed.land('dbo.AllTypes,dbo.Transactions');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    for (const table of ['AllTypes', 'Transactions']) {
      const files = join(landed.folder, `database=LegacyLedger/schema=dbo/table=${table}/run=*/*.parquet`);
      const read = await connection.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM read_parquet('${files}', hive_partitioning = false) ORDER BY ALL`);
      const names = read.columnNames().map((name) => name.toLowerCase());
      const wanted = read.getRowsJson().map((row) => Object.fromEntries(row.map((value, at) => [names[at], value])));
      expect(wanted.length).toBeGreaterThan(9);
      expect(await landed.query(`SELECT COLUMNS(*)::VARCHAR FROM legacyledger_dbo_${table.toLowerCase()} ORDER BY ALL`)).toEqual(wanted);
    }
  } finally {
    connection.closeSync();
  }
});

test('a second run replaces the rows, the first is read by its id', async () => {
  await landed.sql('DELETE FROM dbo.PendingTransfers');
  const first = await landed.land(TABLES);
  await landed.sql("INSERT INTO dbo.PendingTransfers (TransferId, Amount, Reason) VALUES (1, 12.5, 'late')");
  try {
    const second = await landed.land(TABLES);
    expect((await landed.tables()).map(({ run, snapshots }) => [run, snapshots])).toEqual([[second, 2], [second, 2]]);
    const count = 'SELECT count(*) n FROM legacyledger_dbo_pendingtransfers';
    expect([await landed.query(count), await landed.query(count, ['--run', first])]).toEqual([[{ n: 1 }], [{ n: 0 }]]);
  } finally {
    await landed.sql('DELETE FROM dbo.PendingTransfers');
  }
});

test('--json tells each table before the result, --quiet nothing, and without the option nothing is made', async () => {
  const lines = (await landed.ok(landed.extractArgs(TABLES, '--landed-tables', 'iceberg', '--json'))).trim().split('\n').map((line) => JSON.parse(line));
  expect(lines.slice(-3).map(({ type, name, state }) => [type, name, state])).toEqual([
    ['table-committed', NAMES[0], 'COMMITTED'], ['table-committed', NAMES[1], 'COMMITTED'], ['run-finished', undefined, undefined],
  ]);
  expect(await landed.ok(landed.extractArgs(TABLES, '--landed-tables', 'iceberg', '--quiet'))).toBe('');
  const other = join(landed.folder, 'other');
  await landed.ok(landed.extractArgs(TABLES), other);
  expect(readdirSync(other)).not.toContain('_tables');
  expect(await landed.ok(['tables', '--landed'], other)).toBe('no run has become snapshots of landed tables there\n');
});

test('the config file may ask for it', async () => {
  const file = join(landed.folder, 'landing.yaml');
  writeFileSync(file, 'landedTables: iceberg\n');
  await landed.ok(landed.extractArgs(TABLES, '--config', file));
  expect(await landed.tables()).toHaveLength(2);
});

test('a table that cannot be committed leaves the others committed, and the exit code tells', async () => {
  // Somebody else's table of that name.
  const location = `${pathToFileURL(landed.folder).href}/_tables/theirs`;
  mkdirSync(join(landed.folder, '_tables', 'theirs', 'metadata'), { recursive: true });
  mkdirSync(join(landed.folder, '_tables', '_names'));
  writeFileSync(join(landed.folder, '_tables', 'theirs', 'metadata', 'v1.metadata.json'), writeMetadata(newTable('7d2f0a52-31b5-4b6f-a0aa-6a8ee6b4b3a1', location, 1)));
  writeFileSync(join(landed.folder, '_tables', '_names', `${NAMES[0]}.1.json`), JSON.stringify({ location }));
  const { code, stdout, stderr } = await landed.cli(landed.extractArgs(TABLES, '--landed-tables', 'iceberg'));
  expect(code).toBe(6);
  expect(stdout).toContain(`\n${NAMES[1]} `);
  expect(stderr).toMatch(/error TABLES_NOT_COMMITTED: run \S+ is landed, but 1 table of 2 could not be committed: legacyledger_dbo_accounts: NAME_TAKEN: .*tables commit \S+ --to/);
  expect((await landed.tables()).map(({ name }) => name)).toEqual([NAMES[1]]);
  // Repeated by itself, it is as it was.
  const [, runId] = /^run (\S+):/.exec(stdout)!;
  const again = await landed.cli(['tables', 'commit', runId]);
  expect([again.code, again.stderr]).toEqual([6, expect.stringContaining('NAME_TAKEN')]);
  expect((await landed.tables()).map(({ snapshots }) => snapshots)).toEqual([1]);
});

test.each([
  ['CSV', ['--format', 'csv'], /--landed-tables iceberg needs --format parquet, got csv/],
  ['JSON Lines', ['--format', 'jsonl'], /needs --format parquet, got jsonl/],
  ['an unknown kind', ['--landed-tables', 'hive'], /'--landed-tables <kind>' argument 'hive' is invalid. expected one of iceberg, none/],
])('%s is refused before anything is read', async (_, more, message) => {
  const { code, stderr } = await landed.cli(landed.extractArgs(TABLES, '--landed-tables', 'iceberg', ...more));
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(readdirSync(landed.folder)).toEqual([]);
});

test('a bucket is refused: there the pipeline does it', async () => {
  const { code, stderr } = await runCli([...landed.extractArgs(TABLES, '--landed-tables', 'iceberg'), '--to', 's3://bucket/landing']);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/is for folders, not for s3:\/\/bucket\/landing: .*run completion of the pipeline/)]);
});
