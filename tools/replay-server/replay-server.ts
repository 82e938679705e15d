import { AddressInfo, createServer, Server, Socket } from 'node:net';
import { createSecureContext, SecureContext } from 'node:tls';
import { ReplayConnection, ReplySource } from './replay-connection';
import { Certificate } from '../tds/certificate';

export interface ReplayServerOptions extends ReplySource {
  /** Packet size agreed to whatever a client asks for, in bytes. @default what the client asks for in LOGIN7 (MS-TDS 2.2.6.4) */
  readonly packetSize?: number;
  /** @default a free one */
  readonly port?: number;
  /** With it, a client that asks for encryption gets it, by TLS before TDS (TDS 8.0) too; others go on in clear text. @default no encryption */
  readonly certificate?: Certificate;
}

/**
 * A server that speaks just enough TDS 7.4 for a client to connect, and answers every request with prepared packets:
 * recorded ones in tests, replayed or generated ones in benchmarks. It knows no SQL.
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
  private readonly secureContext: SecureContext | undefined;

  private constructor(options: ReplayServerOptions) {
    const { certificate } = options;
    // TLS 1.3 sends tickets after its handshake, which the tunnel through PRELOGIN has no place for.
    this.secureContext = certificate && createSecureContext({ key: certificate.key, cert: certificate.certificate, maxVersion: 'TLSv1.2' });
    const strictContext = certificate && createSecureContext({ key: certificate.key, cert: certificate.certificate });
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      new ReplayConnection(socket, { ...options, secureContext: this.secureContext, strictContext, seen: this });
    });
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
}
