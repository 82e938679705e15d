import type { RunOptions } from './run-options';
import type { ExtractEvent } from '../../api/extract-events';
import type { ChangeWay } from '../../api/extraction-plan';
import type { TransactionBegin } from '../../changes/changed-table';
import type { LandingTarget } from '../../landing/target/landing-target';
import type { RunConsistency } from '../../source/consistency/consistency';
import type { DatabaseSnapshot } from '../../source/consistency/database-snapshot';
import type { ChunkName } from '../../state/chunk-claims';
import type { Clock } from '../../state/clock';

/** What all tables of a run share. */
export interface RunContext {
  readonly runId: string;
  readonly options: RunOptions;
  readonly target: LandingTarget;
  /** The database as the server spells it. */
  readonly database: string;
  readonly consistency: RunConsistency;
  /** With consistency databaseSnapshot. */
  readonly snapshot?: DatabaseSnapshot & { readonly begin?: TransactionBegin };
  /** Ways by which changes of its tables can be learnt: each transaction begins with a look at where the database stands. Absent without any. */
  readonly ways?: readonly ChangeWay[];
  /** Aborted when the caller stops the run or another table failed. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /**
   * Asked before an object appears.
   *
   * @param surely whether the lease is looked at in any case, as before an object is replaced or deleted; else only when it was not renewed in time
   * @param chunk the object's; absent where it is of no single one
   * @throws LegacyToS3Error of code RUN_IN_USE when another process has the run, or the chunk, by now
   */
  readonly mayComplete: (surely?: boolean, chunk?: ChunkName) => Promise<void>;
  emit(event: ExtractEvent): void;
  warn(message: string): void;
}
