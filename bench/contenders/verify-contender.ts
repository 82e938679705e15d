import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { connectTedious } from './contenders';
import { CONTENT_HASH_VERSION, datasetRunFolder, manifestKey, type Manifest } from '../../src/contract';
import { verify } from '../../src/extractor/engine';
import { FileTarget } from '../../src/extractor/landing/file/file-target';
import { readRows } from '../../src/extractor/rows';
import type { OutputFormat } from '../../src/extractor/rows/columns/output-format';
import { hashText } from '../../src/extractor/rows/hash/content-hash';
import { peakRssMb } from '../harness/measured';

const RUN = '20260131T235959123Z-4f9a1c';
const TABLE = { database: 'Bench', schema: 'dbo', table: 'Rows' };

/**
 * One half of bench/verify.ts in a process of its own, whose CPU it prints as JSON: `land FOLDER PORT ROWS FORMAT COMPRESSION`
 * lands a table with its manifest, `verify FOLDER` reads it back.
 */
async function main([what, folder, ...rest]: readonly string[]): Promise<void> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const rows = what === 'land' ? await land(folder, rest) : await readBack(folder);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(JSON.stringify({ rows, cpuSeconds: (user + system) / 1e6, seconds, peakRssMb: peakRssMb() }));
}

async function land(folder: string, [port, count, name, compression]: readonly string[]): Promise<number> {
  const format = { name, compression } as OutputFormat;
  const connection = await connectTedious(Number(port));
  const target = new FileTarget(pathToFileURL(`${folder}/`).href);
  const startedAt = new Date().toISOString();
  const { rows, columns, tallies, files } = await readRows({
    connection,
    sql: `select top ${count} * from dbo.Rows`,
    format,
    subject: 'Rows',
    targetFileBytes: 0x10000000,
    open: (file) => target.open({ key: `${datasetRunFolder('', TABLE, RUN)}part-00000-${String(file).padStart(4, '0')}.${name}`, contentType: 'application/octet-stream', metadata: {} as never }),
  });
  connection.close();
  const objects = files.map(({ object, contentHash, rows: own }, file) => (
    { ...object, part: `00000-${String(file).padStart(4, '0')}`, rows: own, contentHash: hashText(contentHash) }));
  const sizeBytes = objects.reduce((sum, object) => sum + object.sizeBytes, 0);
  const manifest: Manifest = {
    manifestVersion: 1,
    contentHashVersion: CONTENT_HASH_VERSION,
    runId: RUN,
    producer: { name: 'bench', version: '0' },
    startedAt,
    finishedAt: new Date().toISOString(),
    source: { kind: 'tables', server: '127.0.0.1', database: 'Bench' },
    consistency: { mode: 'readCommitted', guarantee: '' },
    verification: { state: 'unverified', detail: '' },
    format: { name: format.name, compression },
    prefix: '',
    tables: [{ ...TABLE, columns, schemaFingerprint: '0'.repeat(64), rows, sizeBytes, tallies, objects }],
    totals: { tables: 1, objects: objects.length, rows, sizeBytes },
  };
  const path = join(folder, manifestKey('', RUN));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(manifest));
  return rows;
}

async function readBack(folder: string): Promise<number> {
  const { rows, problems, notes } = await verify({ target: pathToFileURL(`${folder}/`).href }, RUN);
  if (problems.length > 0 || notes.length > 0) throw new Error([...problems.map(({ message }) => message), ...notes].join('\n'));
  return rows;
}

// Threads load this file too, for the engine in it.
if (isMainThread) {
  main(process.argv.slice(2)).then(() => process.exit(0), (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
}
