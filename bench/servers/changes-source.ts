import { connect, createServer, type AddressInfo } from 'node:net';
import sql from 'mssql';
import { startStandIn } from '../../tools/stand-in';
import { serveCalls } from '../harness/server-process';

/** What clients asked of the source since it was asked last. */
export interface SourceTraffic {
  /** Batches, procedure calls and requests of the transaction manager; logins are not among them. */
  readonly statements: number;
  readonly logins: number;
  /** Of all connections, both ways (bytes). */
  readonly sent: number;
  readonly received: number;
}

/** How a client finds the source. */
export interface ChangesLogin {
  readonly server: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** What it can be asked for. */
export interface ChangesSource {
  readonly [name: string]: (...args: never[]) => unknown;
  readonly login: () => ChangesLogin;
  /** Runs statements of another client, which are not counted. */
  readonly sql: (text: string) => Promise<void>;
  readonly traffic: () => SourceTraffic;
}

/**
 * The stand-in SQL Server in a process of its own, behind a relay that counts bytes.
 */
async function main(): Promise<void> {
  const standIn = await startStandIn({ transactions: 10 });
  const { host, database, user, password } = standIn;
  // Statements that write a table of millions take their time.
  const client = await new sql.ConnectionPool({
    server: host, port: standIn.port, user, password, database, options: { encrypt: false }, requestTimeout: 600_000,
  }).connect();
  let traffic = { statements: 0, logins: 0, sent: 0, received: 0 };
  standIn.faults.onRequest = ({ kind }) => {
    traffic[kind === 'login' ? 'logins' : 'statements'] += 1;
    return undefined;
  };
  const relay = createServer((incoming) => {
    const outgoing = connect(standIn.port, host);
    incoming.on('data', (bytes) => { traffic.sent += bytes.length; }).pipe(outgoing);
    outgoing.on('data', (bytes) => { traffic.received += bytes.length; }).pipe(incoming);
    for (const [one, other] of [[incoming, outgoing], [outgoing, incoming]]) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => { relay.listen(0, '127.0.0.1', resolve); });
  const { port } = relay.address() as AddressInfo;
  serveCalls({
    login: () => ({ server: '127.0.0.1', port, database, user, password }),
    // By a connection that no relay sees; its own requests are taken off again.
    sql: async (text: string) => {
      const before = { ...traffic };
      await client.batch(text);
      traffic = before;
    },
    traffic: () => {
      const since = traffic;
      traffic = { statements: 0, logins: 0, sent: 0, received: 0 };
      return since;
    },
  });
}

void main();
