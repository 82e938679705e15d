import type { Manifest, ManifestChunk, ManifestTable } from '../../contract';
import { typeOptionsOf } from '../columns/type-rules';
import { plainCount } from '../counted';
import { LegacyToS3Error } from '../errors';
import type { PlannedChunk, PlannedTable } from '../extraction-plan';
import type { ExtractorProps } from '../extractor-props';
import { readRows } from '../formats';
import { addHashes, hashText } from '../hash/content-hash';
import type { ObjectWriter } from '../landing/landing-target';
import { planOver } from '../run/plan-run';
import type { ReadJob } from '../run/read-chunk';
import { toSafeError } from '../run/redact';
import { resolveOptions, type RunOptions } from '../run/run-options';
import { planJobs, queryJob } from '../run/table-job';
import { quoteTable } from '../source/identifiers';
import { SqlServerConnection } from '../source/sql-server-connection';
import { VerificationFault, type VerificationProblem } from '../verification-result';

/** Takes a difference. */
export type Tell = (problem: Omit<VerificationProblem, 'message'>) => void;

/** Takes rows and keeps none. */
const NOWHERE: ObjectWriter = {
  write: () => undefined,
  complete: async () => ({ key: '', sizeBytes: 0, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: '' } }),
  abort: async () => undefined,
};

/**
 * Reads tables of a run, or its query, from the source again for their hashes alone, in the chunks that the run had.
 *
 * @throws LegacyToS3Error when the source cannot be read
 */
export async function compareSource(
  props: ExtractorProps, manifest: Manifest, tables: readonly ManifestTable[], tell: Tell, signal?: AbortSignal,
): Promise<void> {
  if (tables.length === 0) return;
  const isQuery = manifest.source.kind === 'query';
  const options = await resolveOptions({
    ...props,
    plan: undefined,
    query: isQuery ? { sql: manifest.source.query!, name: `${tables[0].schema}.${tables[0].table}` } : undefined,
    tables: isQuery ? undefined : tables.map(({ schema, table }) => quoteTable(schema, table)),
    excludeTables: undefined,
    tableOptions: isQuery ? undefined : tables.map(({ schema, table, excludedColumns, rowFilter }) =>
      ({ table: quoteTable(schema, table), excludeColumns: excludedColumns && [...excludedColumns], rowFilter })),
    // The run's own chunks take the place of the plan's.
    targetChunkBytes: Number.MAX_SAFE_INTEGER,
    targetChunkRows: undefined,
  });
  try {
    const connection = await SqlServerConnection.open(options.connection, signal);
    try {
      const planned = isQuery ? [] : (await planOver(connection, options)).tables;
      for (const table of tables) {
        const jobs = isQuery ? [queryJob(options.query!)] : jobsOf(table, planned, options);
        const landed = new Map(table.chunks?.map((chunk) => [chunk.chunk, chunk]));
        for (const job of jobs) await compareChunk(connection, options, landed.get(job.chunk.chunk), job, tell, signal);
      }
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (signal?.aborted) throw new LegacyToS3Error('INTERRUPTED', 'stopped; nothing was changed', { cause: error });
    throw toSafeError(error, [options.connection.password]);
  }
}

function jobsOf(table: ManifestTable, planned: readonly PlannedTable[], options: RunOptions): ReadJob[] {
  const now = planned.find((each) => each.schema === table.schema && each.table === table.table);
  if (!now) throw new LegacyToS3Error('NO_TABLE_MATCHED', `the source has no table ${table.schema}.${table.table} any more`);
  const chunks = (table.chunks ?? []).map(({ chunk, lower, upper, nullKey }): PlannedChunk => ({
    chunk, estimatedRows: 0, estimatedBytes: 0, ...(lower && { lower: [...lower] }), ...(upper && { upper: [...upper] }), ...(nullKey && { nullKey }),
  }));
  const { excludedColumns = [], rowFilter } = table;
  const columns = now.columns.filter(({ name }) => !excludedColumns.includes(name));
  return planJobs({ tables: [{ ...now, columns, rowFilter, chunkKey: [...(table.chunkKey ?? [])], chunks }] }, options.maxDop, options.format.types);
}

async function compareChunk(
  connection: SqlServerConnection, options: RunOptions, landed: ManifestChunk | undefined, job: ReadJob, tell: Tell, signal?: AbortSignal,
): Promise<void> {
  const { rows, files } = await readRows({
    connection: connection.tedious,
    sql: job.sql,
    parameters: job.parameters,
    format: { name: 'jsonl', compression: 'none' },
    typeOptions: (column) => typeOptionsOf(options.format.types, { schema: job.schema, table: job.table, column }),
    keyColumns: job.keyColumns,
    subject: job.subject,
    targetFileBytes: Infinity,
    open: () => NOWHERE,
    signal,
  });
  const { chunk } = job.chunk;
  if (!landed?.contentHash) return;
  const place = { table: `${job.schema}.${job.table}`, chunk };
  if (rows !== landed.rows) tell({ ...place, fault: VerificationFault.SOURCE_ROWS, expected: plainCount(landed.rows, 'row'), found: plainCount(rows, 'row') });
  const hash = hashText(files.reduce((sum, file) => addHashes(sum, file.contentHash), 0n));
  if (hash !== landed.contentHash) tell({ ...place, fault: VerificationFault.SOURCE_CONTENT, expected: landed.contentHash, found: hash });
}
