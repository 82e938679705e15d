/* eslint-disable no-bitwise */
import { BIGINT, BLOB, DuckDBConnection, INTEGER, VARCHAR } from '@duckdb/node-api';
import { SqlError } from '../../sql/errors';
import type { Catalog } from '../catalog';
import { quoteName } from '../identifiers';
import { define, registerScalarFunctions } from '../scalar-functions';

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

/** The log sequence number before or after; binary(10) as one number. */
function neighbour(lsn: Buffer, by: bigint): Buffer {
  const next = BigInt(`0x${lsn.toString('hex') || '0'}`) + by;
  return Buffer.from(next.toString(16).padStart(20, '0').slice(-20), 'hex');
}

/** __$update_mask: a bit for each captured column, that of the first the lowest of the last byte. `bits` has them as text, the first first. */
function updateMask(bits: string): Buffer {
  const mask = Buffer.alloc(Math.ceil(bits.length / 8));
  [...bits].forEach((bit, at) => {
    if (bit === '1') {
      mask[mask.length - 1 - (at >> 3)] |= 1 << (at & 7);
    }
  });
  return mask;
}

/** Masks laid over each other, from their text in hexadecimal digits. */
function joinedMasks(masks: string): Buffer {
  const [joined, ...rest] = masks.split(',').map((each) => Buffer.from(each, 'hex'));
  rest.forEach((mask) => mask.forEach((byte, at) => { joined[at] |= byte; }));
  return joined;
}

/** sys.fn_cdc_is_bit_set */
function isBitSet(position: number, mask: Buffer): number {
  const at = position - 1;
  return at < 0 || at >= mask.length * 8 ? 0 : (mask[mask.length - 1 - (at >> 3)] >> (at & 7)) & 1;
}

/** Functions of Change Tracking and Change Data Capture, those that ask the dictionary as it now is among them. */
export function registerChangeFunctions(connection: DuckDBConnection, catalog: Catalog): void {
  registerScalarFunctions(connection, [
    define('change_columns', [VARCHAR], BLOB, changeColumns),
    define('is_column_in_mask', [INTEGER, BLOB], INTEGER, isColumnInMask),
    define('neighbour_lsn', [BLOB, BIGINT], BLOB, neighbour),
    define('update_mask', [VARCHAR], BLOB, updateMask),
    define('joined_masks', [VARCHAR], BLOB, joinedMasks),
    define('is_bit_set', [INTEGER, BLOB], INTEGER, isBitSet),
    define('min_valid_version', [VARCHAR, INTEGER], BIGINT, (database: string, objectId: number) => {
      const changes = catalog.database(database)?.changes;
      return changes?.tracking ? changes.tracked.get(objectId)?.minValidVersion ?? null : null;
    }),
  ]);
}
