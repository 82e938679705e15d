import { problemLine, someNames } from './landed-options';
import { loadTables } from './load-tables';
import type { ForeignRows } from '../../../contract';
import { counted } from '../../../extractor/api/counted';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import type { SettingValues } from '../../config/settings';
import type { CommittedTable, PendingRun } from '../../tables';
import { textTable } from '../text-table';

/**
 * The folder whose landed tables a run is committed into; nothing where that was not asked for.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG for a bucket, and for files that are no Parquet
 */
export function landingFolder(values: SettingValues, target: string): string | undefined {
  if ((values.get('landedTables') ?? 'none') === 'none') {
    if (!values.get('softDeletes')) return undefined;
    throw new LegacyToS3Error('INVALID_CONFIG', '--soft-deletes is of tables of a folder, and needs --landed-tables iceberg; those of a pipeline are told by the option landedTables of its construct');
  }
  if (!target.startsWith('file:')) {
    throw new LegacyToS3Error('INVALID_CONFIG', `--landed-tables iceberg is for folders, not for ${target}: in a bucket run completion of the pipeline commits each complete run, `
      + 'by the option landedTables of its construct');
  }
  const format = values.get('format.name') ?? 'parquet';
  if (format !== 'parquet') {
    throw new LegacyToS3Error('INVALID_CONFIG', `--landed-tables iceberg needs --format parquet, got ${String(format)}: data files of Iceberg tables are Parquet here`);
  }
  return target;
}

/** Whether tables keep deleted rows; undefined goes on as each table has it. */
export function softDeletesOf(values: SettingValues): boolean | undefined {
  return values.get('softDeletes') as boolean | undefined;
}

/** How runs are committed. */
export interface LandingOptions {
  readonly foreignRows?: ForeignRows;
  readonly softDeletes?: boolean;
}

/** What became of each table, as a table and how to read one. */
export function committedText(target: string, runId: string, tables: readonly CommittedTable[]): string {
  const done = tables.filter(({ state }) => state !== 'FAILED');
  const rows = done.map(({ name, rows: count, state, snapshotId, metadataLocation }) => (
    [name, count.toLocaleString('en-US'), state === 'COMMITTED' ? snapshotId ?? '-' : 'a newer run is shown', metadataLocation ?? '-']));
  const one = done.find(({ metadataLocation }) => metadataLocation !== undefined);
  return [
    ...(done.length === 0 ? [] : [textTable(['TABLE', 'ROWS', 'SNAPSHOT', 'METADATA'], rows)]),
    ...done.flatMap(({ name, began }) => (began === undefined ? [] : [`${name} began anew, the table of before is kept beside it: ${began}\n`])),
    ...(one === undefined ? [] : [
      `run ${runId} is a snapshot of ${counted(tables.filter(({ state }) => state === 'COMMITTED').length, 'table')}; one is read by\n`,
      `  duckdb -c "INSTALL iceberg; LOAD iceberg; SELECT * FROM iceberg_scan('${folderOf(one.metadataLocation!)}') LIMIT 10"\n`,
      `  cdk-legacy-to-s3 query --to ${target} "SELECT * FROM ${one.name} LIMIT 10"\n`,
    ]),
  ].join('');
}

/** The table's folder, as a path. */
function folderOf(metadataLocation: string): string {
  return metadataLocation.replace(/^file:\/\//, '').replace(/\/metadata\/[^/]*$/, '');
}

/** Commits a run that is complete, and hands on what became of each table. */
export async function commitTables(target: string, runId: string, options: LandingOptions): Promise<CommittedTable[]> {
  return loadTables().commitLanded(target, runId, options);
}

/** Commits what earlier runs landed and nobody committed. @param runIds oldest first */
export async function commitPending(target: string, runIds: readonly string[], options: Pick<LandingOptions, 'softDeletes'>): Promise<PendingRun[]> {
  return loadTables().commitPending(target, runIds, options);
}

/** @throws LegacyToS3Error of code TABLES_NOT_COMMITTED unless all were */
export function refuseUncommitted(target: string, runId: string, tables: readonly CommittedTable[]): void {
  const failed = tables.flatMap(({ name, problem }) => (problem ? [{ name, problem }] : []));
  if (failed.length === 0) return;
  for (const each of failed.slice(1)) process.stderr.write(`not committed: ${problemLine(each)}\n`);
  throw new LegacyToS3Error('TABLES_NOT_COMMITTED', `run ${runId} is landed, but ${counted(failed.length, 'table')} of ${tables.length} could not be committed: `
    + `${someNames(failed.map(({ name }) => name))}: ${failed[0].problem.code}: ${failed[0].problem.message}; tables commit ${runId} --to ${target} tries again`);
}

