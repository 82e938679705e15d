import { gap, keyOf, type ChangedTable, type TransactionBegin } from './changed-table';
import type { ChangeStatement, ChangeStatements, TableChanges } from './table-changes';
import type { ChangeMark, TableIdentity } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import type { QueryParameter } from '../rows/objects/read-rows';
import { quoteName, quoteTable, selectedBy } from '../source/catalog/identifiers';
import { expressionOf, selectionOf, type SelectedColumn } from '../source/catalog/selected-column';
import type { CatalogRow, SqlServerConnection } from '../source/connection/sql-server-connection';

/** Digits of a version in a mark: as many as the greatest bigint has, and one more. */
const VERSION_DIGITS = 20;

/**
 * Which object it is, and since when its changes are tracked. `begin_version` is that of the enabling, and is set anew by TRUNCATE TABLE
 * (Transact-SQL reference, "sys.change_tracking_tables").
 */
export const TRACKED_TABLE_SQL = `
SELECT t.object_id, CONVERT(varchar(23), t.create_date, 126) AS created, CONVERT(varchar(20), c.begin_version) AS begin_version,
  CONVERT(varchar(20), CHANGE_TRACKING_CURRENT_VERSION()) AS version, CONVERT(varchar(40), SYSUTCDATETIME(), 126) + 'Z' AS instant
FROM sys.tables AS t
JOIN sys.change_tracking_tables AS c ON c.object_id = t.object_id
WHERE t.object_id = OBJECT_ID(@name0)`;

/** Versions between which changes can be told. */
export const VALID_VERSIONS_SQL = `
SELECT CONVERT(varchar(20), CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(@name0))) AS least_version,
  CONVERT(varchar(20), CHANGE_TRACKING_CURRENT_VERSION()) AS version`;

/** Order of a version, by which marks are compared as text. */
export function versionOrder(version: string): string {
  return version.padStart(VERSION_DIGITS, '0');
}

/** What must be the same for two marks of Change Tracking to be comparable. */
export function trackingLineage({ database, objectId, created }: TableIdentity, beginVersion: string): string {
  return `${database}/${objectId}@${created}/begin:${beginVersion}`;
}

/**
 * Changes of a table by SQL Server's Change Tracking: keys of rows that were inserted, updated or deleted since a version, each once,
 * joined to the table as it is in the same SNAPSHOT transaction. A key whose row is not there is a delete ("Work with Change Tracking").
 *
 * Its upper version cannot be bounded, so all statements are of one transaction, and the new mark is what that began with.
 */
export class ChangeTracking implements TableChanges {
  public readonly way = 'changeTracking';
  public readonly deletesSeen = true;
  private readonly name: string;

  public constructor(private readonly table: ChangedTable) {
    this.name = quoteTable(table.schema, table.table);
  }

  public async mark(connection: SqlServerConnection, begin?: TransactionBegin): Promise<ChangeMark> {
    const { identity } = this.table;
    const [row] = await this.ask(connection, TRACKED_TABLE_SQL, 'ask for the change tracking of');
    if (!row) {
      throw new LegacyToS3Error('CHANGES_REFUSED', `${this.name} has no Change Tracking, or the login may not see it; `
        + `ALTER TABLE ${this.name} ENABLE CHANGE_TRACKING, and GRANT VIEW CHANGE TRACKING ON ${this.name}`);
    }
    if (Number(row.object_id) !== identity.objectId || String(row.created) !== identity.created) {
      throw new LegacyToS3Error('SCHEMA_CHANGED', `the source was changed during the run: ${this.name} was dropped and made again; plan and run anew`);
    }
    const version = begin ? begin.version : row.version;
    if (typeof version !== 'string') {
      throw new LegacyToS3Error('CHANGES_REFUSED', `${this.name}: the database told no version of its changes (CHANGE_TRACKING_CURRENT_VERSION) when the transaction began; `
        + 'ALTER DATABASE … SET CHANGE_TRACKING = ON');
    }
    return {
      way: this.way,
      lineage: trackingLineage(identity, String(row.begin_version)),
      order: versionOrder(version),
      at: begin?.at ?? new Date(String(row.instant)).toISOString(),
    };
  }

  /** Clean-up keeps to no transaction, and moves the least version before it deletes. */
  public async check(connection: SqlServerConnection, from: ChangeMark): Promise<void> {
    const [row] = await this.ask(connection, VALID_VERSIONS_SQL, 'ask for the valid versions of');
    const { least_version: least, version } = row ?? {};
    if (typeof least !== 'string') {
      throw gap(this.table, from, 'the table tells no least valid version: its Change Tracking was disabled, or the login lacks VIEW CHANGE TRACKING');
    }
    if (from.order < versionOrder(least)) throw gap(this.table, from, `the least valid version is ${least}: what came before was cleaned up, or the table was truncated`);
    if (typeof version !== 'string' || versionOrder(version) < from.order) {
      throw gap(this.table, from, `the version of the database is ${typeof version === 'string' ? version : 'none'} and went back: the database was restored, or tracks its changes anew`);
    }
  }

  public statements(from: ChangeMark): ChangeStatements {
    const { columns, hint, settings } = this.table;
    const keys = keyOf(this.table);
    const [first] = keys;
    const committed = settings.commitTimes === 'true';
    const times = committed ? ' LEFT JOIN sys.dm_tran_commit_table AS tc ON tc.commit_ts = ct.SYS_CHANGE_VERSION' : '';
    const own = (op: string) => [
      `CONVERT(nchar(1), ${op}) AS [__op]`,
      `CONVERT(nvarchar(41), RIGHT('${'0'.repeat(VERSION_DIGITS)}' + CONVERT(varchar(20), ct.SYS_CHANGE_VERSION), ${VERSION_DIGITS})) AS [__version]`,
      `CONVERT(datetime2(3), ${committed ? 'tc.commit_time' : 'NULL'}) AS [__committed_at]`,
    ];
    const list = (selected: readonly SelectedColumn[], alias: string) => selected.map((column) => selectionOf(column, alias));
    const present = this.from('INNER');
    const all = this.from('LEFT');
    const isGone = `t.${selectedBy(first)} IS NULL`;
    const statement = (sql: string): ChangeStatement => ({ sql: `${sql}${hint}`, parameters: [versionParameter(from)] });
    return {
      ...(settings.spellings === 'true' && { changed: { sql: this.changed(), parameters: [versionParameter(from)] } }),
      changes: statement(`SELECT ${[...list(columns, 't'), ...own('ct.SYS_CHANGE_OPERATION')].join(', ')} ${present}${times}`),
      keys: statement(`SELECT ${list(keys, 't').join(', ')} ${present}`),
      deletes: statement(`SELECT ${[...list(keys, 'ct'), ...own("'D'")].join(', ')} ${all}${times} WHERE ${isGone}`),
      counts: statement(`SELECT ${[
        `COUNT_BIG(CASE WHEN ct.SYS_CHANGE_OPERATION = 'I' AND NOT ${isGone} THEN 1 END) AS inserts`,
        `COUNT_BIG(CASE WHEN ct.SYS_CHANGE_OPERATION = 'U' AND NOT ${isGone} THEN 1 END) AS updates`,
        `COUNT_BIG(CASE WHEN ${isGone} THEN 1 END) AS deletes`,
      ].join(', ')} ${all}`),
    };
  }

  /** The changed keys and the table's rows of today. */
  private from(join: 'INNER' | 'LEFT'): string {
    const { rowFilter } = this.table;
    // On lines of its own, so that a comment it ends with swallows nothing.
    const rows = rowFilter === undefined ? this.name : `(SELECT * FROM ${this.name} WHERE (\n${rowFilter}\n))`;
    const equal = keyOf(this.table).map((column) => `${expressionOf({ ...column, form: undefined }, 't')} = ct.${quoteName(column.name)}`);
    return `FROM ${this.changed()} ${join} JOIN ${rows} AS t ON ${equal.join(' AND ')}`;
  }

  private changed(): string {
    return `CHANGETABLE(CHANGES ${this.name}, @from) AS ct`;
  }

  private async ask(connection: SqlServerConnection, sql: string, purpose: string): Promise<CatalogRow[]> {
    return connection.query(sql, `${purpose} ${this.name}`, [{ name: 'name0', type: 'NVarChar', value: this.name, length: 1000 }]);
  }
}

function versionParameter({ order }: ChangeMark): QueryParameter {
  return { name: 'from', type: 'BigInt', value: String(BigInt(order)) };
}
