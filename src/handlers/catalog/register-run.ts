import { Column, InvalidInputException, Partition, StorageDescriptor, Table, TableInput } from '@aws-sdk/client-glue';
import { GlueCatalog } from './glue-catalog';
import { alignable, formatParameters, layoutOf, storageDescriptor } from './storage-layout';
import { glueColumns, leftOutColumns, partitionColumns, roundedColumns, unitedColumns } from './table-columns';
import {
  CATALOG_PARAMETERS, catalogComment, catalogRunsTableName, catalogTableName, datasetFolder, datasetId, datasetRunFolder, Manifest, ManifestTable,
  RunItem, runPartition, RunState,
} from '../../contract';
import { RunReporter } from '../complete/report-run';
import { mapConcurrently } from '../shared/concurrency';
import { describeError, HandlerError } from '../shared/errors';
import { Telemetry } from '../shared/telemetry';

/** Longest description of a table (Glue, "TableInput"). */
const MAX_DESCRIPTION_BYTES = 2048;

/** Tables registered at the same time; Glue allows some ten requests a second. */
const TABLE_CONCURRENCY = 4;

const { dataset: DATASET, kind: KIND, run: RUN, state: STATE, layout: LAYOUT, leftOut: LEFT_OUT } = CATALOG_PARAMETERS;

/*
 * Rules, by dataset (docs/catalog.md says the same for users):
 *
 * - `<name>` shows the newest COMPLETE run, with that run's columns and nothing else. An older run that completes late
 *   does not replace it. Should its run turn INCOMPLETE, it shows the newest COMPLETE run that is left, or is removed.
 * - A `<name>` that is an Iceberg table, of Parquet runs, stays as it is: runs of other formats are partitions of `<name>_runs` alone.
 * - `<name>_runs` has a partition for every checked run, COMPLETE or not; the partition's parameters tell which. Its
 *   columns are those of all runs: added ones at the end, dropped ones kept, changed ones widened.
 * - Runs of another format, and CSV whose columns moved (it is read by position), cannot share a table with the others:
 *   they get `<name>_runs_<format>`, for CSV with the schema's fingerprint. So do runs whose partition key is called otherwise,
 *   because a column came that is called `run` too.
 * - A table that others made, or that another dataset's name folds to, is left alone: a failure is logged, the run is
 *   completed all the same, since trying again would not help.
 * - Changes of a table are no run of it: files of keys lie beside them, and nothing that Hive has takes rows away. They are left out.
 * - A table that Glue refuses (a permission of Lake Formation, the key of the catalog, a name it does not take) keeps no other
 *   from being registered.
 */

/** Tables that are named when many are refused; the message goes to the failure queue. */
const MAX_NAMED = 5;

/**
 * Registers a run's tables in the Glue catalog, so that engines can query them at once.
 *
 * The reporter throws HandlerError CATALOG_REFUSED after all tables were tried, if Glue refused any.
 */
export function catalogRegistrar(catalog: GlueCatalog, telemetry: Telemetry): RunReporter {
  return async (run, { manifest }) => {
    const refused: { readonly name: string; readonly error: unknown }[] = [];
    await mapConcurrently(manifest.tables, TABLE_CONCURRENCY, async (table) => {
      const dataset = datasetId(table.database, table.schema, table.table);
      if (table.changes) return telemetry.warn('changes of a table are left out of the catalog, since a Hive table shows whole runs', { dataset });
      try {
        const leftOut = leftOutColumns(table.columns, manifest.format.name);
        if (leftOut.length > 0) {
          telemetry.warn('columns are left out of the catalog, since Glue refuses their names', { dataset, columns: leftOut });
        }
        await registerTable(catalog, run, manifest, table);
      } catch (error) {
        if (isOfTheTable(error)) telemetry.failure('a table could not be registered', error);
        else refused.push({ name: catalogTableName(table), error });
      }
    });
    if (refused.length === 0) return;
    const named = refused.slice(0, MAX_NAMED).map(({ name, error }) => `'${name}': ${describeError(error)}`).join('; ');
    const rest = refused.length > MAX_NAMED ? `; and ${refused.length - MAX_NAMED} more` : '';
    throw new HandlerError('CATALOG_REFUSED', `${refused.length} of ${manifest.tables.length} tables could not be registered: ${named}${rest}`, {
      cause: refused[0].error,
    });
  };
}

/** Whether trying again would not help, so that the run is completed and announced without the table. */
function isOfTheTable(error: unknown): error is Error {
  if (error instanceof HandlerError) return error.code === 'CATALOG_NAME_CLASH' || error.code === 'CATALOG_NO_COLUMN';
  return error instanceof InvalidInputException || (error instanceof Error && error.name === 'ValidationException');
}

/**
 * Registers one table of a run.
 *
 * @throws HandlerError CATALOG_NAME_CLASH, CATALOG_NO_COLUMN
 */
export async function registerTable(catalog: GlueCatalog, run: RunItem, manifest: Manifest, table: ManifestTable): Promise<void> {
  const dataset = datasetId(table.database, table.schema, table.table);
  const columns = glueColumns(table.columns, manifest.format.name, runPartition(table));
  if (columns.length === 0) throw new HandlerError('CATALOG_NO_COLUMN', `the dataset '${dataset}' has no column whose name Glue takes`);
  const leftOut = leftOutColumns(table.columns, manifest.format.name);
  const rounded = roundedColumns(table.columns, manifest.format.name);
  const location = `s3://${run.bucket}/${datasetRunFolder(manifest.prefix, table, run.runId)}`;
  await registerPartition(catalog, run, manifest, table, columns, location);
  const name = catalogTableName(table);
  if (run.runState === 'INCOMPLETE') return retractTable(catalog, name, dataset, run.runId);
  await catalog.changeTable(name, (existing) => {
    if (isIceberg(existing)) return undefined;
    requireOwn(existing, name, dataset, 'newest');
    if ((existing?.Parameters?.[RUN] ?? '') > run.runId) return undefined;
    return {
      Name: name,
      Description: describe(`Newest complete run of ${dataset}`, leftOut, rounded),
      TableType: 'EXTERNAL_TABLE',
      Parameters: { ...formatParameters(manifest.format), [DATASET]: dataset, [KIND]: 'newest', [RUN]: run.runId, ...leftOutParameter(leftOut) },
      StorageDescriptor: storageDescriptor(manifest.format, columns, location),
    };
  });
}

async function registerPartition(
  catalog: GlueCatalog, run: RunItem, manifest: Manifest, table: ManifestTable, columns: readonly Column[], location: string,
): Promise<void> {
  const { format } = manifest;
  const dataset = datasetId(table.database, table.schema, table.table);
  let name = catalogRunsTableName(table);
  let united: readonly Column[] = columns;
  const next = (existing: Table | undefined): TableInput | undefined => {
    requireOwn(existing, name, dataset, 'runs');
    if (existing && !hasPartition(existing, runPartition(table))) {
      throw new HandlerError('WRITE_CONTENTION', `the Glue table '${name}' was just made by a run whose partition key is called otherwise; try again`);
    }
    const known = existing?.StorageDescriptor?.Columns ?? [];
    united = unitedColumns(known, columns);
    if (existing && JSON.stringify(known) === JSON.stringify(united)) return undefined;
    return {
      Name: name,
      Description: describe(`All runs of ${dataset}`, [], roundedColumns(table.columns, format.name)),
      TableType: 'EXTERNAL_TABLE',
      Parameters: { ...formatParameters(format), [DATASET]: dataset, [KIND]: 'runs', [LAYOUT]: layoutOf(format) },
      PartitionKeys: [{ Name: runPartition(table), Type: 'string' }],
      StorageDescriptor: storageDescriptor(format, united, `s3://${run.bucket}/${datasetFolder(manifest.prefix, table)}`),
    };
  };
  const first = await catalog.table(name);
  if (first && first.Parameters?.[DATASET] === dataset && !(hasPartition(first, runPartition(table)) && fits(first, format, columns))) {
    name += format.name === 'csv' ? `_csv_${table.schemaFingerprint.replace(/[^0-9a-z]/gi, '').slice(0, 8).toLowerCase()}` : `_${format.name}`;
    if (format.name !== 'csv' && table.partitionPrefix !== undefined) name += `_${table.partitionPrefix.slice(0, -1)}`;
  }
  await catalog.changeTable(name, next);
  await catalog.putPartition(name, {
    Values: [run.runId],
    Parameters: { [DATASET]: dataset, [RUN]: run.runId, [STATE]: run.runState },
    StorageDescriptor: storageDescriptor(format, format.name === 'csv' ? columns : partitionColumns(united, columns), location),
  });
}

function describe(what: string, leftOut: readonly string[], rounded: readonly string[]): string {
  const without = leftOut.length === 0 ? '' : `; without the columns ${JSON.stringify(leftOut)}, whose names Glue refuses`;
  const rounds = rounded.length === 0 ? '' : `; Athena rounds to milliseconds, which the files do not: ${JSON.stringify(rounded)}`;
  return catalogComment(what + without + rounds, MAX_DESCRIPTION_BYTES);
}

function leftOutParameter(leftOut: readonly string[]): { [name: string]: string } {
  return leftOut.length === 0 ? {} : { [LEFT_OUT]: JSON.stringify(leftOut) };
}

/** The keys of a table that has partitions cannot be renamed. */
function hasPartition(table: Table, name: string): boolean {
  return table.PartitionKeys?.some(({ Name }) => Name === name) ?? false;
}

function fits(table: Table, format: Manifest['format'], columns: readonly Column[]): boolean {
  if (table.Parameters?.[LAYOUT] !== layoutOf(format)) return false;
  return format.name !== 'csv' || alignable(table.StorageDescriptor?.Columns ?? [], columns);
}

/** When the table shows this run, makes it show the newest COMPLETE run that is left. */
async function retractTable(catalog: GlueCatalog, name: string, dataset: string, runId: string): Promise<void> {
  const shown = await catalog.table(name);
  if (isIceberg(shown)) return;
  if (shown?.Parameters?.[DATASET] !== dataset || shown.Parameters[RUN] !== runId) return;
  const left = await newestComplete(catalog, name, dataset);
  if (!left) return catalog.deleteTable(name);
  await catalog.changeTable(name, (existing) => {
    if (existing?.Parameters?.[RUN] !== runId) return undefined;
    const format = Object.fromEntries(Object.entries(left.table.Parameters ?? {}).filter(([key]) => key !== LAYOUT));
    return {
      Name: name,
      Description: existing.Description,
      TableType: 'EXTERNAL_TABLE',
      Parameters: { ...format, [KIND]: 'newest', [RUN]: left.partition.Values![0] },
      StorageDescriptor: left.partition.StorageDescriptor as StorageDescriptor,
    };
  });
}

async function newestComplete(catalog: GlueCatalog, name: string, dataset: string): Promise<{ table: Table; partition: Partition } | undefined> {
  const complete: RunState = 'COMPLETE';
  const candidates: { table: Table; partition: Partition }[] = [];
  for (const table of await catalog.tablesLike(`${name}_runs`)) {
    if (table.Parameters?.[DATASET] !== dataset || table.Parameters[KIND] !== 'runs') continue;
    for (const partition of await catalog.partitions(table.Name!)) {
      if (partition.Parameters?.[STATE] === complete) candidates.push({ table, partition });
    }
  }
  const runOf = ({ partition }: { partition: Partition }) => partition.Values![0];
  return candidates.reduce<typeof candidates[number] | undefined>((best, each) => (best && runOf(best) > runOf(each) ? best : each), undefined);
}

/** What Parquet runs made; a run of another format is found in the table of all runs. */
function isIceberg(table: Table | undefined): boolean {
  return table?.Parameters?.table_type?.toUpperCase() === 'ICEBERG';
}

function requireOwn(table: Table | undefined, name: string, dataset: string, kind: 'newest' | 'runs'): void {
  if (!table) return;
  const { [DATASET]: owner, [KIND]: found } = table.Parameters ?? {};
  if (owner === dataset && found === kind) return;
  const other = owner === undefined ? 'somebody else made a table of this name' : `it belongs to the dataset '${owner}' (${found})`;
  throw new HandlerError('CATALOG_NAME_CLASH', `the Glue table '${name}' cannot be made for the dataset '${dataset}': ${other}`);
}
