import { createHash, randomBytes } from 'node:crypto';
import { datasetRunFolder, type Manifest, MANIFEST_VERSION, type ManifestColumn, manifestKey, partFileName, runIdAt } from '../../../src/contract';

/** A run made up for a test: what to land, and the manifest that names it. */
export interface SmallRun {
  readonly runId: string;
  readonly manifestKey: string;
  readonly manifest: Manifest;
  readonly parts: readonly { readonly key: string; readonly body: string }[];
}

/** Options of {@link smallRun}. */
export interface SmallRunOptions {
  /** In key form. @default landing/ */
  readonly prefix?: string;
  /** @default Accounts */
  readonly table?: string;
  /** @default - none */
  readonly partitionPrefix?: string;
  /** @default 2 */
  readonly parts?: number;
  /** @default one column `id` */
  readonly columns?: readonly ManifestColumn[];
  /** @default csv, not compressed */
  readonly format?: Manifest['format'];
  /** @default now */
  readonly at?: Date;
}

const ID: ManifestColumn = { name: 'id', ordinal: 1, sourceType: 'int', nullable: false, outputType: 'STRING', glueType: 'string' };

/** A run of one table with some parts of two rows each. */
export function smallRun(options: SmallRunOptions = {}): SmallRun {
  const { prefix = 'landing/', table = 'Accounts', columns = [ID], format = { name: 'csv', compression: 'none' }, at = new Date() } = options;
  const runId = runIdAt(at, randomBytes(3).toString('hex'));
  const { partitionPrefix } = options;
  const dataset = { database: 'Bank', schema: 'dbo', table, ...(partitionPrefix !== undefined && { partitionPrefix }) };
  const parts = Array.from({ length: options.parts ?? 2 }, (_each, chunk) => ({
    key: datasetRunFolder(prefix, dataset, runId) + partFileName(chunk, 0, format.name), body: `id\n${chunk}1\n${chunk}2\n`,
  }));
  const objects = parts.map(({ key, body }, chunk) => ({
    key,
    part: `${chunk}-0`,
    rows: 2,
    sizeBytes: body.length,
    checksum: { algorithm: 'SHA256' as const, type: 'FULL_OBJECT' as const, value: createHash('sha256').update(body).digest('base64') },
  }));
  const counts = { rows: 2 * parts.length, sizeBytes: parts.reduce((sum, { body }) => sum + body.length, 0) };
  const manifest: Manifest = {
    manifestVersion: MANIFEST_VERSION,
    runId,
    producer: { name: 'test', version: '0.0.0' },
    startedAt: at.toISOString(),
    finishedAt: at.toISOString(),
    source: { kind: 'tables', server: 'legacy', database: 'Bank' },
    consistency: { mode: 'snapshot', guarantee: 'one snapshot' },
    verification: { state: 'counted', detail: 'rows counted' },
    format,
    prefix,
    tables: [{ ...dataset, columns, schemaFingerprint: createHash('md5').update(JSON.stringify(columns)).digest('hex'), ...counts, objects }],
    totals: { tables: 1, objects: parts.length, ...counts },
  };
  return { runId, manifestKey: manifestKey(prefix, runId), manifest, parts };
}
