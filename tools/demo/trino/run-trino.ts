import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { runTag } from '../../../src/contract';
import { quoted, type Rows, Trino, whyMissing } from '../../engines';
import { type LocalCloud, poll } from '../../local-cloud';
import type { DemoArguments } from '../arguments';
import type { DeployedPipeline } from '../deploy-pipeline';
import { landTables } from '../extract-tables';
import { type CatalogTables, catalogText, readCatalog } from '../landed-tables';
import { scanRecords, textTable } from '../records';
import { startStandIns } from '../stand-ins';
import { requireTrino } from './require-trino';
import { askSource, changeSource } from './source-figures';
import { type Comparison, compareTables } from './trino-figures';
import { ExtractFormat } from 'cdk-legacy-to-s3/extractor';

/** The figures of the demo with Trino. */
export interface TrinoSummary {
  readonly trino: string;
  readonly tables: number;
  /** Comparisons of a figure of the source with Trino's: of the first run, of the second, and of the first again by its tag. */
  readonly compared: number;
  /** Tables whose figures changed between the runs. */
  readonly tablesChanged: number;
  /** Differences, in words. */
  readonly differences: readonly string[];
  readonly seconds: number;
}

/** The table that the reader reads who began before the second run. */
const READ_TABLE = 'dbo.Transactions';

/** Two full runs on the local stand-ins, read by Trino. Everything it starts is stopped when it returns or throws. */
export async function runTrinoDemo(args: DemoArguments, _folder: string, signal: AbortSignal): Promise<TrinoSummary> {
  requireTrino(whyMissing('trino'));
  const started = performance.now();
  const cleanUp: (() => Promise<void> | void)[] = [];
  const seconds = () => Number(((performance.now() - started) / 1000).toFixed(1));
  const step = (text: string): void => {
    signal.throwIfAborted();
    console.log(`\n[${seconds().toFixed(1).padStart(5)} s] ${text}`);
  };
  try {
    const { source, cloud, pipeline, stop } = await startStandIns({ transactions: args.transactions, app: 'examples/quickstart/app.ts', step });
    cleanUp.push(stop);
    // It takes its time, and what does not wait for it goes on meanwhile.
    const starting = Trino.start(cloud);
    starting.catch(() => undefined);
    cleanUp.push(async () => (await starting.catch(() => undefined))?.stop());
    const target = { url: `s3://${pipeline.bucketName}/landing/`, cloud };

    step('first run');
    const before = await askSource(source);
    const first = await landTables(source, target, { format: ExtractFormat.parquet() }, signal);
    const shown = await waitForTables(cloud, pipeline, first.runId);
    console.log(catalogText(shown));
    const names = new Map(shown.tables.filter(({ kind }) => kind === 'Iceberg').map(({ dataset, name }) => [dataset, name]));
    const question = { database: pipeline.databaseName!, names };

    step('starting Trino over the local cloud\'s Glue and S3');
    const trino = await starting;
    console.log(`  Trino ${trino.version} at ${trino.endpoint}`);

    step('the first run, by Trino and by the source itself');
    const ofFirst = await compareTables(trino, before, question);
    const differences = printed(ofFirst, 'the first run');

    step('a reader begins; the source changes, and a second run lands');
    const read = `SELECT count(*) AS rows, sum(amount) AS amount, max(postedat) AS latest FROM ${quoted('glue', question.database, names.get(`${source.database}/${READ_TABLE.replace('.', '/')}`)!)}`;
    const reader = await trino.beginTransaction();
    const began = await reader.query(read);
    for (const statement of await changeSource(source)) console.log(`  ${statement}`);
    const after = await askSource(source);
    const second = await landTables(source, target, { format: ExtractFormat.parquet() }, signal);
    console.log(catalogText(await waitForTables(cloud, pipeline, second.runId)));

    step('the reader that began before reads again, and one that begins now');
    const again = await reader.query(read);
    await reader.query('COMMIT');
    const now = await trino.query(read);
    console.log(textTable(['reader of ' + READ_TABLE, 'rows', 'sum(amount)', 'max(postedat)', ''], [
      ['began before the second run', ...cellsOf(began), ''],
      ['the same, after it', ...cellsOf(again), mark(same(began, again))],
      ['begins now', ...cellsOf(now), mark(!same(began, now))],
    ]));
    if (!same(began, again)) differences.push('the reader that began before the second run got another answer after it');
    if (same(began, now)) differences.push('a reader that begins after the second run sees the first');

    step('the second run, by Trino and by the source itself');
    const ofSecond = await compareTables(trino, after, question);
    differences.push(...printed(ofSecond, 'the second run'));

    step(`the first run again, FOR VERSION AS OF '${runTag(first.runId)}'`);
    const byTag = await compareTables(trino, before, { ...question, tag: runTag(first.runId) });
    differences.push(...printed(byTag, 'the first run by its tag'));

    const summary: TrinoSummary = {
      trino: trino.version,
      tables: before.length,
      compared: [...ofFirst, ...ofSecond, ...byTag].reduce((sum, { figures }) => sum + figures + 1, 0),
      tablesChanged: before.filter(({ rows, answers }, index) => rows !== after[index].rows || answers.join() !== after[index].answers.join()).length,
      differences,
      seconds: seconds(),
    };
    if (differences.length > 0) throw new Error(`Trino and the source do not agree:\n  ${differences.join('\n  ')}`);
    step(`done: ${summary.compared} figures of ${summary.tables} tables are equal`);
    if (args.keep) {
      console.log(`\nTrino stays up at ${trino.endpoint}, catalog glue, schema ${question.database}; Ctrl-C stops everything.`);
      await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
    }
    return summary;
  } finally {
    for (const stop of cleanUp.reverse()) await stop();
  }
}

/** Waits until run completion has brought each table of a run into the catalog. */
async function waitForTables(cloud: LocalCloud, pipeline: DeployedPipeline, runId: string): Promise<CatalogTables> {
  const dynamodb = new DynamoDBClient(cloud.clientConfig);
  try {
    await poll(async () => {
      const run = (await scanRecords(dynamodb, pipeline.tableName)).runs.find((each) => each.runId === runId);
      return run?.tablesCommitted === run?.tables && run;
    }, { what: `all tables of run ${runId}`, deadlineMs: 60_000, intervalMs: 250 });
    return await readCatalog(cloud, pipeline);
  } finally {
    dynamodb.destroy();
  }
}

const mark = (good: boolean) => (good ? '✓' : '✗');
const cellsOf = ({ rows: [row] }: Rows) => row.map((cell) => cell ?? 'NULL');
const same = (a: Rows, b: Rows) => cellsOf(a).join() === cellsOf(b).join();

/** Prints a line for each table. @returns what differs, with the words for what was compared */
function printed(comparisons: readonly Comparison[], what: string): string[] {
  console.log(textTable(['table', 'rows', 'figures', 'equal'], comparisons.map(({ table, rows, figures, differences }) => (
    [table, Number(rows), figures, `${mark(differences.length === 0)}${differences.map((each) => ` ${each}`).join(';')}`]
  ))));
  return comparisons.flatMap(({ table, differences }) => differences.map((each) => `${what}, ${table}: ${each}`));
}
