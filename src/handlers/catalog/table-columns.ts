import type { Column } from '@aws-sdk/client-glue';
import { coercible, widerType } from './widen-type';
import { catalogColumnNames, catalogComment, isCatalogColumnName, Manifest, ManifestColumn, RUN_PARTITION } from '../../contract';
import { HandlerError } from '../shared/errors';

/**
 * The Glue columns of a run's files, in the files' order. Names are in lower case, as Glue keeps them and as engines
 * compare them; otherwise they stay, because Parquet and JSON are read by name: a column whose name Glue refuses is not among
 * them ({@link leftOutColumns}). CSV is read by position, so such a column has another name there. CSV's are strings: so
 * OpenCSVSerde reads.
 *
 * @param partition name of the partition key
 * @throws HandlerError CATALOG_NAME_CLASH when two columns have one name but for case, or one is called like the partition
 */
export function glueColumns(columns: readonly ManifestColumn[], format: Manifest['format']['name'], partition = RUN_PARTITION): Column[] {
  const seen = new Map<string, string>([[partition, `the partition key '${partition}'`]]);
  const leftOut = new Set(leftOutColumns(columns, format));
  const listed = columns.filter(({ name }) => !leftOut.has(name));
  const names = catalogColumnNames(listed.map(({ name }) => name));
  return listed.map(({ name, glueType, sourceType }, at) => {
    const lower = names[at];
    const other = seen.get(lower);
    if (other !== undefined) throw new HandlerError('CATALOG_NAME_CLASH', `the column '${name}' has the name of ${other}: Glue takes no notice of case`);
    seen.set(lower, `the column '${name}'`);
    const renamed = name.toLowerCase() === lower ? '' : ` ${name}`;
    const rounded = isRounded({ glueType, sourceType }, format) ? `; ${ROUNDED}` : '';
    return { Name: lower, Type: format === 'csv' ? 'string' : glueType, Comment: catalogComment(sourceType + renamed + rounded) };
  });
}

/**
 * Columns whose values are finer than what Athena shows of them: it "can handle only millisecond precision for TIMESTAMP values" (AWS
 * DMS, `ParquetTimestampInMillisecond`; Trino, Hive connector, `hive.timestamp-precision`) and rounds the rest, up too. Of `datetime`
 * and `smalldatetime` there is no rest.
 */
export function roundedColumns(columns: readonly ManifestColumn[], format: Manifest['format']['name']): string[] {
  return columns.filter((column) => isRounded(column, format)).map(({ name }) => name);
}

const ROUNDED = 'Athena shows milliseconds, rounded';

function isRounded({ glueType, sourceType }: Pick<ManifestColumn, 'glueType' | 'sourceType'>, format: Manifest['format']['name']): boolean {
  return format === 'parquet' && glueType === 'timestamp' && Number(/\((\d)\)$/.exec(sourceType)?.[1] ?? 0) > 3;
}

/** Names of columns that a table over these files is without. */
export function leftOutColumns(columns: readonly ManifestColumn[], format: Manifest['format']['name']): string[] {
  return format === 'csv' ? [] : columns.map(({ name }) => name).filter((name) => !isCatalogColumnName(name.toLowerCase()));
}

/**
 * Columns of a table over runs that differ: those it has, widened where a run's is wider, then those that are new. A column
 * that a run has no more stays, and reads as null there.
 */
export function unitedColumns(table: readonly Column[], run: readonly Column[]): Column[] {
  const byName = new Map(run.map((column) => [column.Name, column]));
  const known = new Set(table.map(({ Name }) => Name));
  return [
    ...table.map((column) => {
      const other = byName.get(column.Name);
      return other ? { ...column, Type: widerType(column.Type!, other.Type!), Comment: other.Comment } : column;
    }),
    ...run.filter(({ Name }) => !known.has(Name)),
  ];
}

/**
 * Columns of a run's partition: the table's, each with the type the run's files have where an engine turns that into the
 * table's. With a type it cannot turn, it would refuse every query of the partition, so such a column gets the table's: a
 * query that reads it in this run fails, and no other.
 */
export function partitionColumns(table: readonly Column[], run: readonly Column[]): Column[] {
  const byName = new Map(run.map((column) => [column.Name, column]));
  return table.map((column) => {
    const own = byName.get(column.Name);
    return own && coercible(own.Type!, column.Type!) ? { ...column, Type: own.Type } : column;
  });
}
