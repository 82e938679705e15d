import sql from 'mssql';
import type { ManifestTable } from '../../src/contract';
import type { ExpectedCells } from '../engines';
import type { StandIn } from '../stand-in';
import { expectedOf, type SourceText } from './source-cells';

/** What the source's own SQL says of a column, as text that loses nothing; binary, text and floats come from the driver as they are. */
function expression(name: string, sourceType: string): string {
  const [type] = sourceType.split('(');
  switch (type) {
    case 'money': case 'smallmoney': return `CONVERT(varchar(60), CAST([${name}] AS decimal(19,4)))`;
    case 'decimal': case 'numeric': case 'bigint': return `CONVERT(varchar(60), [${name}])`;
    case 'date': return `CONVERT(varchar(60), [${name}], 23)`;
    case 'time': case 'smalldatetime': case 'datetime': case 'datetime2': case 'datetimeoffset': return `CONVERT(varchar(60), [${name}], 121)`;
    case 'hierarchyid': case 'geometry': case 'geography': return `CAST([${name}] AS varbinary(max))`;
    case 'xml': return `CONVERT(nvarchar(max), [${name}])`;
    default: return `[${name}]`;
  }
}

function textOf(value: unknown): SourceText {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  return String(value);
}

/** The cells that a landed table must show, asked of the source by another client than the extractor. @param from its table there */
export async function askSource({ host, port, user, password, database }: StandIn, table: ManifestTable, from = table.table): Promise<ExpectedCells> {
  const pool = await new sql.ConnectionPool({ server: host, port, user, password, database, options: { encrypt: false } }).connect();
  try {
    const ordinals = [...new Set(table.columns.map(({ ordinal }) => ordinal))];
    const groups = ordinals.map((ordinal) => table.columns.filter((column) => column.ordinal === ordinal));
    const columns: { [name: string]: ExpectedCells['columns'][string] } = {};
    for (const group of groups) {
      const [{ name, sourceType }] = group;
      // The stand-in prints a variant's time without its fraction; the wire vectors have every base type.
      if (sourceType === 'sql_variant') continue;
      const { recordset } = await pool.query(`SELECT ${expression(name, sourceType)} AS v FROM [${table.schema}].[${from}] ORDER BY Id`);
      Object.assign(columns, expectedOf(group, recordset.map(({ v }: { readonly v: unknown }) => textOf(v))));
    }
    return { key: 'id', columns };
  } finally {
    await pool.close();
  }
}
