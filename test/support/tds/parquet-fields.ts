import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { hyparquet } from '../../../src/extractor/verify/parquet/parquet-footer';

/** A column as a reader of Parquet files sees it. */
export interface ParquetField {
  readonly name: string;
  readonly fieldId?: number;
  /** In the reader's words. */
  readonly type: string;
}

const PYTHON = join(__dirname, '../../../.venv/bin/python');
const SCRIPT = `
import json, sys, pyarrow.parquet as pq
schema = pq.ParquetFile(sys.argv[1]).schema_arrow
print(json.dumps([[f.name, (f.metadata or {}).get(b'PARQUET:field_id', b'').decode(), str(f.type)] for f in schema]))
`;

export function fieldsByPyArrow(file: string): ParquetField[] {
  const fields = JSON.parse(execFileSync(PYTHON, ['-c', SCRIPT, file]).toString()) as ReadonlyArray<readonly [string, string, string]>;
  return fields.map(([name, id, type]) => ({ name, type, ...(id !== '' && { fieldId: Number(id) }) }));
}

export function fieldsByHyparquet(bytes: Buffer): ParquetField[] {
  const { schema } = hyparquet().parquetMetadata(new Uint8Array(bytes).buffer);
  // The first element is the root.
  return schema.slice(1).map(({ name, type, converted_type: converted, field_id: fieldId }) => (
    { name, type: [type, converted].filter((each) => each !== undefined).join(' '), ...(fieldId !== undefined && { fieldId }) }));
}

export async function fieldsByDuckDb(file: string): Promise<ParquetField[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    const read = await connection.runAndReadAll(`select name, type, converted_type, field_id from parquet_schema('${file}') where num_children is null or num_children = 0`);
    return read.getRows().map(([name, type, converted, id]) => (
      { name: String(name), type: [type, converted].filter((each) => each !== null).join(' '), ...(id !== null && { fieldId: Number(id) }) }));
  } finally {
    connection.closeSync();
  }
}
