import { createHash, randomBytes } from 'node:crypto';
import { RecorderFixture } from './recorder-fixture';
import {
  datasetRunFolder, Manifest, manifestKey, ManifestTable, partFileName, runIdAt, toUserMetadata,
} from '../../src/contract';

/** A landed run: its parts' events, and the manifest to land when the test wants. */
export interface LandedRun {
  readonly runId: string;
  readonly key: string;
  readonly manifest: Manifest;
  readonly parts: readonly { readonly key: string; readonly event: any }[];
}

/** Lands the parts of a run of two tables, two parts each of as many rows as bytes, with the metadata the extractor sets. */
export async function landRun(fixture: RecorderFixture, bucket: string, prefix = 'lake/'): Promise<LandedRun> {
  const runId = runIdAt(new Date(), randomBytes(3).toString('hex'));
  const parts: LandedRun['parts'][number][] = [];
  const tables: ManifestTable[] = [];
  for (const table of ['Accounts', 'Zahlungen 2024']) {
    const dataset = { database: 'Ledger', schema: 'dbo', table };
    const objects = [];
    for (const chunk of [0, 1]) {
      const body = `${table} of ${runId}, chunk ${chunk}`;
      const key = datasetRunFolder(prefix, dataset, runId) + partFileName(chunk, 0, 'csv');
      const event = await fixture.put(bucket, key, body, {
        ChecksumAlgorithm: 'SHA256',
        Metadata: toUserMetadata({ runId, ...dataset, part: `${chunk}-0`, format: 'csv', compression: 'none', schemaFingerprint: 'f00d' }),
      });
      parts.push({ key, event });
      objects.push({
        key,
        part: `${chunk}-0`,
        rows: body.length,
        sizeBytes: body.length,
        checksum: { algorithm: 'SHA256' as const, type: 'FULL_OBJECT' as const, value: createHash('sha256').update(body).digest('base64') },
        contentHash: createHash('md5').update(body).digest('hex'),
      });
    }
    const total = objects.reduce((sum, object) => sum + object.rows, 0);
    tables.push({ ...dataset, columns: [], schemaFingerprint: 'f00d', rows: total, sizeBytes: total, objects });
  }
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const manifest: Manifest = {
    manifestVersion: 1,
    runId,
    producer: { name: 'cdk-legacy-to-s3', version: '0.0.0' },
    startedAt: '2026-01-31T23:59:59.123Z',
    finishedAt: '2026-02-01T00:00:09.123Z',
    source: { kind: 'tables', server: 'ledger.example.com,1433', database: 'Ledger' },
    consistency: { mode: 'snapshot', guarantee: 'each table as of one instant' },
    verification: { state: 'counted', detail: 'rows equal COUNT_BIG in the same snapshot' },
    format: { name: 'csv', compression: 'none' },
    prefix,
    tables,
    totals: { tables: 2, objects: 4, rows, sizeBytes: rows },
  };
  return { runId, key: manifestKey(prefix, runId), manifest, parts };
}

/** A deep copy of the manifest after a change. */
export function changed(manifest: Manifest, change: (plain: any) => void): Manifest {
  const plain = JSON.parse(JSON.stringify(manifest));
  change(plain);
  return plain;
}

/** Lands a manifest and answers with its event. */
export async function landManifest(fixture: RecorderFixture, bucket: string, key: string, manifest: Manifest): Promise<any> {
  return fixture.put(bucket, key, JSON.stringify(manifest), { ContentType: 'application/json' });
}
