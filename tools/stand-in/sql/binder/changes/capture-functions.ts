import { DatabaseEntry } from '../../../engine/catalog';
import { capturedName, captureTable, instanceLog, SEQUENCE } from '../../../engine/changes/capture-tables';
import { CaptureInstance } from '../../../engine/changes/database-changes';
import { quoteText } from '../../../engine/identifiers';
import { SqlError } from '../../errors';
import { INT, SqlType, nvarchar } from '../../types';
import { Bound, BoundColumn, BoundQuery, outputName } from '../bound';
import { Lookup } from '../catalog-lookup';
import { convert, sortKey } from '../conversions';

const LSN: SqlType = { name: 'binary', length: 10 };
const MASK: SqlType = { name: 'varbinary', length: 128 };
const DATETIME: SqlType = { name: 'datetime' };

/** What fn_cdc_get_min_lsn answers for an instance that there is not. */
const NO_LSN = `from_hex('${'0'.repeat(20)}')`;

const mapping = (database: DatabaseEntry) => captureTable(database.name, 'lsn_time_mapping');
const maxLsn = (database: DatabaseEntry) => `(SELECT max(start_lsn) FROM ${mapping(database)})`;
const minLsn = (database: DatabaseEntry, instance: string) =>
  `(SELECT any_value(start_lsn) FROM ${captureTable(database.name, 'change_tables')} WHERE fold_case(capture_instance) = fold_case(${instance}))`;

/** A value of the tables of the schema cdc; NULL, or what stands for it, while Change Data Capture is off. */
const captured = ({ context: { database } }: Lookup, type: SqlType, sql: (database: DatabaseEntry) => string, off = 'NULL'): Bound =>
  ({ sql: convert({ sql: database.changes.capture ? sql(database) : off, type, nullable: true, untypedNull: !database.changes.capture && off === 'NULL' }, type), type, nullable: true });

/** Relations of sys.fn_cdc_map_time_to_lsn. */
const RELATIONS: { readonly [name: string]: readonly [aggregate: 'max' | 'min', operator: string] | undefined } = {
  'largest less than': ['max', '<'],
  'largest less than or equal': ['max', '<='],
  'smallest greater than': ['min', '>'],
  'smallest greater than or equal': ['min', '>='],
};

const lsnOf = (bound: Bound) => convert(bound, { name: 'varbinary', length: 10 });

/** Functions of the schema sys, which are called by these names ("Change Data Capture Functions"). */
export const CAPTURE_FUNCTIONS: { readonly [name: string]: ((call: Lookup) => Bound) | undefined } = {
  FN_CDC_GET_MAX_LSN: (call) => captured(call, LSN, maxLsn),
  FN_CDC_GET_MIN_LSN: (call) => captured(call, LSN, (database) => `coalesce(${minLsn(database, call.path(0))}, ${NO_LSN})`, NO_LSN),
  FN_CDC_INCREMENT_LSN: ({ args }) => ({ sql: `neighbour_lsn(${lsnOf(args[0])}, 1)`, type: LSN, nullable: true }),
  FN_CDC_DECREMENT_LSN: ({ args }) => ({ sql: `neighbour_lsn(${lsnOf(args[0])}, -1)`, type: LSN, nullable: true }),
  FN_CDC_MAP_LSN_TO_TIME: (call) => captured(call, DATETIME, (database) =>
    `(SELECT any_value(tran_end_time) FROM ${mapping(database)} WHERE start_lsn = ${lsnOf(call.args[0])})`),
  FN_CDC_MAP_TIME_TO_LSN: (call) => {
    const [aggregate, operator] = RELATIONS[(call.args[0].constant ?? '').toLowerCase()] ?? ['max', '!= tran_end_time AND NULL ='];
    return captured(call, LSN, (database) =>
      `(SELECT ${aggregate}(start_lsn) FROM ${mapping(database)} WHERE tran_end_time ${operator} ${convert(call.args[1], DATETIME)})`);
  },
  FN_CDC_IS_BIT_SET: (call) => ({ sql: `CAST(is_bit_set(${call.key(0)}, ${convert(call.args[1], MASK)}) AS BOOLEAN)`, type: { name: 'bit' }, nullable: true }),
  FN_CDC_GET_COLUMN_ORDINAL: (call) => captured(call, INT, (database) => `(SELECT any_value(c.column_ordinal) FROM ${captureTable(database.name, 'captured_columns')} c
    JOIN ${captureTable(database.name, 'change_tables')} t ON t.object_id = c.object_id WHERE fold_case(t.capture_instance) = ${call.text(0)} AND fold_case(c.column_name) = ${call.text(1)})`),
};

const OPTIONS = {
  FN_CDC_GET_ALL_CHANGES_: ['all', 'all update old'],
  FN_CDC_GET_NET_CHANGES_: ['all', 'all with mask', 'all with merge'],
};

/** A function of the schema cdc that tells the changes of an instance; undefined for any other name. */
export function capturedChanges(database: DatabaseEntry, name: string, args: readonly Bound[]): BoundQuery | undefined {
  const prefix = (Object.keys(OPTIONS) as Array<keyof typeof OPTIONS>).find((each) => name.startsWith(each));
  const instances = database.changes.capture?.instances;
  const instance = prefix && instances?.get(name.slice(prefix.length).toLowerCase());
  const net = prefix === 'FN_CDC_GET_NET_CHANGES_';
  if (!prefix || !instance || (net && !instance.netChanges)) {
    return undefined;
  }
  const insufficient = `An insufficient number of arguments were supplied for the procedure or function cdc.${prefix.toLowerCase()} ... .`;
  if (args.length < 3) {
    throw new SqlError(313, insufficient, { state: 3 });
  }
  const [from, to] = args.map(lsnOf);
  const option = `lower(rtrim(${convert(args[2], nvarchar(30))}))`;
  const valid = [
    `f IS NOT NULL AND t IS NOT NULL AND f <= t AND f >= ${minLsn(database, quoteText(instance.name))} AND t <= ${maxLsn(database)}`,
    `o IN (${OPTIONS[prefix].map(quoteText).join(', ')})`,
  ];
  // A range outside of what the instance has is told as arguments that are missing (Remarks: error 313), and before rows are looked for.
  const range = `SELECT *, CASE WHEN (${valid.join(' AND ')}) IS TRUE THEN true ELSE error(${quoteText(`313|${insufficient}`)}) END AS valid `
    + `FROM (SELECT ${from} AS f, ${to} AS t, ${option} AS o)`;
  const rows = `WITH r AS MATERIALIZED (${range}),
    l AS (SELECT m.start_lsn AS lsn, l.* FROM r, ${mapping(database)} m
    JOIN ${instanceLog(database.name, instance.name)} l ON l.transaction_id = m.transaction_id WHERE r.valid AND m.start_lsn BETWEEN r.f AND r.t)`;
  return net ? netChanges(rows, instance) : allChanges(rows, instance);
}

const META: readonly BoundColumn[] = [
  { name: '__$start_lsn', type: LSN, nullable: false },
  { name: '__$seqval', type: LSN, nullable: false },
  { name: '__$operation', type: INT, nullable: true },
  { name: '__$update_mask', type: MASK, nullable: true },
];

const columnsOf = ({ columns }: CaptureInstance): BoundColumn[] =>
  columns.map(({ name, type }) => ({ name, type: storedType(type), nullable: true }));

/** Type that a change table has for a column ("sys.sp_cdc_enable_table"): a rowversion would not be kept as it is. */
export const storedType = (type: SqlType): SqlType => (type.name === 'timestamp' ? { name: 'binary', length: 8 } : type);

function select(values: readonly string[]): string {
  return `SELECT ${values.map((value, at) => `${value} AS ${outputName(at)}`).join(', ')}`;
}

function allChanges(rows: string, instance: CaptureInstance): BoundQuery {
  return {
    sql: `${rows} ${select(['l.lsn', SEQUENCE, 'l.operation', 'l.mask', ...instance.columns.map((column) => `l.${capturedName(column)}`)])} `
      + "FROM l, r WHERE r.valid AND (l.operation <> 3 OR r.o = 'all update old')",
    columns: [...META, ...columnsOf(instance)],
  };
}

/**
 * One row for each key ("cdc.fn_cdc_get_net_changes_<capture_instance>"): its content at last, and the operation that leads there; a row
 * that was inserted and deleted within the range is not told.
 */
function netChanges(rows: string, instance: CaptureInstance): BoundQuery {
  const keys = instance.keys.map((name) => instance.columns.find((column) => column.name === name)!);
  const key = keys.map((column) => sortKey(`l.${capturedName(column)}`, column.type)).join(', ');
  const order = 'l.lsn, l.statement, l.position, l.operation';
  const first = `first(l.operation ORDER BY ${order})`;
  const last = `last(l.operation ORDER BY ${order})`;
  const operation = 'CASE WHEN last_operation = 1 THEN 1 WHEN r.o = \'all with merge\' THEN 5 WHEN first_operation = 2 THEN 2 ELSE 4 END';
  const outputs = instance.columns.map((column) => `last(l.${capturedName(column)} ORDER BY ${order}) AS ${capturedName(column)}`);
  const grouped = `SELECT ${['max(l.lsn) AS lsn', `${first} AS first_operation`, `${last} AS last_operation`, "joined_masks(string_agg(hex(l.mask), ',')) AS mask", ...outputs].join(', ')} `
    + `FROM l WHERE l.operation <> 3 GROUP BY ${key}`;
  const mask = `CASE WHEN r.o = 'all with mask' AND (${operation}) = 4 THEN n.mask END`;
  return {
    sql: `${rows}, n AS (${grouped}) ${select(['n.lsn', operation, mask, ...instance.columns.map((column) => `n.${capturedName(column)}`)])} `
      + 'FROM n, r WHERE r.valid AND NOT (n.first_operation = 2 AND n.last_operation = 1)',
    columns: [META[0], META[2], META[3], ...columnsOf(instance)],
  };
}
