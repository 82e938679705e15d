import { Socket } from 'net';
import { Duplex } from 'stream';
import { SecureContext, TLSSocket } from 'tls';
import { MessageReader } from './message-reader';
import { DEFAULT_PACKET_SIZE, HEADER_BYTES, PacketType, STATUS_END_OF_MESSAGE } from './packet';

/**
 * TLS of a TDS connection: its handshake travels in PRELOGIN messages, everything after it directly (MS-TDS 3.2.5.2).
 *
 * Each flight of the handshake goes out as one message, because a client answers each message with one of its own.
 */
export class TlsTunnel {
  readonly secure: TLSSocket;
  private readonly transport: Duplex;
  private handshaking = true;
  private flight: Buffer[] = [];
  private flightScheduled = false;
  private readonly packets = new MessageReader((message) => this.transport.push(message.data));

  constructor(context: SecureContext, private readonly socket: Socket, onReadable: (data: Buffer) => void, onError: (error: Error) => void) {
    this.transport = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        if (this.send(chunk)) {
          done();
        } else {
          this.socket.once('drain', () => done());
        }
      },
    });
    this.secure = new TLSSocket(this.transport, { isServer: true, secureContext: context });
    this.secure.on('data', onReadable);
    this.secure.on('error', onError);
  }

  /** Bytes from the TCP connection. */
  receive(data: Buffer): void {
    if (this.handshaking && data[0] === PacketType.PRELOGIN) {
      this.packets.push(data);
      return;
    }
    this.handshaking = false;
    this.transport.push(data);
  }

  /** @returns false when the connection wants no more for now */
  private send(chunk: Buffer): boolean {
    if (!this.handshaking) {
      return this.socket.write(chunk);
    }
    this.flight.push(chunk);
    if (!this.flightScheduled) {
      this.flightScheduled = true;
      setImmediate(() => this.sendFlight());
    }
    return true;
  }

  private sendFlight(): void {
    this.flightScheduled = false;
    const data = Buffer.concat(this.flight);
    this.flight = [];
    const perPacket = DEFAULT_PACKET_SIZE - HEADER_BYTES;
    for (let start = 0; start < data.length; start += perPacket) {
      const part = data.subarray(start, start + perPacket);
      const header = Buffer.from([PacketType.PRELOGIN, start + perPacket >= data.length ? STATUS_END_OF_MESSAGE : 0, 0, 0, 0, 0, 1, 0]);
      header.writeUInt16BE(HEADER_BYTES + part.length, 2);
      this.socket.write(Buffer.concat([header, part]));
    }
  }
}

