import { landRows, objectsOf, rowsOf, type ChunkProgress, type ChunkReading } from './land-rows';
import { readChanges } from './read-changes';
import { ReaderWaits } from './reader-waits';
import { reconcileChunk } from './reconcile-chunk';
import { countedRows, markOf } from './take-mark';
import { CONTENT_HASH_VERSION } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { TransactionBegin } from '../../changes/changed-table';
import { refuseChangedColumns } from '../../plan/schema-drift';
import { readCurrentTable } from '../../source/catalog/read-catalog';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { LandedChunk } from '../../state/landed-chunk';
import { nameOf, type ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';

/** What a chunk is of its own, apart from how often it was begun and which state of the database it shows. */
export type ReadChunk = Omit<LandedChunk, 'attempts' | 'instant' | 'state'>;

/**
 * Reads, lands and counts one chunk, once.
 *
 * @param begin what its transaction began with, where marks are taken
 * @throws LegacyToS3Error; objects completed before may be left under their names
 */
export async function readChunk(
  context: RunContext, connection: SqlServerConnection, job: ReadJob, progress: ChunkProgress, begin?: TransactionBegin,
): Promise<ReadChunk> {
  const started = performance.now();
  const waits = new ReaderWaits(context.clock);
  const reading = { progress, waits, begin };
  const read = await (job.changes?.planned.from ? readChanges : readWhole)(context, connection, job, reading).catch(async (error: unknown) => {
    // A column that is gone, or a SNAPSHOT transaction that DDL ended, is better told as what it is.
    if (error instanceof LegacyToS3Error && error.code === 'SOURCE_QUERY_FAILED') await explainBySchema(connection, job);
    throw error;
  });
  await compareSchema(connection, job);
  const landed = await read.check();
  return {
    tableIndex: job.tableIndex,
    chunk: job.chunk.chunk,
    ...landed,
    seconds: (performance.now() - started) / 1000,
    sourceWaitSeconds: waits.sourceMs / 1000,
    targetWaitSeconds: waits.targetMs / 1000,
    contentHashVersion: CONTENT_HASH_VERSION,
  };
}

/** Rows that are read, and what compares them with what the source has of them. */
interface ChunkRead {
  check(): Promise<Omit<ReadChunk, 'tableIndex' | 'chunk' | 'seconds'>>;
}

async function readWhole(
  context: RunContext, connection: SqlServerConnection, job: ReadJob, { progress, waits, begin }: ChunkReading,
): Promise<ChunkRead> {
  const mark = await markOf(context, connection, job, begin);
  const read = await landRows(context, connection, job, rowsOf(job, context.options), progress, waits);
  return {
    check: async () => {
      const checked = await reconcileChunk(context, connection, job, read);
      if (checked.sourceRows !== undefined) {
        const { sourceRows, sourceSeconds: seconds = 0, differences = [] } = checked;
        const counts = { rows: read.rows, sourceRows: Number(sourceRows), differences: differences.length };
        context.emit({ type: 'chunk-verified', ...nameOf(context, job), ...counts, seconds, ...(job.notCompared && { notCompared: job.notCompared }) });
      }
      return {
        columns: read.columns,
        rows: read.rows,
        ...checked,
        ...mark,
        ...(mark && await countedRows(context, connection, job)),
        tallies: read.tallies,
        wireBytes: read.wireBytes,
        ...(read.alterations.length > 0 && { alterations: read.alterations }),
        ...(Object.keys(read.rowsOffKernel).length > 0 && { rowsOffKernel: read.rowsOffKernel }),
        objects: objectsOf(context, job, read),
      };
    },
  };
}

/** @throws LegacyToS3Error of code SCHEMA_CHANGED when the table is not what was planned */
async function compareSchema(connection: SqlServerConnection, { planned }: ReadJob): Promise<void> {
  if (planned) refuseChangedColumns(planned, await readCurrentTable(connection, planned.schema, planned.table));
}

/** As {@link compareSchema}, after a statement failed: the connection is given up afterwards, and may be lost already. */
async function explainBySchema(connection: SqlServerConnection, job: ReadJob): Promise<void> {
  try {
    await connection.query('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION', 'end the transaction');
    await compareSchema(connection, job);
  } catch (error) {
    if (error instanceof LegacyToS3Error && error.code === 'SCHEMA_CHANGED') throw error;
  }
}
