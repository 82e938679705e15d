import { TableEntry } from '../../engine/catalog';
import { capturedName, instanceLog } from '../../engine/changes/capture-tables';
import { CaptureInstance } from '../../engine/changes/database-changes';
import { primaryKey } from '../../sql/binder/changes/change-tables';
import { STAGED, StagedChange } from '../../sql/binder/changes/staged-change';
import { sortKey } from '../../sql/binder/conversions';
import { MAX } from '../../sql/types';

type Captured = CaptureInstance['columns'][number];
type Side = StagedChange['before'];

/** __$operation of change tables. */
enum Operation {
  DELETE = 1,
  INSERT = 2,
  BEFORE = 3,
  AFTER = 4,
}

const isText = ({ type }: Captured) => ['text', 'ntext', 'image'].includes(type.name);
const isMax = ({ type }: Captured) => type.length === MAX && ['varchar', 'nvarchar', 'varbinary'].includes(type.name);

/**
 * Writes to an instance's log what a staged change does ("cdc.fn_cdc_get_all_changes_<capture_instance>", Remarks): computed columns are
 * always NULL, text, ntext and image are NULL of deleted rows and before updates, (max) types before updates that leave them.
 * An update that changes a key is a delete and an insert, as it is in the log; one that changes no captured column is not told.
 */
export function captureStaged(
  database: string, table: TableEntry, instance: CaptureInstance, { before, after }: Pick<StagedChange, 'before' | 'after'>, transaction: number, statement: number,
): string {
  const { columns } = instance;
  const value = (side: Side, column: Captured) => [...side!].find(([{ id }]) => id === column.id)?.[1];
  const changed = (column: Captured) => {
    const [old, now] = [value(before, column), value(after, column)];
    return column.computed || old === undefined || old === now ? 'false' : `(${old} IS DISTINCT FROM ${now})`;
  };
  const cell = (operation: Operation, column: Captured) => {
    const own = value(operation === Operation.DELETE || operation === Operation.BEFORE ? before : after, column);
    if (own === undefined || column.computed || (isText(column) && (operation === Operation.DELETE || operation === Operation.BEFORE))) {
      return 'NULL';
    }
    return operation === Operation.BEFORE && isMax(column) ? `CASE WHEN ${changed(column)} THEN ${own} END` : own;
  };
  const all = `update_mask('${'1'.repeat(columns.length)}')`;
  const row = (operation: Operation, order: string, mask: string, condition: string) =>
    `SELECT ${[transaction, statement, order, operation, mask, ...columns.map((column) => cell(operation, column))].join(', ')} FROM s WHERE ${condition}`;
  const position = 'position';
  const rows: string[] = [];
  if (!before || !after) {
    rows.push(row(before ? Operation.DELETE : Operation.INSERT, position, all, 'true'));
  } else {
    const keys = [...primaryKey(table).map(({ column }) => column), ...table.columns.filter(({ name }) => instance.keys.includes(name))];
    const moved = keys.filter((key) => before.get(key) !== after.get(key))
      .map((key) => `${sortKey(before.get(key)!, key.type)} IS DISTINCT FROM ${sortKey(after.get(key)!, key.type)}`);
    const isMoved = moved.length > 0 ? `(${moved.join(' OR ')})` : 'false';
    const bits = columns.map(changed);
    const mask = `update_mask(concat(${bits.map((bit) => `CASE WHEN ${bit} THEN '1' ELSE '0' END`).join(', ')}))`;
    const told = `NOT ${isMoved} AND (${bits.join(' OR ')})`;
    rows.push(row(Operation.BEFORE, position, mask, told), row(Operation.AFTER, position, mask, told));
    if (moved.length > 0) {
      rows.push(row(Operation.DELETE, position, all, isMoved), row(Operation.INSERT, `${position} + (SELECT count(*) FROM s)`, all, isMoved));
    }
  }
  const target = `${instanceLog(database, instance.name)} (transaction_id, statement, position, operation, mask, ${columns.map(capturedName).join(', ')})`;
  return `INSERT INTO ${target} WITH s AS (SELECT row_number() OVER () AS position, * FROM ${STAGED}) ${rows.join(' UNION ALL ')}`;
}
