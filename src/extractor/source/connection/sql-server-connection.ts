import { isIPv6 } from 'node:net';
import { Connection, Request, TYPES, type ConnectionConfiguration } from 'tedious';
import { refuseUnencryptedLogin } from './encryption-guard';
import type { ServerMessage } from './login-refusals';
import { toConnectError, toRequestError, type Endpoint } from './source-errors';
import { tediousAuthentication, type LoginOptions } from './tedious-authentication';
import { Encryption } from '../../api/sql-server-source';
import type { QueryParameter } from '../../rows/objects/read-rows';
import { connectDirect, connectDirectInParallel } from '../../rows/tds/direct-socket';

/** How to connect; the password is resolved and the CA file read. */
export interface ConnectionOptions extends LoginOptions {
  /** Host name or address, without an instance. */
  readonly host: string;
  readonly instance?: string;
  /** Default 1433; not with an instance. */
  readonly port?: number;
  readonly database: string;
  readonly encryption: Encryption;
  /** PEM text of the authorities to trust. */
  readonly ca?: string;
  readonly trustServerCertificate: boolean;
  readonly hostNameInCertificate?: string;
  /** All addresses of the host at once. */
  readonly multiSubnetFailover?: boolean;
  /** ApplicationIntent=ReadOnly: an availability group may send the connection to a readable secondary. */
  readonly readOnlyIntent?: boolean;
  readonly connectTimeoutMs: number;
  /** How long a first connection is tried again after what passes. */
  readonly connectRetryMs: number;
  /** What the server shows as `program_name` (128 characters). @default cdk-legacy-to-s3 */
  readonly applicationName?: string;
}

/** A row of a catalog query, by column name. */
export type CatalogRow = { readonly [column: string]: unknown };

/** A value as tedious hands it over. */
interface ReceivedValue {
  readonly metadata: { readonly colName: string };
  readonly value: unknown;
}

/** MS-TDS allows 32,767; SQL Server takes at most 16,383 on an encrypted connection ("network packet size"). */
const PACKET_BYTES = { plain: 32_767, encrypted: 16_383 } as const;

/** `host:port` or `host\instance`. */
export function addressOf(options: ConnectionOptions): string {
  const host = isIPv6(options.host) ? `[${options.host}]` : options.host;
  return options.instance ? `${host}\\${options.instance}` : `${host}:${options.port ?? 1433}`;
}

/** One logged-in connection. Rows of tables do not pass through here; requests other than those are few and small. */
export class SqlServerConnection {
  /** @throws LegacyToS3Error */
  public static async open(options: ConnectionOptions, signal?: AbortSignal): Promise<SqlServerConnection> {
    const { user, database, encryption } = options;
    const endpoint: Endpoint = { address: addressOf(options), user, database, isStrict: encryption === Encryption.STRICT };
    const told: ServerMessage[] = [];
    const tedious = new Connection(toTediousConfig(options));
    // Strict connections are encrypted before the first byte of TDS; they have no step in which that is agreed on.
    if (options.encryption === Encryption.MANDATORY) refuseUnencryptedLogin(tedious, endpoint.address);
    const opened = new SqlServerConnection(tedious, options.database, signal);
    const listen = (message: ServerMessage) => told.push(message);
    tedious.on('errorMessage', listen);
    try {
      await opened.unlessStopped((settle) => tedious.connect(settle));
      return opened;
    } catch (error) {
      // Not part of tedious' types: it has a socket once one is connected.
      const reached = (tedious as unknown as { readonly socket?: object }).socket !== undefined;
      tedious.close();
      throw toConnectError(error, endpoint, told, reached);
    } finally {
      tedious.off('errorMessage', listen);
    }
  }

  /** The database as the server spells it. */
  public database: string;

  private lost?: Error;

  private constructor(public readonly tedious: Connection, database: string, private readonly signal?: AbortSignal) {
    this.database = database;
    tedious.on('databaseChange', (name: string) => { this.database = name; });
    // Without a listener a connection that breaks while idle would end the process.
    tedious.on('error', (error) => { this.lost ??= error; });
  }

  /**
   * Sends one batch, or one statement with parameters, and returns the rows of its results.
   *
   * @param purpose for messages, for example `list the tables`
   * @throws LegacyToS3Error
   */
  public async query(sql: string, purpose: string, parameters: readonly QueryParameter[] = []): Promise<CatalogRow[]> {
    const rows: CatalogRow[] = [];
    await this.request(sql, purpose, parameters, (columns) => {
      rows.push(Object.fromEntries(columns.map(({ metadata, value }) => [metadata.colName, value])));
    });
    return rows;
  }

  /**
   * Sends one batch and hands each row on as its values, so that large results need not be kept.
   *
   * @throws LegacyToS3Error
   */
  public async stream(sql: string, purpose: string, onRow: (values: readonly unknown[]) => void): Promise<void> {
    await this.request(sql, purpose, [], (columns) => onRow(columns.map(({ value }) => value)));
  }

  /** Closes the connection; a transaction still open is rolled back by the server. */
  public async close(): Promise<void> {
    if ((this.tedious as unknown as { readonly closed: boolean }).closed) return;
    await new Promise<void>((resolve) => {
      this.tedious.once('end', () => resolve());
      this.tedious.close();
    });
  }

  private async request(
    sql: string, purpose: string, parameters: readonly QueryParameter[], onRow: (columns: readonly ReceivedValue[]) => void,
  ): Promise<void> {
    if (this.lost) throw toRequestError(this.lost, `cannot ${purpose}`);
    try {
      await this.unlessStopped((settle) => {
        const request = new Request(sql, settle);
        for (const { name, type, value, length } of parameters) {
          request.addParameter(name, TYPES[type as keyof typeof TYPES], value, { length });
        }
        request.on('row', onRow);
        if (parameters.length > 0) this.tedious.execSql(request);
        else this.tedious.execSqlBatch(request);
      });
    } catch (error) {
      throw toRequestError(error, `cannot ${purpose}`);
    }
  }

  /** Waits for the callback; when the run is stopped meanwhile the connection is closed, which ends any request. */
  private async unlessStopped(start: (settle: (error?: Error | null) => void) => void): Promise<void> {
    const { signal } = this;
    signal?.throwIfAborted();
    let onAbort = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        onAbort = () => reject(signal?.reason);
        signal?.addEventListener('abort', onAbort, { once: true });
        start((error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      if (signal?.aborted) this.tedious.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

function toTediousConfig(options: ConnectionOptions): ConnectionConfiguration {
  const isEncrypted = options.encryption !== Encryption.NONE;
  return {
    server: options.host,
    authentication: tediousAuthentication(options),
    options: {
      ...(options.instance ? { instanceName: options.instance } : { port: options.port ?? 1433 }),
      database: options.database,
      readOnlyIntent: options.readOnlyIntent ?? false,
      encrypt: options.encryption === Encryption.STRICT ? 'strict' : isEncrypted,
      multiSubnetFailover: options.multiSubnetFailover ?? false,
      trustServerCertificate: options.trustServerCertificate,
      serverName: options.hostNameInCertificate,
      cryptoCredentialsDetails: options.ca === undefined ? {} : { ca: options.ca },
      connectTimeout: options.connectTimeoutMs,
      // A server that does not acknowledge a cancelled request must not hold up the end of a run.
      cancelTimeout: 2_000,
      // A long table is no fault, so requests have no deadline.
      requestTimeout: 0,
      packetSize: isEncrypted ? PACKET_BYTES.encrypted : PACKET_BYTES.plain,
      appName: options.applicationName ?? 'cdk-legacy-to-s3',
      rowCollectionOnDone: false,
      rowCollectionOnRequestCompletion: false,
      useColumnNames: false,
      maxRetriesOnTransientErrors: 0,
      // Where the bytes of the socket are those of the rows, they are read with less effort.
      ...(!isEncrypted && { connector: (options.multiSubnetFailover ? connectDirectInParallel : connectDirect) as never }),
    },
  };
}
