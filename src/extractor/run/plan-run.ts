import { resolveOptions, type RunOptions } from './context/run-options';
import type { ExtractControls } from '../api/controls';
import { LegacyToS3Error } from '../api/errors';
import type { ExtractionPlan } from '../api/extraction-plan';
import type { ExtractorProps } from '../api/extractor-props';
import { buildPlan } from '../plan/build-plan';
import { countReaders } from '../source/connection/reader-count';
import { addressOf, SqlServerConnection } from '../source/connection/sql-server-connection';
import { toSafeError } from '../source/credentials/redact';

/**
 * Makes a plan; the target is not reached.
 *
 * @throws LegacyToS3Error
 */
export async function plan(props: ExtractorProps, { signal }: Pick<ExtractControls, 'signal'> = {}): Promise<ExtractionPlan> {
  const options = await resolveOptions(props);
  if (options.query) throw new LegacyToS3Error('INVALID_CONFIG', 'a query is read by one statement; there is nothing to plan');
  const stop = new AbortController();
  const onAbort = () => stop.abort(new LegacyToS3Error('INTERRUPTED', 'stopped; nothing was changed'));
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  let connection: SqlServerConnection | undefined;
  try {
    connection = await SqlServerConnection.open(options.connection, stop.signal);
    // Only chunks without a size depend on the readers.
    const readers = options.chunkTarget ? options.readers : await countReaders(connection, options);
    return await planOver(connection, { ...options, readers });
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await connection?.close();
  }
}

/** Makes a plan for that many readers, over a connection that is open. @throws LegacyToS3Error */
export async function planOver(connection: SqlServerConnection, options: RunOptions): Promise<ExtractionPlan> {
  const { include, exclude, chunkTarget, readers, tableOptions, consistency, includeViews } = options;
  await connection.query(options.sessionSql, 'set the session\'s options');
  const address = addressOf(options.connection);
  return buildPlan(connection, { address, include, exclude, chunkTarget, readers, tableOptions, consistency, includeViews });
}
