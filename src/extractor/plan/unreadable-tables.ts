import { SourceRisk, type PlanRefusal } from '../api/extraction-plan';
import { Consistency } from '../api/extractor-props';
import { quoteTable } from '../source/catalog/identifiers';
import type { SourceTable } from '../source/catalog/read-catalog';
import type { SqlServerConnection } from '../source/connection/sql-server-connection';

/** Most expressions of a select list ("Maximum capacity specifications for SQL Server"); a wide table has up to 30,000 columns. */
export const MOST_SELECTED = 4096;

/** `non_transacted_access` of sys.database_filestream_options: full access to files without transactions. */
const FULL_ACCESS = 2;

const FILE_ACCESS_SQL = `
SELECT CAST(o.non_transacted_access AS int) AS access
FROM sys.database_filestream_options AS o
WHERE o.database_id = DB_ID()`;

/** What reading a table under a consistency depends on. */
export interface ReadingConditions {
  /** That the run will have; undefined for READ COMMITTED by default. */
  readonly consistency?: Consistency;
  /** Whether files of file tables are changed outside transactions. */
  readonly freeFiles: boolean;
}

/** Asks what reading file tables depends on, where there are any. */
export async function readingConditions(
  connection: SqlServerConnection, tables: readonly SourceTable[], consistency: Consistency | undefined, snapshotAllowed: boolean,
): Promise<ReadingConditions> {
  const asked = tables.some(({ kind }) => kind.fileTable) ? await connection.query(FILE_ACCESS_SQL, 'ask for the access to files') : [];
  const effective = consistency ?? (snapshotAllowed ? Consistency.SNAPSHOT : undefined);
  return { consistency: effective, freeFiles: Number(asked[0]?.access ?? 0) === FULL_ACCESS };
}

/**
 * Parts tables from those that no SELECT can read, which would otherwise end the run when their turn comes.
 *
 * @param tables with the columns that are to be read
 * @param all those that views among them may show
 */
export function partUnreadable(
  tables: readonly SourceTable[], conditions: ReadingConditions, all: readonly SourceTable[],
): { readable: SourceTable[]; refusals: PlanRefusal[] } {
  const refusals: PlanRefusal[] = [];
  const readable = tables.filter((table) => {
    const reason = unreadable(table, conditions) ?? (table.kind.viewOf && unreadableView(table.kind.viewOf, conditions, all));
    if (reason !== undefined) refusals.push({ risk: SourceRisk.UNREADABLE_TABLES, message: `${quoteTable(table.schema, table.table)} ${reason}` });
    return reason === undefined;
  });
  return { readable, refusals };
}

/** As {@link unreadable}, for what a view shows. */
function unreadableView(shown: ReadonlySet<number>, conditions: ReadingConditions, all: readonly SourceTable[]): string | undefined {
  const tables = all.filter(({ objectId, kind }) => shown.has(objectId) && !kind.viewOf);
  const named = (of: readonly SourceTable[]) => of.map(({ schema, table }) => quoteTable(schema, table)).join(', ');
  const disabled = tables.filter(({ kind }) => kind.disabledIndex !== undefined);
  if (disabled.length > 0) return `shows ${named(disabled)}, whose clustered index is disabled (error 8655): rebuild the index, or leave the view out (excludeTables)`;
  const memory = tables.filter(({ kind }) => kind.memoryOptimized);
  if (memory.length === 0 || conditions.consistency !== Consistency.SNAPSHOT) return undefined;
  return `shows the memory-optimised ${named(memory)}, which no SNAPSHOT transaction reads (error 41332): choose consistency readCommitted for it, or leave the view out (excludeTables)`;
}

/** Why no SELECT can read it, and what to do; undefined where one can. */
function unreadable({ kind, columns }: SourceTable, { consistency, freeFiles }: ReadingConditions): string | undefined {
  if (kind.external) return 'is an external table, whose rows are elsewhere: leave it out (excludeTables), or read it by a query (query)';
  if (kind.disabledIndex !== undefined) {
    return `cannot be read while its clustered index '${kind.disabledIndex}' is disabled (error 8655): rebuild the index, or leave the table out (excludeTables)`;
  }
  if (columns.length > MOST_SELECTED) {
    return `has ${columns.length.toLocaleString('en-US')} columns to read, of which one SELECT takes ${MOST_SELECTED.toLocaleString('en-US')}: `
      + 'choose fewer (columns or excludeColumns of tableOptions), or leave the table out (excludeTables)';
  }
  const files = columns.filter(({ fileStream }) => fileStream).map(({ name }) => `'${name}'`).join(', ');
  if (files === '') return undefined;
  const way = `leave ${files} out (excludeColumns of tableOptions), or choose another consistency`;
  // "FileTable compatibility with other SQL Server features", "FILESTREAM compatibility with other SQL Server features".
  if (kind.fileTable && freeFiles && consistency === Consistency.SNAPSHOT) {
    return `is a file table whose files are changed outside transactions, so that no SNAPSHOT transaction reads ${files}: ${way}`;
  }
  return consistency === Consistency.DATABASE_SNAPSHOT ? `has its ${files} in files (FILESTREAM), of which a database snapshot has none: ${way}` : undefined;
}
