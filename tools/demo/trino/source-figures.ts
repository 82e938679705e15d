import { doubleCell } from '../../engines';
import { type SourceLogin, withSource } from '../source-connection';
import { type Figure, figuresOf, type SourceColumn } from './figures';

/** What the source says of one of its tables. */
export interface SourceTable {
  /** `<database>/<schema>/<table>` */
  readonly dataset: string;
  /** `schema.table` */
  readonly name: string;
  readonly rows: string;
  readonly figures: readonly Figure[];
  /** One for each figure. */
  readonly answers: ReadonlyArray<string | null>;
}

const TABLES = `
  SELECT s.name AS [schema], t.name AS [table], c.name AS [column], ISNULL(y.name, '') AS type, c.scale
  FROM sys.tables AS t
  JOIN sys.schemas AS s ON s.schema_id = t.schema_id
  JOIN sys.columns AS c ON c.object_id = t.object_id
  LEFT JOIN sys.types AS y ON y.user_type_id = c.system_type_id
  WHERE t.is_ms_shipped = 0
  ORDER BY s.name, t.name, c.column_id`;

const bracketed = (name: string) => `[${name.replaceAll(']', ']]')}]`;

/** Asks the source for the figures of every column of every table, in its own SQL and by a client that is not the extractor. */
export async function askSource(login: SourceLogin): Promise<readonly SourceTable[]> {
  return withSource(login, async (pool) => {
    const { recordset } = await pool.request().query<SourceColumn & { schema: string; table: string; column: string }>(TABLES);
    const columnsOf = new Map<string, { readonly schema: string; readonly table: string; readonly columns: SourceColumn[] }>();
    for (const { schema, table, column, type, scale } of recordset) {
      const key = `${schema}.${table}`;
      if (!columnsOf.has(key)) columnsOf.set(key, { schema, table, columns: [] });
      columnsOf.get(key)!.columns.push({ name: column, type, scale });
    }
    const tables: SourceTable[] = [];
    for (const [name, { schema, table, columns }] of columnsOf) {
      const figures = columns.flatMap(figuresOf);
      const asked = ['CONVERT(varchar(20), COUNT_BIG(*)) AS [rows]', ...figures.map(({ source }, index) => `${source} AS f${index}`)];
      const answer = await pool.request().query<{ [column: string]: string | number | null }>(`SELECT ${asked.join(', ')} FROM ${bracketed(schema)}.${bracketed(table)}`);
      const [row] = answer.recordset;
      tables.push({
        dataset: `${login.database}/${schema}/${table}`,
        name,
        rows: String(row.rows),
        figures,
        answers: figures.map((_, index) => textOf(row[`f${index}`])),
      });
    }
    return tables;
  });
}

function textOf(value: string | number | null): string | null {
  return typeof value === 'number' ? doubleCell(value) : value;
}

/** Statements that change rows of four tables, so that a second run has other figures. */
const CHANGES = [
  'UPDATE dbo.Transactions SET Amount = Amount + 1.2345, PostedAt = DATEADD(microsecond, 7, PostedAt) WHERE TransactionId <= 100',
  'DELETE FROM dbo.Transactions WHERE TransactionId = 500',
  'UPDATE dbo.Accounts SET Balance = Balance - 0.0001 WHERE AccountId <= 10',
  'DELETE FROM dbo.[Order Items [2019]]] WHERE [Item No] = 2',
  'INSERT INTO dbo.PendingTransfers (TransferId, Amount, Reason) VALUES (1, 12.3456, N\'Überweisung\'), (2, NULL, NULL)',
];

/** Changes rows of the source, as its own users would. */
export async function changeSource(login: SourceLogin): Promise<readonly string[]> {
  await withSource(login, async (pool) => {
    for (const statement of CHANGES) await pool.request().query(statement);
  });
  return CHANGES;
}
