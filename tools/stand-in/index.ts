import { randomBytes } from 'crypto';
import { mkdtemp, rm, writeFile } from 'fs/promises';
import { tmpdir } from 'os';
import { join } from 'path';
import { DATABASE_NAME, createDataSet } from './data-set';
import { Certificate, createSelfSignedCertificate } from '../tds/certificate';
import { Server } from './connection/server';
import { DatabaseEngine } from './engine/database-engine';
import type { ServerProduct } from './engine/server-product';
import { FaultFor } from './faults/faults';
import { LoginAccount } from './session/session-state';
import { Encryption } from '../tds/prelogin';

export interface StandInOptions {
  /** Address to listen on. @default 127.0.0.1 */
  readonly host?: string;
  /** TCP port. @default a free one */
  readonly port?: number;
  /** Rows of dbo.Transactions; customers and accounts follow it. @default 100000 */
  readonly transactions?: number;
  /** Login with every right. @default sa */
  readonly user?: string;
  /** Its password. @default a random one */
  readonly password?: string;
  /** Further logins, such as one that may not read some table. @default none */
  readonly logins?: readonly LoginAccount[];
  /**
   * `off` encrypts what the client asks for, `required` refuses clear text, `none` has no TLS at all, `strict` takes TDS 8.0
   * alone; `off` and `required` take it too ("TDS 8.0" of Microsoft's documentation: Force Strict Encryption).
   * @default off, as SQL Server is installed
   */
  readonly encryption?: 'off' | 'required' | 'none' | 'strict';
  /** Key and certificate in PEM. @default a self-signed certificate for localhost and 127.0.0.1 */
  readonly certificate?: Certificate;
  /** Largest packet size agreed to, in bytes. @default 32767 */
  readonly maxPacketSize?: number;
  /** Threads of the engine. @default 2 */
  readonly threads?: number;
  /** What the server says it is. @default SQL Server 2022 */
  readonly product?: ServerProduct;
}

/** A running stand-in. */
export interface StandIn {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** PEM file of the certificate, to be trusted as a CA. */
  readonly caFile: string;
  /** DuckDB beneath, for tests that compare what clients read with what is stored. */
  readonly engine: DatabaseEngine;
  /** `onRequest` says what goes wrong with a request, while it is set. */
  readonly faults: { onRequest?: FaultFor };
  /** Ends every session and frees the port. */
  stop(): Promise<void>;
}

const ENCRYPTIONS = { off: Encryption.OFF, required: Encryption.REQUIRED, none: Encryption.NOT_SUPPORTED, strict: Encryption.REQUIRED };

/** Starts a stand-in SQL Server with database LegacyLedger in memory. */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const { host = '127.0.0.1', transactions = 100_000, user = 'sa' } = options;
  const password = options.password ?? randomBytes(12).toString('base64url');
  const certificate = options.certificate ?? createSelfSignedCertificate('stand-in');
  const engine = await DatabaseEngine.create({ threads: options.threads, product: options.product, created: new Date(Date.UTC(2019, 3, 1, 8)) });
  await createDataSet(engine, { transactions });
  const folder = await mkdtemp(join(tmpdir(), 'stand-in-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, certificate.certificate);
  const server = new Server({
    engine,
    accounts: [{ user, password }, ...(options.logins ?? [])],
    certificate,
    encryption: ENCRYPTIONS[options.encryption ?? 'off'],
    strictOnly: options.encryption === 'strict',
    maxPacketSize: options.maxPacketSize ?? 32767,
    defaultDatabase: DATABASE_NAME,
  });
  const port = await server.listen(host, options.port ?? 0);
  return {
    host,
    port,
    user,
    password,
    database: DATABASE_NAME,
    caFile,
    engine,
    faults: server.faults,
    stop: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type { Fault, FaultFor, FaultRequest } from './faults/faults';
export { SERVER_PRODUCTS } from './engine/server-product';
export type { ServerProduct } from './engine/server-product';
export type { Certificate } from '../tds/certificate';
export type { LoginAccount } from './session/session-state';
