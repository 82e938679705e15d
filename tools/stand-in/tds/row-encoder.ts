/* eslint-disable no-bitwise */
import { DuckDBDataChunk } from '@duckdb/node-api';
import { ColumnEncoder, createColumnEncoder } from './column-encoder';
import { Token } from './tokens';
import { isFixedLength } from './type-info';
import { ByteWriter } from '../../tds/byte-writer';
import { BoundColumn } from '../sql/binder/bound';

/** Encodes a result's rows: ROW, or NBCROW for a row that has NULLs (MS-TDS 2.2.7.17, 2.2.7.15). */
export class RowEncoder {
  private readonly columns: ColumnEncoder[];
  private readonly bitmap: Buffer;

  constructor(columns: readonly BoundColumn[]) {
    this.columns = columns.map((column) => createColumnEncoder(column.type, isFixedLength(column.type, column.nullable)));
    this.bitmap = Buffer.alloc(Math.ceil(columns.length / 8));
  }

  bind(chunk: DuckDBDataChunk): void {
    this.columns.forEach((column, at) => column.bind(chunk.getColumnVector(at)));
  }

  write(out: ByteWriter, row: number): void {
    const { columns, bitmap } = this;
    bitmap.fill(0);
    let nulls = false;
    for (let at = 0; at < columns.length; at++) {
      if (columns[at].isNull(row)) {
        bitmap[at >>> 3] |= 1 << (at & 7);
        nulls = true;
      }
    }
    if (!nulls) {
      out.uint8(Token.ROW);
      for (let at = 0; at < columns.length; at++) {
        columns[at].write(out, row);
      }
      return;
    }
    out.uint8(Token.NBC_ROW).bytes(bitmap);
    for (let at = 0; at < columns.length; at++) {
      if ((bitmap[at >>> 3] & (1 << (at & 7))) === 0) {
        columns[at].write(out, row);
      }
    }
  }
}
