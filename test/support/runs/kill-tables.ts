import type sql from 'mssql';

/** A table of known rows, and the CSV lines they must land as, sorted. */
export interface KillTable {
  readonly name: string;
  readonly definition: string;
  /** SQL literals of each row. */
  readonly rows: readonly string[];
  readonly lines: readonly string[];
}

interface Row {
  /** SQL literals. */
  readonly sql: string;
  readonly line: string;
}

const MIB = 1024 * 1024;

function table(name: string, definition: string, count: number, row: (id: number) => Row): KillTable {
  const rows = Array.from({ length: count }, (_, id) => row(id));
  return { name, definition, rows: rows.map((each) => each.sql), lines: rows.map(({ line }) => line).sort() };
}

/** Cut by a bigint, cut by two columns of which the first is skewed, one stream without a key, and objects of several parts. */
export const KILL_TABLES: readonly KillTable[] = [
  table('KillLedger', 'Id bigint NOT NULL PRIMARY KEY, Amount decimal(19,4) NOT NULL, At datetime2(7) NOT NULL, Memo nvarchar(60) NULL', 3000, (at) => {
    const id = BigInt(at) * 3_000_000_007n - 4_000_000_000_000n;
    const amount = `${at * 7 - 9000}.${String(at % 10_000).padStart(4, '0')}`;
    const time = `2024-02-29T10:11:12.${String(at).padStart(7, '0')}`;
    const memo = at % 5 === 0 ? undefined : at % 7 === 0 ? `Überweisung, "${at}"` : `Zahlung ${at}`;
    return {
      sql: `${id}, ${amount}, '${time}', ${memo === undefined ? 'NULL' : `N'${memo}'`}`,
      line: `${id},${amount},${time},${memo === undefined ? '' : memo.includes('"') ? `"${memo.replace(/"/g, '""')}"` : memo}`,
    };
  }),
  table('KillPairs', 'Kind varchar(10) NOT NULL, Number int NOT NULL, PRIMARY KEY (Kind, Number)', 1200, (at) => {
    const kind = at < 900 ? 'huge' : `k${at % 40}`;
    return { sql: `'${kind}', ${at}`, line: `${kind},${at}` };
  }),
  table('KillHeap', 'Value int NULL', 200, (at) => ({ sql: at % 9 === 0 ? 'NULL' : String(at % 20), line: at % 9 === 0 ? '\\N' : String(at % 20) })),
  table('KillWide', 'Id int NOT NULL PRIMARY KEY, Body varchar(max) NOT NULL', 10, (at) => {
    const letter = String.fromCharCode(97 + at);
    return { sql: `${at}, REPLICATE(CAST('${letter}' AS varchar(max)), ${MIB})`, line: `${at},${letter.repeat(MIB)}` };
  }),
];

export async function makeKillTables(client: sql.ConnectionPool): Promise<void> {
  for (const { name, definition, rows } of KILL_TABLES) {
    await client.batch(`CREATE TABLE dbo.${name} (${definition})`);
    for (let from = 0; from < rows.length; from += 500) {
      await client.batch(`INSERT INTO dbo.${name} VALUES ${rows.slice(from, from + 500).map((row) => `(${row})`).join(', ')}`);
    }
  }
}

/** The lines of an object, its header left out. */
export function landedLines(body: Buffer | undefined): string[] {
  return body === undefined ? [] : body.toString('utf8').split('\n').slice(1, -1);
}
