import { readFileSync } from 'fs';
import mssql from 'mssql';
import { StandIn } from '../../../tools/stand-in';

export interface ConnectOptions {
  readonly encrypt?: boolean;
  /** Trust the stand-in's certificate by its CA file (the default), or trust none, or any. */
  readonly trust?: 'ca' | 'none' | 'any';
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly packetSize?: number;
  readonly serverName?: string;
  readonly pool?: number;
  readonly readOnlyIntent?: boolean;
}

/** A connected pool of mssql. */
export async function connect(standIn: StandIn, options: ConnectOptions = {}): Promise<mssql.ConnectionPool> {
  const trust = options.trust ?? 'ca';
  const settings = {
    encrypt: options.encrypt ?? false,
    trustServerCertificate: trust === 'any',
    serverName: options.serverName ?? 'localhost',
    cryptoCredentialsDetails: trust === 'ca' ? { ca: readFileSync(standIn.caFile) } : {},
    packetSize: options.packetSize,
    useUTC: true,
    readOnlyIntent: options.readOnlyIntent ?? false,
  };
  return new mssql.ConnectionPool({
    server: standIn.host,
    port: standIn.port,
    user: options.user ?? standIn.user,
    password: options.password ?? standIn.password,
    database: options.database ?? standIn.database,
    pool: { max: options.pool ?? 4 },
    requestTimeout: 60_000,
    options: settings as mssql.IOptions,
  }).connect();
}

export async function withPool<T>(standIn: StandIn, action: (pool: mssql.ConnectionPool) => Promise<T>, options?: ConnectOptions): Promise<T> {
  const pool = await connect(standIn, options);
  try {
    return await action(pool);
  } finally {
    await pool.close();
  }
}
