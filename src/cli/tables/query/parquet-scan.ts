import type { AskedTable } from './tables-asked';
import { quotedName } from '../../../contract';
import { LegacyToS3Error } from '../../../extractor/doors/public';
import { liveEntries, liveManifests } from '../../../iceberg/commit/snapshot-files';
import { readFooterOf } from '../../../iceberg/commit/table-run';
import { forEachAtOnce } from '../../../iceberg/commit/workplace';
import { TableFiles } from '../../../iceberg/files/table-files';
import { FileContent } from '../../../iceberg/spec/data-file';
import { Field } from '../../../iceberg/spec/schema';
import { currentSchema, nameMappingOf } from '../../../iceberg/spec/table-metadata';
import { decimalOf, IcebergType } from '../../../iceberg/spec/types';

/** The live data files of a table's state. */
export interface ScannedFiles {
  readonly asked: AskedTable;
  readonly files: ReadonlyArray<{ readonly uri: string; readonly sizeBytes: number }>;
}

/** The data files of a state, by its manifests. @throws LegacyToS3Error of code QUERY_FAILED when it has deletes of rows */
export async function scannedFiles(files: TableFiles, asked: AskedTable): Promise<ScannedFiles> {
  const entries = (await liveManifests(files, asked.snapshot)).flatMap(liveEntries).map(({ entry }) => entry.file);
  if (entries.some(({ content }) => content !== FileContent.data)) {
    throw new LegacyToS3Error('QUERY_FAILED', `'${asked.name}' has rows that were deleted by files of deletes, which are not read here; DuckDB's iceberg extension, Trino or Spark read them`);
  }
  return { asked, files: entries.map(({ filePath, fileSizeBytes }) => ({ uri: filePath, sizeBytes: fileSizeBytes })) };
}

/**
 * DuckDB's SELECT over the files with the columns of the table's schema: a file's column is found by its field id, or, where files have
 * none, by the table's name mapping (Iceberg spec, "Column Projection"); one that a file has not is NULL.
 */
export async function scanSql(reading: TableFiles, { asked: { table: { metadata }, snapshot }, files }: ScannedFiles): Promise<string> {
  const schema = metadata.schemas.find((each) => each['schema-id'] === snapshot?.['schema-id']) ?? currentSchema(metadata);
  const fields = schema?.fields ?? [];
  const mapped = new Map(nameMappingOf(metadata).flatMap((field) => field.names.map((name) => [name, field['field-id']] as const)));
  const layouts = new Map<string, { readonly columns: ReadonlyMap<number, string>; readonly paths: string[] }>();
  await forEachAtOnce(files, async ({ uri, sizeBytes }) => {
    const { columns } = await readFooterOf(reading, uri, sizeBytes);
    const byId = new Map(columns.flatMap(({ name, fieldId = mapped.get(name) }) => (fieldId === undefined ? [] : [[fieldId, name] as const])));
    const key = JSON.stringify([...byId]);
    const layout = layouts.get(key) ?? { columns: byId, paths: [] };
    layouts.set(key, layout);
    layout.paths.push(pathOf(uri));
  });
  if (layouts.size === 0) return `${select(fields, new Map())} WHERE false`;
  return [...layouts.values()].map(({ columns, paths }) => (
    `${select(fields, columns)} FROM read_parquet([${paths.map(text).join(', ')}], hive_partitioning = false)`)).join(' UNION ALL ');
}

function select(fields: readonly Field[], columns: ReadonlyMap<number, string>): string {
  return `SELECT ${fields.map(({ id, name, type }) => {
    const column = columns.get(id);
    return `CAST(${column === undefined ? 'NULL' : quotedName(column)} AS ${duckdbType(type)}) AS ${quotedName(name)}`;
  }).join(', ')}`;
}

const DUCKDB: { readonly [type: IcebergType]: string } = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPTZ',
  string: 'VARCHAR',
  uuid: 'UUID',
  binary: 'BLOB',
};

function duckdbType(type: IcebergType): string {
  const decimal = decimalOf(type);
  if (decimal) return `DECIMAL(${decimal.precision}, ${decimal.scale})`;
  const known = DUCKDB[type];
  if (known === undefined) throw new LegacyToS3Error('QUERY_FAILED', `a column is ${type}, which others have added and is not read here`);
  return known;
}

/** A text of SQL. */
export function text(value: string): string {
  return `'${value.replaceAll('\'', '\'\'')}'`;
}

/** Path of a file's URI. */
export function pathOf(uri: string): string {
  return uri.replace(/^file:\/\//, '');
}
