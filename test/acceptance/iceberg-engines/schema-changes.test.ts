import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { historyTableName, runTag } from '../../../src/contract';
import { extract } from '../../../src/extractor/doors/public';
import { metadataAt } from '../../../src/iceberg/commit/workplace';
import { type Cell, type Engine, type EngineName, sortedBy, startEngine, type TableVersion } from '../../../tools/engines';
import { DATABASE, Lake } from '../../../tools/lake/lake';
import { type LocalCloud, startLocalCloud } from '../../../tools/local-cloud';
import { type StandIn, startStandIn } from '../../../tools/stand-in';
import { describeEngines, describeWith } from '../../support/engines';
import { APPLIED, type AppliedRun, applyRuns, sortedCells } from '../../support/iceberg/applied-changes';
import { applySoftRuns, FADED, FADING } from '../../support/iceberg/soft-runs';
import { connectClient, sourceOf } from '../../support/source/stand-in-client';

const TABLE = 'legacyledger_dbo_moving';

/** What a table shows: its columns, and its rows by the first of them. */
interface Shown {
  readonly names: readonly string[];
  readonly rows: ReadonlyArray<readonly Cell[]>;
}

interface Step {
  readonly title: string;
  readonly ddl: string;
  readonly shown: Shown;
  /** The commit's reason for a new generation. */
  readonly began?: RegExp;
}

const LONG = 'a text that is longer than the sixteen characters of a bound';
const BIG = '9223372036854775807';

/** What is done to the source's table, a run after each. */
const STEPS: readonly Step[] = [
  {
    title: 'the first run',
    ddl: `CREATE TABLE dbo.Moving (Id int NOT NULL PRIMARY KEY, A int NULL, B varchar(80) NULL, C decimal(9,2) NULL, Gone int NULL);
      INSERT INTO dbo.Moving VALUES (1, -2147483648, '${LONG}', -9999999.99, 1), (2, NULL, '', 0.01, 2)`,
    shown: { names: ['id', 'a', 'b', 'c', 'gone'], rows: [['1', '-2147483648', LONG, '-9999999.99', '1'], ['2', null, '', '0.01', '2']] },
  },
  {
    title: 'a column added, one dropped',
    ddl: 'ALTER TABLE dbo.Moving ADD D datetime2(6) NULL; ALTER TABLE dbo.Moving DROP COLUMN Gone; UPDATE dbo.Moving SET D = \'9999-12-31 23:59:59.999999\' WHERE Id = 2',
    shown: { names: ['id', 'a', 'b', 'c', 'd'], rows: [['1', '-2147483648', LONG, '-9999999.99', null], ['2', null, '', '0.01', '9999-12-31T23:59:59.999999']] },
  },
  {
    title: 'names changed places, another renamed',
    ddl: `EXEC sp_rename 'dbo.Moving.A', 'X', 'COLUMN'; EXEC sp_rename 'dbo.Moving.D', 'A', 'COLUMN'; EXEC sp_rename 'dbo.Moving.X', 'D', 'COLUMN';
      EXEC sp_rename 'dbo.Moving.B', 'Renamed', 'COLUMN'`,
    shown: { names: ['id', 'd', 'renamed', 'c', 'a'], rows: [['1', '-2147483648', LONG, '-9999999.99', null], ['2', null, '', '0.01', '9999-12-31T23:59:59.999999']] },
  },
  {
    title: 'int to bigint, a wider decimal, varchar to nvarchar',
    ddl: `ALTER TABLE dbo.Moving ALTER COLUMN D bigint NULL; ALTER TABLE dbo.Moving ALTER COLUMN C decimal(38,2) NULL; ALTER TABLE dbo.Moving ALTER COLUMN Renamed nvarchar(80) NULL;
      UPDATE dbo.Moving SET D = ${BIG}, C = 999999999999999999999999999999999999.99, Renamed = N'Ω😀' WHERE Id = 2`,
    shown: {
      names: ['id', 'd', 'renamed', 'c', 'a'],
      rows: [['1', '-2147483648', LONG, '-9999999.99', null], ['2', BIG, 'Ω😀', '999999999999999999999999999999999999.99', '9999-12-31T23:59:59.999999']],
    },
  },
  {
    title: 'a change that Iceberg has not',
    ddl: 'ALTER TABLE dbo.Moving DROP COLUMN A; ALTER TABLE dbo.Moving ALTER COLUMN D nvarchar(30) NULL',
    shown: { names: ['id', 'd', 'renamed', 'c'], rows: [['1', '-2147483648', LONG, '-9999999.99'], ['2', BIG, 'Ω😀', '999999999999999999999999999999999999.99']] },
    began: /'d' was long and is string/,
  },
  {
    title: 'dropped and made again',
    ddl: 'DROP TABLE dbo.Moving; CREATE TABLE dbo.Moving (Id int NOT NULL PRIMARY KEY, Other uniqueidentifier NULL); INSERT INTO dbo.Moving VALUES (7, \'01234567-89AB-CDEF-0123-456789ABCDEF\')',
    shown: { names: ['id', 'other'], rows: [['7', '01234567-89AB-CDEF-0123-456789ABCDEF']] },
    began: /dropped and made again/,
  },
];

/** A run that was committed: its tag, its snapshot, and the metadata when it was the newest. */
interface Committed {
  readonly step: Step;
  readonly tag: string;
  readonly snapshotId: string;
  readonly metadataLocation: string;
}

/** Tables that names of older generations stand for after all steps, by number of the step's run. */
const NAMES = [`${TABLE}_g1`, `${TABLE}_g1`, `${TABLE}_g1`, `${TABLE}_g1`, `${TABLE}_g2`, TABLE];

describeWith(['pyiceberg'], 'a table whose source changes', () => {
  let cloud: LocalCloud;
  let server: StandIn;
  let lake: Lake;
  let folder: string;
  const runs: Committed[] = [];
  let applied: readonly AppliedRun[];
  let deletedBetween: readonly [number, number];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'iceberg-changes-'));
    cloud = await startLocalCloud({ enforceIam: false });
    server = await startStandIn({ transactions: 10 });
    lake = await Lake.open(cloud, folder);
    const client = await connectClient(server);
    for (const step of STEPS) {
      for (const statement of step.ddl.split(';')) await client.batch(statement);
      const { manifestKey, runId } = await extract({
        source: sourceOf(server), target: pathToFileURL(folder).href, tables: ['Moving'], readers: 1, threads: 1, targetChunkRows: 1,
      });
      const [{ snapshotId, metadataLocation, began }] = await lake.commit(manifestKey);
      expect(began ?? '').toMatch(step.began ?? /^$/);
      runs.push({ step, tag: runTag(runId), snapshotId: String(snapshotId), metadataLocation: metadataLocation! });
    }
    await client.close();
    applied = await applyRuns(lake, folder, server);
    deletedBetween = await applySoftRuns(lake, folder, server);
  }, 120_000);
  afterAll(async () => {
    lake?.close();
    await server?.stop();
    await cloud?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describeEngines(['trino', 'spark', 'pyiceberg', 'duckdb'], (name) => {
    let engine: Engine;
    beforeAll(async () => { engine = await startEngine(name, cloud); }, 240_000);
    afterAll(async () => engine?.stop());

    async function shown(table: string, { metadataLocation }: { readonly metadataLocation?: string }, version?: TableVersion): Promise<Shown> {
      const { glue, metadataLocation: newest } = await lake.address(table);
      const read = await engine.rows(metadataLocation === undefined || name === 'duckdb' ? { glue, metadataLocation: metadataLocation ?? newest } : { glue }, { version });
      return { names: read.names, rows: sortedBy(read, 'id') };
    }

    test.each(NAMES.map((table, at) => [at + 1, STEPS[at].title, table]))('run %d, %s, is read from %s by its tag or snapshot', async (number, _, table) => {
      const { step, tag, snapshotId } = runs[number - 1];
      expect(await shown(table, {}, versionFor(name, tag, snapshotId))).toEqual(step.shown);
    });

    test.each([[`${TABLE}_g1`, 4], [`${TABLE}_g2`, 5], [TABLE, 6]])('%s shows run %d as it is', async (table, number) => {
      expect(await shown(table, {})).toEqual(runs[number - 1].step.shown);
    });

    // The others read no equality deletes, or not of every type.
    if (name === 'trino' || name === 'spark') {
      test('runs of changes, cell by cell after each of them, and their history', async () => {
        const { glue } = await lake.address(APPLIED);
        for (const { snapshotId, rows } of applied) {
          const read = await engine.rows({ glue }, { version: { snapshotId } });
          expect([read.names, sortedCells(read.rows)]).toEqual([['id', 'part', 'amount', 'moment'], rows]);
        }
        expect(sortedCells((await engine.rows({ glue })).rows)).toEqual(applied.at(-1)!.rows);
        const history = await engine.rows({ glue: (await lake.address(historyTableName(APPLIED))).glue });
        expect(history.names).toEqual(['id', 'part', 'amount', 'moment', '__op', '__version', '__committed_at']);
        expect(history.rows.map(([id, part, , , op, version]) => `${version} ${op} ${id} ${part}`.replace(/^0+/, '')).sort()).toEqual([
          '1 D 2 a', '1 U 1 a', '1 U 3 a', '2 D 3 a', '2 D 77 never there', '2 U 1 A', '2 U 2 a', '3 D 2 b', '3 U 1 a', '3 U 4 Ω😀',
        ]);
      }, 120_000);
    }

    // Deletes by position all of them read.
    test.each((['equality', 'position'] as const).filter((deletes) => deletes === 'position' || name === 'trino' || name === 'spark'))('rows that are kept though they were deleted, by %s', async (deletes) => {
      const { glue, metadataLocation } = await lake.address(FADING[deletes]);
      const read = await engine.rows(name === 'duckdb' ? { glue, metadataLocation } : { glue });
      expect(read.names).toEqual(['id', 'v', '__deleted_at']);
      expect(sortedBy(read, 'id').map(([id, v, at]) => [id, v, at !== null])).toEqual(FADED);
      const [from, to] = deletedBetween;
      for (const at of read.rows.flatMap(([, , each]) => each ?? [])) {
        const time = Date.parse(`${at.replace(/Z$|[+]00:?00$/, '')}Z`);
        expect(time >= from - 1000 && time <= to + 1000).toBe(true);
      }
    }, 120_000);

    if (name === 'spark') {
      test('remove_orphan_files is refused, and where somebody allowed it lists nothing that landed', async () => {
        const call = async (more = '') => engine.query(`CALL glue.system.remove_orphan_files(table => '${DATABASE}.${TABLE}', dry_run => true${more})`);
        await expect(call()).rejects.toThrow('GC is disabled');
        await expect(engine.query(`CALL glue.system.expire_snapshots(table => '${DATABASE}.${TABLE}')`)).rejects.toThrow('GC is disabled');
        await engine.query(`ALTER TABLE glue.${DATABASE}.${TABLE} SET TBLPROPERTIES ('gc.enabled' = 'true')`);
        const { files } = lake.inCloud;
        const { location } = await metadataAt(lake.inCloud, (await lake.address(TABLE)).metadataLocation);
        await files.replace(`${location}/data/orphan.parquet`, 'x');
        // It takes no file younger than a day: what it lists below the location is told to it as if it were old.
        const listed = (await files.list(`${location}/`)).map(({ uri }) => `('${uri}', TIMESTAMP '2020-01-01 00:00:00')`);
        await engine.query(`CREATE TEMPORARY VIEW listed AS SELECT * FROM VALUES ${listed.join(', ')} AS t(file_path, last_modified)`);
        const { rows } = await call(', file_list_view => \'listed\'');
        expect(rows.map(([file]) => file)).toEqual([`${location}/data/orphan.parquet`]);
      }, 120_000);
    }

    if (name === 'pyiceberg' || name === 'duckdb') {
      test('each run was right when it was the newest', async () => {
        for (const { step, metadataLocation } of runs) {
          const read = await engine.rows({ metadataLocation });
          expect([step.title, { names: read.names, rows: sortedBy(read, 'id') }]).toEqual([step.title, step.shown]);
        }
      });
    }
  });
});

/** DuckDB knows no tags. */
function versionFor(name: EngineName, tag: string, snapshotId: string): TableVersion {
  return name === 'duckdb' ? { snapshotId } : { tag };
}
