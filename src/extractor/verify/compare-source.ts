import type { CheckedTable } from './check-objects';
import type { Manifest, ManifestChunk, ManifestTable } from '../../contract';
import type { VerifyControls } from '../api/controls';
import { plainCount } from '../api/counted';
import { LegacyToS3Error } from '../api/errors';
import type { PlannedChunk, PlannedTable } from '../api/extraction-plan';
import type { ExtractorProps } from '../api/extractor-props';
import { VerificationFault, type VerificationProblem } from '../api/verification-result';
import type { ObjectWriter } from '../landing/target/landing-target';
import { readRows } from '../rows';
import { typeOptionsOf } from '../rows/columns/type-rules';
import { addHashes, hashText } from '../rows/hash/content-hash';
import { planJobs, queryJob } from '../run/chunks/table-job';
import { openSource } from '../run/context/open-source';
import type { ReadJob } from '../run/context/read-job';
import { resolveOptions, type RunOptions } from '../run/context/run-options';
import { planOver } from '../run/plan-run';
import { quoteTable } from '../source/catalog/identifiers';
import { withRemedy } from '../source/connection/source-errors';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';
import { toSafeError } from '../source/credentials/redact';

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
 * @param checked tables whose objects were read back
 * @returns what of the source's options has no effect
 * @throws LegacyToS3Error when the source cannot be read
 */
export async function compareSource(
  props: ExtractorProps, manifest: Manifest, checked: readonly CheckedTable[], tell: Tell, { signal, onConnectRetry }: VerifyControls = {},
): Promise<readonly string[]> {
  if (checked.length === 0) return [];
  const tables = checked.map(({ table }) => table);
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
    const connection = await openSource(options.connection, { signal, onRetry: onConnectRetry });
    try {
      const planned = isQuery ? [] : (await planOver(connection, options)).tables;
      for (const { table, declaredHashes } of checked) {
        const jobs = isQuery ? [queryJob(options.query!)] : jobsOf(table, planned, options);
        const landed = new Map(table.chunks?.map((chunk) => [chunk.chunk, chunk]));
        for (const job of jobs) {
          const { chunk } = job.chunk;
          const known = landed.get(chunk);
          // What is read now is hashed as of today; the landed rows are proven to have this hash.
          const now = declaredHashes.get(chunk);
          await compareChunk(connection, options, known && now !== undefined ? { ...known, contentHash: now } : known, job, tell, signal);
        }
      }
      return options.sourceWarnings;
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (signal?.aborted) throw new LegacyToS3Error('INTERRUPTED', 'stopped; nothing was changed', { cause: error });
    throw toSafeError(withRemedy(error), [options.connection.password]);
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
