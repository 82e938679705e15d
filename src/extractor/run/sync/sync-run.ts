import { randomBytes } from 'node:crypto';
import { readIdle, versionOf } from './idle';
import { keepChain } from './keep-chain';
import { isInUse, leftRuns } from './left-runs';
import { planSync, type FoundGap, type SyncPlan } from './plan-sync';
import { runIdAfter, type ChangeChain } from '../../../contract';
import { Changes, OnGap } from '../../api/changes/changes-options';
import type { SyncResult } from '../../api/changes/sync-result';
import type { ResumeControls } from '../../api/controls';
import { LegacyToS3Error } from '../../api/errors';
import type { ExtractResult } from '../../api/extract-result';
import { Consistency, OnTableError, type ExtractorProps } from '../../api/extractor-props';
import { openTarget } from '../../landing/open-target';
import { readManifest } from '../../landing/read-manifest';
import type { LandingTarget } from '../../landing/target/landing-target';
import { withPartitionPrefixes } from '../../plan/partition-prefixes';
import { quoteTable } from '../../source/catalog/identifiers';
import { readFeatures, type SourceFeatures } from '../../source/catalog/source-features';
import { addressOf, type SqlServerConnection } from '../../source/connection/sql-server-connection';
import { toSafeError } from '../../source/credentials/redact';
import { chainKey, linkKey, readChain } from '../../state/chain-store';
import { checkpointedRuns } from '../../state/checkpoint';
import { SYSTEM_CLOCK, type Clock } from '../../state/clock';
import { openStore } from '../../state/open-store';
import { chainFolder } from '../../state/run-folder';
import { RunLease } from '../../state/run-lease';
import type { StateStore } from '../../state/state-store';
import { openSource } from '../context/open-source';
import { resolveOptions, type RunOptions } from '../context/run-options';
import { resume, run } from '../extract-run';
import { abort } from '../manage/run-cleanup';
import { askFacts } from '../plan-ways';

/** How often tables that got a gap while they were read are looked at again in one sync. */
const MOST_ATTEMPTS = 3;

/**
 * Brings the landed tables up to date: all rows where there was no run before, else what changed since. A database in which nothing changed
 * is asked one statement.
 *
 * @throws LegacyToS3Error, of code CHANGES_REFUSED where changes cannot be read rightly, CHANGES_GAP where they cannot be told any more, or
 * RUN_IN_USE while another sync of the database is at work
 */
export async function sync(props: ExtractorProps, controls: ResumeControls = {}, clock: Clock = SYSTEM_CLOCK): Promise<SyncResult> {
  const options = await resolveOptions(props);
  refuseOptions(options, props);
  const target = openTarget(options.target, options.targetOptions);
  const state = openStore(options.target, options.targetOptions);
  try {
    return await new Sync({ props, options: { ...options, follows: true }, controls, clock, target, store: state.store }).run();
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  } finally {
    state.close();
    await target.close();
  }
}

/** @throws LegacyToS3Error of code INVALID_CONFIG, or CHANGES_REFUSED */
export function refuseOptions(
  { query, plan, format, consistency, changes, connection, oneVersion, onTableError, readers, readersChosen }: RunOptions,
  { threads }: Pick<ExtractorProps, 'threads'>,
): void {
  const refuse = (message: string) => new LegacyToS3Error('INVALID_CONFIG', message);
  if (query) throw refuse('a query has no changes that could be followed: extract it anew');
  if (plan) throw refuse('plan is of runs that read all rows: sync makes its own');
  if (changes === Changes.NONE) throw refuse('changes: none leaves nothing to follow: extract the tables, or leave changes out');
  if (oneVersion && (readersChosen && readers > 1 || (threads ?? 0) > 1)) throw refuse('oneVersion reads all tables by one reader: leave readers and threads out');
  if (oneVersion && onTableError === OnTableError.CONTINUE) {
    throw refuse('oneVersion and onTableError: continue exclude each other: without a table that fails, a transaction over several tables would not land whole');
  }
  if (format.name !== 'parquet') throw new LegacyToS3Error('CHANGES_REFUSED', `changes land as Parquet alone, got format ${format.name}: their keys become deletes of Iceberg tables`);
  if (consistency !== undefined && consistency !== Consistency.SNAPSHOT) {
    throw new LegacyToS3Error('CHANGES_REFUSED', `changes are read in SNAPSHOT transactions alone, got consistency ${consistency}: others would miss some ("Work with Change Tracking"); leave it out`);
  }
  if (connection.readOnlyIntent && (changes === Changes.AUTO || changes === Changes.CHANGE_TRACKING)) {
    throw new LegacyToS3Error('CHANGES_REFUSED', 'Change Tracking is refused on a readable secondary (error 22117), which readOnlyIntent asks for: connect to the primary, or name another way (changes)');
  }
}

/** @throws LegacyToS3Error of code CHANGES_REFUSED */
export function refuseSource({ snapshotAllowed }: SourceFeatures, database: string, { changes }: Pick<RunOptions, 'changes'>): void {
  if (snapshotAllowed || changes === Changes.WHOLE) return;
  throw new LegacyToS3Error('CHANGES_REFUSED', `database '${database}' allows no SNAPSHOT transactions, without which changes may be missed ("Work with Change Tracking"): `
    + `ALTER DATABASE [${database.replace(/]/g, ']]')}] SET ALLOW_SNAPSHOT_ISOLATION ON, or read whole tables each time (changes: whole)`);
}

interface SyncGiven {
  readonly props: ExtractorProps;
  readonly options: RunOptions;
  readonly controls: ResumeControls;
  readonly clock: Clock;
  readonly target: LandingTarget;
  readonly store: StateStore;
}

class Sync {
  private lost?: { readonly reason: unknown };
  private readonly stop = new AbortController();

  public constructor(private readonly given: SyncGiven) {}

  public async run(): Promise<SyncResult> {
    const { options, controls, clock, store } = this.given;
    const interrupt = () => this.stop.abort(new LegacyToS3Error('INTERRUPTED', 'stopped; what landed before counts, and the next sync goes on'));
    if (controls.signal?.aborted) interrupt();
    controls.signal?.addEventListener('abort', interrupt, { once: true });
    const connection = await this.connect();
    let lease: RunLease | undefined;
    try {
      const key = chainKey(addressOf(options.connection), connection.database);
      const chain = await readChain(store, key);
      const idle = await readIdle(connection, options, chain);
      // Whoever is at work changes nothing that is told here.
      if (chain?.idle !== undefined && chain.idle === idle) return nothing(chain);
      lease = await RunLease.acquire(store, `sync of ${key}`, clock, { takeOver: controls.takeOver ?? false, folder: chainFolder(key) });
      lease.keep((reason) => { this.lost = { reason }; });
      return await this.runHeld(key, connection, idle);
    } finally {
      await connection.close();
      await lease?.release();
      controls.signal?.removeEventListener('abort', interrupt);
    }
  }

  private async connect(): Promise<SqlServerConnection> {
    const { options, controls, clock } = this.given;
    return openSource(options.connection, { clock, signal: this.stop.signal, onRetry: (event) => controls.onEvent?.(event) });
  }

  private async runHeld(key: string, connection: SqlServerConnection, idle: string | undefined): Promise<SyncResult> {
    const { target, store, options, props, controls, clock } = this.given;
    const { resumable, givenUp } = await leftRuns(target, store, key, await checkpointedRuns(store), !options.oneVersion);
    for (const runId of givenUp) await abort(props, runId, controls.takeOver, clock).catch((error: unknown) => { if (!isInUse(error)) throw error; });
    const features = await readFeatures(connection);
    refuseSource(features, connection.database, options);
    // What it has landed is not read again; what changed meanwhile is for the next sync.
    const chain = await readChain(store, key);
    if (resumable) return this.resultOf(key, chain ? 'changes' : 'firstLoad', await resume(props, resumable.runId, controls, clock), []);
    if (!chain) {
      await connection.close();
      const result = await this.land({ ...options, ...(options.oneVersion && ONE_READER) });
      return this.finish(key, 'firstLoad', result, { gaps: [], unchanged: {} }, idle);
    }
    return this.follow(key, chain, { connection, features, idle });
  }

  private async follow(
    key: string, chain: ChangeChain,
    { connection, features, idle }: {
      readonly connection: SqlServerConnection; readonly features: SourceFeatures; readonly idle: string | undefined;
    },
  ): Promise<SyncResult> {
    const { options, clock, props, controls, target } = this.given;
    const facts = await askFacts(connection, features, options);
    let at = idle;
    let seen: SyncPlan | undefined;
    const met = new Map<string, LegacyToS3Error>();
    for (let attempt = 1; ; attempt++) {
      const now = attempt === 1 ? facts : await askFacts(connection, features, options);
      const planned = await planSync({ connection, features, facts: now, options, target, chain, version: versionOf(at), met, now: clock.now() });
      seen = { ...planned, gaps: [...seen?.gaps ?? [], ...planned.gaps] };
      for (const { why, reloaded } of planned.gaps) controls.onEvent?.({ type: 'warning', message: reloaded ? `${why}; it is read whole` : `${why}; it is left out` });
      for (const table of attempt === 1 ? planned.gone : []) {
        const message = `${table}, which was landed before, is not in the source any more, or not for this login: what was landed of it stays as it was`;
        controls.onEvent?.({ type: 'warning', message });
      }
      if (planned.plan.tables.length === 0) return this.finish(key, 'nothing', undefined, seen, at);
      let runId = '';
      try {
        const result = await this.land({
          ...options,
          plan: withPartitionPrefixes(planned.plan),
          ...(options.format.types && { format: { ...options.format, types: { ...options.format.types, partial: true } } }),
          isBegun: true,
          consistency: Consistency.SNAPSHOT,
          ...(options.oneVersion && ONE_READER),
        }, chain, (id) => { runId = id; });
        return await this.finish(key, 'changes', result, seen, at);
      } catch (error) {
        const isGap = error instanceof LegacyToS3Error && error.code === 'CHANGES_GAP';
        if (!isGap || options.onGap !== OnGap.RELOAD || attempt === MOST_ATTEMPTS) throw error;
        // It came between the look and the read, or shows in the rows alone.
        const table = planned.plan.tables.find(({ schema, table: name, changes }) => changes?.from && error.message.startsWith(`${quoteTable(schema, name)}: `));
        if (table) met.set(linkKey(table), error);
        if (runId !== '') await abort(props, runId, false, clock).catch(() => undefined);
        at = await readIdle(connection, options, chain);
      }
    }
  }

  /** @param chain that the run is added to: whatever the clock says, its run is above those before */
  private async land(options: RunOptions, chain?: ChangeChain, onBegin: (runId: string) => void = () => undefined): Promise<ExtractResult> {
    const { controls, clock } = this.given;
    if (this.lost) throw this.lost.reason;
    const startedAt = new Date();
    const runId = runIdAfter(chain?.runId, startedAt, randomBytes(3).toString('hex'));
    onBegin(runId);
    return run(options, controls, clock, { runId, startedAt });
  }

  /** Keeps what was seen of tables that did not change, and by what to know that nothing did. */
  private async finish(
    key: string, kind: string, result: ExtractResult | undefined, { gaps, unchanged, ways, plan }: Pick<SyncPlan, 'gaps' | 'unchanged'> & Partial<SyncPlan>, idle: string | undefined,
  ): Promise<SyncResult> {
    const { store } = this.given;
    const isWhole = !gaps.some(({ reloaded }) => !reloaded) && (result?.missingTables.length ?? 0) === 0;
    if (!this.lost) await keepChain(store, key, { unchanged, ways, idle, isWhole });
    if (!result) return { ...nothing(await readChain(store, key)), gaps: gaps.length };
    const whys = new Map((plan?.tables ?? []).flatMap((table) => {
      const reload = table.changes?.reload;
      return reload === undefined ? [] : [[linkKey(table), reload] as const];
    }));
    return this.resultOf(key, kind, result, gaps, whys);
  }

  private async resultOf(
    chainId: string, kind: string, result: ExtractResult, gaps: readonly FoundGap[], whys: ReadonlyMap<string, string> = new Map(),
  ): Promise<SyncResult> {
    const manifest = await readManifest(this.given.target, result.runId);
    const gapOf = new Map(gaps.map((found) => [JSON.stringify([found.schema, found.table]), found.why]));
    const tables = manifest.tables.map(({ schema, table, rows, changes, base }) => {
      const key = JSON.stringify([schema, table]);
      const found = gapOf.get(key);
      const why = base?.why ?? whys.get(key);
      return {
        schema,
        table,
        way: changes?.way ?? 'whole',
        ...(why !== undefined && { why }),
        rows,
        inserts: changes?.inserts ?? 0,
        updates: changes?.updates ?? 0,
        deletes: changes?.deletes ?? 0,
        ...(found !== undefined && { gap: found }),
      };
    });
    const marks = manifest.tables.flatMap(({ changes, base }) => (changes?.to ?? base?.mark)?.at ?? []).sort();
    return {
      kind,
      run: result,
      tables,
      lagSeconds: marks.length === 0 ? 0 : Math.max(0, (Date.parse(manifest.finishedAt) - Date.parse(marks[0])) / 1000),
      lagRows: tables.reduce((sum, { inserts, updates, deletes }) => sum + inserts + updates + deletes, 0),
      gaps: gaps.length,
      landedRuns: runsOf(await readChain(this.given.store, chainId)),
    };
  }
}

const ONE_READER = { readers: 1, readersChosen: true, threads: 0 } as const;

function nothing(chain: ChangeChain | undefined): SyncResult {
  return { kind: 'nothing', tables: [], lagSeconds: 0, lagRows: 0, gaps: 0, landedRuns: runsOf(chain) };
}

function runsOf(chain: ChangeChain | undefined): string[] {
  return [...new Set(Object.values(chain?.tables ?? {}).map(({ runId }) => runId))].sort();
}
