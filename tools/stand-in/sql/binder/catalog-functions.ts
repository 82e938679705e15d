import { commitTable } from '../../engine/changes/change-functions';
import { quoteText } from '../../engine/identifiers';
import { BIGINT, INT, MAX, nvarchar } from '../types';
import { BindContext, Bound } from './bound';
import { Lookup } from './catalog-lookup';
import { CAPTURE_FUNCTIONS } from './changes/capture-functions';
import { convert } from './conversions';

const NAME = nvarchar(128);

/** Columns of sys.columns that COLUMNPROPERTY tells of, by property; any other is told as is_sparse. */
const COLUMN_PROPERTIES: { readonly [property: string]: string | undefined } = {
  isidentity: 'is_identity::INTEGER',
  iscomputed: 'is_computed::INTEGER',
  allowsnull: 'is_nullable::INTEGER',
  precision: 'precision::INTEGER',
  charmaxlen: 'max_length::INTEGER',
  columnid: 'column_id::INTEGER',
};

/** Metadata functions whose argument is a column, as SCHEMA_NAME(schema_id): looked up in the system views. */
export const CATALOG_FUNCTIONS: { readonly [name: string]: ((call: Lookup) => Bound) | undefined } = {
  SCHEMA_NAME: (call) => call.find('schemas', 'name', NAME, `v.schema_id = ${call.key(0)}`),
  SCHEMA_ID: (call) => call.find('schemas', 'schema_id', INT, `fold_case(v.name) = ${call.text(0)}`),
  OBJECT_NAME: (call) => call.find('objects', 'name', NAME, `v.object_id = ${call.key(0)}`),
  OBJECT_SCHEMA_NAME: (call) => call.findObject('s.name', NAME, `v.object_id = ${call.key(0)}`),
  OBJECT_ID: (call) => call.findObject('v.object_id', INT, `fold_case(s.name) || '.' || fold_case(v.name) = fold_case(object_path(${call.path(0)}))`),
  TYPE_NAME: (call) => call.find('types', 'name', NAME, `v.user_type_id = ${call.key(0)}`),
  TYPE_ID: (call) => call.find('types', 'user_type_id', INT, `fold_case(v.name) = ${call.text(0)}`),
  COL_NAME: (call) => call.find('columns', 'name', NAME, `v.object_id = ${call.key(0)} AND v.column_id = ${call.key(1)}`),
  DB_NAME: (call) => call.find('databases', 'name', NAME, `v.database_id = ${call.key(0)}`),
  DB_ID: (call) => call.find('databases', 'database_id', INT, `fold_case(v.name) = ${call.text(0)}`),
  CHANGE_TRACKING_CURRENT_VERSION: ({ context }) => {
    context.checkPrimary(0);
    const { name, changes } = context.database;
    // As of the transaction's snapshot, since the commits are in a table.
    const sql = changes.tracking ? `coalesce((SELECT max(commit_ts) FROM ${commitTable(name)}), 0)` : 'NULL';
    return { sql: `CAST(${sql} AS BIGINT)`, type: BIGINT, nullable: true };
  },
  CHANGE_TRACKING_MIN_VALID_VERSION: (call) => {
    call.context.checkPrimary(0);
    return { sql: `min_valid_version(${quoteText(call.context.database.name)}, ${call.key(0)})`, type: BIGINT, nullable: true };
  },
  CHANGE_TRACKING_IS_COLUMN_IN_MASK: (call) => {
    const mask = convert(call.args[1], { name: 'varbinary', length: MAX });
    // No mask is one of all columns.
    return { sql: `CAST(CASE WHEN ${mask} IS NULL THEN 1 ELSE is_column_in_mask(${call.key(0)}, ${mask}) END AS BOOLEAN)`, type: { name: 'bit' }, nullable: true };
  },
  ...CAPTURE_FUNCTIONS,
  HAS_PERMS_BY_NAME: (call) => {
    if ((call.args[2]?.constant ?? '').toUpperCase() === 'VIEW CHANGE TRACKING') {
      return call.permitted(call.context.deniedTables('VIEW CHANGE TRACKING'));
    }
    return call.permitted(call.context.deniedTables());
  },
  COLUMNPROPERTY: (call) => (call.args[2].constant ?? '').toLowerCase() === 'isdeterministic' ? call.findDeterminism() : call.find('columns', COLUMN_PROPERTIES[(call.args[2].constant ?? '').toLowerCase()] ?? 'is_sparse::INTEGER',
    INT, `v.object_id = ${call.key(0)} AND fold_case(v.name) = ${call.text(1)}`),
};

export function bindCatalogFunction(context: BindContext, name: string, args: Bound[]): Bound | undefined {
  return CATALOG_FUNCTIONS[name]?.(new Lookup(context, args));
}
