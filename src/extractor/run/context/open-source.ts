import { noticeOf, retryDelay } from './retry-notice';
import { LegacyToS3Error } from '../../api/errors';
import type { ConnectRetryEvent } from '../../api/extract-events';
import { mayConnectLater } from '../../source/connection/passing-numbers';
import { brokeWhileConnecting, causes } from '../../source/connection/source-errors';
import { SqlServerConnection, type ConnectionOptions } from '../../source/connection/sql-server-connection';
import { toSafeError } from '../../source/credentials/redact';
import { SYSTEM_CLOCK, type Clock } from '../../state/clock';

/** As Azure SQL asks for: a sooner attempt may overwhelm the service ("Troubleshoot connectivity issues", Implement retry logic). */
const FIRST_DELAY_MS = 5_000;

export interface OpenControls {
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Told before each wait. */
  readonly onRetry?: (event: ConnectRetryEvent) => void;
}

/**
 * Opens the first connection, anew for as long as the options say after what passes: what the server itself says of it (a paused
 * database, a failover, limits), and connections that were taken and then broke. Where nothing ever answered, a wrong host or port
 * is more likely than a fault that passes, and is told at once.
 *
 * @throws LegacyToS3Error that of the last attempt, or the reason the run was stopped for
 */
export async function openSource(
  connection: ConnectionOptions, { clock = SYSTEM_CLOCK, signal, onRetry }: OpenControls = {},
): Promise<SqlServerConnection> {
  const started = clock.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await SqlServerConnection.open(connection, signal);
    } catch (thrown) {
      if (signal?.aborted || !mayPass(thrown)) throw thrown;
      const error = toSafeError(thrown, [connection.password]);
      const delay = retryDelay(attempt, clock.random(), FIRST_DELAY_MS);
      const spent = clock.now() - started;
      if (spent + delay > connection.connectRetryMs) throw attempt === 1 ? error : exhausted(error, attempt, spent);
      onRetry?.({ type: 'connect-retry', ...noticeOf(error, attempt, delay) });
      await clock.sleep(delay, signal).catch(() => signal?.throwIfAborted());
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof LegacyToS3Error && error.code === 'SOURCE_UNREACHABLE'
    && (brokeWhileConnecting(error) || causes(error).some(({ number }) => number !== undefined && mayConnectLater(number)));
}

/** The attempts stand before the advice, which is what comes last. */
function exhausted(error: LegacyToS3Error, attempts: number, spentMs: number): LegacyToS3Error {
  const [, said, advice] = /^(.*); (.*)$/s.exec(error.message) ?? [undefined, error.message, undefined];
  const tried = `${attempts} attempts in ${Math.round(spentMs / 1000)} s`;
  return new LegacyToS3Error(error.code, `${said}, after ${tried}${advice === undefined ? '' : `; ${advice}`}`, { cause: error.cause });
}
