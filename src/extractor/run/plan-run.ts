import { nullTextWarnings, refuseUnlandable } from './chunks/landing-names';
import { openSource } from './context/open-source';
import { resolveOptions, type RunOptions } from './context/run-options';
import { planTellingWays } from './plan-ways';
import type { PlanControls } from '../api/controls';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractionPlan } from '../api/extraction-plan';
import type { ExtractorProps } from '../api/extractor-props';
import { buildPlan } from '../plan/build-plan';
import { readFeatures, type SourceFeatures } from '../source/catalog/source-features';
import { countReaders } from '../source/connection/reader-count';
import { addressOf, type SqlServerConnection } from '../source/connection/sql-server-connection';
import { toSafeError } from '../source/credentials/redact';
import { SYSTEM_CLOCK, type Clock } from '../state/clock';

/**
 * Makes a plan; the target is not reached.
 *
 * @throws LegacyToS3Error
 */
export async function plan(
  props: ExtractorProps, { signal, onConnectRetry }: PlanControls = {}, clock: Clock = SYSTEM_CLOCK,
): Promise<ExtractionPlan> {
  const options = await resolveOptions(props);
  if (options.query) throw new LegacyToS3Error('INVALID_CONFIG', 'a query is read by one statement; there is nothing to plan');
  const stop = new AbortController();
  const onAbort = () => stop.abort(new LegacyToS3Error('INTERRUPTED', 'stopped; nothing was changed'));
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  let connection: SqlServerConnection | undefined;
  try {
    connection = await openSource(options.connection, { clock, signal: stop.signal, onRetry: onConnectRetry });
    // Only chunks without a size depend on the readers.
    const readers = options.chunkTarget ? options.readers : await countReaders(connection, options);
    const features = await readFeatures(connection);
    const made = await planTellingWays(connection, features, await planOver(connection, features, { ...options, readers }), options);
    refuseUnlandable(made, options.target, options.format);
    return { ...made, warnings: [...options.sourceWarnings, ...made.warnings] };
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await connection?.close();
  }
}

/** Makes a plan for that many readers, over a connection that is open. @throws LegacyToS3Error */
export async function planOver(connection: SqlServerConnection, features: SourceFeatures, options: RunOptions): Promise<ExtractionPlan> {
  const { format, target, include, exclude, chunkTarget, readers, tableOptions, consistency, includeViews } = options;
  await connection.query(options.sessionSql, 'set the session\'s options');
  const made = await buildPlan(connection, features, {
    address: addressOf(options.connection), target, include, exclude, chunkTarget, readers, tableOptions, consistency, includeViews,
  });
  return { ...made, warnings: [...made.warnings, ...nullTextWarnings(made.tables, format)] };
}
