import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { datasetRunFolder, Manifest, manifestKey, ManifestTable, parseManifest, partFileName, runIdAt } from '../../../src/contract';
import { extract, ExtractFormat } from '../../../src/extractor/doors/public';
import { startScriptedDatabase } from '../source/scripted-database';

/** A run of Parquet files as it would land. */
export interface ParquetRun {
  readonly runId: string;
  readonly manifestKey: string;
  readonly manifest: Manifest;
  readonly files: readonly { readonly key: string; readonly bytes: Buffer }[];
}

export interface ParquetRunOptions {
  /** Number of the run, which is its second of the year 2026. */
  readonly at: number;
  /** @default Accounts */
  readonly tables?: readonly string[];
  /** Of each table. @default 1 */
  readonly files?: number;
  /** In key form. @default lake/ */
  readonly prefix?: string;
}

/** Runs that hold one small file, as the extractor wrote it, under any names: rows (1, 'Ada'), (2, 'Grace'), (3, 'Edsger'). */
export class ParquetRuns {
  /** Extracts the file. */
  public static async make(): Promise<ParquetRuns> {
    const rows = [[1, 'Ada'], [2, 'Grace'], [3, 'Edsger']] as const;
    const database = await startScriptedDatabase({ tables: [{ schema: 'dbo', table: 'Accounts', columns: ['Id', 'Name'], rows }] });
    const folder = mkdtempSync(join(tmpdir(), 'parquet-runs-'));
    try {
      const source = { server: '127.0.0.1', port: database.port, database: 'Ledger', user: 'reader', password: 'hunter2', encrypt: false };
      const { manifestKey: key } = await extract({ source, target: pathToFileURL(folder).href, format: ExtractFormat.parquet() });
      const manifest = parseManifest(readFileSync(join(folder, key), 'utf8'));
      return new ParquetRuns(manifest, readFileSync(join(folder, manifest.tables[0].objects[0].key)));
    } finally {
      rmSync(folder, { recursive: true });
      await database.stop();
    }
  }

  private constructor(private readonly manifest: Manifest, public readonly bytes: Buffer) {}

  public run({ at, tables: names = ['Accounts'], files: count = 1, prefix = 'lake/' }: ParquetRunOptions): ParquetRun {
    const runId = runIdAt(new Date(Date.UTC(2026, 0, 1, 0, 0, at)), 'abcdef');
    const [sample] = this.manifest.tables;
    const value = createHash('sha256').update(this.bytes).digest('base64');
    const tables = names.map((table): ManifestTable => {
      const objects = Array.from({ length: count }, (_each, chunk) => ({
        ...sample.objects[0],
        key: datasetRunFolder(prefix, { ...sample, table }, runId) + partFileName(chunk, 0, 'parquet'),
        part: `${chunk}-0`,
        checksum: { algorithm: 'SHA256' as const, type: 'FULL_OBJECT' as const, value },
      }));
      const { chunks: _, ...same } = sample;
      return {
        ...same,
        table,
        objects,
        rows: count * sample.rows,
        sizeBytes: count * this.bytes.length,
        tallies: sample.tallies?.map(({ nulls, sum: added, ...tally }) => (
          { ...tally, nulls: count * nulls, ...(added !== undefined && { sum: String(count * Number(added)) }) })),
      };
    });
    const sum = (of: (table: ManifestTable) => number) => tables.reduce((total, table) => total + of(table), 0);
    const totals = {
      tables: tables.length,
      objects: sum(({ objects }) => objects.length),
      rows: sum(({ rows }) => rows),
      sizeBytes: sum(({ sizeBytes }) => sizeBytes),
    };
    const files = tables.flatMap(({ objects }) => objects.map(({ key }) => ({ key, bytes: this.bytes })));
    return { runId, manifest: { ...this.manifest, runId, prefix, tables, totals }, manifestKey: manifestKey(prefix, runId), files };
  }
}
