import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { Connection, Request } from 'tedious';
import { readRows } from '../src/extractor/formats';
import { OutputFormat } from '../src/extractor/formats/output-format';
import { FileTarget } from '../src/extractor/landing/file/file-target';

/** Ways to take a table from the server. Each returns how many rows it saw. */
export type Contender = (port: number, rows: number) => Promise<number>;

const sql = (rows: number) => `select top ${rows} * from dbo.Transactions`;

/** 64 MiB row groups and 256 MiB files, as the extractor does it. */
const ours = (format: OutputFormat): Contender => async (port, rows) => withFolder(async (folder) => {
  const connection = await connectTedious(port);
  const target = new FileTarget(pathToFileURL(`${folder}/`).href);
  const result = await readRows({
    connection,
    sql: sql(rows),
    format,
    subject: 'Transactions',
    targetFileBytes: 0x10000000,
    open: (file) => target.open({ key: `part-${file}`, contentType: 'application/octet-stream', metadata: {} as never }),
  });
  await target.close();
  connection.close();
  return result.rows;
});

export const CONTENDERS: { readonly [name: string]: Contender } = {
  'ours-csv': ours({ name: 'csv', compression: 'none' }),
  'ours-csv-gzip': ours({ name: 'csv', compression: 'gzip' }),
  'ours-jsonl': ours({ name: 'jsonl', compression: 'none' }),
  'ours-parquet-zstd': ours({ name: 'parquet', compression: 'zstd' }),
  'ours-parquet-snappy': ours({ name: 'parquet', compression: 'snappy' }),
  'ours-parquet-none': ours({ name: 'parquet', compression: 'none' }),
  'socket-read': socketRead,
  'tedious-rows': tediousRows,
  'mssql-csv-stringify': mssqlCsvStringify,
};

/** The least any client can take: reads the bytes and looks at none. The rows are those asked for. */
async function socketRead(port: number, rows: number): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const text = Buffer.from(sql(rows), 'utf16le');
  const headers = Buffer.from([22, 0, 0, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  const batch = Buffer.alloc(8 + headers.length + text.length);
  batch[0] = 1;
  batch[1] = 1;
  batch.writeUInt16BE(batch.length, 2);
  headers.copy(batch, 8);
  text.copy(batch, 8 + headers.length);
  let last: Buffer = Buffer.alloc(0);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (data) => {
      last = Buffer.concat([last.subarray(-13), data.subarray(-13)]).subarray(-13);
      if (last[0] === 0xfd && last.readUInt16LE(1) === 0x10 && last.readBigUInt64LE(5) === BigInt(rows)) resolve();
    });
    socket.write(batch);
  });
  socket.destroy();
  return rows;
}

async function tediousRows(port: number, rows: number): Promise<number> {
  const connection = await connectTedious(port);
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    const request = new Request(sql(rows), (error) => (error ? reject(error) : resolve()));
    request.on('row', () => {
      count += 1;
    });
    connection.execSqlBatch(request);
  });
  connection.close();
  return count;
}

/** As mssql's documentation has it: a request in stream mode, piped into csv-stringify and a file. */
async function mssqlCsvStringify(port: number, rows: number): Promise<number> {
  const { default: mssql } = await import('mssql');
  const { stringify } = await import('csv-stringify');
  const pool = await mssql.connect({
    server: '127.0.0.1', port, user: 'reader', password: 'any', requestTimeout: 0, options: { encrypt: false, trustServerCertificate: true },
  });
  return withFolder(async (folder) => {
    const request = new mssql.Request(pool);
    request.stream = true;
    const source = request.toReadableStream();
    let count = 0;
    request.on('row', () => {
      count += 1;
    });
    void request.query(sql(rows));
    await pipeline(source, stringify({ header: true }), createWriteStream(join(folder, 'transactions.csv')));
    await pool.close();
    return count;
  });
}

export function connectTedious(port: number): Promise<Connection> {
  const connection = new Connection({
    server: '127.0.0.1',
    options: { port, encrypt: false, trustServerCertificate: true, requestTimeout: 0, packetSize: Number(process.env.BENCH_PACKET_SIZE ?? 32767) },
    authentication: { type: 'default', options: { userName: 'reader', password: 'any' } },
  });
  return new Promise((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve(connection))));
}

/** The folder is removed when the process ends, outside what is measured. */
async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(process.env.BENCH_TMPDIR ?? tmpdir(), 'bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  return use(folder);
}
