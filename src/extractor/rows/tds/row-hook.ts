import { PassThrough, Readable } from 'node:stream';
import type { Connection } from 'tedious';
import { PayloadSink, takeFraming } from './packet-framing';
import { RowConsumer, TokenReader } from './token-reader';
import { LegacyToS3Error } from '../../api/errors';

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
  const framing = takeFraming(connection);
  const giveSeamBack = () => {
    delete (hooked as { createTokenStreamParser?: unknown }).createTokenStreamParser;
  };
  const unhook = () => {
    giveSeamBack();
    framing?.release();
  };
  hooked.createTokenStreamParser = (message, handler) => {
    giveSeamBack();
    const control = new PassThrough();
    const parser = original.call(connection, control, handler);
    parser.parser.on('error', (cause: Error) => {
      options.onError(new LegacyToS3Error('PROTOCOL_ERROR', `a token of the response is malformed (${cause.message})`, { cause }));
      parser.parser.emit('end');
    });
    const response = new Response(control, options, () => connection.close());
    discard = () => response.stop();
    if (framing) framing.start(response);
    else readMessage(message, response);
    return parser;
  };
  return { unhook, discard: () => discard?.() };
}

/** Reads one response as fast as the consumer takes it; after an error, or when stopped, passes over the rest. */
class Response implements PayloadSink {
  private readonly reader: TokenReader;
  private stopped = false;
  private letGo: (() => void) | undefined;

  public constructor(
    private readonly control: PassThrough, private readonly options: RowHookOptions, private readonly close: () => void,
  ) {
    this.reader = new TokenReader({ consumer: options.consumer, onControl: (token) => control.write(token) });
  }

  public stop(): void {
    this.stopped = true;
    // Whoever waits for the consumer goes on.
    this.letGo?.();
  }

  public append(bytes: Uint8Array): void {
    if (this.stopped) return;
    this.options.onBytes?.(bytes.length);
    this.attempt(() => this.reader.append(bytes));
  }

  public pieceDone(): void | Promise<void> {
    if (this.stopped) return undefined;
    const wait = this.attempt(() => this.reader.advance());
    if (!wait) return undefined;
    // Stopping must not have to wait for the consumer.
    return new Promise((resolve) => {
      this.letGo = resolve;
      wait.then(resolve, (error: unknown) => {
        this.fail(error);
        resolve();
      });
    });
  }

  public messageDone(): void | Promise<void> {
    const end = () => {
      if (!this.stopped) this.attempt(() => this.reader.finish());
      this.control.end();
    };
    const wait = this.pieceDone();
    return wait ? wait.then(end) : end();
  }

  public broken(reason: string): void {
    // What came before it counts, also for where the message says it was.
    if (!this.stopped) void this.attempt(() => this.reader.advance())?.catch(() => undefined);
    this.fail(new LegacyToS3Error('PROTOCOL_ERROR', reason));
    // Ends the request too; there is no other way to.
    this.close();
  }

  private attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  private fail(error: unknown): void {
    if (this.stopped) return;
    this.stop();
    this.options.onError(error);
  }
}

/** Feeds the response from the driver's own framing. */
function readMessage(message: Readable, response: Response): void {
  let pending: void | Promise<void>;
  message.on('data', (chunk: Buffer) => {
    response.append(chunk);
    pending = response.pieceDone();
    if (!pending) return;
    message.pause();
    void pending.then(() => message.resume());
  });
  message.on('end', () => {
    void Promise.resolve(pending).then(() => response.messageDone());
  });
}
