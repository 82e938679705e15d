import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Manifest } from '../../../src/contract';
import { extract, type ExtractionPlan, Extractor, ExtractFormat, plan, resume, verifyRun } from '../../../src/extractor/doors/public';
import { standInRuns } from '../../support/source/stand-in-runs';

const runs = standInRuns();
const PYTHON = path.join(__dirname, '../../../.venv/bin/python');

/** What Python prints as JSON. */
function python(code: string): unknown {
  return JSON.parse(execFileSync(PYTHON, ['-c', code], { cwd: runs.folder, encoding: 'utf8' }));
}

const manifestOf = (key: string) => JSON.parse(readFileSync(path.join(runs.folder, key), 'utf8')) as Manifest;
const filesBelow = () => readdirSync(runs.folder, { recursive: true, encoding: 'utf8' });

beforeAll(async () => {
  await runs.client.query('CREATE TABLE dbo.Jobs ([Database] nvarchar(20), [schema] nvarchar(20), [table] nvarchar(20), [RUN] int, landed_run int)');
  await runs.client.query('INSERT dbo.Jobs VALUES (N\'Payroll\', N\'hr\', N\'Wages\', 7, 70), (N\'Stock\', N\'it\', N\'Parts\', 8, 80)');
});

const ROWS = [['Payroll', 'hr', 'Wages', '7', '70'], ['Stock', 'it', 'Parts', '8', '80']];
const COLUMNS = '"Database", "schema", "table", "RUN", landed_run';

test.each([
  ['parquet', ExtractFormat.parquet()], ['csv', ExtractFormat.csv()], ['jsonl', ExtractFormat.jsonLines()],
])('columns called like the partitions keep name and values in %s, whoever reads them by Hive\'s layout', async (name, format) => {
  const { manifestKey, runId, warnings } = await extract({ ...runs.endpoints, tables: ['dbo.Jobs'], format });
  const [table] = manifestOf(manifestKey).tables;
  expect(table.columns.map((column) => column.name)).toEqual(['Database', 'schema', 'table', 'RUN', 'landed_run']);
  expect(table.partitionPrefix).toBe('landed_2_');
  expect(warnings).toContainEqual(expect.stringMatching(/^\[dbo\]\.\[Jobs\]: its objects land under landed_2_database=.*'Database', 'schema', 'table', 'RUN'/));
  const glob = `landed_2_database=*/*/landed_2_table=Jobs/landed_2_run=*/*.${name}`;
  const read = { parquet: 'read_parquet', csv: 'read_csv', jsonl: 'read_json' }[name];
  const duckdb = (columns: string) => python(`
import duckdb, json
print(json.dumps([list(map(str, row)) for row in duckdb.sql("""SELECT ${columns.replace(/"/g, '\\"')} FROM ${read}('${glob}', hive_partitioning = true) ORDER BY landed_run""").fetchall()]))`);
  expect(duckdb(COLUMNS)).toEqual(ROWS);
  expect(duckdb('landed_2_schema, landed_2_table, landed_2_run')).toEqual([['dbo', 'Jobs', runId], ['dbo', 'Jobs', runId]]);
  expect(python(`
import json, pyarrow.dataset
rows = pyarrow.dataset.dataset('.', format='${name === 'jsonl' ? 'json' : name}', partitioning='hive',
  exclude_invalid_files=False, ignore_prefixes=['_', 'run=']).to_table().sort_by('landed_run').to_pylist()
print(json.dumps([[str(row[name]) for name in ('Database', 'schema', 'table', 'RUN', 'landed_run', 'landed_2_run')] for row in rows]))`))
    .toEqual(ROWS.map((row) => [...row, runId]));
  expect(await verifyRun({ ...runs.endpoints }, runId)).toMatchObject({ problems: [] });
});

test('a query lands by the same rule', async () => {
  const { manifestKey, runId } = await extract({ ...runs.endpoints, query: { sql: 'SELECT 7 AS [Run], 8 AS x', name: 'adhoc.Numbers' } });
  const [table] = manifestOf(manifestKey).tables;
  expect(table.partitionPrefix).toBe('landed_');
  expect(table.objects[0].key).toMatch(/^landed_database=[^/]*\/landed_schema=adhoc\/landed_table=Numbers\/landed_run=/);
  expect(await verifyRun({ ...runs.endpoints }, runId)).toMatchObject({ problems: [] });
});

test('other tables keep their keys, and a column of the target\'s own path is warned of', async () => {
  const target = `${runs.endpoints.target}/region=eu/schema=x`;
  const { manifestKey } = await extract({ ...runs.endpoints, tables: ['dbo.Accounts'] });
  expect(manifestOf(manifestKey).tables[0].objects[0].key).toMatch(/^database=LegacyLedger\/schema=dbo\/table=Accounts\/run=/);
  expect(manifestOf(manifestKey).tables[0]).not.toHaveProperty('partitionPrefix');
  await runs.client.query('CREATE TABLE dbo.Sites (Id int, Region nvarchar(9))');
  const { warnings } = await plan({ ...runs.endpoints, target, tables: ['dbo.Sites'] });
  expect(warnings).toContainEqual(expect.stringMatching(/^\[dbo\]\.\[Sites\]: column 'Region' has the name of the partition/));
});

/** As plans were before there were prefixes. */
const withoutPrefix = <T extends { readonly tables: ReadonlyArray<{ readonly partitionPrefix?: string }> }>(planned: T): T =>
  ({ ...planned, tables: planned.tables.map(({ partitionPrefix: _, ...table }) => table) });

test('a plan of before gets prefixes where a new run is begun by it', async () => {
  const planned = withoutPrefix(await plan({ ...runs.endpoints, tables: ['dbo.Jobs'] }));
  const { manifestKey } = await extract({ ...runs.endpoints, plan: planned });
  expect(manifestOf(manifestKey).tables[0].partitionPrefix).toBe('landed_2_');
});

describe('a run that was stopped', () => {
  const props = () => ({ ...runs.endpoints, readers: 1, threads: 0, tables: ['dbo.Ran'], targetChunkRows: 10 });

  beforeAll(async () => {
    await runs.client.query('CREATE TABLE dbo.Ran (Id int PRIMARY KEY, Run int)');
    await runs.client.query('INSERT dbo.Ran SELECT value, value * 2 FROM GENERATE_SERIES(1, 40)');
  });

  /** Stops a run behind its first chunk. @returns its id, and where its checkpoint is */
  async function stopped(): Promise<{ readonly runId: string; readonly record: string }> {
    const stop = new AbortController();
    await expect(extract(props(), {
      signal: stop.signal, onEvent: (event) => { if (event.type === 'chunk-finished') stop.abort(); },
    })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const record = path.join(runs.folder, filesBelow().find((file) => file.endsWith('/run.json'))!);
    return { runId: /run=([^/]+)/.exec(record)![1], record };
  }

  test('goes on under its prefix', async () => {
    const { runId } = await stopped();
    const [table] = manifestOf((await resume(props(), runId)).manifestKey).tables;
    expect(table.objects.length).toBeGreaterThan(1);
    expect(table.objects.filter(({ key }) => !key.startsWith('landed_database='))).toEqual([]);
    expect(await verifyRun(runs.endpoints, runId)).toMatchObject({ problems: [] });
  });

  test('is given up with all its objects', async () => {
    const { runId } = await stopped();
    const landed = () => filesBelow().filter((file) => /landed_run=.*parquet$/.test(file));
    expect(landed()).not.toEqual([]);
    await new Extractor(props()).abort(runId);
    expect(landed()).toEqual([]);
  });

  test('keeps keys and names that it was begun with before there were prefixes', async () => {
    const { runId, record } = await stopped();
    const { plan: planned, ...rest } = JSON.parse(readFileSync(record, 'utf8')) as { plan: ExtractionPlan };
    writeFileSync(record, JSON.stringify({ ...rest, plan: withoutPrefix(planned) }));
    for (const file of readdirSync(path.dirname(record))) if (file.startsWith('chunk-')) rmSync(path.join(path.dirname(record), file));
    const [table] = manifestOf((await resume(props(), runId)).manifestKey).tables;
    expect(table).not.toHaveProperty('partitionPrefix');
    expect(table.columns.map(({ name }) => name)).toEqual(['Id', 'Run_1']);
    expect(table.objects.filter(({ key }) => !key.startsWith('database='))).toEqual([]);
  });
});
