import type { Socket } from 'node:net';
import type { Connection } from 'tedious';
import { LegacyToS3Error } from '../../api/errors';
import type { Clock } from '../../state/clock';

export interface WatchdogOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  /** How long the server may send nothing while it is being waited for (milliseconds). */
  readonly idleMs: number;
  readonly subject: string;
  /** Whether it is the target that is waited for, so that nothing is read. */
  readonly waitsForTarget: () => boolean;
}

/** How often within the limit the socket is looked at. */
const LOOKS = 10;

/**
 * Cuts a connection whose server has stopped sending. The driver's own timer ends with the first packet of a response,
 * and a peer that vanished without a word is not noticed by TCP for hours.
 *
 * @returns the work's result
 * @throws LegacyToS3Error of code SOURCE_STALLED when the connection was cut, else what the work throws
 */
export async function watchIdle<T>(options: WatchdogOptions, work: () => Promise<T>): Promise<T> {
  const { connection, clock, idleMs, subject, waitsForTarget } = options;
  const over = new AbortController();
  const socket = (connection as unknown as { readonly socket?: Socket }).socket;
  let stalled: LegacyToS3Error | undefined;
  const watch = async () => {
    let seen = -1;
    let since = clock.now();
    while (!over.signal.aborted && socket) {
      const now = clock.now();
      if (socket.bytesRead !== seen || waitsForTarget()) {
        seen = socket.bytesRead;
        since = now;
      } else if (now - since >= idleMs) {
        stalled = new LegacyToS3Error('SOURCE_STALLED', `${subject}: the server has sent nothing for ${Math.round(idleMs / 1000)} s`);
        socket.destroy(stalled);
        return;
      }
      await clock.sleep(idleMs / LOOKS, over.signal).catch(() => undefined);
    }
  };
  const watching = watch();
  try {
    return await work();
  } catch (error) {
    throw stalled ?? error;
  } finally {
    over.abort();
    await watching;
  }
}
