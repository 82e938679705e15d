import { SqlError } from '../sql/errors';

/** Number of the error of a SNAPSHOT transaction that changes a row which another has changed since. */
export const UPDATE_CONFLICT = 3960;
export const DEADLOCK_VICTIM = 1205;

/** Errors that roll their transaction back whatever XACT_ABORT says. */
export const ENDS_TRANSACTION = new Set([UPDATE_CONFLICT, DEADLOCK_VICTIM]);

/** What SQL Server would have said, by what DuckDB says. */
const PATTERNS: Array<[RegExp, (match: RegExpExecArray) => SqlError]> = [
  [/(\d{3,5})\|([^\n]*)/, ([, number, text]) => new SqlError(Number(number), text)],
  [/NOT NULL constraint failed: (\S+)\.(\S+)/, ([, table, column]) =>
    new SqlError(515, `Cannot insert the value NULL into column '${column}', table '${table}'; column does not allow nulls. INSERT fails.`, { state: 2 })],
  [/Overflow|out of range|Failed to cast decimal value|Could not cast value/i, ({ input }) =>
    new SqlError(8115, `Arithmetic overflow error converting expression to data type ${overflowedType(input)}.`, { state: 2 })],
  [/Could not convert string ["']([^\n]*?)["'] to (DECIMAL|DOUBLE|FLOAT|UUID)/, ([, , type]) => (type === 'UUID'
    ? new SqlError(8169, 'Conversion failed when converting from a character string to uniqueidentifier.', { state: 2 })
    : new SqlError(8114, `Error converting data type varchar to ${type === 'DECIMAL' ? 'numeric' : 'float'}.`, { state: 5 }))],
  [/More than one row returned by a subquery/i, () =>
    new SqlError(512, 'Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.')],
  [/column "(?:t\d+\.)?"?([^"]+)"? must appear in the GROUP BY clause/i, ([, column]) =>
    new SqlError(8120, `Column '${column}' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.`)],
  [/Conflict on (?:update|tuple)|Write-write conflict|Transaction conflict|write-write conflict/i, () =>
    new SqlError(UPDATE_CONFLICT, 'Snapshot isolation transaction aborted due to update conflict. You cannot use snapshot isolation to access table directly or indirectly in database to update, delete, or insert the row that has been modified or deleted by another transaction. Retry the transaction or change the isolation level for the update/delete statement.', { state: 2 })],
  [/Current transaction is aborted/i, () =>
    new SqlError(3930, 'The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.')],
];

const TYPE_NAMES: Record<string, string> = { UINT8: 'tinyint', INT16: 'smallint', INT64: 'bigint', DECIMAL: 'numeric', FLOAT: 'real', DOUBLE: 'float' };

/** The type that was too small, which DuckDB names last of all. */
function overflowedType(text: string): string {
  const names = [...text.split('\n')[0].matchAll(/\b(?:UINT8|INT16|INT32|INT64|DECIMAL|FLOAT|DOUBLE)\b/g)];
  return TYPE_NAMES[names[names.length - 1]?.[0] ?? ''] ?? 'int';
}

/** Errors after which the batch goes on with its next statement; anything else ends it. */
const STATEMENT_ERRORS = new Set([8134, 8115, 515, 547, 2627, 2601, 2628, 229, 512, 50000]);

export const endsBatch = (error: SqlError) => !STATEMENT_ERRORS.has(error.number);

/** A DuckDB error as SQL Server's; one it has no number for keeps DuckDB's text, under 50001. */
export function toSqlError(error: unknown, line: number): SqlError {
  if (error instanceof SqlError) {
    if (error.line === 0) {
      error.line = line;
    }
    return error;
  }
  const text = error instanceof Error ? error.message : String(error);
  for (const [pattern, build] of PATTERNS) {
    const match = pattern.exec(text);
    if (match) {
      const built = build(match);
      built.line = line;
      return built;
    }
  }
  return new SqlError(50001, `The stand-in's engine: ${text.split('\n')[0]}`, { line });
}
