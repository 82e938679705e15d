import { setTimeout as sleep } from 'node:timers/promises';
import { AthenaClient, GetQueryExecutionCommand, GetQueryResultsCommand, StartQueryExecutionCommand, StopQueryExecutionCommand } from '@aws-sdk/client-athena';
import { asOfSnapshots, namedTables, readStatement } from './athena-statement';
import { QueryOptions, QueryResult, QueryValue, wholeValue } from './query-result';
import { refuseTooMuch, tablesAsked } from './tables-asked';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import type { OpenTable } from '../list-tables';
import type { TablesPlace } from '../place';

/** How often a query is looked at, in milliseconds: often at first. */
const WAITS_MS = [100, 200, 300, 500, 1000];

/**
 * Asks Athena, in the pipeline's workgroup. Of a run, landed tables that the query names are as of its snapshots, by their ids: Athena
 * knows no tags.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG when the query is no single one that only reads, QUERY_FAILED when Athena refuses it
 */
export async function queryStack(
  { athena, told }: TablesPlace, tables: readonly OpenTable[], sql: string, { runId, maxBytes, signal }: QueryOptions,
  use: (result: QueryResult) => Promise<void>,
): Promise<void> {
  const statement = readStatement(sql);
  const { database, workGroup, ...reach } = athena!;
  if (workGroup === undefined) throw new LegacyToS3Error('TARGET_NOT_FOUND', `${told} has no workgroup among its outputs to run queries in`);
  const named = new Set(namedTables(statement, tables.map(({ name }) => name)));
  const all = named.size === 0 ? [] : tablesAsked(tables, runId);
  const asked = all.filter(({ name }) => named.has(name));
  const lacking = [...named].find((name) => !asked.some((each) => each.name === name));
  if (lacking !== undefined) throw new LegacyToS3Error('RUN_NOT_FOUND', `'${lacking}' has no snapshot of run ${runId}: it was not committed, or has expired`);
  refuseTooMuch(asked.reduce((sum, { snapshot }) => sum + Number(snapshot?.summary['total-files-size'] ?? 0), 0), [...named], maxBytes);
  const snapshots = runId === undefined ? new Map() : new Map(asked.map(({ name, table, snapshot }) => [name, { table: table.name, id: String(snapshot!['snapshot-id']) }]));
  const client = new AthenaClient(reach);
  try {
    const { QueryExecutionId } = await client.send(new StartQueryExecutionCommand({
      QueryString: asOfSnapshots(statement, database, snapshots), WorkGroup: workGroup, QueryExecutionContext: { Database: database },
    }));
    await untilDone(client, QueryExecutionId!, signal);
    await use(await resultOf(client, QueryExecutionId!));
  } finally {
    client.destroy();
  }
}

async function untilDone(client: AthenaClient, QueryExecutionId: string, signal: AbortSignal | undefined): Promise<void> {
  for (let at = 0; ; at++) {
    const { QueryExecution } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    const { State, StateChangeReason } = QueryExecution?.Status ?? {};
    if (State === 'SUCCEEDED') return;
    if (State === 'FAILED' || State === 'CANCELLED') throw new LegacyToS3Error('QUERY_FAILED', `Athena ended the query as ${State}: ${StateChangeReason ?? 'no reason was given'}`);
    try {
      await sleep(WAITS_MS[Math.min(at, WAITS_MS.length - 1)], undefined, { signal });
    } catch (error) {
      await client.send(new StopQueryExecutionCommand({ QueryExecutionId }));
      throw new LegacyToS3Error('INTERRUPTED', 'the query was stopped', { cause: error });
    }
  }
}

async function resultOf(client: AthenaClient, QueryExecutionId: string): Promise<QueryResult> {
  const first = await client.send(new GetQueryResultsCommand({ QueryExecutionId }));
  const columns = (first.ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(({ Name = '', Type = '' }) => ({ name: Name, type: Type }));
  return {
    columns,
    rows: (async function* rows() {
      // The first page begins with the names.
      for (let page = first, skip = 1; ; skip = 0) {
        yield (page.ResultSet?.Rows ?? []).slice(skip).map(({ Data = [] }) => (
          Data.map(({ VarCharValue }, at) => valueOf(VarCharValue, columns[at].type))));
        if (page.NextToken === undefined) return;
        page = await client.send(new GetQueryResultsCommand({ QueryExecutionId, NextToken: page.NextToken }));
      }
    })(),
  };
}

function valueOf(text: string | undefined, type: string): QueryValue {
  if (text === undefined) return null;
  switch (type) {
    case 'boolean': return text === 'true';
    case 'tinyint': case 'smallint': case 'integer': case 'bigint': return wholeValue(text);
    case 'float': case 'real': case 'double': return Number.isFinite(Number(text)) ? Number(text) : text;
    default: return text;
  }
}
