import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ParquetType } from '../../src/extractor/rows/columns/type-table';

const PYTHON = path.join(__dirname, '../../.venv/bin/python');

/** A landed column as a reader shows it. */
export interface ShownColumn {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

export interface ShownColumns {
  readonly duckdb: readonly ShownColumn[];
  readonly pyarrow: readonly ShownColumn[];
}

/** Has DuckDB and pyarrow read a Parquet object of one row. */
export function showColumns(object: Buffer): ShownColumns {
  const folder = mkdtempSync(path.join(tmpdir(), 'type-mapping-'));
  try {
    const file = path.join(folder, 'samples.parquet');
    writeFileSync(file, object);
    const output = execFileSync(PYTHON, [path.join(__dirname, 'parquet-types.py'), file], {
      encoding: 'utf8', env: { ...process.env, TZ: 'UTC' }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { duckdb, pyarrow } = JSON.parse(output) as { readonly [reader in keyof ShownColumns]: ReadonlyArray<readonly [string, string, string]> };
    const named = (columns: ReadonlyArray<readonly [string, string, string]>) => columns.map(([name, type, value]) => ({ name, type, value }));
    return { duckdb: named(duckdb), pyarrow: named(pyarrow) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Spark 3's type of a Parquet column, from Spark's documentation (Parquet files, data types): local time stamps are
 * TIMESTAMP_NTZ since 3.4; it has neither TIME nor UUID, and nanoseconds only by `spark.sql.legacy.parquet.nanosAsLong`.
 */
export function sparkType(type: ParquetType): string {
  if (!('logical' in type) || type.logical === undefined) {
    return { BOOLEAN: 'boolean', INT32: 'int', INT64: 'bigint', FLOAT: 'float', DOUBLE: 'double', BYTE_ARRAY: 'binary', FIXED_LEN_BYTE_ARRAY: 'binary' }[type.physical];
  }
  switch (type.logical) {
    case 'DECIMAL': return `decimal(${type.precision},${type.scale})`;
    case 'DATE': return 'date';
    case 'STRING': return 'string';
    case 'UUID': return 'binary';
    case 'TIME': return 'refused';
    case 'TIMESTAMP': return type.unit === 'NANOS' ? 'refused; bigint by nanosAsLong' : type.utc ? 'timestamp' : 'timestamp_ntz';
  }
}

/** Athena's type of a Glue type, from Athena's documentation (data types): what `typeof` shows in a query. */
export function athenaType(glueType: string): string {
  return { int: 'integer', float: 'real', string: 'varchar', binary: 'varbinary', timestamp: 'timestamp(3)' }[glueType] ?? glueType;
}
