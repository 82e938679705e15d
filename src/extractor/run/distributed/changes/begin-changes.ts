import type { ExtractionSetting } from '../extraction-setting';
import { acquireChain } from './hold-chain';
import type { ChangeChain } from '../../../../contract';
import { OnGap } from '../../../api/changes/changes-options';
import type { ExtractionPlan } from '../../../api/extraction-plan';
import { Consistency, type ExtractorProps } from '../../../api/extractor-props';
import type { LandingTarget } from '../../../landing/target/landing-target';
import { withPartitionPrefixes } from '../../../plan/partition-prefixes';
import { readFeatures } from '../../../source/catalog/source-features';
import { addressOf, type SqlServerConnection } from '../../../source/connection/sql-server-connection';
import { chainKey, readChain } from '../../../state/chain-store';
import { checkpointedRuns } from '../../../state/checkpoint';
import { isRunOf } from '../../../state/execution-run-id';
import type { StateStore } from '../../../state/state-store';
import { openSource } from '../../context/open-source';
import type { RunOptions } from '../../context/run-options';
import { abort } from '../../manage/run-cleanup';
import { askFacts } from '../../plan-ways';
import { readIdle, versionOf } from '../../sync/idle';
import { keepChain } from '../../sync/keep-chain';
import { leftRuns } from '../../sync/left-runs';
import { planSync } from '../../sync/plan-sync';
import { refuseSource } from '../../sync/sync-run';
import type { FollowingText } from '../run-texts';

/** What an execution that follows its source is to do. */
export type ChangesStart =
  /** Nothing changed since the run named; tables whose changes were lost may have been left out. */
  | { readonly kind: 'unchanged'; readonly since: string; readonly database: string; readonly gaps: number }
  /** A run of before reads whole tables, or is the execution's own: it is gone on with. */
  | { readonly kind: 'resume'; readonly runId: string }
  | {
    readonly kind: 'run';
    readonly options: RunOptions;
    readonly following: FollowingText;
    /** The newest run of the chain, which this one is to be above: where tables have no marks, the order of ids is that of their rows. */
    readonly after?: string;
  };

/** What is looked with. */
export interface LookGiven {
  readonly props: ExtractorProps;
  /** To plan by. */
  readonly options: RunOptions;
  readonly target: LandingTarget;
  readonly store: StateStore;
  readonly setting: ExtractionSetting;
  /** ARN of the execution. */
  readonly execution: string;
}

/**
 * Looks what changed in the source. Where nothing did, that is one statement and two requests of the store. Unless nothing did, the execution
 * holds the chain of the database from then on.
 *
 * @throws LegacyToS3Error, of code CHANGES_GAP or CHANGES_REFUSED as `sync`; of code RUN_IN_USE while another sync of the database is at work
 */
export async function lookForChanges(given: LookGiven): Promise<ChangesStart> {
  const { options, setting: { clock, onEvent }, store } = given;
  const connection = await openSource(options.connection, { clock, signal: new AbortController().signal, onRetry: onEvent });
  try {
    const { database } = connection;
    const key = chainKey(addressOf(options.connection), database);
    const chain = await readChain(store, key);
    const idle = await readIdle(connection, options, chain);
    if (chain?.idle !== undefined && chain.idle === idle) return { kind: 'unchanged', since: chain.runId, database, gaps: 0 };
    const lease = await acquireChain(store, key, given.execution, given.setting);
    const start = await lookHeld(given, connection, { key, idle }).catch(async (error: unknown) => {
      await lease.release();
      throw error;
    });
    if (start.kind === 'unchanged') await lease.release();
    return start;
  } finally {
    await connection.close();
  }
}

interface Look {
  readonly key: string;
  readonly idle: string | undefined;
}

async function lookHeld(given: LookGiven, connection: SqlServerConnection, { key, idle }: Look): Promise<ChangesStart> {
  const { props, options, target, store, execution, setting: { clock, isRunning } } = given;
  // Above the run that it follows, its id is not known from the execution alone.
  const runIds = await checkpointedRuns(store);
  const own = runIds.find((runId) => isRunOf(runId, { arn: execution }));
  if (own !== undefined) return { kind: 'resume', runId: own };
  const goesOn = !options.oneVersion || await readChain(store, key) === undefined;
  const { resumable, givenUp } = await leftRuns(target, store, key, runIds, goesOn);
  for (const runId of givenUp) await abort(props, runId, false, clock, { isRunning });
  const features = await readFeatures(connection);
  refuseSource(features, connection.database, options);
  // What it has landed is not read again; what changed meanwhile is for the next execution.
  if (resumable) return { kind: 'resume', runId: resumable.runId };
  const chain = await readChain(store, key);
  if (!chain) {
    const following = { key, kind: 'firstLoad', unchanged: {}, gaps: 0, isWhole: true, ...(idle !== undefined && { idle }) } as const;
    return { kind: 'run', options: { ...options, follows: true }, following };
  }
  return planChanges(given, connection, { key, idle }, chain, features);
}

async function planChanges(
  { options, target, store, setting: { clock, onEvent } }: LookGiven, connection: SqlServerConnection, { key, idle }: Look, chain: ChangeChain,
  features: Awaited<ReturnType<typeof readFeatures>>,
): Promise<ChangesStart> {
  const facts = await askFacts(connection, features, options);
  const { plan, gaps, unchanged, ways } = await planSync({
    connection, features, facts, options, target, chain, version: versionOf(idle), now: clock.now(),
  });
  for (const { why, reloaded } of gaps) onEvent({ type: 'warning', message: `${why}; it is ${reloaded ? 'read whole' : 'left out'}` });
  const seen = { unchanged, ways, isWhole: gaps.every(({ reloaded }) => reloaded), ...(idle !== undefined && { idle }) };
  if (plan.tables.length === 0) {
    await keepChain(store, key, seen);
    return { kind: 'unchanged', since: chain.runId, database: connection.database, gaps: gaps.length };
  }
  return {
    kind: 'run',
    options: { ...options, follows: true, plan: withPartitionPrefixes(withoutSizes(plan)), isBegun: true, consistency: Consistency.SNAPSHOT },
    following: { key, kind: 'changes', gaps: gaps.length, reloads: options.onGap === OnGap.RELOAD, ...seen },
    after: chain.runId,
  };
}

const NO_SIZE = { estimatedRows: 0, estimatedBytes: 0 };

/** How many changes there are is not known before they are read; it is not the size of the table. */
function withoutSizes(plan: ExtractionPlan): ExtractionPlan {
  return {
    ...plan,
    tables: plan.tables.map((table) => (table.changes?.from
      ? { ...table, ...NO_SIZE, chunks: table.chunks.map((chunk) => ({ ...chunk, ...NO_SIZE })) } : table)),
  };
}
