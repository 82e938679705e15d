import { datasetRunFolder, type ManifestMissingTable } from '../../contract';
import { LegacyToS3Error, type ErrorCode } from '../api/errors';
import { OnTableError } from '../api/extractor-props';
import type { Checkpoint } from '../state/checkpoint';
import type { LandedChunk } from '../state/landed-chunk';
import type { RunContext } from './context/run-context';
import { landedTable, type LandedTable, type KnownTable } from './tables/landed-table';

/**
 * Codes of what may be the matter with one table alone. Others are of the run: login, target, stop, a defect; to go on with the
 * next table would meet them again.
 */
const OF_A_TABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SOURCE_QUERY_FAILED', 'SOURCE_CONNECTION_LOST', 'SOURCE_STALLED', 'SOURCE_PERMISSION_DENIED', 'SCHEMA_CHANGED', 'UNSUPPORTED_TYPE', 'INVALID_VALUE',
  'PROTOCOL_ERROR', 'COUNT_MISMATCH', 'AGGREGATE_MISMATCH',
]);

/** Whether a run that is told to goes on with its other tables after this failure. */
export function endsTableOnly({ options, consistency, signal }: Pick<RunContext, 'options' | 'consistency' | 'signal'>, error: unknown): error is LegacyToS3Error {
  return options.onTableError === OnTableError.CONTINUE && consistency !== 'query' && !signal.aborted
    && error instanceof LegacyToS3Error && OF_A_TABLE.has(error.code);
}

/** What came of a run's tables. */
export interface SettledTables {
  readonly landed: readonly LandedTable[];
  readonly missing: readonly ManifestMissingTable[];
}

/**
 * Puts the landed tables together and takes what there is of the failed ones away: first from the checkpoint, so that nobody who
 * resumes trusts objects that are gone.
 *
 * @param failures by index of the table
 * @throws LegacyToS3Error where a failure ends the run, or every table failed
 */
export async function settleTables(
  context: RunContext, tables: readonly KnownTable[], chunks: readonly LandedChunk[], failures: ReadonlyMap<number, LegacyToS3Error>,
  checkpoint: Checkpoint | undefined,
): Promise<SettledTables> {
  const landed: LandedTable[] = [];
  const failed = new Map(failures);
  tables.forEach((table, index) => {
    if (failed.has(index)) return;
    try {
      landed.push(landedTable(context.database, table, chunks.filter(({ tableIndex }) => tableIndex === index), context.options.format));
    } catch (error) {
      if (!endsTableOnly(context, error)) throw error;
      failed.set(index, error);
      tellFailure(context, table, error);
    }
  });
  for (const index of failed.keys()) {
    const { schema, table, partitionPrefix } = tables[index];
    await context.mayComplete(true);
    await checkpoint?.forgetTable(index);
    const dataset = { database: context.database, schema, table, partitionPrefix };
    await context.target.sweep(datasetRunFolder(context.target.prefix, dataset, context.runId), new Set());
  }
  const [first] = failed.values();
  if (landed.length === 0 && first) throw first;
  const missing = [...failed].sort(([a], [b]) => a - b)
    .map(([index, { code, message }]) => ({ schema: tables[index].schema, table: tables[index].table, code, message }));
  return { landed, missing };
}

/** Tells that a table will be missing. */
export function tellFailure({ database, emit }: RunContext, { schema, table }: Pick<KnownTable, 'schema' | 'table'>, error: LegacyToS3Error): void {
  emit({ type: 'table-failed', database, schema, table, code: error.code, message: error.message });
}
