import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { isManifestKey } from '../../src/contract';
import { poll } from '../local-cloud';
import type { DemoArguments } from './arguments';
import { countSource } from './count-source';
import { showDashboard } from './dashboard';
import { landTables } from './extract-tables';
import { openMailbox, queueDepth, runFailureDrill } from './failure-drill';
import { catalogText, readCatalog } from './landed-tables';
import { countLandedRows, listObjects } from './read-back';
import { type Records, scanRecords, textTable } from './records';
import { startStandIns } from './stand-ins';
import { ExtractFormat, type ExtractResult } from 'cdk-legacy-to-s3/extractor';

/** The figures of a demo; every one is counted by other means than the one beside it. */
export interface DemoSummary {
  /** COUNT_BIG over all tables, by a separate client. */
  readonly rowsInSource: number;
  /** As the extractor says. */
  readonly rowsExtracted: number;
  /** Counted by DuckDB in the Parquet objects downloaded from S3. */
  readonly rowsLanded: number;
  /** The same for the one table landed as CSV too. */
  readonly csv: { readonly table: string; readonly rowsInSource: number; readonly rowsExtracted: number; readonly rowsLanded: number };
  /** Objects under the landing prefix, manifests included, before the failure drill. */
  readonly objectsLanded: number;
  /** Object items in the metadata table. */
  readonly objectsRecorded: number;
  readonly runStatus: string;
  /** Tables of the source, the Iceberg tables in Glue that show the Parquet run, and the rows that `run_snapshots` has of them. */
  readonly tables: number;
  readonly icebergTables: number;
  readonly rowsInSnapshots: number;
  readonly failureQueueMessages: number;
  readonly alarmState: string;
  readonly seconds: number;
}

/** Where objects land; what the pipeline itself writes into the bucket lies elsewhere. */
const PREFIX = 'landing/';

/** The table that is landed as CSV besides. */
const CSV_TABLE = 'dbo.Customers';

/** The whole path on the local stand-ins; everything it starts is stopped when it returns or throws. */
export async function runDemo(args: DemoArguments, folder: string, signal: AbortSignal): Promise<DemoSummary> {
  const started = performance.now();
  const cleanUp: (() => Promise<void> | void)[] = [];
  const step = (text: string): void => {
    signal.throwIfAborted();
    console.log(`\n[${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s] ${text}`);
  };
  try {
    const { source, cloud, pipeline, stop } = await startStandIns({ transactions: args.transactions, app: 'examples/quickstart/app.ts', step });
    cleanUp.push(stop);
    const mailbox = await openMailbox(cloud, pipeline);
    const s3 = new S3Client(cloud.clientConfig);
    const dynamodb = new DynamoDBClient(cloud.clientConfig);
    cleanUp.push(() => s3.destroy(), () => dynamodb.destroy());

    const target = { url: `s3://${pipeline.bucketName}/${PREFIX}`, cloud };
    step('extracting every table as Parquet');
    const parquet = await landTables(source, target, { format: ExtractFormat.parquet() }, signal);
    step('waiting for the tables of the catalog');
    const catalog = await poll(async () => {
      const seen = await readCatalog(cloud, pipeline);
      return seen.snapshots.some(({ run_id }) => run_id === parquet.runId) && seen;
    }, { what: `the snapshots of run ${parquet.runId}`, deadlineMs: 60_000 });
    console.log(catalogText(catalog));
    const committed = catalog.snapshots.filter(({ run_id, state }) => run_id === parquet.runId && state === 'COMMITTED');

    // A run of CSV leaves the Iceberg table of its name alone.
    step(`extracting ${CSV_TABLE} as CSV`);
    const csv = await landTables(source, target, { format: ExtractFormat.csv(), tables: [CSV_TABLE] }, signal);

    step('waiting for the recorder');
    const landed = await listObjects(s3, pipeline.bucketName, PREFIX);
    const records = await poll(async () => {
      const seen = await scanRecords(dynamodb, pipeline.tableName);
      return seen.objects.length >= landed.length && seen.runs.length === 2 && seen;
    }, { what: `${landed.length} objects and 2 runs in the metadata table`, deadlineMs: 60_000 });
    printRecords(records);

    step('counting again, by other means');
    const counts = await countSource(source);
    const rowsInSource = [...counts.values()].reduce((sum, rows) => sum + rows, 0);
    const keysOf = (run: ExtractResult) => landed.map(({ key }) => key).filter((key) => key.includes(`/run=${run.runId}/`) && !isManifestKey(key));
    const rowsLanded = await countLandedRows(s3, pipeline.bucketName, keysOf(parquet), path.join(folder, 'parquet'));
    const csvLanded = await countLandedRows(s3, pipeline.bucketName, keysOf(csv), path.join(folder, 'csv'));
    console.log(textTable(['', 'source (COUNT_BIG)', 'extracted', 'landed (DuckDB)'], [
      ['all tables, Parquet', rowsInSource, parquet.rows, rowsLanded],
      [`${CSV_TABLE}, CSV`, counts.get(CSV_TABLE) ?? 0, csv.rows, csvLanded],
    ]));

    step('failure drill: landing a manifest that is none');
    const drill = await runFailureDrill(cloud, pipeline, mailbox);
    console.log(`  object         ${drill.key}`);
    console.log(`  failure queue  ${drill.errorMessage}`);
    console.log(`  error metric   ${drill.errorLines} lines`);
    console.log(`  alarm          ${drill.alarmName} is ${drill.alarmState}`);
    console.log(`  SNS message    ${drill.notification}`);

    step('drawing the dashboard');
    const page = await showDashboard(cloud, pipeline, args.screenshot);
    cleanUp.push(() => page.close());
    console.log(`  ${page.url}${args.keep ? '' : ' (use --keep to leave it up)'}`);

    const summary: DemoSummary = {
      rowsInSource,
      rowsExtracted: parquet.rows,
      rowsLanded,
      csv: { table: CSV_TABLE, rowsInSource: counts.get(CSV_TABLE) ?? 0, rowsExtracted: csv.rows, rowsLanded: csvLanded },
      objectsLanded: landed.length,
      objectsRecorded: records.objects.length,
      runStatus: records.runs.every((run) => run.runState === 'COMPLETE') ? 'COMPLETE' : 'INCOMPLETE',
      tables: counts.size,
      icebergTables: catalog.tables.filter(({ kind, run }) => kind === 'Iceberg' && run === parquet.runId).length,
      rowsInSnapshots: committed.reduce((sum, { rows_landed }) => sum + rows_landed, 0),
      failureQueueMessages: await queueDepth(cloud, pipeline.failureQueueUrl),
      alarmState: drill.alarmState,
      seconds: Number(((performance.now() - started) / 1000).toFixed(1)),
    };
    check(summary);
    step(`done: ${summary.rowsLanded} rows in ${summary.objectsLanded} objects, all recorded, run ${summary.runStatus}`);
    if (args.keep) {
      console.log(`\nThe page stays up at ${page.url}; Ctrl-C stops everything.`);
      await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
    }
    return summary;
  } finally {
    for (const stop of cleanUp.reverse()) await stop();
  }
}

function printRecords({ objects, runs }: Records): void {
  console.log(textTable(['object', 'bytes', 'rows', 'last modified'], objects.map((item) => [
    item.objectKey.replace(/run=[^/]+/, (run) => `…${run.slice(-7)}`), item.sizeBytes, item.rows ?? '', item.lastModified,
  ])));
  console.log();
  console.log(textTable(['run', 'state', 'tables', 'objects', 'rows'], runs.map((run) => [
    run.runId, run.runState, run.tables, run.objects, run.rows,
  ])));
}

/** The demo fails when its own figures do not agree. */
function check(summary: DemoSummary): void {
  const { rowsInSource, rowsExtracted, rowsLanded, csv, objectsLanded, objectsRecorded, runStatus, tables, icebergTables, rowsInSnapshots } = summary;
  const agree = rowsInSource === rowsExtracted && rowsExtracted === rowsLanded
    && csv.rowsInSource === csv.rowsExtracted && csv.rowsExtracted === csv.rowsLanded
    && icebergTables === tables && rowsInSnapshots === rowsInSource
    && objectsLanded === objectsRecorded && runStatus === 'COMPLETE';
  if (!agree) throw new Error(`the figures do not agree: ${JSON.stringify(summary)}`);
}
