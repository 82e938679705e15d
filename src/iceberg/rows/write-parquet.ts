import { pageOf } from './stored/column-pages';
import { columnType } from './stored/column-type';
import { StoredRows } from './stored/file-writer';
import { PAGE_ROWS } from './stored/page';
import { RowValue } from './values';
import { Field } from '../spec/schema';

/** Writes rows that are given by their values into one Parquet file in memory. */
export class ParquetRows {
  private readonly stored: StoredRows;

  public constructor(private readonly fields: readonly Field[]) {
    this.stored = new StoredRows(fields);
  }

  public get rows(): number {
    return this.stored.rows;
  }

  /** Bytes of the row groups that have ended. */
  public get sizeBytes(): number {
    return this.stored.sizeBytes;
  }

  /** @param columns by field, then by row */
  public add(columns: ReadonlyArray<readonly RowValue[]>): void {
    const { length } = columns[0];
    for (let from = 0; from < length; from += PAGE_ROWS) {
      columns.forEach((column, at) => this.stored.add(at, pageOf(column.slice(from, from + PAGE_ROWS), columnType(this.fields[at]))));
      this.stored.endRows(Math.min(PAGE_ROWS, length - from));
    }
  }

  /** The file. Nothing can be added any more. */
  public finish(): Buffer {
    return this.stored.finish();
  }
}
