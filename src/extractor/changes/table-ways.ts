import { ChangeDataCapture } from './cdc';
import { ChangeTracking } from './change-tracking';
import type { ChangedTable } from './changed-table';
import { Rowversion } from './rowversion';
import type { TableChanges } from './table-changes';
import { Watermark } from './watermark';
import { ChangeWay } from '../api/changes/planned-changes';
import { LegacyToS3Error } from '../api/errors';

const WAYS: { readonly [way in ChangeWay]?: (table: ChangedTable) => TableChanges } = {
  [ChangeWay.CHANGE_TRACKING]: (table) => new ChangeTracking(table),
  [ChangeWay.CDC]: (table) => new ChangeDataCapture(table),
  [ChangeWay.ROWVERSION]: (table) => new Rowversion(table),
  [ChangeWay.WATERMARK]: (table) => new Watermark(table),
};

/** What learns of the changes of a table. @throws LegacyToS3Error of code CHANGES_REFUSED for a table that is read whole */
export function changesOf(way: ChangeWay, table: ChangedTable): TableChanges {
  const make = WAYS[way];
  if (!make) throw new LegacyToS3Error('CHANGES_REFUSED', `changes by '${way}' cannot be read; known are ${Object.keys(WAYS).join(', ')}`);
  return make(table);
}
