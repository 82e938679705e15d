/* eslint-disable no-bitwise */
import {
  HEADER_BYTES, Message, STATUS_END_OF_MESSAGE, STATUS_IGNORE, STATUS_RESET_CONNECTION, STATUS_RESET_CONNECTION_KEEP_TRANSACTION,
} from './packet';

/** A stream that is not TDS, or a packet longer than its kind allows. */
export class FramingError extends Error {}

/** Puts client messages together from TCP data, whatever way the data was cut. */
export class MessageReader {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private parts: Buffer[] = [];
  private reset = false;

  constructor(private readonly onMessage: (message: Message) => void) {}

  /** Takes bytes off the wire; calls `onMessage` for each message that is now complete. */
  push(data: Buffer): void {
    this.pending.push(data);
    this.pendingBytes += data.length;
    while (this.pendingBytes >= HEADER_BYTES) {
      const header = this.peek(HEADER_BYTES);
      const length = header.readUInt16BE(2);
      if (length < HEADER_BYTES) {
        throw new FramingError(`packet length ${length} is below the header's ${HEADER_BYTES} bytes`);
      }
      if (this.pendingBytes < length) {
        return;
      }
      this.packet(this.take(length));
    }
  }

  /** Bytes received but not part of a whole packet; they belong to whoever reads the stream next. */
  drainRest(): Buffer {
    return this.take(this.pendingBytes);
  }

  private packet(packet: Buffer): void {
    const status = packet[1];
    this.parts.push(packet.subarray(HEADER_BYTES));
    this.reset ||= (status & (STATUS_RESET_CONNECTION | STATUS_RESET_CONNECTION_KEEP_TRANSACTION)) !== 0;
    if ((status & STATUS_END_OF_MESSAGE) === 0) {
      return;
    }
    const message: Message = {
      type: packet[0],
      data: this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts),
      resetConnection: this.reset,
      ignored: (status & STATUS_IGNORE) !== 0,
    };
    this.parts = [];
    this.reset = false;
    this.onMessage(message);
  }

  private peek(bytes: number): Buffer {
    if (this.pending[0].length < bytes) {
      this.pending = [Buffer.concat(this.pending)];
    }
    return this.pending[0];
  }

  private take(bytes: number): Buffer {
    if (this.pending.length > 1) {
      this.pending = [Buffer.concat(this.pending)];
    }
    const all = this.pending[0] ?? Buffer.alloc(0);
    this.pending = all.length > bytes ? [all.subarray(bytes)] : [];
    this.pendingBytes = all.length - bytes;
    return all.subarray(0, bytes);
  }
}
