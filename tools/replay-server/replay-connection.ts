import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { Reply, ReplyPackets } from './reply';
import { done, loginResponse, packetize } from './tds-packets';
import { readLogin7 } from '../tds/login7';
import { MessageReader } from '../tds/message-reader';
import { DEFAULT_PACKET_SIZE, MAX_PACKET_SIZE, Message, MIN_PACKET_SIZE, PacketType } from '../tds/packet';
import { Encryption, negotiateEncryption, readPrelogin, writePrelogin } from '../tds/prelogin';
import { beginsWithTls, StrictTls } from '../tds/strict-tls';
import { TlsTunnel } from '../tds/tls-tunnel';

/** What a connection has agreed on. */
export interface ReplaySession {
  /** Bytes, header included; what a reply's packets are to be cut to. */
  readonly packetSize: number;
  readonly encrypted: boolean;
}

export interface ReplySource {
  /** @param request text of the batch, or of the RPC's parameters as far as they are text */
  readonly reply: (request: string, session: ReplaySession) => ReplyPackets;
}

export interface ReplayConnectionOptions extends ReplySource {
  readonly packetSize?: number;
  readonly secureContext?: SecureContext;
  /** For clients that begin with TLS. */
  readonly strictContext?: SecureContext;
  /** What came from clients is told here. */
  readonly seen: { readonly requests: string[]; logins: number; attentions: number };
}

/** By which drivers set their sessions up. */
const SESSION_SET = /^\s*set\s+(ansi|textsize|arithabort|concat|quoted|implicit|numeric|language|datefirst|dateformat|transaction|cursor|lock_timeout)/i;

/** One client: negotiation, login, then requests. */
export class ReplayConnection {
  private readonly reader = new MessageReader((message) => this.onMessage(message));
  private tunnel: TlsTunnel | StrictTls | undefined;
  private begun = false;
  private reply: Reply | undefined;
  private packetSize: number;

  public constructor(private readonly socket: Socket, private readonly options: ReplayConnectionOptions) {
    this.packetSize = options.packetSize ?? DEFAULT_PACKET_SIZE;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      this.begin(data);
      if (this.tunnel) this.tunnel.receive(data);
      else this.receive(data);
    });
  }

  /** Where packets go: into TLS, or straight to the client. */
  private get stream(): Writable {
    return this.tunnel ? this.tunnel.secure : this.socket;
  }

  private begin(data: Buffer): void {
    const { strictContext } = this.options;
    if (!this.begun && strictContext && beginsWithTls(data)) {
      this.tunnel = new StrictTls(strictContext, this.socket, (clear) => this.receive(clear), () => this.socket.destroy());
    }
    this.begun = true;
  }

  private receive(clear: Buffer): void {
    try {
      this.reader.push(clear);
    } catch {
      this.socket.destroy();
    }
  }

  private onMessage(message: Message): void {
    if (message.type === PacketType.ATTENTION) {
      this.options.seen.attentions += 1;
      void this.acknowledge(this.reply);
      this.reply = undefined;
    } else if (message.ignored) {
      // The client cancelled a request it had not sent in full (MS-TDS 2.2.1.7): DONE_ERROR instead of an answer.
      this.send(done(2));
    } else {
      this.answer(message);
    }
  }

  private answer({ type, data }: Message): void {
    switch (type) {
      case PacketType.PRELOGIN:
        this.negotiate(data);
        return;
      case PacketType.LOGIN7:
        this.options.seen.logins += 1;
        this.packetSize = this.options.packetSize ?? agreedPacketSize(readLogin7(data).packetSize);
        this.send(loginResponse(this.packetSize));
        return;
      default: {
        // ALL_HEADERS come first (MS-TDS 2.2.5.3); of an RPC the name's length keeps the text aligned by chance or not.
        const text = data.subarray(data.readUInt32LE(0)).toString('utf16le');
        if (SESSION_SET.test(text)) {
          this.send(done());
          return;
        }
        this.options.seen.requests.push(text);
        this.reply = new Reply(this.stream, this.options.reply(text, { packetSize: this.packetSize, encrypted: this.tunnel !== undefined }));
      }
    }
  }

  /** All or nothing: encryption of the login alone is not offered (MS-TDS 2.2.6.5). */
  private negotiate(data: Buffer): void {
    if (this.tunnel) {
      this.send(writePrelogin(Encryption.NOT_SUPPORTED));
      return;
    }
    const { encryption } = readPrelogin(data);
    const { secureContext } = this.options;
    const asked = encryption === Encryption.ON || encryption === Encryption.REQUIRED;
    const own = asked && secureContext ? Encryption.ON : Encryption.NOT_SUPPORTED;
    this.send(writePrelogin(negotiateEncryption(encryption, own) ?? own));
    if (own === Encryption.ON) {
      this.tunnel = new TlsTunnel(secureContext!, this.socket, (clear) => this.receive(clear), () => this.socket.destroy());
    }
  }

  /** The rest of the response is cut off by its own end, then the attention is acknowledged (MS-TDS 2.2.1.7). */
  private async acknowledge(reply: Reply | undefined): Promise<void> {
    const cut = reply !== undefined && await reply.stop();
    if (cut) this.send(done());
    this.send(done(0x20));
  }

  private send(payload: Buffer): void {
    this.stream.write(packetize(payload, DEFAULT_PACKET_SIZE, true));
  }
}

function agreedPacketSize(asked: number): number {
  return asked === 0 ? DEFAULT_PACKET_SIZE : Math.min(MAX_PACKET_SIZE, Math.max(MIN_PACKET_SIZE, asked));
}
