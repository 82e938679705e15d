import { changedSince, type ChangedGiven, type ToldChanges } from './changed-since';
import { CHANGE_COLUMNS, datasetId, isOneLineage, type ChangeChain, type ChangeMark, type ChangeRole, type ManifestColumn } from '../../../contract';
import { ChangeWay } from '../../api/changes/planned-changes';
import type { PlanControls } from '../../api/controls';
import { LegacyToS3Error } from '../../api/errors';
import type { PlannedTable } from '../../api/extraction-plan';
import type { ExtractorProps } from '../../api/extractor-props';
import { keyColumns, keyEquality } from '../../changes/key-equality';
import type { ChangeStatement } from '../../changes/table-changes';
import { targetOptions } from '../../landing/open-target';
import { shapeOf } from '../../plan/ways/choose-ways';
import { readRows } from '../../rows';
import { typeOptionsOf } from '../../rows/columns/type-rules';
import { filesInMemory, type TakeFile } from '../../rows/objects/files-in-memory';
import { idsOf } from '../../run/chunks/read-changes';
import { planJobs } from '../../run/chunks/table-job';
import { openSource } from '../../run/context/open-source';
import type { ReadJob } from '../../run/context/read-job';
import { resolveOptions, type RunOptions } from '../../run/context/run-options';
import { planOver } from '../../run/plan-run';
import { askFacts, planWithWays } from '../../run/plan-ways';
import { uncut } from '../../run/sync/plan-sync';
import { refuseSource } from '../../run/sync/sync-run';
import { landedNames } from '../../source/catalog/column-names';
import { quoteTable } from '../../source/catalog/identifiers';
import { readFeatures } from '../../source/catalog/source-features';
import { addressOf, SqlServerConnection } from '../../source/connection/sql-server-connection';
import { toSafeError } from '../../source/credentials/redact';
import { chainKey, linkKey, readChain } from '../../state/chain-store';
import { SYSTEM_CLOCK, type Clock } from '../../state/clock';
import { openStore } from '../../state/open-store';

/** Size at which a file in memory ends. */
const FILE_BYTES = 32 * 1024 * 1024;

export type { FileInMemory } from '../../rows/objects/files-in-memory';

/** Capture makes an entry every five minutes where nothing changes. */
const CAPTURE_WAIT_MS = 420_000;

/** How a source is opened to be compared. */
export interface CurrentControls extends PlanControls {
  /** How long capture is waited for (milliseconds). @default 420000 */
  readonly captureWaitMs?: number;
}

/** A table of the source that a landed table can be compared with. */
export interface ComparedTable {
  readonly schema: string;
  readonly table: string;
  readonly way: ChangeWay;
  /** About. */
  readonly rows: number;
  /** About, in the source. */
  readonly sizeBytes: number;
}

/** Rows of a table in one SNAPSHOT transaction, as they would land. */
export interface SourceRows {
  /** What the transaction shows, or what changes are told up to: the order of a mark, of a table read whole the source's clock. */
  readonly shows: string;
  /** What is told of changes since the mark. */
  readonly tells: ToldChanges;
  /** Landed columns whose values the source does not repeat. */
  readonly notCompared: readonly string[];
  /** Whether the landed rows of changed keys can be told: keys that the source holds equal land as the same bytes, or all landed ones are told. */
  readonly tellsSpellings: boolean;
  /** Names of the columns that tell rows apart, among those of a file. */
  keyColumns(columns: readonly ManifestColumn[]): string[];
  /** All columns as they would land. @throws LegacyToS3Error */
  columns(): Promise<readonly ManifestColumn[]>;
  /** Keys of rows that changed after the landed table's mark, deleted ones too. @throws LegacyToS3Error */
  changedKeys(take: TakeFile): Promise<void>;
  /** All rows; may be asked again, and gives the same. @throws LegacyToS3Error */
  rows(take: TakeFile): Promise<void>;
  /** Looks whether all changes since the mark were told: to be asked behind {@link changedKeys}. @throws LegacyToS3Error of code CHANGES_GAP */
  check(): Promise<void>;
}

/**
 * A source whose tables are compared with what landed tables show: in one SNAPSHOT transaction each, in which their changes since the landed
 * table's mark are read too; captured ones beside it.
 */
export class CurrentSource {
  /** @throws LegacyToS3Error */
  public static async open(
    props: ExtractorProps, { signal, onConnectRetry, captureWaitMs = CAPTURE_WAIT_MS }: CurrentControls = {}, clock: Clock = SYSTEM_CLOCK,
  ): Promise<CurrentSource> {
    const options = await resolveOptions(props);
    const state = openStore(options.target, targetOptions(props));
    let connection: SqlServerConnection | undefined;
    try {
      connection = await openSource(options.connection, { signal, onRetry: onConnectRetry });
      const features = await readFeatures(connection);
      refuseSource(features, connection.database, options);
      const chain = await readChain(state.store, chainKey(addressOf(options.connection), connection.database));
      const facts = await askFacts(connection, features, options);
      const plan = await planWithWays(connection, facts, await planOver(connection, features, uncut(options)), options);
      return new CurrentSource(options, connection.database, plan.tables, chain, signal, clock, captureWaitMs);
    } catch (error) {
      throw safe(error, options, signal);
    } finally {
      state.close();
      await connection?.close();
    }
  }

  private constructor(
    private readonly options: RunOptions, private readonly database: string, private readonly tables: readonly PlannedTable[],
    private readonly chain: ChangeChain | undefined, private readonly signal: AbortSignal | undefined,
    private readonly clock: Clock, private readonly captureWaitMs: number,
  ) {}

  /** What is known of a table before it is read. @param dataset `<database>/<schema>/<table>` @throws LegacyToS3Error where it cannot be compared, and why */
  public table(dataset: string): ComparedTable {
    const { schema, table, changes, estimatedRows, estimatedBytes } = this.planned(dataset);
    return { schema, table, way: changes!.way, rows: estimatedRows, sizeBytes: estimatedBytes };
  }

  /**
   * Reads a table in a transaction of its own.
   *
   * @param from mark that the landed table is as of; of one that is read whole each time it may have none
   * @throws LegacyToS3Error, of code CHANGES_GAP or CHANGES_REFUSED where the table cannot be compared now
   */
  public async read<T>(dataset: string, from: ChangeMark | undefined, work: (rows: SourceRows) => Promise<T>): Promise<T> {
    const { options, signal } = this;
    const [job] = planJobs({ tables: [this.planned(dataset)] }, options.maxDop, { ...options.format.types, partial: true });
    const opened: SqlServerConnection[] = [];
    const open = async () => {
      const each = await SqlServerConnection.open(options.connection, signal);
      opened.push(each);
      await each.query(options.sessionSql, 'set the session\'s options');
      return each;
    };
    try {
      const connection = await open();
      await connection.query('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION', 'start a SNAPSHOT transaction');
      return await work(await this.rowsOf({ connection, aside: open }, dataset, job, from));
    } catch (error) {
      throw safe(error, options, signal);
    } finally {
      // Nothing was written: the server ends the transaction.
      for (const each of opened) await each.close();
    }
  }

  /** @throws LegacyToS3Error */
  private planned(dataset: string): PlannedTable {
    const found = this.tables.find(({ schema, table }) => datasetId(this.database, schema, table) === dataset);
    if (!found) throw new LegacyToS3Error('NO_TABLE_MATCHED', `the source has no table ${dataset}, or it is not among those that are chosen (tables, excludeTables)`);
    const name = quoteTable(found.schema, found.table);
    const lacks = found.primaryKey.length === 0 ? 'it has no primary key' : found.changes!.settings?.rows === 'append' ? 'rows of it are only added'
      : found.memoryOptimized ? 'it is memory-optimised, which no SNAPSHOT transaction reads' : undefined;
    if (lacks !== undefined) throw new LegacyToS3Error('CHANGES_REFUSED', `${name} cannot be compared now, row by row: ${lacks}`);
    const link = this.chain?.tables[linkKey(found)];
    if (link && link.shape !== shapeOf(found, this.options.format.types)) {
      throw new LegacyToS3Error('SCHEMA_CHANGED', `${name} cannot be compared now: it has other columns than its last run landed, or they land otherwise by the options given; `
        + 'pass the options of its sync, or sync it first');
    }
    return found;
  }

  private async rowsOf(
    connections: Pick<ChangedGiven, 'connection' | 'aside'>, dataset: string, job: ReadJob, from: ChangeMark | undefined,
  ): Promise<SourceRows> {
    const { connection } = connections;
    const planned = this.planned(dataset);
    const since = from && this.seenUnchanged(planned, from);
    const { clock, captureWaitMs, signal } = this;
    const changed = await changedSince({ ...connections, job, way: planned.changes!.way, from, since, clock, signal, captureWaitMs });
    const names = landedNames(planned.columns, planned.partitionPrefix);
    const key = planned.primaryKey.map((name) => names[planned.columns.findIndex((column) => column.name === name)]);
    const optionsOf = (name: string) => job.typeOptions?.get(name) ?? this.options.format.types?.all ?? {};
    const equality = keyEquality(planned.primaryKey.map((name) => planned.columns.find((column) => column.name === name)!), optionsOf);
    if (equality.kind === 'none') throw new LegacyToS3Error('CHANGES_REFUSED', `${job.subject} cannot be compared now, row by row: ${equality.why}`);
    return {
      shows: changed.shows,
      tells: changed.tells,
      notCompared: job.notCompared ?? [],
      // A window of captured changes has every spelling that a row of it had.
      tellsSpellings: equality.kind === 'bytes' || planned.changes!.way === ChangeWay.CDC,
      keyColumns: (columns) => keyColumns(columns, key),
      columns: async () => {
        let columns: readonly ManifestColumn[] = [];
        const sql = job.sql.replace(/^SELECT /, 'SELECT TOP (0) ');
        await this.send(connection, job, { sql, parameters: job.parameters }, async (file) => { columns = file.columns; });
        return columns;
      },
      changedKeys: async (take) => {
        for (const { role, statement } of changed.statements) await this.send(changed.connection, job, statement, take, role);
      },
      rows: async (take) => this.send(connection, job, job, take),
      check: async () => changed.check(),
    };
  }

  /** The mark, or a later one up to which the table was seen to be unchanged: what came before may be cleaned up. */
  private seenUnchanged(table: { readonly schema: string; readonly table: string }, from: ChangeMark): ChangeMark {
    const { mark, unchangedTo } = this.chain?.tables[linkKey(table)] ?? {};
    return mark && unchangedTo !== undefined && isOneLineage(mark, from) && mark.order === from.order ? { ...from, order: unchangedTo } : from;
  }

  private async send(
    connection: SqlServerConnection, job: ReadJob, { sql, parameters }: ChangeStatement, take: TakeFile, role?: ChangeRole,
  ): Promise<void> {
    const { options: { format }, signal } = this;
    await readRows({
      connection: connection.tedious,
      sql,
      parameters,
      format: { name: 'parquet', compression: 'none' },
      typeOptions: (column) => {
        if (role !== undefined && (CHANGE_COLUMNS as readonly string[]).includes(column)) return {};
        return job.typeOptions?.get(column) ?? typeOptionsOf(format.types, { schema: job.schema, table: job.table, column });
      },
      keyColumns: job.keyColumns,
      columnIds: role === undefined ? job.columnIds : idsOf(job, role),
      subject: job.subject,
      targetFileBytes: FILE_BYTES,
      open: filesInMemory(take),
      signal,
    });
  }
}

function safe(error: unknown, { connection }: RunOptions, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return new LegacyToS3Error('INTERRUPTED', 'stopped; nothing was changed', { cause: error });
  return toSafeError(error, [connection.password]);
}

/** Opens a source to compare landed tables with it. @throws LegacyToS3Error */
export async function openCurrentSource(props: ExtractorProps, controls?: CurrentControls): Promise<CurrentSource> {
  return CurrentSource.open(props, controls);
}
