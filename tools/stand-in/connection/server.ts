import { AddressInfo, createServer } from 'net';
import { createSecureContext, SecureContext } from 'tls';
import { ClientConnection, Host } from './client-connection';
import { LoginRules } from './login';
import { Certificate } from '../../tds/certificate';
import { Encryption } from '../../tds/prelogin';
import { DatabaseEngine } from '../engine/database-engine';
import { FaultFor } from '../faults/faults';
import { LoginAccount } from '../session/session-state';

export interface ServerOptions extends LoginRules {
  readonly certificate: Certificate;
  readonly encryption: Encryption;
  /** Refuses clients that do not begin with TLS. */
  readonly strictOnly: boolean;
}

/** First session id of a user, as in SQL Server. */
const FIRST_SPID = 51;

/** Listens for TDS clients. */
export class Server implements Host {
  readonly engine: DatabaseEngine;
  readonly encryption: Encryption;
  readonly strictOnly: boolean;
  readonly strictContext: SecureContext;
  readonly maxPacketSize: number;
  readonly defaultDatabase: string;
  readonly accounts: readonly LoginAccount[];
  /** What goes wrong, as tests say while it runs. */
  readonly faults: { onRequest?: FaultFor } = {};
  private readonly clients = new Set<ClientConnection>();
  private readonly listener;
  private nextSpid = FIRST_SPID;

  constructor(options: ServerOptions) {
    this.engine = options.engine;
    this.encryption = options.encryption;
    this.strictOnly = options.strictOnly;
    this.strictContext = createSecureContext({ key: options.certificate.key, cert: options.certificate.certificate });
    this.maxPacketSize = options.maxPacketSize;
    this.defaultDatabase = options.defaultDatabase;
    this.accounts = options.accounts;
    const context = createSecureContext({
      key: options.certificate.key,
      cert: options.certificate.certificate,
      // TLS 1.3 sends tickets after its handshake, which the tunnel through PRELOGIN has no place for.
      maxVersion: 'TLSv1.2',
    });
    this.listener = createServer((socket) => {
      this.clients.add(new ClientConnection(socket, this, context, this.nextSpid++));
    });
  }

  /** @returns the port, a free one when 0 was asked for */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.listener.once('error', reject);
      this.listener.listen(port, host, resolve);
    });
    return (this.listener.address() as AddressInfo).port;
  }

  forget(client: ClientConnection): void {
    this.clients.delete(client);
  }

  async close(): Promise<void> {
    const clients = [...this.clients];
    const closed = new Promise<void>((resolve) => this.listener.close(() => resolve()));
    clients.forEach((client) => client.destroy());
    await closed;
    await Promise.all(clients.map((client) => client.finished()));
    this.engine.close();
  }
}
