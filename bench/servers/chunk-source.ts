import { resultPackets, type Cell } from '../../test/support/source/result-packets';
import { startScriptedDatabase } from '../../test/support/source/scripted-database';
import { aggregatePackets } from '../../test/support/source/source-aggregates';
import { serveCalls } from '../harness/server-process';

/**
 * A database whose tables have the same few rows in every chunk, and answer at once. Run as a process of its own,
 * `chunk-source.ts TABLES`; the tables are `dbo.Scale0` and so on.
 */

const ROWS_A_CHUNK = 3;
const COLUMNS = ['Id', 'BookedAt', 'Account', 'Counterparty', 'Amount', 'Balance', 'Currency', 'Text', 'Reference', 'Branch', 'Channel', 'Status'];
/** Of texts; the others are numbers. */
const TEXTS: ReadonlySet<string> = new Set(['Counterparty', 'Currency', 'Text', 'Reference', 'Channel', 'Status']);

/** What it can be asked for. */
export interface ChunkSource {
  readonly [name: string]: (...args: never[]) => unknown;
  readonly port: () => number;
}

async function main([tables]: readonly string[]): Promise<void> {
  const rows = Array.from({ length: ROWS_A_CHUNK }, (_, row) => COLUMNS.map((name, at): Cell => (TEXTS.has(name) ? `${name} ${row}` : 1000 * at + row)));
  const read = resultPackets(COLUMNS, rows);
  const aggregates = new Map<string, Buffer>();
  const server = await startScriptedDatabase({
    tables: Array.from({ length: Number(tables) }, (_, table) => ({ schema: 'dbo', table: `Scale${table}`, columns: COLUMNS, primaryKey: ['Id'], rows })),
    override: (sql) => {
      // Parameters stand before and behind the text of a statement.
      const statement = /SELECT [\s\S]* FROM \[dbo\]\.\[Scale\d+\] WHERE /.exec(sql)?.[0];
      if (statement === undefined || sql.includes('OBJECT_ID')) return undefined;
      if (!statement.includes('COUNT_BIG')) return [read];
      if (!aggregates.has(statement)) aggregates.set(statement, aggregatePackets(statement, rows));
      return [aggregates.get(statement)!];
    },
  });
  serveCalls({ port: () => server.port });
}

void main(process.argv.slice(2));
