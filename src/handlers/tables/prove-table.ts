import { setTimeout as delay } from 'node:timers/promises';
import {
  AthenaClient, GetQueryExecutionCommand, GetQueryResultsCommand, QueryExecutionState, StartQueryExecutionCommand, StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { isThrottle } from './glue-pace';
import { differenceOf, proofQueries } from './proof-query';
import { ProveTable } from './table-task';
import { datasetRunFolder, LandedTablesSettings } from '../../contract';
import { describeError } from '../shared/errors';

/** Least time to begin a query, or to go on waiting for one (milliseconds). */
const LEAST_MS = 20_000;

/** First wait for a query, and the longest between two looks (milliseconds). */
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5_000;

/** Waits; for tests too. */
type Sleep = (milliseconds: number) => Promise<unknown>;

/** Proves tables by Athena, which counts and sums their snapshots in a workgroup that bounds what a query may scan. */
export function athenaProver(
  athena: Pick<AthenaClient, 'send'>, database: string, { proveInWorkGroup, foreignRows }: LandedTablesSettings, sleep: Sleep = delay,
): ProveTable {
  return async ({ tableName, snapshotId }, { run, table, landed: { manifest }, remaining }) => {
    const queries = proofQueries({
      database,
      tableName,
      snapshotId: snapshotId!,
      ...(foreignRows === 'keep' && { folder: `s3://${run.bucket}/${datasetRunFolder(manifest.prefix, table, run.runId)}` }),
    }, table);
    try {
      for (const query of queries) {
        const row = await answerOf({ athena, database, workGroup: proveInWorkGroup!, sleep, remaining }, query.sql);
        if (row === undefined) return { kind: 'unfinished' };
        const why = differenceOf(query, row);
        if (why !== undefined) return { kind: 'differs', why };
      }
      return { kind: 'proven' };
    } catch (error) {
      return { kind: 'unproven', why: describeError(error) };
    }
  };
}

interface Asking {
  readonly athena: Pick<AthenaClient, 'send'>;
  readonly database: string;
  readonly workGroup: string;
  readonly sleep: Sleep;
  readonly remaining: () => number;
}

/** The one row of a query's answer; undefined when there was no time for it. */
async function answerOf(asking: Asking, sql: string): Promise<(string | undefined)[] | undefined> {
  const { athena, database, workGroup, sleep, remaining } = asking;
  const started = await inTurn(asking, async () => athena.send(new StartQueryExecutionCommand({
    QueryString: sql, QueryExecutionContext: { Database: database }, WorkGroup: workGroup,
  })));
  const id = started?.QueryExecutionId;
  if (id === undefined) return undefined;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    await sleep(wait);
    const { QueryExecution } = await inTurn(asking, async () => athena.send(new GetQueryExecutionCommand({ QueryExecutionId: id }))) ?? {};
    const state = QueryExecution?.Status?.State;
    if (state === QueryExecutionState.SUCCEEDED) break;
    if (state === QueryExecutionState.FAILED || state === QueryExecutionState.CANCELLED) {
      throw new Error(`query ${id} is ${state}: ${QueryExecution?.Status?.StateChangeReason ?? 'no reason was given'}`);
    }
    if (remaining() < LEAST_MS) {
      await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
      return undefined;
    }
  }
  const results = await inTurn(asking, async () => athena.send(new GetQueryResultsCommand({ QueryExecutionId: id })));
  // The first row has the names of the columns.
  return results?.ResultSet?.Rows?.[1]?.Data?.map(({ VarCharValue }) => VarCharValue);
}

/** Repeats what Athena refuses for the number of requests; undefined when there was no time for it. */
async function inTurn<T>({ sleep, remaining }: Asking, request: () => Promise<T>): Promise<T | undefined> {
  for (;;) {
    if (remaining() < LEAST_MS) return undefined;
    try {
      return await request();
    } catch (error) {
      if (!isThrottle(error)) throw error;
      await sleep(LONGEST_WAIT_MS);
    }
  }
}
