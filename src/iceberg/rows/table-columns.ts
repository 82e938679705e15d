import { openParquet, ParquetColumn, ParquetFile, PhysicalValues } from './parquet-file';
import { toValueOf, ToValue } from './values';
import { RangeFiles } from '../files/table-files';
import { DataFile } from '../spec/data-file';
import { IcebergError } from '../spec/errors';
import { Field } from '../spec/schema';

/** A column of the table in one file. */
export interface FileColumn {
  readonly field: Field;
  /** Absent where the file has none: all its rows are NULL. */
  readonly column?: ParquetColumn;
  readonly to?: ToValue;
}

/** Values of a column of one row group, and what makes a row's value of them. */
export interface GroupColumn extends FileColumn {
  readonly values?: PhysicalValues;
}

/** A file of the table, opened for some of its columns. */
export interface OpenFile {
  readonly parquet: ParquetFile;
  readonly columns: readonly FileColumn[];
  /** Reads one row group; columns at the same time. */
  group(at: number): Promise<GroupColumn[]>;
}

/**
 * Opens a file for columns, which are found by field id, in files without ids by the table's name mapping (Iceberg spec, "Column
 * Projection").
 *
 * @throws IcebergError TABLE_UNREADABLE, also when the file has another number of rows than its manifest says
 */
export async function openFile(
  files: RangeFiles, { filePath, fileSizeBytes, recordCount }: DataFile, fields: readonly Field[], mapped: ReadonlyMap<string, number>,
): Promise<OpenFile> {
  const parquet = await openParquet(files, filePath, fileSizeBytes);
  if (parquet.rows !== recordCount || parquet.groups.reduce((sum, rows) => sum + rows, 0) !== recordCount) {
    throw new IcebergError('TABLE_UNREADABLE', `'${filePath}' has ${parquet.rows} rows, its manifest says ${recordCount}`);
  }
  const byId = new Map(parquet.columns.flatMap((column) => {
    const id = column.fieldId ?? mapped.get(column.name);
    return id === undefined ? [] : [[id, column] as const];
  }));
  const columns = fields.map((field): FileColumn => {
    const column = byId.get(field.id);
    if (!column && field.required) throw new IcebergError('TABLE_UNREADABLE', `'${filePath}' has no column '${field.name}', which may not be NULL`);
    return column ? { field, column, to: toValueOf(field.type, column, filePath) } : { field };
  });
  return {
    parquet,
    columns,
    group: async (at) => Promise.all(columns.map(async (each) => (
      each.column ? { ...each, values: await parquet.readColumn(at, each.column) } : each))),
  };
}
