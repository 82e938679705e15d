import { Readable } from 'node:stream';
import { DirectReads, directReadsOf } from './direct-socket';
import { counted } from '../../api/counted';

/** Packets of a response (MS-TDS 2.2.3): headers are taken off as the bytes come from the socket or from TLS. */

const HEADER = 8;
const END_OF_MESSAGE = 0x01;
/** Smaller pieces, such as TLS's records of 16 KiB, are put together to about this many bytes. */
const PIECE_BYTES = 0x10000;

/** The part of tedious's stream of incoming messages that is stood in for. */
interface IncomingMessageStream {
  readonly bl: { readonly length: number; append(bytes: Buffer): void };
  currentMessage: unknown;
  _transform(chunk: Buffer, encoding: string, callback: (error?: Error) => void): void;
  processBufferedData(callback: (error?: Error) => void): void;
  push(message: Readable): boolean;
}

/** What of tedious holds that stream. */
interface MessageIo {
  readonly incomingMessageStream?: IncomingMessageStream;
  readonly socket?: unknown;
  /** Of an encrypted connection. */
  readonly securePair?: unknown;
}

/** Who takes the payload of one message. */
export interface PayloadSink {
  /** Takes payload bytes; they are copied. */
  append(bytes: Uint8Array): void;
  /** All payload of a piece from the socket was appended. @returns a promise to wait for before the next piece */
  pieceDone(): void | Promise<void>;
  /** The message is over. */
  messageDone(): void | Promise<void>;
  /** What comes is not TDS; nothing more will follow. */
  broken(reason: string): void;
}

/** Stands in for the driver's framing during the next message. */
export interface Framing {
  /** The driver asked for the message: payload flows from now on. */
  start(sink: PayloadSink): void;
  /** Gives the framing back, unless a message is under way. */
  release(): void;
}

/**
 * Takes over the framing of an idle connection for one message. The driver's own keeps a list of buffers and pushes
 * each packet through two streams, which costs more than decoding some of the rows in it.
 *
 * @returns nothing when the driver is not as expected; its own framing works as well, only slower
 */
export function takeFraming(connection: unknown): Framing | undefined {
  const { messageIo } = connection as { readonly messageIo?: MessageIo };
  const incoming = messageIo?.incomingMessageStream;
  if (!incoming || typeof incoming.processBufferedData !== 'function' || incoming.bl?.length !== 0 || incoming.currentMessage !== undefined) {
    return undefined;
  }
  return new MessageFraming(incoming, messageIo?.securePair === undefined ? directReadsOf(messageIo?.socket) : undefined);
}

class MessageFraming implements Framing {
  private readonly header = Buffer.alloc(HEADER);
  private headerBytes = 0;
  /** Payload bytes of the current packet still to come. */
  private remaining = 0;
  private last = false;
  private announced = false;
  private sink: PayloadSink | undefined;
  /** What waits for the driver to ask for the message. */
  private waiting: (() => void) | undefined;
  /** Bytes appended since the sink was last told that a piece is done. */
  private appended = 0;
  private scheduled = false;
  /** The sink is being waited for. */
  private hold: Promise<void> | undefined;

  /** @param reads of the socket, where its bytes are those of the messages */
  public constructor(private readonly incoming: IncomingMessageStream, private readonly reads: DirectReads | undefined) {
    incoming._transform = (chunk, _encoding, callback) => this.take(chunk, callback);
    reads?.take((bytes) => this.takeDirect(bytes, reads));
  }

  public start(sink: PayloadSink): void {
    this.sink = sink;
    this.waiting?.();
    this.waiting = undefined;
  }

  public release(): void {
    if (!this.announced) this.giveBack();
  }

  /** @returns whether more is wanted */
  private takeDirect(bytes: Buffer, reads: DirectReads): boolean {
    let returned = false;
    let taken = false;
    this.take(bytes, (error) => {
      taken = true;
      if (error) reads.fail(error);
      else if (returned) reads.resume();
    });
    returned = true;
    return taken;
  }

  private take(chunk: Buffer, callback: (error?: Error) => void): void {
    if (!this.announced) {
      this.announced = true;
      // The driver reads messages; this one only says that a response has begun.
      this.incoming.push(new Readable({ read: () => undefined }));
    }
    if (!this.sink) {
      this.waiting = () => this.read(chunk, callback);
      return;
    }
    this.read(chunk, callback);
  }

  private read(chunk: Buffer, callback: (error?: Error) => void): void {
    if (this.hold) {
      void this.hold.then(() => this.read(chunk, callback));
      return;
    }
    const sink = this.sink!;
    this.appended += chunk.length;
    let at = 0;
    while (at < chunk.length || (this.headerBytes === HEADER && this.remaining === 0)) {
      if (this.headerBytes < HEADER) {
        const taken = Math.min(HEADER - this.headerBytes, chunk.length - at);
        chunk.copy(this.header, this.headerBytes, at, at + taken);
        this.headerBytes += taken;
        at += taken;
        if (this.headerBytes < HEADER) break;
        const length = this.header.readUInt16BE(2);
        if (length < HEADER) {
          // Where the next packet begins is not known any more: nothing is read from here on.
          sink.broken(`the server sent a packet of ${counted(length, 'byte')}, less than its header`);
          return;
        }
        this.remaining = length - HEADER;
        this.last = (this.header[1] & END_OF_MESSAGE) !== 0;
      }
      const size = Math.min(this.remaining, chunk.length - at);
      if (size > 0) sink.append(chunk.subarray(at, at + size));
      at += size;
      this.remaining -= size;
      if (this.remaining > 0) break;
      this.headerBytes = 0;
      if (this.last) {
        this.end(sink, chunk.subarray(at), callback);
        return;
      }
    }
    if (this.appended >= PIECE_BYTES || this.reads) {
      this.appended = 0;
      settle(sink.pieceDone(), callback);
      return;
    }
    if (!this.scheduled) {
      this.scheduled = true;
      // Behind the other records that came with this one.
      process.nextTick(() => this.decode(sink));
    }
    callback();
  }

  /** Has the sink take what is left of small pieces. */
  private decode(sink: PayloadSink): void {
    this.scheduled = false;
    if (this.appended === 0) return;
    this.appended = 0;
    const wait = sink.pieceDone();
    if (wait) this.hold = wait.finally(() => { this.hold = undefined; });
  }

  /** What is behind the message is the driver's again. */
  private end(sink: PayloadSink, rest: Buffer, callback: (error?: Error) => void): void {
    this.appended = 0;
    this.giveBack();
    // Of a direct read it is written over by the next one.
    const kept = Buffer.from(rest);
    settle(sink.messageDone(), (error) => {
      if (error || kept.length === 0) {
        callback(error);
        return;
      }
      this.incoming.bl.append(kept);
      this.incoming.processBufferedData(callback);
    });
  }

  private giveBack(): void {
    delete (this.incoming as { _transform?: unknown })._transform;
    this.reads?.release();
  }
}

function settle(wait: void | Promise<void>, callback: (error?: Error) => void): void {
  if (wait) wait.then(() => callback(), callback);
  else callback();
}
