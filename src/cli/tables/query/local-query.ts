import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { loadDuckdb } from './load-duckdb';
import { pathOf, scannedFiles, scanSql, text } from './parquet-scan';
import { QueryOptions, QueryResult, QueryValue, wholeValue } from './query-result';
import { refuseTooMuch, tablesAsked } from './tables-asked';
import { quotedName } from '../../../contract';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import { forEachAtOnce } from '../../../iceberg/commit/workplace';
import type { OpenTable } from '../list-tables';
import type { TablesPlace } from '../place';

/** Tables whose manifests are read at the same time. */
const TABLES_AT_ONCE = 4;

/**
 * Asks DuckDB, in this process. Landed tables that the query names are views over the data files of their state; nothing else can be
 * read, and nothing written.
 *
 * @param use takes the result while the files are open
 * @throws LegacyToS3Error of code INVALID_CONFIG when the query is no single one that only reads, QUERY_FAILED when DuckDB refuses it
 */
export async function queryFolder(
  { workplace: { files } }: TablesPlace, tables: readonly OpenTable[], sql: string, { runId, maxBytes, signal }: QueryOptions,
  use: (result: QueryResult) => Promise<void>,
): Promise<void> {
  const { DuckDBInstance, StatementType } = loadDuckdb();
  const spill = join(tmpdir(), `cdk-legacy-to-s3-query-${randomUUID()}`);
  const instance = await DuckDBInstance.create(':memory:', { temp_directory: spill });
  const connection = await instance.connect();
  const interrupt = () => connection.interrupt();
  try {
    const statements = await asking(async () => connection.extractStatements(sql));
    if (statements.count !== 1) throw new LegacyToS3Error('INVALID_CONFIG', `the query cannot be run: it is ${statements.count} statements, not one`);
    const said = new Set(connection.getTableNames(sql, false).map((name) => name.toLowerCase()));
    const asked = tablesAsked(tables, runId).filter(({ name }) => said.has(name.toLowerCase()));
    const scanned = await forEachAtOnce(asked, async (table) => scannedFiles(files, table), TABLES_AT_ONCE);
    const all = scanned.flatMap((each) => each.files);
    refuseTooMuch(all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), asked.map(({ name }) => name), maxBytes);
    for (const each of scanned) {
      const scan = await scanSql(files, each);
      await asking(async () => connection.run(`CREATE VIEW ${quotedName(each.asked.name)} AS ${scan}`));
    }
    await connection.run(`SET allowed_paths = [${[...new Set(all.map(({ uri }) => pathOf(uri)))].map(text).join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    await asking(async () => {
      const statement = await statements.prepare(0);
      if (statement.statementType !== StatementType.SELECT && statement.statementType !== StatementType.EXPLAIN) {
        throw new LegacyToS3Error('INVALID_CONFIG', `the query cannot be run: it is ${StatementType[statement.statementType]}; only queries that read are run`);
      }
      signal?.addEventListener('abort', interrupt, { once: true });
      signal?.throwIfAborted();
      const result = await statement.stream();
      const types = result.columnTypes().map(String);
      const toValues = types.map((type) => (/^U?(BIG|HUGE)INT$/.test(type) ? whole : (value: QueryValue) => value));
      await use({
        columns: result.deduplicatedColumnNames().map((name, at) => ({ name, type: types[at] })),
        rows: rowsOf(result, toValues),
      });
    }, notThere(tables, runId));
  } catch (error) {
    if (signal?.aborted) throw new LegacyToS3Error('INTERRUPTED', 'the query was stopped', { cause: error });
    throw error;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    connection.closeSync();
    instance.closeSync();
    await rm(spill, { recursive: true, force: true });
  }
}

async function* rowsOf(
  result: Awaited<ReturnType<DuckDBConnection['stream']>>, toValues: ReadonlyArray<(value: QueryValue) => QueryValue>,
): AsyncGenerator<QueryValue[][]> {
  for await (const rows of result.yieldRowsJson()) yield rows.map((row) => row.map((value, at) => toValues[at](value as QueryValue)));
}

function whole(value: QueryValue): QueryValue {
  return typeof value === 'string' ? wholeValue(value) : value;
}

function notThere(tables: readonly OpenTable[], runId: string | undefined): string {
  const of = runId === undefined ? '' : ` of run ${runId}`;
  const names = tablesAsked(tables, runId).map(({ name }) => name);
  return `landed tables${of} are ${names.slice(0, 10).join(', ') || 'none'}${names.length > 10 ? ', …' : ''}`;
}

/** What DuckDB says of the query is the user's to read. */
async function asking<T>(work: () => Promise<T>, advice?: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { message } = error as Error;
    const [, first] = /([A-Z][A-Za-z ]* Error: .*)/.exec(message) ?? [];
    if (error instanceof LegacyToS3Error || first === undefined) throw error;
    throw new LegacyToS3Error('QUERY_FAILED', `DuckDB refused the query: ${first}${advice !== undefined && /^Catalog Error: Table/.test(first) ? `; ${advice}` : ''}`, { cause: error });
  }
}
