import type { CheckedTable } from './check-objects';
import { columnProblems } from './compare-table';
import type { Manifest, ManifestChunk, ManifestTable, ManifestTally } from '../../contract';
import type { VerifyControls } from '../api/controls';
import { plainCount } from '../api/counted';
import { LegacyToS3Error } from '../api/errors';
import type { PlannedChunk, PlannedTable } from '../api/extraction-plan';
import type { ExtractorProps } from '../api/extractor-props';
import { VerificationFault, type VerificationProblem } from '../api/verification-result';
import type { ObjectWriter } from '../landing/target/landing-target';
import { conditionProblem } from '../options/check-condition';
import { checkSelect } from '../options/check-select';
import { varyingPart } from '../options/filter-determinism';
import { tableProblem } from '../plan/validate-plan';
import { readRows } from '../rows';
import { typeOptionsOf } from '../rows/columns/type-rules';
import { addHashes, hashText } from '../rows/hash/content-hash';
import type { ReadRowsResult } from '../rows/objects/read-rows';
import { planJobs, queryJob } from '../run/chunks/table-job';
import { openSource } from '../run/context/open-source';
import type { ReadJob } from '../run/context/read-job';
import { resolveOptions, type RunOptions } from '../run/context/run-options';
import { planOver } from '../run/plan-run';
import { quoteTable } from '../source/catalog/identifiers';
import { readFeatures } from '../source/catalog/source-features';
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
 * @returns what could not be compared, and why, and what of the source's options has no effect
 * @throws LegacyToS3Error when the source cannot be read
 */
export async function compareSource(
  props: ExtractorProps, manifest: Manifest, checked: readonly CheckedTable[], tell: Tell, { signal, onConnectRetry }: VerifyControls = {},
): Promise<string[]> {
  if (checked.length === 0) return [];
  const tables = checked.map(({ table }) => table);
  const isQuery = manifest.source.kind === 'query';
  if (isQuery) checkSelect(manifest.source.query!);
  for (const { rowFilter, ...table } of tables) if (rowFilter !== undefined) refuseForeignText(table, conditionProblem(rowFilter), 'rowFilter');
  const options = await resolveOptions({
    ...props,
    plan: undefined,
    query: isQuery ? { sql: manifest.source.query!, name: `${tables[0].schema}.${tables[0].table}` } : undefined,
    tables: isQuery ? undefined : tables.map(({ schema, table }) => quoteTable(schema, table)),
    excludeTables: undefined,
    includeViews: isQuery ? undefined : tables.some(({ view }) => view),
    tableOptions: isQuery ? undefined : tables.map(({ schema, table, excludedColumns, rowFilter }) =>
      ({ table: quoteTable(schema, table), excludeColumns: excludedColumns && [...excludedColumns], rowFilter })),
    // The run's own chunks take the place of the plan's.
    targetChunkBytes: Number.MAX_SAFE_INTEGER,
    targetChunkRows: undefined,
  });
  try {
    const connection = await openSource(options.connection, { signal, onRetry: onConnectRetry });
    try {
      const planned = isQuery ? [] : (await planOver(connection, await readFeatures(connection), options)).tables;
      const notes: string[] = [];
      for (const { table, declaredHashes } of checked) {
        const jobs = isQuery ? [queryJob(options.query!)] : jobsOf(table, planned, options);
        const name = `${table.schema}.${table.table}`;
        const varying = varyingPart(table.rowFilter);
        if (varying !== undefined) {
          notes.push(`${name}: not compared with the source, since its row filter has ${varying}, which gives other values each time`);
          continue;
        }
        const leftOut = leftOutOf(table, jobs);
        if (leftOut.length > 0) {
          notes.push(`${name}: not compared with the source, which does not repeat them: ${leftOut.map((column) => `"${column}"`).join(', ')}; of the other columns tallies are compared`);
          await compareTallies(connection, options, table, jobs, leftOut, tell, signal);
          continue;
        }
        const landed = new Map(table.chunks?.map((chunk) => [chunk.chunk, chunk]));
        for (const job of jobs) {
          const { chunk } = job.chunk;
          const known = landed.get(chunk);
          // What is read now is hashed as of today; the landed rows are proven to have this hash.
          const now = declaredHashes.get(chunk);
          await compareChunk(connection, options, known && now !== undefined ? { ...known, contentHash: now } : known, job, tell, signal);
        }
      }
      return [...options.sourceWarnings, ...notes];
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
  const read: PlannedTable = { ...now, columns, rowFilter, chunkKey: [...(table.chunkKey ?? [])], chunks };
  if (chunks.length > 0) refuseForeignText(table, tableProblem(read));
  return planJobs({ tables: [read] }, options.maxDop, options.format.types);
}

/** Who may write a manifest must not be able to send the source what they like. */
function refuseForeignText({ schema, table }: Pick<ManifestTable, 'schema' | 'table'>, problem: string | undefined, of?: string): void {
  if (problem === undefined) return;
  throw new LegacyToS3Error('INVALID_CONFIG', `the manifest's ${quoteTable(schema, table)} cannot be read from the source: `
    + (of === undefined ? problem.replace(/^\./, '') : `${of} must be one condition and nothing else, but ${problem}`));
}

/** Columns that the source did not repeat when the run compared them, or would not now. */
function leftOutOf({ verification }: ManifestTable, jobs: readonly ReadJob[]): string[] {
  return [...new Set([...verification?.notCompared?.map(({ column }) => column) ?? [], ...jobs.flatMap(({ notCompared = [] }) => notCompared)])];
}

/** Compares rows and, column by column, tallies: a content hash is of whole rows. */
async function compareTallies(
  connection: SqlServerConnection, options: RunOptions, table: ManifestTable, jobs: readonly ReadJob[], leftOut: readonly string[], tell: Tell,
  signal?: AbortSignal,
): Promise<void> {
  const name = `${table.schema}.${table.table}`;
  const tallies: ManifestTally[][] = [];
  let rows = 0;
  for (const job of jobs) {
    const read = await readNowhere(connection, options, job, signal);
    tallies.push([...read.tallies]);
    rows += read.rows;
  }
  if (rows !== table.rows) tell({ table: name, fault: VerificationFault.SOURCE_ROWS, expected: plainCount(table.rows, 'row'), found: plainCount(rows, 'row') });
  for (const { column, expected, found } of columnProblems(table, tallies)) {
    if (!leftOut.includes(column!)) tell({ table: name, fault: VerificationFault.SOURCE_CONTENT, column, expected, found });
  }
}

function readNowhere(connection: SqlServerConnection, options: RunOptions, job: ReadJob, signal?: AbortSignal): Promise<ReadRowsResult> {
  return readRows({
    connection: connection.tedious,
    sql: job.sql,
    parameters: job.parameters,
    format: { name: 'jsonl', compression: 'none' },
    typeOptions: (column) => job.typeOptions?.get(column) ?? typeOptionsOf(options.format.types, { schema: job.schema, table: job.table, column }),
    keyColumns: job.keyColumns,
    subject: job.subject,
    targetFileBytes: Infinity,
    open: () => NOWHERE,
    signal,
  });
}

async function compareChunk(
  connection: SqlServerConnection, options: RunOptions, landed: ManifestChunk | undefined, job: ReadJob, tell: Tell, signal?: AbortSignal,
): Promise<void> {
  const { rows, files } = await readNowhere(connection, options, job, signal);
  const { chunk } = job.chunk;
  if (!landed?.contentHash) return;
  const place = { table: `${job.schema}.${job.table}`, chunk };
  if (rows !== landed.rows) tell({ ...place, fault: VerificationFault.SOURCE_ROWS, expected: plainCount(landed.rows, 'row'), found: plainCount(rows, 'row') });
  const hash = hashText(files.reduce((sum, file) => addHashes(sum, file.contentHash), 0n));
  if (hash !== landed.contentHash) tell({ ...place, fault: VerificationFault.SOURCE_CONTENT, expected: landed.contentHash, found: hash });
}
