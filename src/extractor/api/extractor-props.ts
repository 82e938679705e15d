import type { Authentication } from './authentication';
import type { ExtractFormat } from './extract-format';
import type { ExtractionPlan, SourceRisk } from './extraction-plan';
import type { TypeOptions } from './type-options';

/** A SQL Server database to read from. */
export interface SqlServerSource {
  /**
   * Host name or address; `host\instance` looks the port up at the SQL Server Browser (UDP 1434).
   *
   * @default - as the connection string or the secret says
   */
  readonly server?: string;

  /**
   * TCP port.
   *
   * @default 1433, or the instance's own port when the server names an instance
   */
  readonly port?: number;

  /**
   * Database to read.
   *
   * @default - as the connection string or the secret says
   */
  readonly database?: string;

  /**
   * Name of the login.
   *
   * @default - as the connection string or the secret says
   */
  readonly user?: string;

  /**
   * How the login proves who it is. The methods of Microsoft Entra need the package `@azure/identity` beside this one.
   *
   * @default Authentication.SQL
   */
  readonly authentication?: Authentication;

  /**
   * Windows domain of the account, for NTLM.
   *
   * @default - none
   */
  readonly domain?: string;

  /**
   * Microsoft Entra tenant.
   *
   * @default - none
   */
  readonly tenantId?: string;

  /**
   * Client id of a Microsoft Entra application or managed identity.
   *
   * @default - none
   */
  readonly clientId?: string;

  /**
   * Password of the login. Prefer the other ways to give it: a literal ends up in source control.
   *
   * @default - as one of passwordFromEnv, passwordSecretArn, passwordParameter and passwordFile says
   */
  readonly password?: string;

  /**
   * Environment variable that holds the password.
   *
   * @default LEGACY_TO_S3_PASSWORD
   */
  readonly passwordFromEnv?: string;

  /**
   * ARN (or name) of a secret in AWS Secrets Manager: JSON with `username` and `password` as RDS keeps it, where `host`,
   * `port` and `dbname` stand in for what is not given here, or the password alone.
   *
   * @default - no secret
   */
  readonly passwordSecretArn?: string;

  /**
   * Name or ARN of an SSM parameter that holds the password; a SecureString is decrypted.
   *
   * @default - no parameter
   */
  readonly passwordParameter?: string;

  /**
   * File that holds the password; one line end at its end is none of it.
   *
   * @default - no file
   */
  readonly passwordFile?: string;

  /**
   * ADO.NET connection string. What is given beside it comes first. Prefer {@link connectionStringFromEnv} for one that
   * holds the password.
   *
   * @default - none
   */
  readonly connectionString?: string;

  /**
   * Environment variable that holds the connection string.
   *
   * @default - none
   */
  readonly connectionStringFromEnv?: string;

  /**
   * Whether the connection must be encrypted. With `true` a server that offers no encryption is refused before the
   * password is sent.
   *
   * @default true
   */
  readonly encrypt?: boolean;

  /**
   * PEM file with the certificate authorities to trust for the server's certificate.
   *
   * @default - the authorities Node.js ships with
   */
  readonly caFile?: string;

  /**
   * Accept any certificate. Whoever sits between you and the server can then read the password and the rows.
   *
   * @default false
   */
  readonly trustServerCertificate?: boolean;

  /**
   * Host name expected in the server's certificate, when it differs from `server` (tunnels, aliases).
   *
   * @default - the server's host name
   */
  readonly hostNameInCertificate?: string;

  /**
   * How long connecting and logging in may take (seconds).
   *
   * @default 15
   */
  readonly connectTimeoutSeconds?: number;

  /**
   * Whether connections state ApplicationIntent=ReadOnly, so that an availability group's listener may route them to a
   * readable secondary.
   *
   * @default false
   */
  readonly readOnlyIntent?: boolean;
}

/** The result of a query, landed as if it were a table. */
export interface QueryExtraction {
  /** One SELECT. It is sent as it is; nothing else but SET statements is sent to the server. */
  readonly sql: string;

  /** Name of the result: `name`, which lands under schema `query`, or `schema.name`. */
  readonly name: string;
}

/** Checksum of the landed objects; S3's names for the algorithms. */
export enum ObjectChecksum {
  /** SHA-256 of each part; an object of several parts has the SHA-256 of theirs. */
  SHA256 = 'SHA256',
  /** CRC-64/NVME of the whole object's bytes, however many parts it went up in. */
  CRC64NVME = 'CRC64NVME',
}

/** Where objects land. */
export interface LandingProps {
  /** Where objects land: `s3://bucket/prefix` or `file:///folder`. */
  readonly target: string;

  /**
   * Region of the bucket.
   *
   * @default - as the AWS SDK finds it (AWS_REGION, profile)
   */
  readonly region?: string;

  /**
   * Profile of the shared AWS config files.
   *
   * @default - as the AWS SDK finds credentials
   */
  readonly profile?: string;

  /**
   * ARN of a role to assume with those credentials, for the bucket as for a secret or parameter.
   *
   * @default - no role is assumed
   */
  readonly roleArn?: string;

  /**
   * Proxy that requests to AWS take: `http://host:port`.
   *
   * @default - none
   */
  readonly proxyUrl?: string;

  /**
   * URL of an S3-compatible store, addressed by path (`<url>/<bucket>/<key>`).
   *
   * @default - Amazon S3
   */
  readonly endpointUrl?: string;

  /**
   * KMS key (id, alias or ARN) that S3 encrypts the objects with (SSE-KMS, with a bucket key).
   *
   * @default - the bucket's own default encryption
   */
  readonly kmsKeyId?: string;

  /**
   * Account that must own the bucket (12 digits); S3 refuses every request when another one does.
   *
   * @default - not checked
   */
  readonly expectedBucketOwner?: string;

  /**
   * Checksum that S3 checks each object by and that the manifest states. Files have their SHA-256.
   *
   * @default ObjectChecksum.SHA256
   */
  readonly checksum?: ObjectChecksum;

  /**
   * How long a request to S3 may take, its answer included, before it is tried anew (seconds); 1 to 3600.
   *
   * @default 300
   */
  readonly targetTimeoutSeconds?: number;
}

/** What is read of some tables, and how they are cut. */
export interface TableOptions {
  /** Pattern of the tables, like those of `tables`. Of several that match, the last says, option by option. */
  readonly table: string;

  /**
   * Columns to read; names, not case-sensitive.
   *
   * @default - all columns
   */
  readonly columns?: string[];

  /**
   * Columns to leave out; names, not case-sensitive.
   *
   * @default - none
   */
  readonly excludeColumns?: string[];

  /**
   * Condition of the rows that are read, sent as it is: `[BookedOn] >= '2020-01-01'`. The count that the source is asked
   * for has it too, and the manifest states it.
   *
   * @default - all rows
   */
  readonly rowFilter?: string;

  /**
   * Size of the source's pages that one chunk takes (bytes); at least 1 MiB.
   *
   * @default - targetChunkBytes of the extraction
   */
  readonly targetChunkBytes?: number;

  /**
   * Rows of a chunk.
   *
   * @default - targetChunkRows of the extraction
   */
  readonly targetChunkRows?: number;
}

/** Whether the source hashes rows, so that values which changed without changing any aggregate show too. */
export enum SourceHashes {
  /** It hashes none. */
  NONE = 'none',
  /** Of each table about one row in a hundred: those whose first column of the primary key, a whole number, 97 divides. */
  SAMPLED = 'sampled',
  /** Every row. */
  ALL = 'all',
}

/** How rows are read while others write; docs/consistency-and-verification.md compares the modes. */
export enum Consistency {
  /** Each reader in one SNAPSHOT transaction; with one reader all tables show one instant. The database must allow it. */
  SNAPSHOT = 'snapshot',
  /**
   * All readers from one database snapshot, which the run makes and drops: all tables show one instant, also when the run
   * is gone on with. Needs CREATE DATABASE; not on Azure SQL Database, Azure SQL Managed Instance and Amazon RDS.
   */
  DATABASE_SNAPSHOT = 'databaseSnapshot',
  /** Each chunk by one statement under READ COMMITTED: rows changed while it runs may be missing or doubled. */
  READ_COMMITTED = 'readCommitted',
  /** Each chunk under READ UNCOMMITTED, without locks: also rows that are never committed. */
  NO_LOCK = 'noLock',
}

/** What to extract, and where it lands. */
export interface ExtractorProps extends LandingProps {
  /** The database to read. */
  readonly source: SqlServerSource;

  /**
   * Tables to extract: `schema.table` or `table` (in any schema), not case-sensitive, with `*` (any characters) and `?`
   * (one character). A part in brackets or double quotes is taken literally: `[odd.schema].[what?]`. Every pattern
   * must match at least one table.
   *
   * @default - all tables of the database
   */
  readonly tables?: string[];

  /**
   * Tables to leave out, as patterns like those of `tables`.
   *
   * @default - none
   */
  readonly excludeTables?: string[];

  /**
   * Columns, rows and chunks of tables by name.
   *
   * @default - all columns and rows
   */
  readonly tableOptions?: TableOptions[];

  /**
   * Extract the result of this query instead of tables.
   *
   * @default - tables are extracted
   */
  readonly query?: QueryExtraction;

  /**
   * Format of the landed objects.
   *
   * @default ExtractFormat.parquet()
   */
  readonly format?: ExtractFormat;

  /**
   * How values of all columns land where their type leaves a choice.
   *
   * @default - the defaults of each option
   */
  readonly types?: TypeOptions;

  /**
   * The same for columns by name: a pattern `column`, `table.column` or `schema.table.column`, as those of `tables` are,
   * and what differs from `types` for the columns it matches. Of several that match, the last says. Each must match.
   *
   * @default - no column differs
   */
  readonly columnTypes?: { [column: string]: TypeOptions };

  /**
   * Size at which an object is closed and the table's next one opened (bytes); at least 1 MiB.
   *
   * @default 268435456 (256 MiB)
   */
  readonly targetFileBytes?: number;

  /**
   * Chunks read at the same time, each reader over a connection of its own; 1 to 64.
   *
   * @default - one for each core, but at least 2 and at most 8, and no more than the source has cores for, where the login may ask
   */
  readonly readers?: number;

  /**
   * Threads that the readers share, each with an event loop and memory of its own: reading, decoding, hashing, compressing
   * and uploading then use as many cores; 0 to 64, 0 for none beside the caller's.
   *
   * @default - one for each core, but no more than readers; none where the others would take less than 128 MiB off the first
   */
  readonly threads?: number;

  /**
   * Whether half of the readers pause while the source throttles, or answers all of them far slower than it did at best.
   *
   * @default true
   */
  readonly backOff?: boolean;

  /**
   * Size of the source's pages that one chunk takes (bytes); at least 1 MiB. A table is cut by its clustered index or
   * primary key, and a chunk is what is read anew after a failure.
   *
   * @default - 512 MiB; less, but at least 128 MiB, where a run would otherwise have fewer than four chunks for each reader
   */
  readonly targetChunkBytes?: number;

  /**
   * Rows of a chunk; tables are then cut by rows instead of bytes.
   *
   * @default - tables are cut by targetChunkBytes
   */
  readonly targetChunkRows?: number;

  /**
   * Run this plan instead of making one. It says which tables are read and how they are cut, so neither can be given
   * beside it; the run is refused when the tables have changed since.
   *
   * @default - the run begins with a plan of its own
   */
  readonly plan?: ExtractionPlan;

  /**
   * What the source would silently alter or withhold, and is extracted nevertheless.
   *
   * @default - a run of such tables is refused
   */
  readonly accept?: SourceRisk[];

  /**
   * How rows are read while others write. Not for a query, which is sent as it is.
   *
   * @default - SNAPSHOT where the database allows it, else READ_COMMITTED with a warning
   */
  readonly consistency?: Consistency;

  /**
   * How often a chunk is read anew after failures that pass: lost connections, deadlocks, lock timeouts, throttling, a
   * store that does not answer; 0 to 100. The time between doubles from a second to a minute.
   *
   * @default 5
   */
  readonly maxRetries?: number;

  /**
   * Error numbers of SQL Server, besides the built-in ones, after which a chunk is read anew.
   *
   * @default - none
   */
  readonly retryErrorNumbers?: number[];

  /**
   * How long the server may send nothing in the middle of a chunk before the connection is cut and the chunk read anew
   * (seconds).
   *
   * @default 300
   */
  readonly idleTimeoutSeconds?: number;

  /**
   * How long a statement waits for a lock (seconds; SET LOCK_TIMEOUT).
   *
   * @default 60
   */
  readonly lockTimeoutSeconds?: number;

  /**
   * Who gives way in a deadlock, -10 (this run) to 10 (the others; SET DEADLOCK_PRIORITY).
   *
   * @default -5
   */
  readonly deadlockPriority?: number;

  /**
   * Cores the server may use for one statement (OPTION MAXDOP); 0 leaves it to the server.
   *
   * @default 1
   */
  readonly maxDop?: number;

  /**
   * Whether the source is asked, after each chunk and in its transaction, for aggregates of its columns, which are compared
   * with what was landed: NULLs, bytes, sums, least and greatest values. It costs the source another look at the rows;
   * without it they are only counted.
   *
   * @default true
   */
  readonly sourceAggregates?: boolean;

  /**
   * Whether the source is asked, after each chunk and in its transaction, for SHA2_256 hashes (HASHBYTES) of its rows, which
   * are compared with those of what it sent. It costs the source much: a hash of every byte it reads again. Needs SQL
   * Server 2016 or later.
   *
   * @default SourceHashes.NONE
   */
  readonly sourceHashes?: SourceHashes;
}
