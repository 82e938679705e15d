import { randomBytes } from 'node:crypto';
import { manifestOf, resultOf } from './build-manifest';
import { readAll } from './read-all';
import { planOf, type ReadJob } from './read-job';
import { toSafeError } from './redact';
import type { RunContext } from './run-context';
import { resolveOptions, type RunOptions } from './run-options';
import { queryJob, renameWarnings, tableJob } from './table-job';
import { writeManifest } from './write-manifest';
import { runIdAt } from '../../contract';
import { LegacyToS3Error } from '../errors';
import type { ExtractControls } from '../extract-events';
import type { ExtractResult } from '../extract-result';
import type { ExtractorProps } from '../extractor-props';
import { openTarget } from '../landing/open-target';
import { readServer, readTables, type SourceServer } from '../source/catalog';
import type { RunConsistency } from '../source/consistency';
import { SqlServerConnection } from '../source/sql-server-connection';
import { selectTables } from '../source/table-patterns';

/** What is to be read, and how. */
interface Selection {
  readonly jobs: readonly ReadJob[];
  readonly consistency: RunConsistency;
  readonly server?: SourceServer;
  readonly warnings: readonly string[];
}

/**
 * Runs an extraction from the first connection to the manifest.
 *
 * @throws LegacyToS3Error; nothing is left open then, and there is no manifest
 */
export async function extract(props: ExtractorProps, controls: ExtractControls = {}): Promise<ExtractResult> {
  const options = resolveOptions(props);
  try {
    return await run(options, controls);
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  }
}

async function run(options: RunOptions, controls: ExtractControls): Promise<ExtractResult> {
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
    const context: RunContext = {
      runId,
      options,
      target,
      database: connection.database,
      consistency: selection.consistency,
      signal: stop.signal,
      emit: (event) => controls.onEvent?.(event),
      warn: (message) => {
        warnings.push(message);
        controls.onEvent?.({ type: 'warning', message });
      },
    };
    selection.jobs.forEach((job) => planOf(context, job));
    const { jobs, consistency } = selection;
    context.emit({ type: 'run-started', runId, target: target.url, tables: jobs.length, consistency });
    selection.warnings.forEach(context.warn);
    const landed = await readAll(context, jobs, connection, (reason) => stop.abort(reason));
    const manifest = manifestOf(context, selection.server, landed, startedAt);
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
  if (options.query) return { jobs: [queryJob(options.query)], consistency: 'query', warnings: [] };
  const server = await readServer(connection);
  const tables = selectTables(await readTables(connection), options.include, options.exclude);
  const warnings = tables.flatMap(renameWarnings);
  if (!server.snapshotAllowed) {
    warnings.unshift(`database '${connection.database}' does not allow SNAPSHOT transactions, so tables are read under READ COMMITTED; `
      + 'ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON makes each table consistent');
  }
  return { jobs: tables.map(tableJob), consistency: server.snapshotAllowed ? 'snapshot' : 'readCommitted', server, warnings };
}
