import { gap, keyOf, type ChangedTable } from './changed-table';
import { rowStatements } from './row-statements';
import type { ChangeStatements, TableChanges } from './table-changes';
import type { ChangeMark } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import type { QueryParameter } from '../rows/objects/read-rows';
import { quoteName, quoteTable } from '../source/catalog/identifiers';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** Longest text of a value: a datetimeoffset(7), a decimal of 38 digits. */
const VALUE_LENGTH = 60;

/** CONVERT's style of dates and times with all their digits (ODBC canonical); numbers have none. */
const TIME_STYLE = ', 121';

const TIMES = /^(date|smalldatetime|datetime|datetime2|datetimeoffset)\b/;

/** What a watermark's column may be of; the text goes into statements. */
export const WATERMARK_TYPE = /^(tinyint|smallint|int|bigint|(decimal|numeric)\(\d+,\d+\)|date|smalldatetime|datetime|datetime2\(\d\)|datetimeoffset\(\d\))$/;

/**
 * Changes of a table by a column that its owner promises to raise with each insert and update: `ModifiedAt`, a number that goes up.
 *
 * The source vouches for nothing of it. A transaction that commits late brings a value that is below what was seen: it is found within
 * the overlap alone. Deletes are seen by comparing keys alone. Rows whose value is NULL are not seen: while there are any the way is refused,
 * unless that is accepted (`nulls: unseen`).
 *
 * Where rows are replaced by their key, the window begins at the last value (or the overlap before it), which reads rows again; where
 * they are added only, behind it, since they would be there twice.
 *
 * Settings: `column`, `type` of the column, `rows` ('append'), `overlap` (seconds of times, days' seconds of dates, else units), `nulls`, `deletes` ('keys').
 */
export class Watermark implements TableChanges {
  public readonly way = 'watermark';
  public readonly deletesSeen: boolean;
  private readonly name: string;
  private readonly column: string;
  private readonly isAppended: boolean;

  /** @throws LegacyToS3Error of code CHANGES_REFUSED for an overlap where rows are added only, or one that is no number */
  public constructor(private readonly table: ChangedTable) {
    const { settings: { column, type, rows, overlap = '0' } } = table;
    this.name = quoteTable(table.schema, table.table);
    this.deletesSeen = table.settings.deletes === 'keys';
    this.column = `t.${quoteName(column)}`;
    this.isAppended = rows === 'append';
    if (!WATERMARK_TYPE.test(type)) throw new LegacyToS3Error('CHANGES_REFUSED', `${this.name}: a watermark is a whole number, a decimal, a date or a time stamp, and not of '${type}'`);
    if (!/^\d{1,9}$/.test(overlap)) throw new LegacyToS3Error('CHANGES_REFUSED', `${this.name}: the overlap of its watermark is a whole number from 0, and not '${overlap}'`);
    if (this.isAppended && overlap !== '0') {
      throw new LegacyToS3Error('CHANGES_REFUSED', `${this.name}: rows that are only added cannot have an overlap, which reads rows again; leave it out, or let rows be replaced by their key`);
    }
  }

  public async mark(connection: SqlServerConnection): Promise<ChangeMark> {
    const { identity, settings: { column, nulls }, rowFilter } = this.table;
    const filter = rowFilter === undefined ? '' : ` WHERE (\n${rowFilter}\n)`;
    const [row] = await connection.query(`SELECT ${this.textOf(`MAX(${this.column})`)} AS value, COUNT_BIG(CASE WHEN ${this.column} IS NULL THEN 1 END) AS nulls, `
      + `CONVERT(varchar(40), SYSUTCDATETIME(), 126) + 'Z' AS instant FROM ${this.name} AS t${filter}`, `ask for the watermark of ${this.name}`);
    const missed = Number(row?.nulls ?? 0);
    if (missed > 0 && nulls !== 'unseen') {
      throw new LegacyToS3Error('CHANGES_REFUSED', `${this.name}: ${missed} rows have no value in its watermark column '${column}', so that changes of them would never be seen; `
        + 'give them one, choose another way, or accept it');
    }
    const at = new Date(String(row?.instant)).toISOString();
    return {
      way: this.way,
      lineage: `${identity.database}/${identity.objectId}@${identity.created}/watermark:${column}`,
      order: at,
      ...(typeof row?.value === 'string' && { value: row.value }),
      at,
    };
  }

  /** Nothing tells that changes were missed; only that the table is another one. */
  public async check(connection: SqlServerConnection, from: ChangeMark): Promise<void> {
    const { identity } = this.table;
    const [row] = await connection.query('SELECT t.object_id, CONVERT(varchar(23), t.create_date, 126) AS created FROM sys.tables AS t WHERE t.object_id = OBJECT_ID(@name0)',
      `look whether ${this.name} is there`, [{ name: 'name0', type: 'NVarChar', value: this.name, length: 1000 }]);
    if (!row || Number(row.object_id) !== identity.objectId || String(row.created) !== identity.created) throw gap(this.table, from, 'the table was dropped, or made again');
  }

  public statements(from: ChangeMark, to: ChangeMark): ChangeStatements {
    const parameters: QueryParameter[] = [from, to].flatMap(({ value }, at) => (value === undefined ? [] : [
      { name: at === 0 ? 'from' : 'to', type: 'NVarChar', value, length: VALUE_LENGTH },
    ]));
    const lower = from.value === undefined ? [] : [`${this.column} ${this.isAppended ? '>' : '>='} ${this.lowered(this.valueOf('@from'))}`];
    // No value at all: there are no rows to be seen.
    const upper = to.value === undefined ? '1 = 0' : `${this.column} <= ${this.valueOf('@to')}`;
    return rowStatements(this.table, {
      keys: this.isAppended ? [] : keyOf(this.table),
      condition: [...lower, upper].join(' AND '),
      version: this.textOf(this.column),
      parameters,
    });
  }

  private textOf(expression: string): string {
    return `CONVERT(nvarchar(${VALUE_LENGTH}), ${expression}${this.style})`;
  }

  private valueOf(parameter: string): string {
    return `CONVERT(${this.table.settings.type}, ${parameter}${this.style})`;
  }

  private lowered(value: string): string {
    const { type, overlap = '0' } = this.table.settings;
    if (overlap === '0') return value;
    if (type === 'date') return `DATEADD(day, -${Math.ceil(Number(overlap) / 86_400)}, ${value})`;
    return this.style === '' ? `${value} - ${overlap}` : `DATEADD(second, -${overlap}, ${value})`;
  }

  private get style(): string {
    return TIMES.test(this.table.settings.type) ? TIME_STYLE : '';
  }
}
