import { DuckDBBlobValue } from '@duckdb/node-api';
import { StorageValue } from '../sql/binder/bound';

/** A value as DuckDB's API takes it for a parameter. */
export function duckValue(value: StorageValue): string | DuckDBBlobValue | null {
  return Buffer.isBuffer(value) ? new DuckDBBlobValue(value) : value;
}
