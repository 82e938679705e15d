import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { ChangesJob, ChangesMeasured } from './contenders/changes-contender';
import { bundle } from './harness/bundle';
import { ServerProcess } from './harness/server-process';
import { scanByTrino } from './rivals/trino-scan';
import type { ChangesLogin, ChangesSource, SourceTraffic } from './servers/changes-source';

/**
 * What following a source costs, beside reading it whole again:
 *
 *     npx tsx bench/changes.ts [--rows 1000000] [--changes N] [--idle 1000] [--busy 100] [--trino] [--json FILE]
 *     npx tsx bench/changes.ts --compaction [--rows 1000000] [--changes N] [--keep FOLDER]
 *
 * A table with Change Tracking lands in a folder by `sync` and is committed; then 6 in 10 changes update a row, 3 insert and 1 deletes one.
 * Then tables of ten rows: nothing changes, and two rows in some of them. Each step is a process of its own, of the package's bundles
 * (`node tools/build/if-changed.js`); the source is the stand-in in another, whose CPU is not counted. With `--trino`, where that is
 * installed, it scans the table with its deletes and after its compaction. `--compaction` does only what a compaction needs; with
 * `--keep` in a folder that is left as it is before the compaction, to be compacted by whatever measures it.
 */

const ASSETS = join(__dirname, '..', 'assets');
/** Rows that one statement writes. */
const ROWS_AT_ONCE = 250_000;

/** A step of ours, what it asked of the source, and what it left in the folder. */
interface Figure extends ChangesMeasured {
  readonly step: string;
  readonly source?: SourceTraffic;
  /** Files that were not there before (bytes). */
  readonly landedBytes: number;
}

class ChangesBench {
  public readonly figures: Figure[] = [];

  public constructor(private readonly source: ServerProcess<ChangesSource>, private readonly login: ChangesLogin, private readonly scratch: string) {}

  public async sql(text: string): Promise<void> {
    await this.source.call('sql', text);
  }

  public folder(): string {
    return mkdtempSync(join(this.scratch, 'lake-'));
  }

  /** Lands and commits; two steps. @returns the run's id, where there was something to land */
  public async follow(step: string, folder: string, pattern: string): Promise<string | undefined> {
    const { outcome: { runId } } = await this.measure(step, { what: 'sync', folder, login: this.login, pattern });
    if (runId !== undefined) await this.measure(`${step}: committed`, { what: 'commit', folder, runId: String(runId) });
    return runId as string | undefined;
  }

  public async measure(step: string, job: Omit<ChangesJob, 'engine' | 'tables'>): Promise<Figure> {
    await this.source.call('traffic');
    const before = bytesOf(job.folder);
    const given: ChangesJob = { ...job, engine: join(ASSETS, 'extractor', 'index.js'), tables: join(ASSETS, 'tables', 'index.js') };
    const { stdout } = await promisify(execFile)(process.execPath, [join(this.scratch, 'changes-contender.js'), JSON.stringify(given)]);
    const traffic = await this.source.call('traffic');
    const figure: Figure = {
      step, ...JSON.parse(stdout) as ChangesMeasured, ...(job.what === 'sync' && { source: traffic }), landedBytes: bytesOf(job.folder) - before,
    };
    this.figures.push(figure);
    process.stdout.write(`${lineOf(figure)}\n`);
    return figure;
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: '1000000' },
      changes: { type: 'string' },
      idle: { type: 'string', default: '1000' },
      busy: { type: 'string', default: '100' },
      trino: { type: 'boolean', default: false },
      compaction: { type: 'boolean', default: false },
      keep: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const number = (name: string, text: string) => {
    if (!/^\d+$/.test(text)) throw new Error(`--${name} ${text}: expected a whole number`);
    return Number(text);
  };
  const rows = number('rows', values.rows!);
  const changes = number('changes', values.changes ?? String(Math.floor(rows / 10)));
  const [idle, busy] = [number('idle', values.idle!), number('busy', values.busy!)];
  if (rows < 100 || changes < 10 || changes > rows) {
    throw new Error(`--rows ${rows} --changes ${changes}: expected at least 100 rows, and from 10 changes to as many as rows`);
  }
  // Inside the tree, so that the bundle finds node_modules.
  const tmp = join(__dirname, '../.tmp');
  mkdirSync(tmp, { recursive: true });
  const scratch = mkdtempSync(join(tmp, 'bench-changes-'));
  let source: ServerProcess<ChangesSource> | undefined;
  try {
    await bundle(['contenders/changes-contender.ts'], scratch, 'bundle');
    source = await ServerProcess.start<ChangesSource>(join(__dirname, 'servers', 'changes-source.ts'));
    const login = await source.call('login');
    const bench = new ChangesBench(source, login, scratch);
    await bench.sql(`ALTER DATABASE [${login.database}] SET ALLOW_SNAPSHOT_ISOLATION ON`);
    await bench.sql(`ALTER DATABASE [${login.database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)`);
    const scans = await oneTable(bench, { rows, changes, name: `${login.database}_dbo_benchrows`.toLowerCase(), trino: values.trino!, only: values.compaction!, keep: values.keep });
    if (!values.compaction && idle + busy > 0) await manyTables(bench, idle, busy);
    if (values.json) writeFileSync(values.json, `${JSON.stringify({ rows, changes, idle, busy, figures: bench.figures, scans }, undefined, 2)}\n`);
  } finally {
    await source?.stop();
    rmSync(scratch, { recursive: true });
  }
}

interface OneTable {
  readonly rows: number;
  readonly changes: number;
  /** In the catalog. */
  readonly name: string;
  readonly trino: boolean;
  /** Only what a compaction needs. */
  readonly only: boolean;
  /** Where the table is made and left without a compaction. */
  readonly keep?: string;
}

async function oneTable(bench: ChangesBench, { rows, changes, name, trino, only, keep }: OneTable): Promise<object | undefined> {
  await bench.sql('CREATE TABLE dbo.BenchRows (Id int NOT NULL PRIMARY KEY, Account int NOT NULL, BookedAt datetime2(7) NOT NULL, Amount decimal(19,4) NOT NULL, '
    + 'Currency char(3) NOT NULL, Memo nvarchar(100) NULL, Reference varchar(40) NOT NULL, Status tinyint NOT NULL)');
  await bench.sql('ALTER TABLE dbo.BenchRows ENABLE CHANGE_TRACKING');
  await insert(bench, 1, rows);
  const folder = keep ?? bench.folder();
  mkdirSync(folder, { recursive: true });
  await bench.follow('first load', folder, 'dbo.BenchRows');
  const [inserts, deletes] = [Math.floor(changes * 0.3), Math.floor(changes * 0.1)];
  const updates = changes - inserts - deletes;
  // Spread over the whole table, as keys that are changed are.
  const spread = (count: number, from: number) => (
    `Id IN (SELECT CAST(${from} + CAST(value AS bigint) * ${rows - 1} / ${changes} AS int) FROM GENERATE_SERIES(0, ${count - 1}))`);
  await bench.sql(`UPDATE dbo.BenchRows SET Amount = Amount + 1, Status = 2 WHERE ${spread(updates, 1)}`);
  await bench.sql(`DELETE FROM dbo.BenchRows WHERE ${spread(deletes, 1 + Math.floor((rows - 1) * (updates + 1) / changes))}`);
  await insert(bench, rows + 1, inserts);
  await bench.follow('changes', folder, 'dbo.BenchRows');
  const count = await bench.measure('counted with its deletes', { what: 'count', folder, name });
  if (Number(count.outcome.rows) !== rows + inserts - deletes) throw new Error(`the table shows ${count.outcome.rows} rows, expected ${rows + inserts - deletes}`);
  const scan = trino ? await scanByTrino(folder, name) : undefined;
  if (scan) process.stdout.write(`scanned by Trino ${scan.version}: ${scan.rows} rows, ${scan.withDeletesSeconds.toFixed(2)} s, compacted ${scan.compactedSeconds.toFixed(2)} s\n`);
  if (keep !== undefined) return scan;
  await bench.measure('compacted', { what: 'compact', folder, name });
  const after = await bench.measure('counted after it', { what: 'count', folder, name });
  if (after.outcome.rows !== count.outcome.rows) throw new Error(`compacted it shows ${after.outcome.rows} rows`);
  if (only) return scan;
  await bench.follow('whole again', bench.folder(), 'dbo.BenchRows');
  return scan;
}

/** Ids from one on; each text is of its row alone. */
async function insert(bench: ChangesBench, from: number, count: number): Promise<void> {
  for (let done = 0; done < count; done += ROWS_AT_ONCE) {
    const [first, last] = [from + done, from + Math.min(count, done + ROWS_AT_ONCE) - 1];
    await bench.sql('INSERT INTO dbo.BenchRows (Id, Account, BookedAt, Amount, Currency, Memo, Reference, Status) SELECT CAST(value AS int), CAST(value % 9973 AS int), '
      + 'DATEADD(second, CAST(value AS int), CAST(\'2020-01-01\' AS datetime2(7))), CAST(value AS decimal(19,4)) / 7, CASE WHEN value % 3 = 0 THEN \'EUR\' ELSE \'CHF\' END, '
      + 'CONCAT(N\'Zahlung \', value % 1000, N\' für Rechnung\'), CONCAT(\'REF-\', CAST(value AS bigint) * 7919), CAST(value % 5 AS tinyint) '
      + `FROM GENERATE_SERIES(${first}, ${last})`);
  }
}

async function manyTables(bench: ChangesBench, idle: number, busy: number): Promise<void> {
  // One kind of statement after the other: the source's dictionary is filled anew when rows follow a definition.
  await ofEach(bench, idle + busy, (at) => `CREATE TABLE dbo.Many${at} (Id int NOT NULL PRIMARY KEY, Amount decimal(19,4) NOT NULL, Memo nvarchar(100) NULL)`);
  await ofEach(bench, idle + busy, (at) => `ALTER TABLE dbo.Many${at} ENABLE CHANGE_TRACKING`);
  await ofEach(bench, idle + busy, (at) => `INSERT INTO dbo.Many${at} (Id, Amount, Memo) SELECT CAST(value AS int), 1, N'memo' FROM GENERATE_SERIES(1, 10)`);
  const folder = bench.folder();
  await bench.follow(`first load of ${idle + busy} tables`, folder, 'dbo.Many*');
  await bench.follow(`none of ${idle + busy} tables changed`, folder, 'dbo.Many*');
  // As of an interval of ten seconds or more, a round is one of many.
  await ofEach(bench, busy, (at) => `UPDATE dbo.Many${at} SET Amount = Amount + 1 WHERE Id IN (3, 7)`);
  await bench.follow(`${busy} of ${idle + busy} tables changed`, folder, 'dbo.Many*');
  await bench.follow(`none of ${idle + busy} tables changed since`, folder, 'dbo.Many*');
}

/** A statement of each table. */
async function ofEach(bench: ChangesBench, tables: number, statement: (at: number) => string): Promise<void> {
  for (let at = 0; at < tables; at++) await bench.sql(statement(at));
}

function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}

function lineOf({ step, seconds, cpuSeconds, peakRssMb, source, landedBytes, outcome }: Figure): string {
  const asked = source ? `, ${source.statements} statements, ${source.logins} logins, ${megabytes(source.received)} MB from the source, ${megabytes(source.sent)} MB to it` : '';
  return `${step}: ${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} CPU s, ${Math.round(peakRssMb)} MB${asked}, ${megabytes(landedBytes)} MB written ${JSON.stringify(outcome)}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(3);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
