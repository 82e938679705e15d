import { CHANGE_COLUMNS, datasetId, isOneLineage, type ChangeChain, type ChangeMark, type ChangeRole, type ManifestColumn } from '../../../contract';
import { ChangeWay } from '../../api/changes/planned-changes';
import type { PlanControls } from '../../api/controls';
import { LegacyToS3Error } from '../../api/errors';
import type { PlannedTable } from '../../api/extraction-plan';
import type { ExtractorProps } from '../../api/extractor-props';
import { gap, keyOf } from '../../changes/changed-table';
import { keyColumns, keyEquality } from '../../changes/key-equality';
import type { ChangeStatement } from '../../changes/table-changes';
import { changesOf } from '../../changes/table-ways';
import { readBegin } from '../../changes/transaction-begin';
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
import { quoteTable } from '../../source/catalog/identifiers';
import { readFeatures } from '../../source/catalog/source-features';
import { addressOf, SqlServerConnection } from '../../source/connection/sql-server-connection';
import { toSafeError } from '../../source/credentials/redact';
import { chainKey, linkKey, readChain } from '../../state/chain-store';
import { openStore } from '../../state/open-store';

/** Size at which a file in memory ends. */
const FILE_BYTES = 32 * 1024 * 1024;

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
  /** What the transaction shows. */
  readonly mark: ChangeMark;
  /** Landed columns whose values the source does not repeat. */
  readonly notCompared: readonly string[];
  /** Whether keys that the source holds equal land as the same bytes. */
  readonly keysAreBytes: boolean;
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
 * table's mark are read too.
 */
export class CurrentSource {
  /** @throws LegacyToS3Error */
  public static async open(props: ExtractorProps, { signal, onConnectRetry }: PlanControls = {}): Promise<CurrentSource> {
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
      return new CurrentSource(options, connection.database, plan.tables, chain, signal);
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
  ) {}

  /** What is known of a table before it is read. @param dataset `<database>/<schema>/<table>` @throws LegacyToS3Error where it cannot be compared, and why */
  public table(dataset: string): ComparedTable {
    const { schema, table, changes, estimatedRows, estimatedBytes } = this.planned(dataset);
    return { schema, table, way: changes!.way, rows: estimatedRows, sizeBytes: estimatedBytes };
  }

  /**
   * Reads a table in a transaction of its own.
   *
   * @param from mark that the landed table is as of
   * @throws LegacyToS3Error, of code CHANGES_GAP or CHANGES_REFUSED where the table cannot be compared now
   */
  public async read<T>(dataset: string, from: ChangeMark, work: (rows: SourceRows) => Promise<T>): Promise<T> {
    const { options, signal } = this;
    const [job] = planJobs({ tables: [this.planned(dataset)] }, options.maxDop, { ...options.format.types, partial: true });
    let connection: SqlServerConnection | undefined;
    try {
      connection = await SqlServerConnection.open(options.connection, signal);
      await connection.query(options.sessionSql, 'set the session\'s options');
      await connection.query('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION', 'start a SNAPSHOT transaction');
      return await work(await this.rowsOf(connection, dataset, job, from));
    } catch (error) {
      throw safe(error, options, signal);
    } finally {
      // Nothing was written: the server ends the transaction.
      await connection?.close();
    }
  }

  /** @throws LegacyToS3Error */
  private planned(dataset: string): PlannedTable {
    const found = this.tables.find(({ schema, table }) => datasetId(this.database, schema, table) === dataset);
    if (!found) throw new LegacyToS3Error('NO_TABLE_MATCHED', `the source has no table ${dataset}, or it is not among those that are chosen (tables, excludeTables)`);
    const name = quoteTable(found.schema, found.table);
    const { way, why } = found.changes!;
    if (way !== ChangeWay.CHANGE_TRACKING) {
      throw new LegacyToS3Error('CHANGES_REFUSED', `${name} cannot be compared now: nothing tells which of its rows changed since it was landed. Its way is ${way} (${why}), `
        + 'and Change Tracking alone tells all changed keys in the transaction that reads the rows');
    }
    const link = this.chain?.tables[linkKey(found)];
    if (link && link.shape !== shapeOf(found, this.options.format.types)) {
      throw new LegacyToS3Error('SCHEMA_CHANGED', `${name} cannot be compared now: it has other columns than its last run landed, or they land otherwise by the options given; `
        + 'pass the options of its sync, or sync it first');
    }
    return found;
  }

  private async rowsOf(connection: SqlServerConnection, dataset: string, job: ReadJob, from: ChangeMark): Promise<SourceRows> {
    const { table } = job.changes!;
    const way = changesOf(ChangeWay.CHANGE_TRACKING, table);
    const mark = await way.mark(connection, await readBegin(connection, [ChangeWay.CHANGE_TRACKING]));
    if (!isOneLineage(from, mark)) throw gap(table, from, `the landed table is of ${from.lineage}, and the source is ${mark.lineage} now`);
    if (mark.order < from.order) throw gap(table, from, `the source is at ${mark.order} now, and went back`);
    const since = this.seenUnchanged(table, from);
    await way.check(connection, since);
    const { keys, deletes } = way.statements(since, mark);
    const key = keyOf(table).map(({ landed }) => landed);
    const planned = this.planned(dataset);
    const optionsOf = (name: string) => job.typeOptions?.get(name) ?? this.options.format.types?.all ?? {};
    return {
      mark,
      notCompared: job.notCompared ?? [],
      keysAreBytes: keyEquality(table.key.map((name) => planned.columns.find((column) => column.name === name)!), optionsOf).kind === 'bytes',
      keyColumns: (columns) => keyColumns(columns, key),
      columns: async () => {
        let columns: readonly ManifestColumn[] = [];
        const sql = job.sql.replace(/^SELECT /, 'SELECT TOP (0) ');
        await this.send(connection, job, { sql, parameters: job.parameters }, async (file) => { columns = file.columns; });
        return columns;
      },
      changedKeys: async (take) => {
        await this.send(connection, job, keys!, take, 'keys');
        await this.send(connection, job, deletes!, take, 'deletes');
      },
      rows: async (take) => this.send(connection, job, job, take),
      check: async () => way.check(connection, since),
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
export async function openCurrentSource(props: ExtractorProps, controls?: PlanControls): Promise<CurrentSource> {
  return CurrentSource.open(props, controls);
}
