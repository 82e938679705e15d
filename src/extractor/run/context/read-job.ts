import type { RunContext } from './run-context';
import type { PlannedChanges } from '../../api/changes/planned-changes';
import type { PlannedChunk } from '../../api/extraction-plan';
import type { TypeOptions } from '../../api/type-options';
import type { ChangedTable } from '../../changes/changed-table';
import type { ColumnsOfTable } from '../../plan/schema-drift';
import type { QueryParameter } from '../../rows/objects/read-rows';
import type { ChunkName } from '../../state/chunk-claims';

/** One statement to read: a chunk of a table, or a query. */
export interface ReadJob {
  /** Of the table in the plan. */
  readonly tableIndex: number;
  readonly schema: string;
  readonly table: string;
  /** As the table is planned; a query's is known when its columns are. */
  readonly partitionPrefix?: string;
  readonly chunk: PlannedChunk;
  /** Chunks of the table. */
  readonly chunks: number;
  readonly sql: string;
  readonly parameters: readonly QueryParameter[];
  /**
   * To ask the source of the same rows: the columns as they are selected, `FROM … WHERE …` and `OPTION …`; of a table that is cut
   * also `FROM …` of all its rows. Absent where it may be sent nothing else.
   */
  readonly source?: { readonly expressions: readonly string[]; readonly from: string; readonly hint: string; readonly whole?: string };
  /** Columns, as they land, whose values the source does not repeat; absent where it repeats all. */
  readonly notCompared?: readonly string[];
  /** What in the condition of the rows gives other rows each time it is asked; absent where they repeat. */
  readonly varying?: string;
  /** For messages. */
  readonly subject: string;
  /** Type options of its columns by the names they land under; absent where the run's are those of all columns, and of a query. */
  readonly typeOptions?: ReadonlyMap<string, TypeOptions>;
  /** Columns of the primary key, as they land; none where there is none. */
  readonly keyColumns: readonly string[];
  /** `column_id` of each column, which are field ids of Parquet files; absent of a view, of a query, and of plans of earlier versions. */
  readonly columnIds?: readonly number[];
  /** Of the whole table; absent for a query. */
  readonly estimatedRows?: number;
  /** Whether the table is memory-optimised, and read in a transaction of its own kind. */
  readonly memoryOptimized?: boolean;
  /** How changes that follow are learnt, or those it reads in place of rows; absent where they cannot be. */
  readonly changes?: JobChanges;
  /** The table as it was planned; absent for a query. */
  readonly planned?: ColumnsOfTable;
}

/** How a job learns of changes. */
export interface JobChanges {
  readonly table: ChangedTable;
  readonly planned: PlannedChanges;
}

/** Names a job's chunk in what is kept of the run. */
export function chunkNameOf({ tableIndex, chunk }: ReadJob): ChunkName {
  return { tableIndex, chunk: chunk.chunk };
}

/** Names a job's chunk in events. */
export function nameOf({ database }: Pick<RunContext, 'database'>, { schema, table, chunk }: ReadJob) {
  return { database, schema, table, chunk: chunk.chunk };
}
