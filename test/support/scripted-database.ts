import { donePacket, resultPackets, type Cell } from './tds-result';
import { COLUMNS_SQL, PRIMARY_KEYS_SQL, ROW_ESTIMATES_SQL, SERVER_SQL, TABLES_SQL } from '../../src/extractor/source/catalog';
import { ReplayServer, type ReplyPackets } from '../../tools/replay-server/replay-server';

/** A table as a test wants the server to tell it. */
export interface ScriptedTable {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly primaryKey?: readonly string[];
  readonly rows: ReadonlyArray<readonly Cell[]>;
  /** What COUNT_BIG answers; default the number of rows. */
  readonly counted?: number;
}

export interface ScriptedDatabase {
  readonly tables: readonly ScriptedTable[];
  /** Default true. */
  readonly snapshotAllowed?: boolean;
  /** Replaces the answer to a request. */
  readonly override?: (sql: string) => ReplyPackets | undefined;
}

/** A server that answers the extractor's own requests from tables a test wrote down; it understands no SQL. */
export async function startScriptedDatabase(database: ScriptedDatabase): Promise<ReplayServer> {
  const { tables, snapshotAllowed = true, override } = database;
  const perTable = (cells: (table: ScriptedTable, id: number) => readonly Cell[][]) => tables.flatMap(cells);
  const answers = new Map<string, Buffer>([
    [SERVER_SQL, resultPackets(['product_version', 'snapshot_isolation_state'], [['16.0.1000.6', snapshotAllowed ? 1 : 0]])],
    [TABLES_SQL, resultPackets(['object_id', 'schema_name', 'table_name'], perTable(({ schema, table }, id) => [[id, schema, table]]))],
    [ROW_ESTIMATES_SQL, resultPackets(['object_id', 'estimated_rows'], perTable(({ rows }, id) => [[id, rows.length]]))],
    [COLUMNS_SQL, resultPackets(['object_id', 'column_name'], perTable(({ columns }, id) => columns.map((name) => [id, name])))],
    [PRIMARY_KEYS_SQL, resultPackets(['object_id', 'column_name'], perTable(({ primaryKey = [] }, id) => primaryKey.map((name) => [id, name])))],
  ]);
  const answer = (sql: string): Buffer => {
    const known = answers.get(sql);
    if (known) return known;
    if (sql === 'COMMIT TRANSACTION') return donePacket();
    const table = tables.find((each) => sql.endsWith(` FROM [${each.schema}].[${each.table}]`));
    if (!table) throw new Error(`the scripted database has no answer to: ${sql}`);
    if (sql.includes('COUNT_BIG')) return resultPackets(['row_count'], [[table.counted ?? table.rows.length]]);
    const names = [...sql.matchAll(/(?:AS )?\[([^\]]*)\](?=,| FROM)/g)].map(([, name]) => name);
    return resultPackets(names, table.rows);
  };
  return ReplayServer.start({ reply: (sql) => override?.(sql) ?? [answer(sql)] });
}
