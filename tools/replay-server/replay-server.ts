import { AddressInfo, createServer, Server, Socket } from 'node:net';
import { done, loginResponse, packetize, PacketType, preloginResponse } from './tds-packets';

/** Status of a client's packet: the message is to be ignored (MS-TDS 2.2.3.1.2). */
const IGNORE = 0x02;

/** What is sent for a request: packets as they are, one buffer after the other. */
export type ReplyPackets = Iterable<Buffer> | AsyncIterable<Buffer>;

export interface ReplayServerOptions {
  /** @param request text of the batch, or of the RPC's parameters as far as they are text */
  readonly reply: (request: string) => ReplyPackets;
  readonly packetSize?: number;
  readonly port?: number;
}

/**
 * A server that speaks just enough TDS 7.4 for a client to connect without encryption, and answers every request with
 * prepared packets: recorded ones in tests, generated ones in benchmarks. It knows no SQL.
 */
export class ReplayServer {
  public static async start(options: ReplayServerOptions): Promise<ReplayServer> {
    const replay = new ReplayServer(options);
    await new Promise<void>((resolve, reject) => {
      replay.server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return replay;
  }

  /** Texts of the requests so far, those by which a driver sets its session up left out. */
  public readonly requests: string[] = [];
  /** LOGIN7 messages received. */
  public logins = 0;
  /** Attentions received. */
  public attentions = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly options: ReplayServerOptions) {
    this.server = createServer((socket) => this.serve(socket));
  }

  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Cuts all connections without a word, as a crash would. */
  public dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  public async stop(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    let received = Buffer.alloc(0);
    let message: Buffer[] = [];
    let reply: Reply | undefined;
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data]);
      while (received.length >= 8 && received.length >= received.readUInt16BE(2)) {
        const length = received.readUInt16BE(2);
        const packet = received.subarray(0, length);
        received = received.subarray(length);
        if (packet[0] === PacketType.ATTENTION) {
          this.attentions += 1;
          void this.acknowledge(socket, reply);
          reply = undefined;
          continue;
        }
        message.push(packet.subarray(8));
        if ((packet[1] & 1) === 0) continue;
        const payload = Buffer.concat(message);
        message = [];
        if ((packet[1] & IGNORE) !== 0) {
          // The client cancelled a request it had not sent in full (MS-TDS 2.2.1.7): DONE_ERROR instead of an answer.
          socket.write(packetize(done(2), 4096, true));
          continue;
        }
        reply = this.answer(socket, packet[0], payload);
      }
    });
  }

  private answer(socket: Socket, type: number, payload: Buffer): Reply | undefined {
    const packetSize = this.options.packetSize ?? 4096;
    switch (type) {
      case PacketType.PRELOGIN:
        socket.write(packetize(preloginResponse(), 4096, true));
        return undefined;
      case PacketType.LOGIN7:
        this.logins += 1;
        socket.write(packetize(loginResponse(packetSize), 4096, true));
        return undefined;
      default: {
        // ALL_HEADERS come first (MS-TDS 2.2.5.3); of an RPC the name's length keeps the text aligned by chance or not.
        const text = payload.subarray(payload.readUInt32LE(0)).toString('utf16le');
        if (/^\s*set\s+(ansi|textsize|arithabort|concat|quoted|implicit|numeric|language|datefirst|dateformat|transaction|cursor|lock_timeout)/i.test(text)) {
          socket.write(packetize(done(), packetSize, true));
          return undefined;
        }
        this.requests.push(text);
        return new Reply(socket, this.options.reply(text));
      }
    }
  }

  /** The rest of the response is cut off by its own end, then the attention is acknowledged (MS-TDS 2.2.1.7). */
  private async acknowledge(socket: Socket, reply: Reply | undefined): Promise<void> {
    const cut = reply !== undefined && await reply.stop();
    if (cut) socket.write(packetize(done(), 4096, true));
    socket.write(packetize(done(0x20), 4096, true));
  }
}

/** One response under way. */
class Reply {
  private stopped = false;
  private complete = false;
  private readonly running: Promise<void>;

  public constructor(private readonly socket: Socket, packets: ReplyPackets) {
    this.running = this.run(packets).catch(() => {
      socket.destroy();
    });
  }

  /** @returns whether the response was cut before its end */
  public async stop(): Promise<boolean> {
    this.stopped = true;
    await this.running;
    return !this.complete;
  }

  private async run(packets: ReplyPackets): Promise<void> {
    for await (const packet of packets) {
      if (this.stopped || this.socket.destroyed) return;
      if (!this.socket.write(packet)) {
        await new Promise<void>((resolve) => {
          const go = () => {
            this.socket.off('drain', go).off('close', go);
            resolve();
          };
          this.socket.on('drain', go).on('close', go);
        });
      }
    }
    this.complete = true;
  }
}
