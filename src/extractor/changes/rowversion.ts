import { keyOf, gap, type ChangedTable, type TransactionBegin } from './changed-table';
import { rowStatements } from './row-statements';
import type { ChangeStatements, TableChanges } from './table-changes';
import type { ChangeMark } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import type { QueryParameter } from '../rows/objects/read-rows';
import { quoteName, quoteTable } from '../source/catalog/identifiers';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** Hexadecimal digits of a rowversion. */
const DIGITS = 16;

/** Digits of the number that an order has behind its rowversion. */
const NUMBER_DIGITS = 8;

/** Which object it is, and the last rowversion that the database gave out. */
export const VERSIONED_TABLE_SQL = `
SELECT t.object_id, CONVERT(varchar(23), t.create_date, 126) AS created, CONVERT(varchar(16), CAST(@@DBTS AS binary(8)), 2) AS row_version
FROM sys.tables AS t
WHERE t.object_id = OBJECT_ID(@name0)`;

/**
 * Changes of a table by its rowversion column, which each insert and update sets to a value above all before it ("rowversion").
 *
 * A value is given out before its transaction commits, so that a smaller one can become visible later. The mark is therefore the one
 * below MIN_ACTIVE_ROWVERSION() as of before the transaction showed anything ("MIN_ACTIVE_ROWVERSION"): what was not visible then has
 * a greater value. It bounds where the next run begins, not what this one reads: all rows above the last mark are read, so that the table
 * is as of the transaction, and a row whose newer version is above the mark is not left in its old state. Such rows are read again. Where
 * rows are added only they would be there twice: then those above the mark are left to the next run.
 *
 * Inserts are not told from updates: each is an `U`. Deletes are seen by comparing keys alone.
 *
 * Settings: `column`, `rows` ('append' where rows are added only), `deletes` ('keys').
 */
export class Rowversion implements TableChanges {
  public readonly way = 'rowversion';
  public readonly deletesSeen: boolean;
  private readonly name: string;

  public constructor(private readonly table: ChangedTable) {
    this.name = quoteTable(table.schema, table.table);
    this.deletesSeen = table.settings.deletes === 'keys';
  }

  public async mark(_connection: SqlServerConnection, begin?: TransactionBegin): Promise<ChangeMark> {
    const { identity, settings } = this.table;
    if (begin?.rowversion === undefined) {
      throw new LegacyToS3Error('CHANGES_REFUSED', `${this.name}: the source told no MIN_ACTIVE_ROWVERSION() when the transaction began, without which rows are missed`);
    }
    return {
      way: this.way,
      lineage: `${identity.database}/${identity.objectId}@${identity.created}/rowversion:${settings.column}`,
      order: (BigInt(`0x${begin.rowversion}`) - 1n).toString(16).padStart(DIGITS, '0'),
      at: begin.at,
    };
  }

  /** Rowversions are of the whole database, and only go up: that they went back shows that it was restored. */
  public async check(connection: SqlServerConnection, from: ChangeMark): Promise<void> {
    const { identity } = this.table;
    const [row] = await connection.query(VERSIONED_TABLE_SQL, `ask for the rowversion of ${this.name}`, [{ name: 'name0', type: 'NVarChar', value: this.name, length: 1000 }]);
    if (!row || Number(row.object_id) !== identity.objectId || String(row.created) !== identity.created) {
      throw gap(this.table, from, 'the table was dropped, or made again');
    }
    const last = String(row.row_version).toLowerCase();
    if (last < from.order.slice(0, DIGITS)) throw gap(this.table, from, `the last rowversion of the database is ${last} and went back: the database was restored`);
  }

  /**
   * The bound stays while a transaction is open that was there before, and deletes move no rowversion: a number behind it tells such runs apart
   * (`00000000000007d1`, then `00000000000007d1.00000001`). Of an equal order, changes would be taken for those that a table has.
   */
  public moved(from: ChangeMark, to: ChangeMark): ChangeMark {
    const [rowversion, number = '0'] = from.order.split('.');
    if (to.order !== rowversion) return to;
    return { ...to, order: `${rowversion}.${String(Number(number) + 1).padStart(NUMBER_DIGITS, '0')}` };
  }

  /** Rows above the mark, which are read again, do no harm where they are replaced by their key. */
  public async isExact(connection: SqlServerConnection, mark: ChangeMark): Promise<boolean> {
    if (!this.isAppended) return true;
    const [row] = await connection.query(`SELECT CASE WHEN EXISTS (SELECT 1 FROM ${this.name} AS t WHERE ${this.column} > @mark) THEN 1 ELSE 0 END AS is_later`,
      `look for rows of ${this.name} above the mark`, [rowversionParameter('mark', mark)]);
    return Number(row?.is_later) === 0;
  }

  public statements(from: ChangeMark, to: ChangeMark): ChangeStatements {
    const { column, isAppended } = this;
    return rowStatements(this.table, {
      keys: isAppended ? [] : keyOf(this.table),
      condition: `${column} > @from${isAppended ? ` AND ${column} <= @to` : ''}`,
      version: `LOWER(CONVERT(varchar(16), CAST(${column} AS binary(8)), 2))`,
      parameters: [rowversionParameter('from', from), ...(isAppended ? [rowversionParameter('to', to)] : [])],
    });
  }

  private get column(): string {
    return `t.${quoteName(this.table.settings.column)}`;
  }

  private get isAppended(): boolean {
    return this.table.settings.rows === 'append';
  }
}

function rowversionParameter(name: string, { order }: ChangeMark): QueryParameter {
  return { name, type: 'VarBinary', value: Buffer.from(order.slice(0, DIGITS), 'hex'), length: DIGITS / 2 };
}
