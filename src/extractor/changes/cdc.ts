import { gap, keyOf, type ChangedTable } from './changed-table';
import type { ChangeStatement, ChangeStatements, TableChanges } from './table-changes';
import type { ChangeMark, SeenRows } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import type { QueryParameter } from '../rows/objects/read-rows';
import { quoteName, quoteTable } from '../source/catalog/identifiers';
import { selectionOf, type SelectedColumn } from '../source/catalog/selected-column';
import type { CatalogRow, SqlServerConnection } from '../source/connection/sql-server-connection';

/** Hexadecimal digits of an LSN. */
const LSN_DIGITS = 20;

/** The clock of `tran_end_time` is the server's local one, of a precision of 3.33 ms. */
const CLOCK_MARGIN_MS = 10;

/** When rows were seen, by the clock that `tran_end_time` is of, at the latest that it may say of what was seen. */
const SEEN = `DATEADD(millisecond, ${CLOCK_MARGIN_MS}, CONVERT(datetime2(3), @seen))`;

/** The offset of the server's clock as it is now (minutes). */
const OFFSET = 'DATEPART(TZoffset, SYSDATETIMEOFFSET())';

/**
 * Which object it is, its capture instance, and how far capture is. Of a table without partitions also its rowset: ALTER TABLE …
 * SWITCH moves all rows of such a table too, nothing forbids it, and it is not captured ("sys.sp_cdc_enable_table",
 * `@allow_partition_switch`). A rebuild gives a table another rowset as well, so that one too is a gap.
 */
export const CAPTURED_TABLE_SQL = `
SELECT t.object_id, CONVERT(varchar(23), t.create_date, 126) AS created, CONVERT(varchar(23), i.create_date, 126) AS instance_created,
  CONVERT(varchar(20), sys.fn_cdc_get_max_lsn(), 2) AS max_lsn, CONVERT(varchar(20), sys.fn_cdc_get_min_lsn(@instance), 2) AS min_lsn,
  p.parts, CONVERT(varchar(20), p.rowset_id) AS rowset_id, CONVERT(varchar(40), SYSUTCDATETIME(), 126) + 'Z' AS instant
FROM sys.tables AS t
JOIN cdc.change_tables AS i ON i.source_object_id = t.object_id AND i.capture_instance = @instance
LEFT JOIN (
  SELECT s.object_id, COUNT(*) AS parts, MAX(s.partition_id) AS rowset_id FROM sys.partitions AS s WHERE s.index_id IN (0, 1) GROUP BY s.object_id
) AS p ON p.object_id = t.object_id
WHERE t.object_id = OBJECT_ID(@name0)`;

/** LSNs between which changes can be told. */
export const VALID_LSNS_SQL = `
SELECT CONVERT(varchar(20), sys.fn_cdc_get_min_lsn(@instance), 2) AS min_lsn, CONVERT(varchar(20), sys.fn_cdc_get_max_lsn(), 2) AS max_lsn`;

/** Whether capture has passed a time of the source's clock (UTC). */
export const CAPTURED_UNTIL_SQL = `
SELECT CASE WHEN DATEADD(minute, -${OFFSET}, MAX(m.tran_end_time)) >= CONVERT(datetime2(3), @until) THEN 1 ELSE 0 END AS is_passed
FROM cdc.lsn_time_mapping AS m`;

/**
 * Changes of a table by change data capture: what its change table has of commits after one LSN up to and with another, each key once,
 * in its last state ("cdc.<capture_instance>_CT").
 *
 * Values are those of the change table, never of the table itself: the capture process lags behind, so the table shows changes that
 * no window up to the newest captured LSN has. A row read from it would be newer than its neighbours, and the landed table would equal
 * no state of the source. Taken from the change table, it equals the source as of `to` exactly. So a table with columns whose values
 * are not captured (computed ones, text, ntext, image, columns that came later) is not read this way; `chooseWay` says so.
 *
 * All changes are read, not `fn_cdc_get_net_changes_…`, which leaves out a key that was inserted and deleted within the window: a base
 * that was read meanwhile may have landed its row, and only its delete takes that away again. They are read from the change table, since
 * the functions do not give `__$command_id`, without which a delete and an insert of one transaction can be in the wrong order (KB3030352).
 * The functions refuse an LSN that is out of range (error 313), the table does not: so {@link check} is asked before and after.
 *
 * Settings: `instance`, `changeTable`, and `spellings` ('true' where a key has more than one).
 */
export class ChangeDataCapture implements TableChanges {
  public readonly way = 'cdc';
  public readonly deletesSeen = true;
  /** The transaction shows the table as it is now, not as of the mark. */
  public readonly countsRows = false;
  private readonly name: string;
  private readonly instance: string;

  public constructor(private readonly table: ChangedTable) {
    this.name = quoteTable(table.schema, table.table);
    this.instance = table.settings.instance;
  }

  public async mark(connection: SqlServerConnection): Promise<ChangeMark> {
    const { identity } = this.table;
    const [row] = await this.ask(connection, CAPTURED_TABLE_SQL, 'ask for the capture instance of');
    if (!row) {
      throw new LegacyToS3Error('CHANGES_REFUSED', `${this.name} has no capture instance '${this.instance}', or the login may not see it; GRANT SELECT ON SCHEMA::cdc`);
    }
    if (Number(row.object_id) !== identity.objectId || String(row.created) !== identity.created) {
      throw new LegacyToS3Error('SCHEMA_CHANGED', `the source was changed during the run: ${this.name} was dropped and made again; plan and run anew`);
    }
    const [least, greatest] = [lsnOf(row.min_lsn), lsnOf(row.max_lsn)];
    if (least === undefined || greatest === undefined) {
      throw new LegacyToS3Error('CHANGES_REFUSED', `${this.name}: ${least === undefined ? `the login may not read capture instance '${this.instance}' (its role)`
        : 'nothing was captured yet in this database; look whether SQL Server Agent and the capture job run'}`);
    }
    const rowset = Number(row.parts) === 1 ? `/rowset:${String(row.rowset_id)}` : '';
    return {
      way: this.way,
      lineage: `${identity.database}/${identity.objectId}@${identity.created}/instance:${this.instance}@${String(row.instance_created)}${rowset}`,
      // A table enabled just now begins above what is captured; what was committed before it began is in the rows already.
      order: greatest >= least - 1n ? orderOf(greatest) : orderOf(least - 1n),
      at: new Date(String(row.instant)).toISOString(),
    };
  }

  /** Clean-up moves the least LSN, and keeps to no transaction of ours; the LSN after the mark is the first that is needed. */
  public async check(connection: SqlServerConnection, from: ChangeMark): Promise<void> {
    const [row] = await this.ask(connection, VALID_LSNS_SQL, 'ask for the valid LSNs of');
    const [mark, least, greatest] = [BigInt(`0x${from.order}`), lsnOf(row?.min_lsn), lsnOf(row?.max_lsn)];
    if (least === undefined) throw gap(this.table, from, `capture instance '${this.instance}' is gone, or the login may not read it`);
    if (mark + 1n < least) throw gap(this.table, from, `the least valid LSN is ${orderOf(least)}: what came before was cleaned up`);
    if (greatest === undefined || (mark > greatest && mark >= least)) {
      throw gap(this.table, from, `the greatest captured LSN is ${greatest === undefined ? 'none' : orderOf(greatest)} and went back: the database was restored`);
    }
  }

  /**
   * Whether all that was committed up to a time is captured, so that the changes up to a mark taken now have it. The first changes
   * after a base are applied only when capture has passed its end: until then rows of the base may be newer than the mark.
   */
  public async hasPassed(connection: SqlServerConnection, instant: string): Promise<boolean> {
    const until = new Date(Date.parse(instant) + CLOCK_MARGIN_MS).toISOString().replace('Z', '');
    const [row] = await connection.query(CAPTURED_UNTIL_SQL, 'ask how far capture is', [{ name: 'until', type: 'NVarChar', value: until, length: 40 }]);
    return Number(row?.is_passed) === 1;
  }

  /** The capture job makes an entry every few minutes though nothing changes, so that the greatest LSN alone does not tell. */
  public async hasChanged(connection: SqlServerConnection, from: ChangeMark, to: ChangeMark): Promise<boolean> {
    const [row] = await connection.query(`SELECT CASE WHEN EXISTS (SELECT 1 ${this.window()}) THEN 1 ELSE 0 END AS has_changed`,
      `look for changes of ${this.name}`, [lsnParameter('from', from), lsnParameter('to', to)]);
    return Number(row?.has_changed) === 1;
  }

  /**
   * The table that was counted had all that was committed before it, captured or not. No row came or went between the mark before and the
   * clock that was asked behind the count: then those are the rows of that mark, and what came and went since then gives those of this one.
   * A commit has its time before others see it, so what is of a later time was not seen; what is of an earlier one may not have been, so that
   * nothing is told where there is any. Times are compared by the server's own clock; where that was set back after the mark before, nothing is told.
   */
  public async rowsAt(connection: SqlServerConnection, seen: SeenRows, from: ChangeMark, to: ChangeMark): Promise<bigint | undefined> {
    const [row] = await connection.query(`SELECT
  ISNULL(SUM(CASE c.[__$operation] WHEN 2 THEN CONVERT(bigint, 1) WHEN 1 THEN CONVERT(bigint, -1) ELSE 0 END), 0) AS net,
  COUNT_BIG(CASE WHEN c.[__$operation] IN (1, 2) AND (m.tran_end_time IS NULL OR m.tran_end_time <= ${SEEN}) THEN 1 END) AS unclear,
  CASE WHEN EXISTS (SELECT 1 FROM cdc.lsn_time_mapping AS b WHERE b.start_lsn = @from AND b.tran_end_time > ${SEEN}) THEN 1 ELSE 0 END AS set_back,
  CASE WHEN EXISTS (SELECT 1 FROM cdc.lsn_time_mapping AS a WHERE a.start_lsn > @from AND a.start_lsn <= @to AND a.tran_end_time > ${SEEN}) THEN 1 ELSE 0 END AS passed
FROM [cdc].${quoteName(this.table.settings.changeTable)} AS c LEFT JOIN cdc.lsn_time_mapping AS m ON m.start_lsn = c.[__$start_lsn]
WHERE c.[__$start_lsn] > @from AND c.[__$start_lsn] <= @to`, `tell the rows of ${this.name} at the mark`,
    [lsnParameter('from', from), lsnParameter('to', to), { name: 'seen', type: 'NVarChar', value: seen.clock, length: 40 }]);
    if (!row || Number(row.unclear) > 0 || Number(row.set_back) === 1 || Number(row.passed) !== 1) return undefined;
    return BigInt(seen.rows) + BigInt(String(row.net));
  }

  public statements(from: ChangeMark, to: ChangeMark): ChangeStatements {
    const { columns, settings, hint } = this.table;
    const keys = keyOf(this.table);
    const list = (selected: readonly SelectedColumn[]) => selected.map((column) => selectionOf(column, 'c'));
    const own = (op: string) => [
      `CONVERT(nchar(1), ${op}) AS [__op]`,
      "CONVERT(nvarchar(41), LOWER(CONVERT(varchar(20), c.[__$start_lsn], 2) + ':' + CONVERT(varchar(20), c.[__$seqval], 2))) AS [__version]",
      `CONVERT(datetime2(3), DATEADD(minute, -${OFFSET}, m.tran_end_time)) AS [__committed_at]`,
    ];
    const statement = (sql: string): ChangeStatement => ({ sql: `${sql}${hint}`, parameters: [lsnParameter('from', from), lsnParameter('to', to)] });
    const last = this.lastStates();
    const times = ' LEFT JOIN cdc.lsn_time_mapping AS m ON m.start_lsn = c.[__$start_lsn]';
    const [isRow, isGone] = ['c.[__$operation] IN (2, 4)', 'c.[__$operation] IN (1, 3)'];
    // The first change of a key tells whether its row was there before: a delete, or the row before an update, shows that it was.
    const inserted = 'c.[__first] IN (2, 4)';
    return {
      changes: statement(`SELECT ${[...list(columns), ...own(`CASE WHEN ${inserted} THEN 'I' ELSE 'U' END`)].join(', ')} ${last}${times} WHERE c.[__n] = c.[__of] AND ${isRow}`),
      // Of a key with spellings every one that its rows had: what landed is the first of them, or, of a base read meanwhile, any.
      keys: statement(settings.spellings === 'true' ? `SELECT ${list(keys).join(', ')} ${this.window()}`
        : `SELECT ${list(keys).join(', ')} ${last} WHERE c.[__n] = c.[__of] AND ${isRow}`),
      deletes: statement(`SELECT ${[...list(keys), ...own("'D'")].join(', ')} ${last}${times} WHERE c.[__n] = c.[__of] AND ${isGone}`),
      counts: statement(`SELECT ${[
        `COUNT_BIG(CASE WHEN ${isRow} AND ${inserted} THEN 1 END) AS inserts`,
        `COUNT_BIG(CASE WHEN ${isRow} AND NOT ${inserted} THEN 1 END) AS updates`,
        `COUNT_BIG(CASE WHEN ${isGone} THEN 1 END) AS deletes`,
        ...(settings.spellings === 'true' ? ['ISNULL(SUM(CONVERT(bigint, c.[__of])), 0) AS key_rows'] : []),
      ].join(', ')} ${last} WHERE c.[__n] = c.[__of]`),
    };
  }

  /** What was committed after one LSN up to and with the other. */
  private window(): string {
    return `FROM [cdc].${quoteName(this.table.settings.changeTable)} AS c WHERE c.[__$start_lsn] > @from AND c.[__$start_lsn] <= @to`;
  }

  /**
   * The changes with their number among those of their key (`__n` of `__of`) and the key's first operation. Within one command rows go
   * before others come: an update that changes keys in place is the row of the old key (3) and that of the new one (4), of several rows
   * the one that takes a key may come before the one that leaves it. Partitions are by the source's own equality.
   */
  private lastStates(): string {
    const key = keyOf(this.table).map((column) => `c.${quoteName(column.name)}`).join(', ');
    const order = 'c.[__$start_lsn], c.[__$command_id], CASE WHEN c.[__$operation] IN (1, 3) THEN 0 ELSE 1 END, c.[__$seqval]';
    return `FROM (SELECT c.*, MAX(CASE WHEN c.[__n] = 1 THEN c.[__$operation] END) OVER (PARTITION BY ${key}) AS [__first] `
      + `FROM (SELECT c.*, ROW_NUMBER() OVER (PARTITION BY ${key} ORDER BY ${order}) AS [__n], COUNT(*) OVER (PARTITION BY ${key}) AS [__of] ${this.window()}) AS c) AS c`;
  }

  private async ask(connection: SqlServerConnection, sql: string, purpose: string): Promise<CatalogRow[]> {
    const parameters: QueryParameter[] = [{ name: 'instance', type: 'NVarChar', value: this.instance, length: 128 }];
    if (sql.includes('@name0')) parameters.push({ name: 'name0', type: 'NVarChar', value: this.name, length: 1000 });
    return connection.query(sql, `${purpose} ${this.name}`, parameters);
  }
}

/** Zero is what the functions answer of an instance that is not there or not to be read ("sys.fn_cdc_get_min_lsn"). */
function lsnOf(value: unknown): bigint | undefined {
  if (typeof value !== 'string' || !/^[0-9a-f]+$/i.test(value)) return undefined;
  const lsn = BigInt(`0x${value}`);
  return lsn === 0n ? undefined : lsn;
}

function orderOf(lsn: bigint): string {
  return lsn.toString(16).padStart(LSN_DIGITS, '0');
}

function lsnParameter(name: string, { order }: ChangeMark): QueryParameter {
  return { name, type: 'VarBinary', value: Buffer.from(order, 'hex'), length: LSN_DIGITS / 2 };
}
