import { watchIdle } from './idle-watchdog';
import { type LandingPlan, planOf, withColumns } from './landing-plan';
import { ReaderWaits } from './reader-waits';
import { reconcileChunk } from './reconcile-chunk';
import { CONTENT_HASH_VERSION } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import { SourceHashes } from '../../api/extractor-props';
import type { ObjectWriter } from '../../landing/target/landing-target';
import { refuseChangedColumns } from '../../plan/schema-drift';
import { readRows } from '../../rows';
import { refuseUnmatched, typeOptionsOf } from '../../rows/columns/type-rules';
import { hashText } from '../../rows/hash/content-hash';
import type { ReadRowsOptions, ReadRowsResult } from '../../rows/objects/read-rows';
import { readCurrentTable } from '../../source/catalog/read-catalog';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { LandedChunk } from '../../state/landed-chunk';
import { chunkNameOf, nameOf, type ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';
import type { RunOptions } from '../context/run-options';

/** What a reader tells of a chunk while it reads. */
export interface ChunkProgress {
  readonly onProgress: (counts: { readonly rows: number; readonly wireBytes: number; readonly waitedMs: number }) => void;
  /** An object was begun. */
  readonly onOpen: (file: number) => void;
  /** Of this reader at this chunk, from 1: a later one replaces what an earlier one has left. */
  readonly attempt: number;
}

/**
 * Reads, lands and counts one chunk, once.
 *
 * @throws LegacyToS3Error; objects completed before may be left under their names
 */
export async function readChunk(
  context: RunContext, connection: SqlServerConnection, job: ReadJob, progress: ChunkProgress,
): Promise<Omit<LandedChunk, 'attempts' | 'instant' | 'state'>> {
  const started = performance.now();
  const waits = new ReaderWaits(context.clock);
  const plan = planOf(context, job);
  const read = await readAndLand(context, connection, job, plan, progress, waits).catch(async (error: unknown) => {
    // A column that is gone, or a SNAPSHOT transaction that DDL ended, is better told as what it is.
    if (error instanceof LegacyToS3Error && error.code === 'SOURCE_QUERY_FAILED') await explainBySchema(connection, job);
    throw error;
  });
  await compareSchema(connection, job);
  const checked = await reconcileChunk(context, connection, job, read);
  if (checked.sourceRows !== undefined) {
    const { sourceRows, sourceSeconds: seconds = 0, differences = [] } = checked;
    const counts = { rows: read.rows, sourceRows: Number(sourceRows), differences: differences.length };
    context.emit({ type: 'chunk-verified', ...nameOf(context, job), ...counts, seconds, ...(job.notCompared && { notCompared: job.notCompared }) });
  }
  return {
    tableIndex: job.tableIndex,
    chunk: job.chunk.chunk,
    columns: read.columns,
    rows: read.rows,
    ...checked,
    tallies: read.tallies,
    wireBytes: read.wireBytes,
    seconds: (performance.now() - started) / 1000,
    sourceWaitSeconds: waits.sourceMs / 1000,
    targetWaitSeconds: waits.targetMs / 1000,
    ...(read.alterations.length > 0 && { alterations: read.alterations }),
    ...(Object.keys(read.rowsOffKernel).length > 0 && { rowsOffKernel: read.rowsOffKernel }),
    contentHashVersion: CONTENT_HASH_VERSION,
    objects: read.files.map(({ rows, contentHash, object }, file) => ({
      key: object.key,
      part: plan.part(job.chunk.chunk, file),
      rows,
      sizeBytes: object.sizeBytes,
      checksum: object.checksum,
      contentHash: hashText(contentHash),
      ...(object.eTag !== undefined && { eTag: object.eTag }),
    })),
  };
}

async function readAndLand(
  context: RunContext, connection: SqlServerConnection, job: ReadJob, plan: LandingPlan, progress: ChunkProgress, waits: ReaderWaits,
): Promise<ReadRowsResult> {
  const { options, target, signal, clock } = context;
  let writer: ObjectWriter | undefined;
  let placed = plan;
  // The row path may be waiting for an upload that hangs: giving the object up ends that wait.
  const giveUp = () => void writer?.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  return watchIdle({
    connection: connection.tedious, clock, idleMs: options.idleTimeoutMs, subject: job.subject, waitsForTarget: () => waits.isForTarget,
  }, () => readRows({
    connection: connection.tedious,
    sql: job.sql,
    parameters: job.parameters,
    format: options.format,
    typeOptions: (column) => job.typeOptions?.get(column) ?? typeOptionsOf(options.format.types, { schema: job.schema, table: job.table, column }),
    keyColumns: job.keyColumns,
    columnIds: job.columnIds,
    ...(job.source && { sourceHash: sourceHashOf(options, job) }),
    subject: job.subject,
    targetFileBytes: options.targetFileBytes,
    onColumns: (columns) => {
      placed = planOf(context, withColumns(job, columns));
      // Of tables the plan tells the columns, so that it is known before the first one is read.
      if (context.consistency === 'query') refuseUnmatched(options.format.types, columns.map(({ name }) => ({ ...job, column: name })));
    },
    open: (file, columns) => {
      progress.onOpen(file);
      const header = placed.header(job.chunk.chunk, file, columns);
      const onPart = (part: number, sizeBytes: number) => context.emit({ type: 'part-uploaded', ...nameOf(context, job), key: header.key, part, sizeBytes });
      const name = chunkNameOf(job);
      const replace = progress.attempt === 1 ? 'never' : async () => context.mayComplete(true, name);
      const opened = writer = target.open({ ...header, onPart, replace });
      return {
        write: (bytes) => waits.forTarget(opened.write(bytes)),
        complete: async () => {
          await context.mayComplete(progress.attempt > 1, name);
          return waits.forTarget(opened.complete());
        },
        abort: async () => opened.abort(),
      };
    },
    onProgress: (counts) => progress.onProgress({ ...counts, waitedMs: waits.targetMs }),
    signal,
  })).finally(() => signal.removeEventListener('abort', giveUp));
}

/** Rows are sampled by the first column of the key. */
function sourceHashOf({ sourceHashes }: RunOptions, { keyColumns: [key = ''], notCompared, varying }: ReadJob): ReadRowsOptions['sourceHash'] {
  if (sourceHashes === SourceHashes.NONE || varying !== undefined) return undefined;
  return { ...(sourceHashes !== SourceHashes.ALL && { sampleBy: key }), ...(notCompared && { leaveOut: notCompared }) };
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
