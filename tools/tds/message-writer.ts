/* eslint-disable no-bitwise */
import { HEADER_BYTES, PacketType, STATUS_END_OF_MESSAGE } from './packet';

/** What packets are written to: the socket, or the clear-text side of its TLS. */
export interface PacketSink {
  write(data: Buffer): boolean;
  /** Resolves when more may be written; rejects when the connection is gone. */
  drained(): Promise<void>;
}

/** Packets sent to the sink in one write, so that small packets do not cost a system call each. */
const FLUSH_BYTES = 64 * 1024;

/**
 * Cuts a server message into packets of the negotiated size.
 *
 * A message is begun by the first byte and ended by `end()`, which sends the packet with the end-of-message bit.
 */
export class MessageWriter {
  private out: Buffer;
  private packetStart = 0;
  private position = HEADER_BYTES;
  private packetId = 1;
  private limit: number;

  constructor(
    private readonly sink: PacketSink,
    private size: number,
    private readonly spid: number,
    private readonly type: PacketType = PacketType.TABULAR_RESULT,
  ) {
    this.out = Buffer.allocUnsafe(FLUSH_BYTES + size);
    this.limit = size;
  }

  get packetSize(): number {
    return this.size;
  }

  /** Holds for messages begun afterwards (MS-TDS 2.2.7.9, ENVCHANGE type 4). */
  set packetSize(size: number) {
    this.size = size;
    this.out = Buffer.allocUnsafe(FLUSH_BYTES + size);
    this.limit = size;
  }

  write(data: Buffer, start = 0, end = data.length): void {
    let from = start;
    while (from < end) {
      // A full packet is closed only when more data follows: the last one of a message must carry the end bit.
      if (this.position === this.limit) {
        this.closePacket(0);
      }
      const count = Math.min(this.limit - this.position, end - from);
      data.copy(this.out, this.position, from, from + count);
      this.position += count;
      from += count;
    }
  }

  /** Ends the message. */
  end(): void {
    this.closePacket(STATUS_END_OF_MESSAGE);
    this.flush();
    this.packetId = 1;
  }

  /** Resolves at once unless the client reads slower than it is written to. */
  async ready(): Promise<void> {
    await this.sink.drained();
  }

  private closePacket(status: number): void {
    const header = this.packetStart;
    this.out[header] = this.type;
    this.out[header + 1] = status;
    this.out.writeUInt16BE(this.position - header, header + 2);
    this.out.writeUInt16BE(this.spid & 0xffff, header + 4);
    this.out[header + 6] = this.packetId & 0xff;
    this.out[header + 7] = 0;
    this.packetId += 1;
    this.beginPacket(this.position);
    if (this.packetStart >= FLUSH_BYTES) {
      this.flush();
    }
  }

  private beginPacket(at: number): void {
    this.packetStart = at;
    this.position = at + HEADER_BYTES;
    this.limit = at + this.size;
  }

  private flush(): void {
    if (this.packetStart > 0) {
      // The sink keeps the buffer until it is sent, so the next packets need one of their own.
      this.sink.write(this.out.subarray(0, this.packetStart));
      this.out = Buffer.allocUnsafe(FLUSH_BYTES + this.size);
      this.beginPacket(0);
    }
  }
}
