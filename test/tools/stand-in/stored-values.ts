import { DuckDBBlobValue } from '@duckdb/node-api';
import { StandIn } from '../../../tools/stand-in';
import { ColumnEntry, TableEntry } from '../../../tools/stand-in/engine/catalog';

const TICKS_PER_DAY = 864_000_000_000n;

export interface StoredTable {
  readonly table: TableEntry;
  /** Columns that are stored, which computed ones are not. */
  readonly columns: ColumnEntry[];
  /** Text of each value as a client would print it; binary as `x` and hex, float as its IEEE 754 bytes in hex. */
  readonly rows: Array<Array<string | null>>;
}

/** A table straight from DuckDB, without the stand-in's own encoders and SQL in between. */
export async function storedTable(standIn: StandIn, table: TableEntry): Promise<StoredTable> {
  const columns = table.columns.filter((column) => !column.computed);
  const connection = await standIn.engine.connect();
  try {
    const list = columns.map((column) => `"${column.name.replace(/"/g, '""')}"`).join(', ');
    const reader = await connection.runAndReadAll(`SELECT ${list} FROM ${table.duckName}`);
    const rows = reader.getRows().map((row) => row.map((value, at) => (value === null ? null : text(columns[at], value))));
    return { table, columns, rows };
  } finally {
    connection.closeSync();
  }
}

export function userTables(standIn: StandIn): TableEntry[] {
  return standIn.engine.catalog.database(standIn.database)!.userTables();
}

/** A table's name for a FROM clause. */
export const quoted = (table: TableEntry) => [table.schema, table.name].map((part) => `[${part.replace(/\]/g, ']]')}]`).join('.');

function text({ type }: ColumnEntry, value: unknown): string {
  switch (type.name) {
    case 'bit': return value ? '1' : '0';
    case 'float':
    case 'real': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleBE(Number(value));
      return bytes.toString('hex');
    }
    case 'time': return timeText(value as bigint);
    case 'datetime':
      // Clients print the 1/300 s of datetime to the millisecond.
      return dateTimeText(((value as bigint) + 5000n) / 10000n * 10000n);
    case 'smalldatetime':
    case 'datetime2': return dateTimeText(value as bigint);
    case 'datetimeoffset': {
      const packed = value as bigint;
      const offset = packed % 2048n - 1024n;
      const size = offset < 0n ? -offset : offset;
      const zone = `${offset < 0n ? '-' : '+'}${String(size / 60n).padStart(2, '0')}:${String(size % 60n).padStart(2, '0')}`;
      return dateTimeText(packed / 2048n + offset * 600_000_000n) + zone;
    }
    case 'sql_variant': return String(value);
    default: return value instanceof DuckDBBlobValue ? 'x' + Buffer.from(value.bytes).toString('hex') : String(value);
  }
}

/** `YYYY-MM-DD hh:mm:ss.fffffff` of ticks since 0001-01-01, by way of Date, whose calendar is not the stand-in's. */
export function dateTimeText(ticks: bigint): string {
  const date = new Date(0);
  date.setTime(Number(ticks / TICKS_PER_DAY) * 86_400_000 - 62135596800000);
  return `${date.toISOString().slice(0, 10)} ${timeText(ticks % TICKS_PER_DAY)}`;
}

function timeText(ticks: bigint): string {
  return `${new Date(Number(ticks / 10000n)).toISOString().slice(11, 23)}${String(ticks % 10000n).padStart(4, '0')}`;
}
