import { Socket } from 'net';
import { Writable } from 'stream';
import { SecureContext } from 'tls';
import { LoginRules, openSession, writeLoginAck, writeRefusal } from './login';
import { faultRequest, resetSession, runRequest } from './request';
import { readLogin7 } from '../../tds/login7';
import { MessageReader } from '../../tds/message-reader';
import { MessageWriter } from '../../tds/message-writer';
import { DEFAULT_PACKET_SIZE, Message, PacketType } from '../../tds/packet';
import { Encryption, negotiateEncryption, readPrelogin, writePrelogin } from '../../tds/prelogin';
import { beginsWithTls, StrictTls } from '../../tds/strict-tls';
import { TlsTunnel } from '../../tds/tls-tunnel';
import { toSqlError } from '../engine/duck-errors';
import { Fault, FaultFor, FaultRequest, severityOf } from '../faults/faults';
import { FaultySink, errorOf } from '../faults/faulty-sink';
import { endTracked } from '../session/changes/commit';
import { SessionState } from '../session/session-state';
import { Transactions } from '../session/transactions';
import { CancelledError, Response } from '../tds/response';
import { DONE_ATTENTION, DONE_ERROR, Token, done } from '../tds/tokens';

/** Number of the error of a deadlock's victim, whose transaction is rolled back. */
const DEADLOCK = 1205;

/** Errors of this severity and above end the connection. */
const ENDS_CONNECTION = 20;

/** What a connection needs of the server that took it. */
export interface Host extends LoginRules {
  readonly encryption: Encryption;
  /** Whether clients must begin with TLS (TDS 8.0). */
  readonly strictOnly: boolean;
  readonly strictContext: SecureContext;
  readonly faults: { readonly onRequest?: FaultFor };
  forget(client: ClientConnection): void;
}

/** One client: negotiation, login, then its requests one after the other. */
export class ClientConnection {
  private readonly reader = new MessageReader((each) => this.onMessage(each));
  private tunnel: TlsTunnel | undefined;
  /** TLS that came before TDS. */
  private strict: StrictTls | undefined;
  private begun = false;
  private encryption = Encryption.NOT_SUPPORTED;
  private session: SessionState | undefined;
  private readonly writer: MessageWriter;
  private readonly sink: FaultySink;
  private readonly gone = new AbortController();
  private requests: Promise<void> = Promise.resolve();
  private running = false;
  private refused = false;
  private closed = false;
  private wakeDrain: (() => void) | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly host: Host,
    private readonly secureContext: SecureContext,
    readonly spid: number,
  ) {
    this.sink = new FaultySink({
      write: (data) => this.stream.write(data),
      drained: () => this.drained(),
      cut: () => this.cut(),
      gone: this.gone.signal,
    });
    this.writer = new MessageWriter(this.sink, DEFAULT_PACKET_SIZE, spid);
    socket.setNoDelay(true);
    socket.on('data', (data) => this.onData(data));
    socket.on('error', () => undefined);
    socket.on('close', () => this.onClose());
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Resolves when no request runs and the session's own DuckDB connection is closed. */
  async finished(): Promise<void> {
    await this.requests;
  }

  /** Where packets go: into TLS, or straight to the client. */
  private get stream(): Writable {
    return this.strict?.secure ?? this.tunnel?.secure ?? this.socket;
  }

  private onData(data: Buffer): void {
    try {
      if (!this.begun) {
        this.begin(data);
      }
      if (this.strict) {
        this.strict.receive(data);
      } else if (this.tunnel) {
        this.tunnel.receive(data);
      } else {
        this.reader.push(data);
      }
    } catch {
      this.destroy();
    }
  }

  /** The first byte tells whether the client speaks TLS at once. */
  private begin(data: Buffer): void {
    this.begun = true;
    if (beginsWithTls(data)) {
      // A server without a certificate, as before SQL Server 2022, takes it for no TDS.
      if (this.host.encryption === Encryption.NOT_SUPPORTED) {
        throw new Error('no TLS is offered');
      }
      this.encryption = Encryption.ON;
      this.strict = new StrictTls(this.host.strictContext, this.socket, (clear) => {
        try {
          this.reader.push(clear);
        } catch {
          this.destroy();
        }
      }, () => this.destroy());
    } else if (this.host.strictOnly) {
      throw new Error('strict encryption is demanded');
    }
  }

  private onMessage(each: Message): void {
    if (each.type === PacketType.ATTENTION) {
      this.onAttention();
      return;
    }
    this.requests = this.requests.then(() => this.handle(each)).catch(() => this.destroy());
  }

  private async handle(each: Message): Promise<void> {
    if (this.closed) {
      return;
    }
    if (this.refused) {
      this.destroy();
    } else if (each.type === PacketType.PRELOGIN) {
      this.negotiate(each.data);
    } else if (each.type === PacketType.LOGIN7) {
      await this.login(each.data);
    } else if (this.session) {
      await this.request(each, this.session);
    } else {
      this.destroy();
    }
  }

  private negotiate(data: Buffer): void {
    if (this.strict) {
      // The option has no meaning inside TLS; the answer says that nothing more is encrypted.
      this.writer.write(writePrelogin(Encryption.NOT_SUPPORTED));
      this.writer.end();
      return;
    }
    const answer = negotiateEncryption(readPrelogin(data).encryption, this.host.encryption);
    this.writer.write(writePrelogin(answer ?? this.host.encryption));
    this.writer.end();
    // Without agreement the client must leave (MS-TDS 2.2.6.5); a login it sends all the same is not read.
    this.refused = answer === undefined;
    this.encryption = answer ?? Encryption.NOT_SUPPORTED;
    if (answer !== undefined && answer !== Encryption.NOT_SUPPORTED) {
      this.tunnel = new TlsTunnel(this.secureContext, this.socket, (clear) => {
        try {
          this.reader.push(clear);
        } catch {
          this.destroy();
        }
      }, () => this.destroy());
    }
  }

  private async login(data: Buffer): Promise<void> {
    const login = readLogin7(data);
    if (this.encryption === Encryption.OFF) {
      // Only the login is encrypted: from here on both sides go on in clear text.
      this.tunnel = undefined;
    }
    const fault = await this.faultOf(() => ({ kind: 'login', sql: '', spid: this.spid }));
    const opened = fault?.kind === 'error' ? [errorOf(fault)] : await openSession(login, this.host, this.spid, this.encryption === Encryption.ON);
    if (Array.isArray(opened)) {
      writeRefusal(this.writer, opened);
      this.endStream();
      return;
    }
    this.session = opened;
    this.host.engine.sessions.add({
      spid: this.spid,
      loginTime: new Date(),
      hostName: opened.client.hostName,
      programName: opened.client.appName,
      loginName: opened.login.user,
      databaseId: opened.database.id,
      end: () => this.destroy(),
    });
    writeLoginAck(this.writer, opened, login);
  }

  private async request(each: Message, session: SessionState): Promise<void> {
    session.cancelled = false;
    if (each.ignored) {
      this.writer.write(done(Token.DONE, DONE_ERROR));
      this.writer.end();
      return;
    }
    this.running = true;
    const response = new Response(this.writer, each.type === PacketType.RPC, session);
    let fault: Fault | undefined;
    try {
      if (each.resetConnection) {
        await resetSession(session, response);
      }
      fault = await this.faultOf(() => faultRequest(each, this.spid));
      if (fault?.kind === 'error' && fault.afterBytes === undefined) {
        throw errorOf(fault);
      }
      await runRequest(each, session, response);
    } catch (error) {
      if (this.closed) {
        return;
      }
      if (!(error instanceof CancelledError) && !session.cancelled) {
        response.message(toSqlError(error, 1));
      }
    } finally {
      this.running = false;
    }
    if (this.closed) {
      return;
    }
    if (fault?.kind === 'error' && fault.number === DEADLOCK && session.inTransaction) {
      await new Transactions(session, response).rollback();
    }
    response.end();
    if (session.cancelled) {
      this.acknowledgeAttention();
    }
    if (fault?.kind === 'error' && severityOf(fault) >= ENDS_CONNECTION) {
      this.cut();
      return;
    }
    await this.sink.settled();
  }

  private async faultOf(request: () => FaultRequest): Promise<Fault | undefined> {
    const fault = await this.host.faults.onRequest?.(request());
    this.sink.begin(fault);
    return fault;
  }

  private onAttention(): void {
    if (!this.session) {
      return;
    }
    if (!this.running) {
      // Nothing runs, or it has just ended: the acknowledgement is still owed.
      this.requests = this.requests.then(() => this.acknowledgeAttention());
      return;
    }
    this.session.cancelled = true;
    this.session.connection.interrupt();
    this.wakeDrain?.();
  }

  private acknowledgeAttention(): void {
    this.writer.write(done(Token.DONE, DONE_ATTENTION));
    this.writer.end();
  }

  private async drained(): Promise<void> {
    const { stream } = this;
    if (this.closed) {
      throw new CancelledError();
    }
    if (!stream.writableNeedDrain) {
      return;
    }
    await new Promise<void>((resolve) => {
      this.wakeDrain = resolve;
      stream.once('drain', resolve);
    });
    this.wakeDrain = undefined;
    if (this.closed) {
      throw new CancelledError();
    }
  }

  /** Cuts the connection when what was written is sent. */
  private cut(): void {
    this.stream.write(Buffer.alloc(0), () => this.destroy());
  }

  private endStream(): void {
    const secure = this.strict?.secure ?? this.tunnel?.secure;
    if (secure) {
      secure.end();
      setImmediate(() => this.socket.end());
    } else {
      this.socket.end();
    }
  }

  private onClose(): void {
    this.closed = true;
    this.host.engine.sessions.remove(this.spid);
    this.gone.abort();
    const { session } = this;
    if (session) {
      session.cancelled = true;
      session.connection.interrupt();
    }
    this.wakeDrain?.();
    this.requests = this.requests.catch(() => undefined).then(() => {
      if (session) {
        session.connection.closeSync();
        endTracked(session);
      }
    });
    this.host.forget(this);
  }
}
