import { randomBytes } from 'node:crypto';
import { manifestOf, resultOf } from './build-manifest';
import { SYSTEM_CLOCK, type Clock } from './clock';
import { landedTables, type TableIdentity } from './landed-table';
import { planOver } from './plan-run';
import { readAll } from './read-all';
import { planOf, type ReadJob } from './read-chunk';
import { toSafeError } from './redact';
import type { RunContext } from './run-context';
import { resolveOptions, type RunOptions } from './run-options';
import { landedPrimaryKey, planJobs, queryJob } from './table-job';
import { writeManifest } from './write-manifest';
import { runIdAt } from '../../contract';
import { LegacyToS3Error } from '../errors';
import type { ExtractControls } from '../extract-events';
import type { ExtractResult } from '../extract-result';
import type { ExtractionPlan } from '../extraction-plan';
import type { ExtractorProps } from '../extractor-props';
import { openTarget } from '../landing/open-target';
import { refuseChangedSchema } from '../plan/check-plan';
import { findRisks, refuseRisks } from '../plan/source-risks';
import { readSecurity, readServer, readTables } from '../source/catalog/read-catalog';
import type { RunConsistency } from '../source/consistency';
import { SqlServerConnection } from '../source/sql-server-connection';

/** What is to be read, and how. */
interface Selection {
  readonly jobs: readonly ReadJob[];
  readonly tables: readonly TableIdentity[];
  readonly consistency: RunConsistency;
  readonly productVersion?: string;
  readonly warnings: readonly string[];
}

/**
 * Runs an extraction from the first connection to the manifest.
 *
 * @throws LegacyToS3Error; nothing is left open then, and there is no manifest
 */
export async function extract(props: ExtractorProps, controls: ExtractControls = {}, clock: Clock = SYSTEM_CLOCK): Promise<ExtractResult> {
  const options = resolveOptions(props);
  try {
    return await run(options, controls, clock);
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  }
}

async function run(options: RunOptions, controls: ExtractControls, clock: Clock): Promise<ExtractResult> {
  const startedAt = new Date();
  const runId = runIdAt(startedAt, randomBytes(3).toString('hex'));
  const stop = new AbortController();
  const onAbort = () => stop.abort(new LegacyToS3Error('INTERRUPTED', `stopped; no manifest of run ${runId} is written, so what it landed does not count`));
  if (controls.signal?.aborted) onAbort();
  controls.signal?.addEventListener('abort', onAbort, { once: true });
  const target = openTarget(options.target, options.targetOptions);
  let connection: SqlServerConnection | undefined;
  try {
    stop.signal.throwIfAborted();
    await target.check();
    connection = await SqlServerConnection.open(options.connection, stop.signal);
    const selection = await select(options, connection);
    const warnings: string[] = [];
    const { jobs, consistency } = selection;
    const context: RunContext = {
      runId,
      options,
      target,
      database: connection.database,
      consistency,
      signal: stop.signal,
      clock,
      emit: (event) => controls.onEvent?.(event),
      warn: (message) => {
        warnings.push(message);
        controls.onEvent?.({ type: 'warning', message });
      },
    };
    jobs.forEach((job) => planOf(context, job));
    context.emit({ type: 'run-started', runId, target: target.url, tables: selection.tables.length, consistency });
    selection.warnings.forEach(context.warn);
    const chunks = await readAll(context, {
      jobs, finished: [], first: connection, onFinished: async () => undefined, fail: (reason) => stop.abort(reason),
    });
    const landed = landedTables(context.database, selection.tables, chunks);
    const manifest = manifestOf(context, selection.productVersion, landed, startedAt);
    if (manifest.verification.state === 'unverified' && consistency !== 'query') context.warn(manifest.verification.detail);
    stop.signal.throwIfAborted();
    const manifestKey = await writeManifest(target, manifest);
    const result = resultOf(manifest, manifestKey, target.url + manifestKey.slice(target.prefix.length), landed, warnings);
    context.emit({ type: 'run-finished', result });
    return result;
  } finally {
    controls.signal?.removeEventListener('abort', onAbort);
    await connection?.close();
    await target.close();
  }
}

async function select(options: RunOptions, connection: SqlServerConnection): Promise<Selection> {
  if (options.query) {
    const job = queryJob(options.query);
    const { schema, table, chunk } = job;
    return { jobs: [job], tables: [{ schema, table, primaryKey: [], chunkKey: [], chunks: [chunk] }], consistency: 'query', warnings: [] };
  }
  const plan = options.plan ? await givenPlan(options.plan, connection) : await planOver(connection, options);
  const accepted = refuseRisks(plan.refusals, options.accepted);
  const jobs = planJobs(plan, options.maxDop);
  const tables = plan.tables.map((table): TableIdentity => ({ ...table, primaryKey: landedPrimaryKey(table) }));
  return {
    jobs,
    tables,
    consistency: plan.snapshotAllowed ? 'snapshot' : 'readCommitted',
    productVersion: plan.productVersion,
    warnings: [...plan.warnings, ...accepted],
  };
}

/** Brings a plan up to date that was made before. @throws LegacyToS3Error when it does not fit the source */
async function givenPlan(plan: ExtractionPlan, connection: SqlServerConnection): Promise<ExtractionPlan> {
  if (plan.database !== connection.database) {
    throw new LegacyToS3Error('INVALID_CONFIG', `the plan is of database '${plan.database}', but the source is '${connection.database}'`);
  }
  const server = await readServer(connection);
  const planned = new Set(plan.tables.map(({ schema, table }) => JSON.stringify([schema, table])));
  const current = (await readTables(connection, server)).filter(({ schema, table }) => planned.has(JSON.stringify([schema, table])));
  const { readable, refusals } = findRisks(current, await readSecurity(connection, server, current));
  refuseChangedSchema(plan, readable);
  return { ...plan, productVersion: server.productVersion, snapshotAllowed: server.snapshotAllowed, refusals };
}
