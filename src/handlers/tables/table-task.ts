import { GluePace } from './glue-pace';
import { TableItems } from './table-items';
import {
  CompactionSettings, datasetId, LandedTablesSettings, ManifestTable, RunItem, runItemKey, TableCommitItem, tableCommitSortKey,
} from '../../contract';
import { tableNameOf, TableRun } from '../../iceberg/commit/table-run';
import { Workplace } from '../../iceberg/commit/workplace';
import { LandedManifest } from '../complete/read-manifest';
import { Telemetry } from '../shared/telemetry';

/** What a query says of a committed table. */
export type Proof =
  | { readonly kind: 'proven' }
  /** Athena's counts or sums are not the manifest's. */
  | { readonly kind: 'differs'; readonly why: string }
  /** Athena could not be asked. */
  | { readonly kind: 'unproven'; readonly why: string }
  /** There was no time. */
  | { readonly kind: 'unfinished' };

/** Asks whether a committed table is what its manifest says; it throws nothing. */
export type ProveTable = (item: TableCommitItem, task: TableTask) => Promise<Proof>;

/** Starts the function that compacts tables. */
export interface CompactionStart {
  readonly settings: CompactionSettings;
  readonly invoke: (event: object) => Promise<void>;
}

/** What committing tables works with. */
export interface TableServices {
  /** Where tables of runs in a bucket are. */
  readonly workplaceOf: (bucket: string) => Workplace;
  readonly items: Pick<TableItems, keyof TableItems>;
  readonly pace: GluePace;
  readonly settings: LandedTablesSettings;
  readonly telemetry: Telemetry;
  /** @default - tables are not proved by queries */
  readonly prove?: ProveTable;
  /** @default - tables are not compacted */
  readonly compaction?: CompactionStart;
  /** Brings a Hive table that an earlier version registered away from a run that does not hold. */
  readonly retractHive: (task: TableTask) => Promise<void>;
}

/** A table of a checked run. */
export interface TableTask {
  readonly run: RunItem;
  readonly landed: LandedManifest;
  readonly table: ManifestTable;
  readonly remaining: () => number;
}

/** `<database>/<schema>/<table>` */
export function datasetOfTask({ table }: Pick<TableTask, 'table'>): string {
  return datasetId(table.database, table.schema, table.table);
}

/** What an item says of each table, whatever became of it. */
export function itemOf({ run, table }: TableTask, state: Pick<TableCommitItem, 'commitState'> & Partial<TableCommitItem>): TableCommitItem {
  const dataset = datasetId(table.database, table.schema, table.table);
  return {
    objectKey: runItemKey(run.runId),
    versionId: tableCommitSortKey(dataset),
    itemType: 'tableCommit',
    runId: run.runId,
    tableOf: dataset,
    tableName: tableNameOf({ table }),
    manifestETag: run.manifestETag,
    rows: table.rows,
    recordedAt: new Date().toISOString(),
    ...state,
  };
}

/** The table as commits take it. */
export function tableRunOf({ run: { manifestETag }, landed: { manifest, key }, table }: TableTask): TableRun {
  return { manifest, manifestKey: key, manifestETag, table };
}
