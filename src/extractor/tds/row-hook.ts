import { PassThrough, Readable } from 'node:stream';
import type { Connection } from 'tedious';
import { RowConsumer, TokenReader } from './token-reader';
import { LegacyToS3Error } from '../errors';

/** What tedious calls for each response; replaced on one connection for one response. */
type CreateTokenStreamParser = (message: Readable, handler: unknown) => TokenStreamParser;

interface TokenStreamParser {
  readonly parser: Readable;
  once(event: 'end', listener: () => void): unknown;
}

interface HookedConnection {
  createTokenStreamParser: CreateTokenStreamParser;
}

export interface RowHook {
  /** Gives the seam back; nothing happens when the response has already come. */
  readonly unhook: () => void;
  /** Passes over the rest of the response from now on, also when the consumer is being waited for. */
  readonly discard: () => void;
}

export interface RowHookOptions {
  readonly consumer: RowConsumer;
  /** Called once, with the first error of reading rows; what is left of the response is passed over. */
  readonly onError: (error: unknown) => void;
  readonly onBytes?: (payloadBytes: number) => void;
}

/**
 * Makes the next response on the connection ours: its rows go to the consumer, its other tokens to tedious, which
 * so completes the request, follows transactions and reports errors as always.
 *
 * @throws LegacyToS3Error INTERNAL when the driver has no such seam
 */
export function hookNextResponse(connection: Connection, options: RowHookOptions): RowHook {
  const hooked = connection as unknown as HookedConnection;
  const original = hooked.createTokenStreamParser;
  if (typeof original !== 'function') {
    throw new LegacyToS3Error('INTERNAL', 'the SQL Server driver lacks createTokenStreamParser; it must be tedious 19.2');
  }
  let discard: (() => void) | undefined;
  const unhook = () => {
    delete (hooked as { createTokenStreamParser?: unknown }).createTokenStreamParser;
  };
  hooked.createTokenStreamParser = (message, handler) => {
    unhook();
    const control = new PassThrough();
    const parser = original.call(connection, control, handler);
    parser.parser.on('error', (cause) => {
      options.onError(new LegacyToS3Error('PROTOCOL_ERROR', 'a token of the response is malformed', { cause }));
      parser.parser.emit('end');
    });
    discard = readResponse(message, control, options);
    return parser;
  };
  return { unhook, discard: () => discard?.() };
}

/**
 * Reads the message as fast as the consumer takes it; after an error passes over the rest.
 *
 * @returns what stops the reading and lets the rest pass
 */
function readResponse(message: Readable, control: PassThrough, { consumer, onError, onBytes }: RowHookOptions): () => void {
  let stopped = false;
  let pending: Promise<void> | undefined;
  const stop = () => {
    stopped = true;
    message.resume();
  };
  const fail = (error: unknown) => {
    if (stopped) return;
    stop();
    onError(error);
  };
  const reader = new TokenReader({ consumer, onControl: (token) => control.write(token) });
  message.on('data', (chunk: Buffer) => {
    if (stopped) return;
    onBytes?.(chunk.length);
    try {
      const wait = reader.push(chunk);
      if (!wait) return;
      message.pause();
      pending = wait.then(() => {
        message.resume();
      }, fail);
    } catch (error) {
      fail(error);
    }
  });
  message.on('end', () => {
    void (async () => {
      if (!stopped) await pending;
      try {
        if (!stopped) reader.finish();
      } catch (error) {
        fail(error);
      }
      control.end();
    })();
  });
  return stop;
}
