import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, DescribeMapRunCommand, ListMapRunsCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isManifestKey, isRunLogKey, isRunSnapshotsKey, type CompleteAnswer } from '../../src/contract';
import { type LocalCloud, poll } from '../local-cloud';
import type { DemoArguments } from './arguments';
import { countSource } from './count-source';
import { countLandedRows, listObjects } from './read-back';
import { scanRecords, textTable } from './records';
import type { StandInProcess } from './stand-in-process';
import { startStandIns } from './stand-ins';

/** The figures of a distributed demo; every one is counted by other means than the one beside it. */
export interface DistributedSummary {
  /** COUNT_BIG over the tables of schema dbo, by a separate client. */
  readonly rowsInSource: number;
  /** As the execution's output says. */
  readonly rowsExtracted: number;
  /** Counted by DuckDB in the Parquet objects downloaded from S3. */
  readonly rowsLanded: number;
  readonly objectsLanded: number;
  readonly verification: string;
  readonly runStatus: string;
  /** From the start of the execution to its end. */
  readonly executionSeconds: number;
  readonly seconds: number;
}

/** Of examples/nightly. */
const APP = 'examples/nightly/app.ts';
const SECRET = 'ledger/reader';
const PREFIX = 'landing/';

/** An extraction on the local cloud: its state machine, its functions under their own roles, and what came of it. */
export async function runDistributedDemo(args: DemoArguments, folder: string, signal: AbortSignal): Promise<DistributedSummary> {
  const started = performance.now();
  const secondsSince = (since: number) => Number(((performance.now() - since) / 1000).toFixed(1));
  const cleanUp: (() => Promise<void> | void)[] = [];
  const step = (text: string): void => {
    signal.throwIfAborted();
    console.log(`\n[${secondsSince(started).toFixed(1).padStart(5)} s] ${text}`);
  };
  try {
    const { source, cloud, pipeline, stop } = await startStandIns({
      transactions: args.transactions,
      app: APP,
      of: ({ port, caFile, database }) => ({
        environment: { SQL_DATABASE: database, SQL_CA_FILE: caFile },
        // By name: the certificate is checked against it.
        parameters: { SqlServer: 'localhost', SqlPort: String(port) },
      }),
      prepare: keepLogin,
      step,
    });
    cleanUp.push(stop);
    const s3 = new S3Client(cloud.clientConfig);
    const dynamodb = new DynamoDBClient(cloud.clientConfig);
    const sfn = new SFNClient(cloud.clientConfig);
    cleanUp.push(() => s3.destroy(), () => dynamodb.destroy(), () => sfn.destroy());

    const machines = pipeline.stack.logicalIds['AWS::StepFunctions::StateMachine'];
    const stateMachineArn = pipeline.stack.resources[machines[0]];
    step(`starting an execution of ${stateMachineArn}`);
    const began = performance.now();
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{}' }));
    const answer = await follow(sfn, executionArn!, signal);
    const executionSeconds = secondsSince(began);
    console.log(`  run ${answer.runId}: ${answer.rows} rows in ${answer.objects} objects, ${answer.verification}, in ${executionSeconds} s`);

    step('waiting for the recorder and the run\'s completion');
    // What run completion writes is not landed.
    const landed = (await listObjects(s3, pipeline.bucketName, PREFIX)).map(({ key }) => key)
      .filter((key) => !isRunLogKey(PREFIX, key) && !isRunSnapshotsKey(PREFIX, key));
    const records = await poll(async () => {
      const seen = await scanRecords(dynamodb, pipeline.tableName);
      return seen.objects.length >= landed.length && seen.runs.length === 1 && seen;
    }, { what: `${landed.length} objects and a run in the metadata table`, deadlineMs: 60_000 });

    step('counting again, by other means');
    const counts = await countSource(source);
    // As the app says: dbo.*
    const rowsInSource = [...counts].reduce((sum, [table, rows]) => (table.startsWith('dbo.') ? sum + rows : sum), 0);
    const parts = landed.filter((key) => !isManifestKey(key));
    const rowsLanded = await countLandedRows(s3, pipeline.bucketName, parts, path.join(folder, 'parquet'));
    console.log(textTable(['', 'source (COUNT_BIG)', 'extracted', 'landed (DuckDB)'], [['dbo.*, Parquet', rowsInSource, answer.rows, rowsLanded]]));

    const summary: DistributedSummary = {
      rowsInSource,
      rowsExtracted: answer.rows,
      rowsLanded,
      objectsLanded: parts.length,
      verification: answer.verification,
      runStatus: String(records.runs[0].runState),
      executionSeconds,
      seconds: secondsSince(started),
    };
    if (rowsInSource !== answer.rows || rowsLanded !== rowsInSource || parts.length !== answer.objects || summary.runStatus !== 'COMPLETE') {
      throw new Error(`the figures do not agree: ${JSON.stringify(summary)}`);
    }
    step(`done: ${rowsLanded} rows in ${parts.length} objects, all recorded, run ${summary.runStatus}`);
    if (args.keep) {
      console.log(`\nThe local cloud stays up at ${cloud.endpoint}; Ctrl-C stops everything.`);
      await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
    }
    return summary;
  } finally {
    for (const stop of cleanUp.reverse()) await stop();
  }
}

/** The login as RDS keeps it. */
async function keepLogin(cloud: LocalCloud, { user, password }: StandInProcess): Promise<void> {
  const secrets = new SecretsManagerClient(cloud.clientConfig);
  try {
    await secrets.send(new CreateSecretCommand({ Name: SECRET, SecretString: JSON.stringify({ username: user, password }) }));
  } finally {
    secrets.destroy();
  }
}

/** Waits for the end of an execution, with a line whenever the counts of its Map change. */
async function follow(sfn: SFNClient, executionArn: string, signal: AbortSignal): Promise<CompleteAnswer> {
  let told = '';
  const ended = await poll(async () => {
    signal.throwIfAborted();
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    const { mapRuns: [run] = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
    if (run) {
      const { itemCounts } = await sfn.send(new DescribeMapRunCommand({ mapRunArn: run.mapRunArn }));
      const line = `  items: ${itemCounts!.succeeded} of ${itemCounts!.total} done, ${itemCounts!.running} at work`;
      if (line !== told) console.log(told = line);
    }
    return execution.status !== 'RUNNING' && execution;
  }, { what: `the end of ${executionArn}`, deadlineMs: 3_600_000 });
  if (ended.status !== 'SUCCEEDED') throw new Error(`the execution ended as ${ended.status}: ${ended.error}: ${ended.cause}`);
  return JSON.parse(ended.output!) as CompleteAnswer;
}
