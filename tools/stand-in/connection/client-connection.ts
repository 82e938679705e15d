import { Socket } from 'net';
import { Writable } from 'stream';
import { SecureContext } from 'tls';
import { runRpc } from './rpc';
import type { Server } from './server';
import { runTransactionRequest } from './transaction-request';
import { readLogin7 } from '../../tds/login7';
import { MessageReader } from '../../tds/message-reader';
import { MessageWriter } from '../../tds/message-writer';
import { DEFAULT_PACKET_SIZE, MAX_PACKET_SIZE, MIN_PACKET_SIZE, Message, PacketType } from '../../tds/packet';
import { Encryption, negotiateEncryption, readPrelogin, writePrelogin } from '../../tds/prelogin';
import { TlsTunnel } from '../../tds/tls-tunnel';
import { toSqlError } from '../engine/duck-errors';
import { Fault, FaultRequest, severityOf } from '../faults/faults';
import { FaultySink, errorOf } from '../faults/faulty-sink';
import { Interpreter } from '../session/interpreter';
import { SessionState } from '../session/session-state';
import { Transactions } from '../session/transactions';
import { collationOf } from '../sql/collations';
import { SqlError } from '../sql/errors';
import { CancelledError, Response } from '../tds/response';
import { readRpcRequest, readSqlBatch } from '../tds/rpc-request';
import { DONE_ATTENTION, DONE_ERROR, EnvChange, Token, done, envChange, featureAck, loginAck, message } from '../tds/tokens';

const TDS_74 = 0x74000004;

/** Number of the error of a deadlock's victim, whose transaction is rolled back. */
const DEADLOCK = 1205;

/** Errors of this severity and above end the connection. */
const ENDS_CONNECTION = 20;

const KINDS: { readonly [type: number]: FaultRequest['kind'] } = { [PacketType.RPC]: 'rpc', [PacketType.TRANSACTION_MANAGER]: 'transaction' };

/** One client: negotiation, login, then its requests one after the other. */
export class ClientConnection {
  private readonly reader = new MessageReader((each) => this.onMessage(each));
  private tunnel: TlsTunnel | undefined;
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
    private readonly server: Server,
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
    return this.tunnel ? this.tunnel.secure : this.socket;
  }

  private onData(data: Buffer): void {
    try {
      if (this.tunnel) {
        this.tunnel.receive(data);
      } else {
        this.reader.push(data);
      }
    } catch {
      this.destroy();
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
    const answer = negotiateEncryption(readPrelogin(data).encryption, this.server.encryption);
    this.writer.write(writePrelogin(answer ?? this.server.encryption));
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
    const fault = await this.faultOf('login');
    const account = login.integratedSecurity ? undefined
      : this.server.accounts.find((each) => each.user.toLowerCase() === login.userName.toLowerCase() && each.password === login.password);
    const fail = (error: SqlError) => {
      this.writer.write(message(error));
      this.writer.write(done(Token.DONE, DONE_ERROR));
      this.writer.end();
      this.endStream();
    };
    if (fault?.kind === 'error') {
      fail(errorOf(fault));
      return;
    }
    if (!account) {
      fail(new SqlError(18456, `Login failed for user '${login.userName}'.`, { severity: 14, state: 1, line: 1 }));
      return;
    }
    const database = this.server.engine.catalog.database(login.database || this.server.defaultDatabase);
    if (!database) {
      this.writer.write(message(new SqlError(4060, `Cannot open database "${login.database}" requested by the login. The login failed.`, { severity: 11, state: 1, line: 1 })));
      fail(new SqlError(18456, `Login failed for user '${login.userName}'.`, { severity: 14, state: 1, line: 1 }));
      return;
    }
    const connection = await this.server.engine.connect();
    const client = { hostName: login.hostName, appName: login.appName, encrypted: this.encryption === Encryption.ON };
    this.session = new SessionState(this.server.engine, connection, this.spid, account, client, database);
    const size = Math.min(this.server.maxPacketSize, Math.max(MIN_PACKET_SIZE, login.packetSize || DEFAULT_PACKET_SIZE), MAX_PACKET_SIZE);
    this.session.packetSize = size;
    const { writer } = this;
    writer.write(envChange(EnvChange.DATABASE, database.name, 'master'));
    writer.write(message(new SqlError(5701, `Changed database context to '${database.name}'.`, { severity: 0, state: 2, line: 1 })));
    writer.write(envChange(EnvChange.COLLATION, collationOf(database.collation).wire, Buffer.alloc(0)));
    writer.write(envChange(EnvChange.LANGUAGE, 'us_english', ''));
    writer.write(message(new SqlError(5703, 'Changed language setting to us_english.', { severity: 0, state: 1, line: 1 })));
    writer.write(loginAck(TDS_74));
    writer.write(envChange(EnvChange.PACKET_SIZE, String(size), String(DEFAULT_PACKET_SIZE)));
    if (login.features.size > 0) {
      writer.write(featureAck(login.features));
    }
    writer.write(done(Token.DONE, 0));
    writer.end();
    writer.packetSize = size;
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
        await this.reset(session, response);
      }
      fault = await this.faultOf(KINDS[each.type] ?? 'batch', each);
      if (fault?.kind === 'error' && fault.afterBytes === undefined) {
        throw errorOf(fault);
      }
      await this.run(each, session, response);
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

  private async faultOf(kind: FaultRequest['kind'], each?: Message): Promise<Fault | undefined> {
    const { onRequest } = this.server.faults;
    const fault = await onRequest?.({ kind, sql: each ? textOf(each) : '', spid: this.spid });
    this.sink.begin(fault);
    return fault;
  }

  private async run(each: Message, session: SessionState, response: Response): Promise<void> {
    switch (each.type) {
      case PacketType.SQL_BATCH:
        session.variables = new Map();
        await new Interpreter(session, response).batch(readSqlBatch(each.data));
        return;
      case PacketType.RPC:
        for (const call of readRpcRequest(each.data)) {
          await runRpc(call, session, response);
        }
        return;
      case PacketType.TRANSACTION_MANAGER:
        await runTransactionRequest(each.data, session, response);
        return;
      default:
        throw new SqlError(4002, `The incoming tabular data stream (TDS) protocol stream is incorrect. The stand-in takes no message of type ${each.type}.`);
    }
  }

  /** What a pooled connection loses between its users (MS-TDS 2.2.3.1.2, RESETCONNECTION). */
  private async reset(session: SessionState, response: Response): Promise<void> {
    if (session.inTransaction) {
      await session.connection.run('ROLLBACK');
      session.undoDefinitions.forEach((undo) => undo());
      session.transactionCount = 0;
    }
    for (const table of session.temporaryTables.values()) {
      await session.connection.run(`DROP TABLE IF EXISTS ${table.duckName}`);
    }
    session.temporaryTables.clear();
    session.options.clear();
    session.prepared.clear();
    session.isolationLevel = 'READ COMMITTED';
    response.token(envChange(EnvChange.RESET_ACK, Buffer.alloc(0), Buffer.alloc(0)));
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
    if (this.tunnel) {
      this.tunnel.secure.end();
      setImmediate(() => this.socket.end());
    } else {
      this.socket.end();
    }
  }

  private onClose(): void {
    this.closed = true;
    this.gone.abort();
    const { session } = this;
    if (session) {
      session.cancelled = true;
      session.connection.interrupt();
    }
    this.wakeDrain?.();
    this.requests = this.requests.catch(() => undefined).then(() => session?.connection.closeSync());
    this.server.forget(this);
  }
}

/** Text of a batch, or of the statement that is the first parameter of a procedure like sp_executesql. */
function textOf({ type, data }: Message): string {
  if (type === PacketType.SQL_BATCH) {
    return readSqlBatch(data);
  }
  return type === PacketType.RPC ? readRpcRequest(data).map(({ parameters }) => String(parameters[0]?.value ?? '')).join('\n') : '';
}
