import { Socket } from 'net';
import { Duplex } from 'stream';
import { SecureContext, TLSSocket } from 'tls';

/** Name of TDS 8.0 in ALPN (MS-TDS 3.2.5.1: a client of TDS 8.0 offers it). */
const ALPN = 'tds/8.0';

/** Content type of a TLS record with a handshake message (RFC 8446, 5.1); no TDS packet type has this number. */
const TLS_HANDSHAKE = 0x16;

/** Whether a client's first bytes are TLS: that of TDS 8.0 comes before anything else. */
export function beginsWithTls(data: Buffer): boolean {
  return data[0] === TLS_HANDSHAKE;
}

/** TLS of a TDS 8.0 connection, of any version: PRELOGIN and all that follows travel in it. */
export class StrictTls {
  readonly secure: TLSSocket;
  private readonly transport: Duplex;

  constructor(context: SecureContext, socket: Socket, onReadable: (data: Buffer) => void, onError: (error: Error) => void) {
    this.transport = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        if (socket.write(chunk)) {
          done();
        } else {
          socket.once('drain', () => done());
        }
      },
    });
    this.secure = new TLSSocket(this.transport, { isServer: true, secureContext: context, ALPNProtocols: [ALPN] });
    this.secure.on('data', onReadable);
    this.secure.on('error', onError);
  }

  /** Bytes from the TCP connection. */
  receive(data: Buffer): void {
    this.transport.push(data);
  }
}
