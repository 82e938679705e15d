import { AthenaClient, GetQueryExecutionCommand, GetQueryResultsCommand, StartQueryExecutionCommand, StopQueryExecutionCommand } from '@aws-sdk/client-athena';
import { LandedTablesSettings } from '../../../src/contract';
import { commitTables } from '../../../src/handlers/tables/commit-tables';
import { GluePace } from '../../../src/handlers/tables/glue-pace';
import { athenaProver } from '../../../src/handlers/tables/prove-table';
import { BUCKET, MemoryTables, ROOT } from '../../support/tables/memory-tables';
import { ParquetRun, ParquetRuns } from '../../support/tables/parquet-runs';
import { shownFiles } from '../../support/tables/table-folder';
import { VirtualClock } from '../../support/tables/virtual-clock';

const SETTINGS: LandedTablesSettings = { kind: 'iceberg', proveInWorkGroup: 'proofs' };
const NAME = 'ledger_dbo_accounts';

/** Athena that answers each query with a row. */
class ScriptedAthena {
  public readonly queries: string[] = [];
  public stopped = 0;
  public readonly client = { send: async (command: object) => this.answer(command) } as unknown as AthenaClient;
  private looks = 0;

  /** @param states of a query, look by look; the last one stays */
  public constructor(private readonly row: readonly string[], private readonly states: readonly string[] = ['QUEUED', 'RUNNING', 'SUCCEEDED'], private refusals = 0) {}

  private answer(command: object): object {
    if (command instanceof StartQueryExecutionCommand) {
      if (this.refusals-- > 0) throw Object.assign(new Error('Rate exceeded'), { name: 'TooManyRequestsException' });
      expect(command.input).toMatchObject({ WorkGroup: 'proofs', QueryExecutionContext: { Database: 'lake' } });
      this.queries.push(command.input.QueryString!);
      this.looks = 0;
      return { QueryExecutionId: 'q' };
    }
    if (command instanceof GetQueryExecutionCommand) {
      const State = this.states[Math.min(this.looks++, this.states.length - 1)];
      return { QueryExecution: { Status: { State, StateChangeReason: 'Query exhausted resources' } } };
    }
    if (command instanceof StopQueryExecutionCommand) return { stopped: this.stopped += 1 };
    if (!(command instanceof GetQueryResultsCommand)) throw new TypeError('not known here');
    const rows = [this.row.map(() => '_col'), this.row];
    return { ResultSet: { Rows: rows.map((row) => ({ Data: row.map((VarCharValue) => ({ VarCharValue })) })) } };
  }
}

let runs: ParquetRuns;
let tables: MemoryTables;
let clock: VirtualClock;
beforeAll(async () => { runs = await ParquetRuns.make(); });
beforeEach(() => {
  tables = new MemoryTables();
  clock = new VirtualClock();
});

async function commit(run: ParquetRun, athena?: ScriptedAthena, seconds = 900): Promise<unknown> {
  const end = clock.now() + seconds * 1000;
  const prove = athena && athenaProver(athena.client, 'lake', SETTINGS, clock.sleep);
  return commitTables(tables.services({ pace: new GluePace(clock), settings: SETTINGS, prove }), ...tables.land(run), () => end - clock.now());
}

const shown = async () => shownFiles(tables.services({ pace: new GluePace(clock) }).workplaceOf(BUCKET), NAME);
const uris = (run: ParquetRun) => run.files.map(({ key }) => ROOT + key);
/** Rows, Ids counted and summed, names counted. */
const RIGHT = ['3', '3', '6', '3'];

test('counts and sums that are the manifest\'s prove a table, once', async () => {
  const run = runs.run({ at: 1 });
  const athena = new ScriptedAthena(RIGHT, undefined, 2);
  await commit(run, athena);
  await commit(run, athena);
  expect(athena.queries).toEqual([`SELECT count(*), count("id"), sum(CAST("id" AS decimal(38, 0))), count("name") FROM "lake"."${NAME}" `
    + `FOR VERSION AS OF ${tables.item(run.runId)!.snapshotId}`]);
  expect(tables.item(run.runId)).toMatchObject({ commitState: 'COMMITTED', queryProven: true, provenRows: 3 });
});

test('others show the run before again, with a line and a metric', async () => {
  const [first, second] = [runs.run({ at: 1 }), runs.run({ at: 2 })];
  await commit(first, new ScriptedAthena(RIGHT));
  await commit(second, new ScriptedAthena(['3', '3', '7', '3']));
  expect(await shown()).toEqual(uris(first));
  expect(tables.item(second.runId)).toMatchObject({
    commitState: 'REFUSED', queryProven: false, problem: "Athena reads the sum of 'Id' as 7, the manifest says 6; the run is not shown any more",
  });
  expect([tables.metrics.get('TablesNotProven'), tables.failures.length, tables.runs.get(second.runId)!.tablesNotCommitted]).toEqual([1, 1, 1]);
});

test('a query that Athena cannot run proves nothing and undoes nothing', async () => {
  const run = runs.run({ at: 1 });
  await commit(run, new ScriptedAthena(RIGHT, ['RUNNING', 'FAILED']));
  expect(await shown()).toEqual(uris(run));
  expect(tables.item(run.runId)).toMatchObject({ commitState: 'COMMITTED', problem: expect.stringContaining('Query exhausted resources') });
  expect([tables.item(run.runId)!.queryProven, tables.metrics.get('TablesNotProven'), tables.failures]).toEqual([undefined, 1, []]);
});

test('a query that takes longer than there is time is stopped; its table stays committed, and is proved another time', async () => {
  const run = runs.run({ at: 1 });
  const slow = new ScriptedAthena(RIGHT, ['RUNNING']);
  await expect(commit(run, slow, 60)).rejects.toMatchObject({ code: 'TABLES_NOT_COMMITTED' });
  expect([slow.stopped, await shown(), tables.item(run.runId)!.queryProven]).toEqual([1, uris(run), undefined]);
  await commit(run, new ScriptedAthena(RIGHT));
  expect(tables.item(run.runId)).toMatchObject({ commitState: 'COMMITTED', queryProven: true });
});
