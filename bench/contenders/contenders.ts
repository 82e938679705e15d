import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { Connection, Request } from 'tedious';
import { rawBatch, rawLogin } from './raw-client';
import { ExtractFormat, ParquetCompression } from '../../src/extractor/api/extract-format';
import { FileTarget } from '../../src/extractor/landing/file/file-target';
import { readRows } from '../../src/extractor/rows';
import { OutputFormat } from '../../src/extractor/rows/columns/output-format';
import { connectDirect } from '../../src/extractor/rows/tds/direct-socket';
import { extract } from '../../src/extractor/run/extract-run';
import { askedPacketSize, selectSql } from '../harness/request';

/** Ways to take a table from the server. Each returns how many rows it saw. */
export type Contender = (port: number, rows: number) => Promise<number>;

/** 64 MiB row groups and 256 MiB files, as the extractor does it. */
const ours = (format: OutputFormat, encrypt = false): Contender => async (port, rows) => withFolder(async (folder) => {
  // As sql-server-connection.ts connects.
  const connection = await connectTedious(port, encrypt, encrypt ? undefined : connectDirect);
  const target = new FileTarget(pathToFileURL(`${folder}/`).href);
  const result = await readRows({
    connection,
    sql: selectSql(rows),
    format,
    subject: 'Transactions',
    targetFileBytes: 0x10000000,
    open: (file) => target.open({ key: `part-${file}`, contentType: 'application/octet-stream', metadata: {} as never }),
  });
  await target.close();
  connection.close();
  return result.rows;
});

/** A whole run of the extractor: connecting, landing, manifest, and what it does besides. */
const extractor = (format: ExtractFormat): Contender => async (port, rows) => withFolder(async (folder) => {
  const result = await extract({
    source: { server: '127.0.0.1', port, database: 'Ledger', user: 'reader', password: 'any', encrypt: false },
    target: pathToFileURL(folder).href,
    query: { sql: selectSql(rows), name: 'dbo.Transactions' },
    format,
  });
  return result.rows;
});

const tedious = (encrypt = false): Contender => async (port, rows) => {
  const connection = await connectTedious(port, encrypt);
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    const request = new Request(selectSql(rows), (error) => (error ? reject(error) : resolve()));
    request.on('row', () => {
      count += 1;
    });
    connection.execSqlBatch(request);
  });
  connection.close();
  return count;
};

export const CONTENDERS: { readonly [name: string]: Contender } = {
  'ours-csv': ours({ name: 'csv', compression: 'none' }),
  'ours-csv-tls': ours({ name: 'csv', compression: 'none' }, true),
  'ours-csv-gzip': ours({ name: 'csv', compression: 'gzip' }),
  'ours-jsonl': ours({ name: 'jsonl', compression: 'none' }),
  'ours-parquet-zstd': ours({ name: 'parquet', compression: 'zstd' }),
  'ours-parquet-snappy': ours({ name: 'parquet', compression: 'snappy' }),
  'ours-parquet-none': ours({ name: 'parquet', compression: 'none' }),
  'ours-run-csv': extractor(ExtractFormat.csv()),
  'ours-run-parquet-zstd': extractor(ExtractFormat.parquet({ compression: ParquetCompression.ZSTD })),
  'socket-read': socketRead,
  'tedious-rows': tedious(),
  'tedious-rows-tls': tedious(true),
  'mssql-csv-stringify': mssqlCsvStringify,
};

/** Bytes of DONE (MS-TDS 2.2.7.6). */
const DONE_BYTES = 13;

/** The least any client can take: reads the bytes and looks at none. The rows are those asked for. */
async function socketRead(port: number, rows: number): Promise<number> {
  const socket = await rawLogin(port, askedPacketSize());
  let last: Buffer = Buffer.alloc(0);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (data) => {
      last = Buffer.concat([last.subarray(-DONE_BYTES), data.subarray(-DONE_BYTES)]).subarray(-DONE_BYTES);
      if (last[0] === 0xfd && last.readUInt16LE(1) === 0x10 && last.readBigUInt64LE(5) === BigInt(rows)) resolve();
    });
    rawBatch(socket, selectSql(rows));
  });
  socket.destroy();
  return rows;
}

/** As mssql's documentation has it: a request in stream mode, piped into csv-stringify and a file. */
async function mssqlCsvStringify(port: number, rows: number): Promise<number> {
  const { default: mssql } = await import('mssql');
  const { stringify } = await import('csv-stringify');
  const pool = await mssql.connect({
    server: '127.0.0.1',
    port,
    user: 'reader',
    password: 'any',
    requestTimeout: 0,
    options: { encrypt: false, trustServerCertificate: true, packetSize: askedPacketSize() } as object,
  });
  return withFolder(async (folder) => {
    const request = new mssql.Request(pool);
    request.stream = true;
    const source = request.toReadableStream();
    let count = 0;
    request.on('row', () => {
      count += 1;
    });
    void request.query(selectSql(rows));
    await pipeline(source, stringify({ header: true }), createWriteStream(join(folder, 'transactions.csv')));
    await pool.close();
    return count;
  });
}

export function connectTedious(port: number, encrypt = false, connector?: typeof connectDirect): Promise<Connection> {
  const connection = new Connection({
    server: '127.0.0.1',
    options: { port, encrypt, trustServerCertificate: true, requestTimeout: 0, packetSize: askedPacketSize(encrypt), connector: connector as never },
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
