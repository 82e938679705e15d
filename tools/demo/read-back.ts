import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';

/** An object in the landing bucket. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
}

/** All objects below a prefix, by key. */
export async function listObjects(s3: S3Client, bucket: string, prefix = ''): Promise<readonly StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key, Size } of page.Contents ?? []) objects.push({ key: Key!, sizeBytes: Size! });
  }
  return objects;
}

/** Downloads objects and counts their rows with DuckDB, by the files' own content alone. */
export async function countLandedRows(s3: S3Client, bucket: string, keys: readonly string[], folder: string): Promise<number> {
  const files: string[] = [];
  for (const [index, key] of keys.entries()) {
    const file = path.join(folder, `${index}-${path.basename(key)}`);
    await mkdir(folder, { recursive: true });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    await pipeline(Body as Readable, createWriteStream(file));
    files.push(file);
  }
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    let rows = 0;
    for (const file of files) {
      const reader = file.endsWith('.parquet') ? 'read_parquet($file)' : "read_csv($file, header = true, all_varchar = true, quote = '\"', escape = '\"')";
      const result = await connection.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${reader}`, { file });
      rows += Number(result.getRows()[0][0]);
    }
    return rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
