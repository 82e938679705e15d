import { LandingPlan } from './landing-plan';
import type { RunContext } from './run-context';
import { schemaFingerprint } from './schema-fingerprint';
import type { ManifestTable } from '../../contract';
import { LegacyToS3Error } from '../errors';
import type { TableName } from '../extract-events';
import { readRows } from '../formats';
import type { ReadRowsResult } from '../formats/read-rows';
import type { ObjectWriter } from '../landing/landing-target';
import { refusePartitionNames } from '../source/column-names';
import { withConsistency } from '../source/consistency';
import type { SqlServerConnection } from '../source/sql-server-connection';

/** One request to read and land: a table or the query. */
export interface ReadJob {
  readonly schema: string;
  readonly table: string;
  readonly sql: string;
  /** Counts the same rows; absent where the source may be sent nothing else. */
  readonly countSql?: string;
  /** For messages. */
  readonly subject: string;
  readonly estimatedRows?: number;
  readonly primaryKey?: readonly string[];
}

/** A landed table and how its count came out. */
export interface LandedTable {
  readonly table: ManifestTable;
  readonly seconds: number;
  /** COUNT_BIG of the source; absent when it was not asked. */
  readonly sourceRows?: bigint;
}

/** Least time between two progress events of a table (milliseconds). */
const PROGRESS_INTERVAL_MS = 250;

/** Reads, lands and counts one table. @throws LegacyToS3Error */
export async function readJob(context: RunContext, connection: SqlServerConnection, job: ReadJob): Promise<LandedTable> {
  const { database, consistency } = context;
  const name: TableName = { database, schema: job.schema, table: job.table };
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  context.emit({ type: 'table-started', ...name, estimatedRows: job.estimatedRows });
  const { read, sourceRows } = await withConsistency(connection, consistency, async () => ({
    read: await readAndLand(context, connection, job, name, seconds),
    sourceRows: job.countSql === undefined ? undefined : await countRows(connection, job.countSql, job.subject),
  }));
  if (sourceRows !== undefined && sourceRows !== BigInt(read.rows) && consistency === 'snapshot') {
    throw new LegacyToS3Error('COUNT_MISMATCH',
      `${job.subject}: ${read.rows} rows were landed, but the source counts ${sourceRows} in the same SNAPSHOT transaction`);
  }
  const table = manifestTable(context, job, read);
  const { rows, sizeBytes, objects } = table;
  context.emit({ type: 'table-finished', ...name, rows, objects: objects.length, sizeBytes, wireBytes: read.wireBytes, seconds: seconds() });
  return { table, seconds: seconds(), sourceRows };
}

async function readAndLand(
  context: RunContext, connection: SqlServerConnection, job: ReadJob, name: TableName, seconds: () => number,
): Promise<ReadRowsResult> {
  const { options, target, signal } = context;
  const plan = planOf(context, job);
  let reported = performance.now();
  let writer: ObjectWriter | undefined;
  // The row path may be waiting for an upload that hangs: giving the object up ends that wait.
  const giveUp = () => void writer?.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  return readRows({
    connection: connection.tedious,
    sql: job.sql,
    format: options.format,
    subject: job.subject,
    targetFileBytes: options.targetFileBytes,
    onColumns: (columns) => refusePartitionNames(columns.map((column) => column.name), job.subject),
    open: (file, columns) => (writer = target.open(plan.header(file, columns))),
    onProgress: ({ rows, wireBytes }) => {
      if (performance.now() - reported < PROGRESS_INTERVAL_MS) return;
      reported = performance.now();
      context.emit({ type: 'table-progress', ...name, rows, wireBytes, seconds: seconds(), estimatedRows: job.estimatedRows });
    },
    signal,
  }).finally(() => signal.removeEventListener('abort', giveUp));
}

/** Where a job's objects land. @throws LegacyToS3Error when its keys would be too long */
export function planOf({ target, database, runId, options }: Omit<RunContext, 'consistency'>, job: ReadJob): LandingPlan {
  return new LandingPlan(target.prefix, { database, schema: job.schema, table: job.table }, runId, options.format);
}

async function countRows(connection: SqlServerConnection, sql: string, subject: string): Promise<bigint> {
  const [row] = await connection.query(sql, `count the rows of ${subject}`);
  return BigInt(String(row?.row_count));
}

function manifestTable(context: RunContext, job: ReadJob, read: ReadRowsResult): ManifestTable {
  const plan = planOf(context, job);
  return {
    database: context.database,
    schema: job.schema,
    table: job.table,
    columns: read.columns,
    ...(job.primaryKey?.length && { primaryKey: job.primaryKey }),
    schemaFingerprint: schemaFingerprint(read.columns),
    rows: read.rows,
    sizeBytes: read.files.reduce((sum, { object }) => sum + object.sizeBytes, 0),
    objects: read.files.map(({ rows, object }, file) => ({
      key: object.key,
      part: plan.part(file),
      rows,
      sizeBytes: object.sizeBytes,
      checksum: object.checksum,
      ...(object.eTag !== undefined && { eTag: object.eTag }),
    })),
  };
}
