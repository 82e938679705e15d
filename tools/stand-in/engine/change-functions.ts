import { BIGINT, BLOB, DuckDBConnection, INTEGER, VARCHAR } from '@duckdb/node-api';
import type { Catalog } from './catalog';
import { quoteName } from './identifiers';
import { define, registerScalarFunctions } from './scalar-functions';
import { SqlError } from '../sql/errors';

/** DuckDB's table of the transactions that changed a tracked table, in the order of their commits: what sys.dm_tran_commit_table shows. */
export const commitTable = (database: string) => `${quoteName(database)}.sys.stand_in_commits`;

/** A column list of SYS_CHANGE_COLUMNS: four bytes that are 0, then each column's id. */
function changeColumns(ids: string): Buffer {
  const list = ids.split(',').map(Number);
  const bytes = Buffer.alloc(4 + list.length * 4);
  list.forEach((id, at) => bytes.writeInt32LE(id, 4 + at * 4));
  return bytes;
}

/** CHANGE_TRACKING_IS_COLUMN_IN_MASK. @throws SqlError 22101 for bytes of another kind */
function isColumnInMask(id: number, mask: Buffer): number {
  if (mask.length < 4 || mask.length % 4 !== 0 || mask.readInt32LE(0) !== 0) {
    throw new SqlError(22101, 'The value supplied for the change_columns argument of CHANGE_TRACKING_IS_COLUMN_IN_MASK function is not valid. The value must be a bitmask returned by the CHANGETABLE(CHANGES ...) function.');
  }
  for (let at = 4; at < mask.length; at += 4) {
    if (mask.readInt32LE(at) === id) {
      return 1;
    }
  }
  return 0;
}

/** Functions of Change Tracking, those that ask the dictionary as it now is among them. */
export function registerChangeFunctions(connection: DuckDBConnection, catalog: Catalog): void {
  registerScalarFunctions(connection, [
    define('change_columns', [VARCHAR], BLOB, changeColumns),
    define('is_column_in_mask', [INTEGER, BLOB], INTEGER, isColumnInMask),
    define('min_valid_version', [VARCHAR, INTEGER], BIGINT, (database: string, objectId: number) => {
      const changes = catalog.database(database)?.changes;
      return changes?.tracking ? changes.tracked.get(objectId)?.minValidVersion ?? null : null;
    }),
  ]);
}
