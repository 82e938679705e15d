import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONTENT_HASH_VERSION, datasetRunFolder, manifestKey, type Manifest, type ManifestObject } from '../../../src/contract';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { hashText, sumHashTexts } from '../../../src/extractor/rows/hash/content-hash';
import { landPayload } from '../tds/land';

const RUN_ID = '20260131T235959123Z-4f9a1c';
const TABLE = { database: 'Ledger', schema: 'dbo', table: 'Amounts' };

/** A run in a folder, made without a server. */
export interface LandedRun {
  readonly runId: string;
  readonly manifest: Manifest;
  /** Replaces the manifest. */
  rewrite(change: (manifest: Manifest) => Manifest): void;
}

/** Lands each payload as an object of a chunk of its own, with the manifest of them all. */
export async function landRun(folder: string, payloads: readonly Uint8Array[], format: OutputFormat): Promise<LandedRun> {
  const landed = await Promise.all(payloads.map(async (payload) => landPayload(payload, format)));
  const objects = landed.map(({ objects: [bytes], files: [{ rows, contentHash }] }, chunk): ManifestObject => {
    const part = `${String(chunk).padStart(5, '0')}-0000`;
    const key = `${datasetRunFolder('', TABLE, RUN_ID)}part-${part}.${format.name}`;
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), bytes);
    const value = createHash('sha256').update(bytes).digest('base64');
    return { key, part, rows, sizeBytes: bytes.length, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value }, contentHash: hashText(contentHash) };
  });
  const sum = (of: (object: ManifestObject) => number) => objects.reduce((total, object) => total + of(object), 0);
  const [rows, sizeBytes] = [sum((object) => object.rows), sum((object) => object.sizeBytes)];
  const manifest: Manifest = {
    manifestVersion: 1,
    contentHashVersion: CONTENT_HASH_VERSION,
    runId: RUN_ID,
    producer: { name: 'test', version: '0' },
    startedAt: '2026-01-31T23:59:59.123Z',
    finishedAt: '2026-01-31T23:59:59.456Z',
    source: { kind: 'tables', server: 'sql.example.com:1433', database: 'Ledger' },
    consistency: { mode: 'readCommitted', guarantee: 'each chunk is read by one statement' },
    verification: { state: 'unverified', detail: 'not compared' },
    format: { name: format.name, compression: format.compression },
    prefix: '',
    tables: [{ ...TABLE, columns: landed[0].columns, schemaFingerprint: 'f', rows, sizeBytes, chunks: chunksOf(objects), objects }],
    totals: { tables: 1, objects: objects.length, rows, sizeBytes },
  };
  const path = join(folder, manifestKey('', RUN_ID));
  mkdirSync(dirname(path), { recursive: true });
  const write = (written: Manifest) => writeFileSync(path, JSON.stringify(written));
  write(manifest);
  return { runId: RUN_ID, manifest, rewrite: (change) => write(change(manifest)) };
}

function chunksOf(objects: readonly ManifestObject[]) {
  return objects.map(({ rows, contentHash }, chunk) => ({ chunk, rows, contentHash: sumHashTexts([contentHash!]), attempts: 1, seconds: 1 }));
}

/** The manifest with these content hashes, of its objects and their chunks, and as old as they are. */
export function withHashes({ contentHashVersion: _, ...manifest }: Manifest, hashes: readonly string[], version?: number): Manifest {
  const [table] = manifest.tables;
  const objects = table.objects.map((object, i) => ({ ...object, contentHash: hashes[i] }));
  return { ...manifest, ...(version !== undefined && { contentHashVersion: version }), tables: [{ ...table, objects, chunks: chunksOf(objects) }] };
}
