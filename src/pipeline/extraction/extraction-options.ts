import type { ExtractFormat } from '../../extractor/api/extract-format';
import type { SourceRisk } from '../../extractor/api/extraction-plan';
import type { Consistency, OnTableError, SourceHashes } from '../../extractor/api/extractor-props';
import type { ObjectChecksum, ServerSideEncryption } from '../../extractor/api/landing-props';
import type { TableOptions } from '../../extractor/api/selection';
import type { TypeOptions } from '../../extractor/api/type-options';

/**
 * What is extracted, and how: properties of an `Extractor`, of the same names, types and defaults. Left out are those that an
 * extraction sets itself (source, target and whose credentials), and plan and query.
 */
export interface ExtractionOptions {
  /**
   * Tables to extract: `schema.table` or `table` (in any schema), not case-sensitive, with `*` (any characters) and `?`
   * (one character). A part in brackets or double quotes is taken literally: `[odd.schema].[what?]`. Every pattern
   * must match at least one table. Of tables whose names differ only by case, a name means the one that is spelled so, and
   * is refused where none is.
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
   * Whether views land too, those that `tables` matches: each by one stream, since a view has no key, and computed once more to
   * be compared with what landed.
   *
   * @default false
   */
  readonly includeViews?: boolean;

  /**
   * Columns, rows and chunks of tables by name.
   *
   * @default - all columns and rows
   */
  readonly tableOptions?: TableOptions[];

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

  /**
   * What happens when a table fails for good, after its retries. With `CONTINUE` the run's other tables land; the table's objects
   * are removed, the manifest names it (`missingTables`), run completion records the run as INCOMPLETE, and `resume` tries it
   * again; where the source is followed, the other tables are committed all the same, and the next run reads it from where it stands.
   * A failure of login, target or the whole run stops it all the same, and so does that of the last table left. Of a
   * resumed run what is given then counts.
   *
   * @default OnTableError.STOP
   */
  readonly onTableError?: OnTableError;

  /**
   * Proxy that requests to AWS take: `http://host:port`.
   *
   * @default - none
   */
  readonly proxyUrl?: string;

  /**
   * Encryption that is asked for with every object, for buckets whose policy demands the header; a key of KMS is the bucket's.
   *
   * @default - none: the bucket's own default encryption
   */
  readonly serverSideEncryption?: ServerSideEncryption;

  /**
   * Account that must own the bucket (12 digits); S3 refuses every request when another one does.
   *
   * @default - not checked
   */
  readonly expectedBucketOwner?: string;

  /**
   * Checksum that S3 checks each object by and that the manifest states; not NONE, since run completion reads it.
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
