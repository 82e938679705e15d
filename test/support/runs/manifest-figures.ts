import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand, EntityNotFoundException, GlueClient } from '@aws-sdk/client-glue';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { datasetRunFolder, type Manifest, type ManifestTable, type RunItem } from '../../../src/contract';
import { FileTarget } from '../../../src/extractor/landing/file/file-target';
import { writeManifest } from '../../../src/extractor/run/manifest/write-manifest';
import { GlueCatalog } from '../../../src/handlers/catalog/glue-catalog';
import { catalogRegistrar } from '../../../src/handlers/catalog/register-run';
import { completeRun } from '../../../src/handlers/complete/complete-run';
import { RunStore } from '../../../src/handlers/complete/run-store';
import { runLineWriter } from '../../../src/handlers/complete/write-run-line';
import { ItemStore } from '../../../src/handlers/shared/item-store';

/** How large a manifest is made. */
export interface ManifestSize {
  readonly tables: number;
  readonly columnsPerTable: number;
  readonly objectsPerTable: number;
}

const RUN_ID = '20260101T000000000Z-aaaaaa';
const OBJECT_BYTES = 1000;
const CHECKSUM = 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=';

/** A manifest of that size as a run makes it, with names of some 30 characters. */
export function manifestOfSize({ tables, columnsPerTable, objectsPerTable }: ManifestSize): Manifest {
  return {
    manifestVersion: 1,
    contentHashVersion: 2,
    runId: RUN_ID,
    producer: { name: 'p', version: '1' },
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T01:00:00.000Z',
    source: { kind: 'tables', server: 's', database: 'Ledger' },
    consistency: { mode: 'snapshot', guarantee: 'g' },
    verification: { state: 'verified', detail: 'd' },
    format: { name: 'parquet', compression: 'zstd' },
    prefix: '',
    tables: Array.from({ length: tables }, (_, t) => tableOfSize(t, columnsPerTable, objectsPerTable)),
    totals: { tables, objects: tables * objectsPerTable, rows: tables * objectsPerTable, sizeBytes: tables * objectsPerTable * OBJECT_BYTES },
  };
}

function tableOfSize(number: number, columns: number, objects: number): ManifestTable {
  const identity = { database: 'Ledger', schema: 'dbo', table: `Table_${String(number).padStart(6, '0')}` };
  const folder = datasetRunFolder('', identity, RUN_ID);
  const name = (at: number) => `Column_${String(at).padStart(5, '0')}_of_table_${String(number).padStart(6, '0')}`;
  return {
    ...identity,
    columns: Array.from({ length: columns }, (_, at) => ({
      name: name(at),
      ordinal: at + 1,
      sourceType: 'decimal(19,4)',
      nullable: true,
      outputType: 'DECIMAL(19,4)',
      glueType: 'decimal(19,4)',
      framing: 'byteLength' as const,
      fieldId: at + 1,
    })),
    chunkKey: [name(0)],
    chunks: Array.from({ length: objects }, (_, chunk) => ({
      chunk, rows: 1, contentHash: '0'.repeat(32), lower: [`${chunk}`], instant: '2026-01-01T00:00:00.000Z', attempts: 1, seconds: 0.1,
    })),
    schemaFingerprint: '0'.repeat(32),
    rows: objects,
    sizeBytes: objects * OBJECT_BYTES,
    tallies: Array.from({ length: columns }, (_, at) => ({ column: name(at), nulls: 0, sum: '123456.7890', least: '-999.1234', greatest: '99999.1234' })),
    objects: Array.from({ length: objects }, (_, chunk) => ({
      key: `${folder}part-${String(chunk).padStart(5, '0')}-0000.parquet`,
      part: `${String(chunk).padStart(5, '0')}-0000`,
      rows: 1,
      sizeBytes: OBJECT_BYTES,
      checksum: { algorithm: 'SHA256' as const, type: 'FULL_OBJECT' as const, value: CHECKSUM },
      eTag: '0'.repeat(32),
      contentHash: '0'.repeat(32),
    })),
  };
}

/** A folder that manifests are written to, and completed from as if a bucket had it and the objects they name. */
export class ManifestFolder {
  public readonly path: string;

  public constructor(path?: string) {
    this.path = path ?? mkdtempSync(join(tmpdir(), 'manifest-size-'));
  }

  /** @returns the manifest's key */
  public async write(manifest: Manifest, pagedFromBytes?: number): Promise<string> {
    return writeManifest(new FileTarget(`${pathToFileURL(this.path).href}/`), manifest, pagedFromBytes);
  }

  /** Runs run completion with the catalog. @returns the run's item, and the columns that Glue got in tables that show the newest run */
  public async complete(key: string): Promise<{ readonly run: RunItem; readonly columns: number; readonly announced: number }> {
    let [columns, announced] = [0, 0];
    const s3 = {
      send: async (command: unknown) => {
        if (command instanceof HeadObjectCommand) return { ContentLength: OBJECT_BYTES, ETag: '"e"', ChecksumSHA256: CHECKSUM, LastModified: new Date(0), Metadata: {} };
        if (command instanceof GetObjectCommand) {
          const path = join(this.path, command.input.Key!);
          return { Body: createReadStream(path), ContentLength: statSync(path).size, ETag: '"e"' };
        }
        return command instanceof PutObjectCommand ? {} : { Contents: [], CommonPrefixes: [] };
      },
      config: {},
    } as unknown as S3Client;
    Object.setPrototypeOf(s3, S3Client.prototype);
    const dynamo = { send: async () => ({}) } as unknown as DynamoDBClient;
    const glue = {
      send: async (command: { readonly constructor: { readonly name: string } }) => {
        if (command.constructor.name.startsWith('Get')) throw new EntityNotFoundException({ message: 'none', $metadata: {} });
        if (command instanceof CreateTableCommand) {
          const { Name, StorageDescriptor } = command.input.TableInput!;
          if (!Name!.endsWith('_runs')) columns += StorageDescriptor!.Columns!.length;
        }
        return {};
      },
    } as unknown as GlueClient;
    const pass = () => undefined;
    const telemetry = { metric: pass, info: pass, warn: pass, failure: (_: string, error: unknown) => { throw error; } };
    const run = await completeRun({
      s3,
      objects: new ItemStore(dynamo, 't'),
      runs: new RunStore(dynamo, 't'),
      telemetry: telemetry as never,
      reporters: [{ name: 'catalog', report: catalogRegistrar(new GlueCatalog(glue, 'd'), telemetry as never) }, { name: 'line', report: runLineWriter(s3, '') }],
      announce: async () => { announced += 1; },
    }, 'b', key);
    return { run: run!, columns, announced };
  }

  public remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
