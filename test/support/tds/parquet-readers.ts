import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Landed } from './canonical';

export interface ParquetContent {
  readonly names: string[];
  readonly rows: Landed[][];
}

const PYTHON = join(__dirname, '../../../.venv/bin/python');

/** One for all objects: to start it takes longer than to read a small one. */
let duckdb: Promise<DuckDBInstance> | undefined;

/** Reads a Parquet object with DuckDB. */
export async function readWithDuckDb(object: Buffer): Promise<ParquetContent> {
  return inFile(object, async (file) => {
    duckdb ??= DuckDBInstance.create(':memory:');
    const connection = await (await duckdb).connect();
    try {
      const described = await connection.runAndReadAll(`describe select * from read_parquet('${file}')`);
      const columns = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
      const list = columns.map(({ name, type }) => text(`"${name.replace(/"/g, '""')}"`, type)).join(', ');
      const read = await connection.runAndReadAll(`select ${list} from read_parquet('${file}')`);
      const strings = columns.map(({ type }) => type === 'VARCHAR');
      const rows = read.getRows().map((row) => row.map((value, i) => (
        value === null ? null : strings[i] ? Buffer.from(String(value), 'hex').toString('utf8') : Object.is(value, -0) ? '-0' : String(value)
      )));
      return { names: columns.map(({ name }) => name), rows };
    } finally {
      connection.closeSync();
    }
  });
}

function text(column: string, type: string): string {
  if (type.startsWith('TIMESTAMP')) return `epoch_us(${column})::varchar`;
  // DuckDB's Node.js client drops a byte order mark at the begin of a string.
  if (type === 'VARCHAR') return `hex(encode(${column}))`;
  if (type === 'BLOB') return `hex(${column})`;
  if (type === 'DOUBLE' || type === 'FLOAT') return column;
  return `${column}::varchar`;
}

/** Reads a Parquet object with pyarrow. */
export async function readWithPyArrow(object: Buffer): Promise<ParquetContent> {
  return inFile(object, async (file) => {
    const output = execFileSync(PYTHON, [join(__dirname, 'read-parquet.py'), file], { maxBuffer: 0x40000000 });
    return JSON.parse(output.toString('utf8')) as ParquetContent;
  });
}

async function inFile<T>(object: Buffer, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tds-parquet-'));
  try {
    const file = join(folder, 'object.parquet');
    writeFileSync(file, object);
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
