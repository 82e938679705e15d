import type { ChangeMark, ManifestAlterations, ManifestChanges, ManifestColumn, ManifestObject, ManifestTally } from '../../contract';
import type { OffKernelCounts } from '../rows/columns/off-kernel';
import type { AggregateDifference } from '../source/aggregates/aggregate-query';

/** What was landed of a table's changes; the mark of the chunk is the one they go up to. */
export type LandedChanges = Omit<ManifestChanges, 'way' | 'previousRun' | 'to' | 'sourceRows'>;

/** A chunk that is landed and checked: what the manifest and the checkpoint keep of it. */
export interface LandedChunk {
  /** Of the table in the plan. */
  readonly tableIndex: number;
  readonly chunk: number;
  readonly columns: readonly ManifestColumn[];
  readonly rows: number;
  /** COUNT_BIG of the source, in digits; absent when it was not asked. */
  readonly sourceRows?: string;
  /** How long the source took to count, and to aggregate; absent when it was not asked. */
  readonly sourceSeconds?: number;
  /** From the source, under a mode that does not keep it as it was; absent when it was not asked. */
  readonly differences?: readonly AggregateDifference[];
  /** COUNT_BIG of the whole table in the same state, in digits; only of one chunk of a table that is cut. */
  readonly tableRows?: string;
  /** COUNT_BIG of the whole table in the transaction that took the mark, in digits; absent where it was not asked for. */
  readonly countedRows?: string;
  /** Whether the source was asked for aggregates. */
  readonly aggregated?: boolean;
  /** Rows whose hash was compared with the source's; absent when none was taken. */
  readonly hashedRows?: number;
  /** By column of the source; absent in checkpoints of older versions. */
  readonly tallies?: readonly ManifestTally[];
  readonly wireBytes: number;
  readonly objects: readonly ManifestObject[];
  /** Of the columns that have any; absent when there are none. */
  readonly alterations?: readonly ManifestAlterations[];
  /** Rows that were not wholly read by the kernels; absent when there are none. */
  readonly rowsOffKernel?: OffKernelCounts;
  /** How the content hashes of its objects were made; absent in checkpoints of older versions, which is 1. */
  readonly contentHashVersion?: number;
  /** The source's clock when the transaction began to read (ISO 8601, UTC); absent for a query. */
  readonly instant?: string;
  /** Names the state of the database that was read: chunks of one name show one state. Absent where a chunk shows none. */
  readonly state?: string;
  /** Taken before its first row was read; absent where no changes can follow. */
  readonly mark?: ChangeMark;
  /** Whether the rows are as of the mark exactly; absent where they are not. */
  readonly exact?: boolean;
  /** Of a chunk that is a table's changes, not its rows. */
  readonly changes?: LandedChanges;
  readonly attempts: number;
  /** Of the attempt that succeeded. */
  readonly seconds: number;
  /** Of these the source was waited for, and the target; absent in checkpoints of older versions. */
  readonly sourceWaitSeconds?: number;
  readonly targetWaitSeconds?: number;
}
