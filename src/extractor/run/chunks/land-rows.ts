import { watchIdle } from './idle-watchdog';
import { planOf, withColumns } from './landing-plan';
import type { ReaderWaits } from './reader-waits';
import { CHANGE_COLUMNS, type ChangeRole, type ManifestObject } from '../../../contract';
import { SourceHashes } from '../../api/extractor-props';
import type { TransactionBegin } from '../../changes/changed-table';
import type { ObjectWriter } from '../../landing/target/landing-target';
import { readRows } from '../../rows';
import { refuseUnmatched, typeOptionsOf } from '../../rows/columns/type-rules';
import { hashText } from '../../rows/hash/content-hash';
import type { ReadRowsOptions, ReadRowsResult } from '../../rows/objects/read-rows';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import { chunkNameOf, nameOf, type ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';
import type { RunOptions } from '../context/run-options';

/** What a reader tells of a chunk while it reads. */
export interface ChunkProgress {
  readonly onProgress: (counts: { readonly rows: number; readonly wireBytes: number; readonly waitedMs: number }) => void;
  /** An object was begun. */
  readonly onOpen: (file: number, role?: ChangeRole) => void;
  /** Of this reader at this chunk, from 1: a later one replaces what an earlier one has left. */
  readonly attempt: number;
}

/** What a chunk is read with. */
export interface ChunkReading {
  readonly progress: ChunkProgress;
  readonly waits: ReaderWaits;
  /** What its transaction began with, where marks are taken. */
  readonly begin?: TransactionBegin;
}

/** One statement and what its rows are; absent parts are those of the job. */
export interface LandedStatement extends Pick<ReadJob, 'sql' | 'parameters' | 'columnIds'> {
  /** Of a run of changes. */
  readonly role?: ChangeRole;
  readonly sourceHash?: ReadRowsOptions['sourceHash'];
  /** As {@link ReadRowsOptions.more}. */
  readonly more?: ReadRowsOptions['more'];
  /** Number of its first file, where others of its role came before. @default 0 */
  readonly firstFile?: number;
}

/** The statement that reads the rows of a chunk. */
export function rowsOf(job: ReadJob, options: RunOptions): LandedStatement {
  const { sql, parameters, columnIds } = job;
  return { sql, parameters, columnIds, ...(job.source && { sourceHash: sourceHashOf(options, job) }) };
}

/** Sends one statement and lands its rows. @throws LegacyToS3Error */
export async function landRows(
  context: RunContext, connection: SqlServerConnection, job: ReadJob, statement: LandedStatement, progress: ChunkProgress, waits: ReaderWaits,
): Promise<ReadRowsResult> {
  const { options, target, signal, clock } = context;
  const { role, sql, parameters, more, columnIds, sourceHash, firstFile = 0 } = statement;
  let writer: ObjectWriter | undefined;
  let placed = planOf(context, job);
  // The row path may be waiting for an upload that hangs: giving the object up ends that wait.
  const giveUp = () => void writer?.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  return watchIdle({
    connection: connection.tedious, clock, idleMs: options.idleTimeoutMs, subject: job.subject, waitsForTarget: () => waits.isForTarget,
  }, () => readRows({
    connection: connection.tedious,
    sql,
    parameters,
    more,
    format: options.format,
    typeOptions: typeOptionsOfJob(options, job, role),
    keyColumns: job.keyColumns,
    columnIds,
    sourceHash,
    subject: job.subject,
    targetFileBytes: options.targetFileBytes,
    onColumns: (columns) => {
      placed = planOf(context, withColumns(job, columns));
      // Of tables the plan tells the columns, so that it is known before the first one is read.
      if (context.consistency === 'query') refuseUnmatched(options.format.types, columns.map(({ name }) => ({ ...job, column: name })));
    },
    open: (at, columns) => {
      const file = firstFile + at;
      progress.onOpen(file, role);
      const header = placed.header(job.chunk.chunk, file, columns, role);
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

/** How columns of a job's rows land, by the names they land under. */
export function typeOptionsOfJob({ format }: RunOptions, job: ReadJob, role?: ChangeRole): NonNullable<ReadRowsOptions['typeOptions']> {
  return (column) => {
    // Those of changes are the same in all runs.
    if (role !== undefined && (CHANGE_COLUMNS as readonly string[]).includes(column)) return {};
    return job.typeOptions?.get(column) ?? typeOptionsOf(format.types, { schema: job.schema, table: job.table, column });
  };
}

/** What was landed, as manifest and checkpoint keep it. @param firstFile as of the statement */
export function objectsOf(context: RunContext, job: ReadJob, { files }: Pick<ReadRowsResult, 'files'>, role?: ChangeRole, firstFile = 0): ManifestObject[] {
  const plan = planOf(context, job);
  return files.map(({ rows, contentHash, object }, file) => ({
    key: object.key,
    part: plan.part(job.chunk.chunk, firstFile + file),
    rows,
    sizeBytes: object.sizeBytes,
    checksum: object.checksum,
    contentHash: hashText(contentHash),
    ...(object.eTag !== undefined && { eTag: object.eTag }),
    ...(role && { role }),
  }));
}

/** Rows are sampled by the first column of the key. */
function sourceHashOf({ sourceHashes }: RunOptions, { keyColumns: [key = ''], notCompared, varying }: ReadJob): ReadRowsOptions['sourceHash'] {
  if (sourceHashes === SourceHashes.NONE || varying !== undefined) return undefined;
  return { ...(sourceHashes !== SourceHashes.ALL && { sampleBy: key }), ...(notCompared && { leaveOut: notCompared }) };
}
