import { MemoryCompactions } from './memory-compactions';
import { MemoryFiles } from './memory-files';
import { MemoryGlue } from './memory-glue';
import { ParquetRun } from './parquet-runs';
import { METRICS, RunItem, TableCommitItem, WaitingItem, waitingItemKey } from '../../../src/contract';
import type { LandedManifest } from '../../../src/handlers/complete/read-manifest';
import { TablesServices } from '../../../src/handlers/tables/commit-tables';
import { GluePace } from '../../../src/handlers/tables/glue-pace';
import { GlueTables } from '../../../src/iceberg/catalogs/glue-tables';
import { TableCatalog } from '../../../src/iceberg/catalogs/table-catalog';
import { TableFiles } from '../../../src/iceberg/files/table-files';

export const BUCKET = 'landing';
export const ROOT = `s3://${BUCKET}/`;

type ServiceChanges = Partial<TablesServices> & { readonly wrap?: (files: TableFiles, catalog: TableCatalog) => [TableFiles, TableCatalog] };

/** What commits tables, in memory. */
export class MemoryTables {
  public readonly files = new MemoryFiles();
  public readonly glue: MemoryGlue;
  public readonly items = new Map<string, TableCommitItem>();
  public readonly waiting = new Map<string, WaitingItem>();
  public readonly compactions = new MemoryCompactions();
  public readonly runs = new Map<string, RunItem>();
  public readonly metrics = new Map<string, number>();
  public readonly failures: Error[] = [];
  public readonly handedOn: any[] = [];
  public readonly written: TableCommitItem[][] = [];
  /** Reads of items, and writes of them. */
  public itemRequests = 0;

  public constructor(glue: MemoryGlue = new MemoryGlue()) {
    this.glue = glue;
  }

  /** Another cloud with the same files, tables and items. */
  public copy(): MemoryTables {
    const copy = new MemoryTables();
    for (const [uri, bytes] of this.files.content) copy.files.set(uri, bytes);
    for (const [name, table] of this.glue.tables) copy.glue.tables.set(name, table);
    for (const [key, item] of this.items) copy.items.set(key, item);
    for (const [key, item] of this.waiting) copy.waiting.set(key, item);
    return copy;
  }

  /** Lands a run, and notes that it was checked. @returns what its reporter is called with */
  public land(
    { runId, manifest, manifestKey, files }: ParquetRun, runState: RunItem['runState'] = 'COMPLETE', more: Partial<RunItem> = {},
  ): [RunItem, LandedManifest] {
    for (const { key, bytes } of files) this.files.set(ROOT + key, bytes);
    const eTag = `etag-${runId}`;
    const checked = { recordedAt: new Date().toISOString(), tables: manifest.tables.length };
    const run = { runId, runState, bucket: BUCKET, manifestETag: eTag, ...checked, ...more } as RunItem;
    this.runs.set(runId, run);
    return [run, { manifest, bucket: BUCKET, key: manifestKey, versionId: 'null', eTag }];
  }

  /** @param more in place of what is there; `wrap` takes files and catalog, and answers with what stands for them */
  public services({ wrap = (...both) => both, ...others }: ServiceChanges = {}): TablesServices {
    const pace = others.pace ?? new GluePace();
    const [files, catalog] = wrap(this.files, new GlueTables(this.glue.client(async (request) => pace.paced(request)), 'lake', this.files));
    const runOf = (item: RunItem) => this.runs.get(item.runId)?.recordedAt === item.recordedAt;
    return {
      workplaceOf: () => ({ files, catalog, root: ROOT }),
      items: {
        ofRun: async (runId) => new Map([...this.items.values()].filter((item) => item.runId === runId).map((item) => [item.tableOf, item])),
        run: async (runId) => this.runs.get(runId),
        compaction: async (tableName) => this.compactions.items.get(tableName),
        table: async (runId, dataset) => this.items.get(`${runId} ${dataset}`),
        put: async (item) => {
          const there = this.items.get(`${item.runId} ${item.tableOf}`);
          const keeps = ['FAILED', 'REFUSED', 'WAITING'].includes(item.commitState) && there?.manifestETag === item.manifestETag;
          if (!(keeps && ['COMMITTED', 'SUPERSEDED'].includes(there!.commitState))) this.items.set(`${item.runId} ${item.tableOf}`, item);
        },
        replace: async (item) => { this.items.set(`${item.runId} ${item.tableOf}`, item); },
        waiting: async (database) => [...this.waiting.values()].filter(({ objectKey }) => objectKey === waitingItemKey(database)),
        putWaiting: async (item) => { this.waiting.set(`${item.objectKey} ${item.versionId}`, item); },
        endWaiting: async ({ objectKey, versionId }) => { this.waiting.delete(`${objectKey} ${versionId}`); },
      },
      runs: {
        setTables: async (item, counts) => { if (runOf(item)) this.runs.set(item.runId, { ...this.runs.get(item.runId)!, ...counts }); },
        setReported: async (item, announced, unreported) => {
          if (runOf(item)) this.runs.set(item.runId, { ...this.runs.get(item.runId)!, announced, unreported });
        },
      },
      pace,
      settings: { kind: 'iceberg' },
      telemetry: {
        metric: (name, value) => { this.metrics.set(METRICS[name], (this.metrics.get(METRICS[name]) ?? 0) + value); },
        info: () => undefined,
        warn: () => undefined,
        failure: (_message, error) => { this.failures.push(error); },
      },
      retractHive: async () => undefined,
      writeSnapshots: async (_run, items) => { this.written.push([...items]); },
      invokeAgain: async (event) => { this.handedOn.push(event); },
      ...others,
    };
  }

  /** The item of a table. */
  public item(runId: string, table = 'Accounts'): TableCommitItem | undefined {
    return this.items.get(`${runId} Ledger/dbo/${table}`);
  }
}
