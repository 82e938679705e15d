import { SessionState } from './session-state';
import { TableEntry } from '../engine/catalog';
import { SqlError } from '../sql/errors';

/** Refuses to read a table in a way that its kind does not allow. */
export function checkTableKind(
  session: SessionState, table: TableEntry, { hints, sampled }: { readonly hints: readonly string[]; readonly sampled: boolean }, line: number,
): void {
  if (table.kind === 'S' && table.name === 'dm_tran_commit_table' && session.login.viewServerState === false) {
    throw new SqlError(262, `VIEW DATABASE STATE permission denied in database '${table.database}'.`, { severity: 14, line });
  }
  const disabled = table.indexes.find(({ id, disabled: isDisabled }) => id === 1 && isDisabled);
  if (disabled) {
    throw new SqlError(8655, `The query processor is unable to produce a plan because the index '${disabled.name}' on table or view '${table.name}' is disabled.`, { line });
  }
  const { facts } = table;
  if (facts?.memoryOptimized) {
    if (session.isolationLevel === 'SNAPSHOT') {
      throw new SqlError(41332, 'Memory optimized tables and natively compiled modules cannot be accessed or created when the session TRANSACTION ISOLATION LEVEL is set to SNAPSHOT.', { line });
    }
    if (session.inTransaction && !hints.includes('SNAPSHOT')) {
      throw new SqlError(41368, 'Accessing memory optimized tables using the READ COMMITTED isolation level is supported only for autocommit transactions. It is not supported for explicit or implicit transactions. Provide a supported isolation level for the memory optimized table using a table hint, such as WITH (SNAPSHOT).', { line });
    }
    if (sampled) {
      throw new SqlError(10794, 'The feature \'TABLESAMPLE\' is not supported with memory optimized tables.', { line });
    }
  }
}
