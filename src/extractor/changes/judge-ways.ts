import type { CaptureInstance, ChangeFacts } from './change-facts';
import type { KeyEquality } from './key-equality';
import { WATERMARK_TYPE } from './watermark';
import type { ChangeWay } from '../../contract';
import { HiddenRows, NotComparedReason, type PlannedColumn, type PlannedTable } from '../api/extraction-plan';
import type { TypeOptions } from '../api/type-options';
import { otherCall, varyingPart } from '../options/filter-determinism';
import { quoteName } from '../source/catalog/identifiers';

/** What a way is chosen for. */
export type ChangingTable = Pick<PlannedTable, 'schema' | 'table' | 'columns' | 'primaryKey' | 'identity' | 'memoryOptimized' | 'view' | 'rowFilter' | 'hiddenRows'> & {
  /** Whether its rows are in partitions. */
  readonly partitioned?: boolean;
};

/** How changes of a table shall be learnt. */
export interface ChangeSettings {
  /** @default 'auto', the best way that misses nothing */
  readonly changes?: 'auto' | ChangeWay | 'whole';
  /** Column of the way `watermark`. */
  readonly watermark?: string;
  /** How far below the last value of a watermark rows are read again: seconds of times, units of numbers. @default 0 */
  readonly overlap?: number;
  /** Whether rows without a value in a watermark's column may stay unseen. @default - they are refused */
  readonly nulls?: 'unseen';
  /** What becomes of rows that changed, of the ways `rowversion` and `watermark`: a new state of their key, or one more row. @default 'upsert' */
  readonly rows?: 'upsert' | 'append';
  /** Whether rowversion and watermark find deletes by comparing keys, or leave them unseen. @default - rowversion and watermark are not taken unless they are named */
  readonly deletes?: 'keys' | 'unseen';
}

/** What the caller can do. */
export interface ChangeAbilities {
  /** By column name. */
  readonly typeOptions?: (column: string) => TypeOptions;
  /** Whether all landed keys can be compared with those of the source, which finds deletes (deletes: keys); or why they cannot. @default false */
  readonly landedKeys?: boolean | string;
  /** Whether landed spellings of keys that changed can be looked for, which Change Tracking needs of keys with several; or why they cannot. @default false */
  readonly landedSpellings?: true | string;
}

/** What stands against a way: in words, and the statements that would change it where there are any. */
export interface Obstacle {
  readonly lacks: string;
  readonly enable?: readonly string[];
}

/** Why each way is not to be had; nothing where it is. */
export interface Verdict {
  readonly obstacles: readonly Obstacle[];
  readonly instance?: CaptureInstance;
  readonly column?: PlannedColumn;
}

/** Types whose values CDC keeps no after-image of for sure: they are NULL in some operations ("cdc.<capture_instance>_CT", Remarks). */
const UNCAPTURED = new Set(['text', 'ntext', 'image']);

/** What is looked at. */
export interface WayContext {
  readonly table: ChangingTable;
  readonly subject: string;
  readonly facts: ChangeFacts;
  readonly settings: ChangeSettings;
  readonly keys: KeyEquality;
  readonly abilities: ChangeAbilities;
}

/** Why rows cannot be replaced by their key, where the landed spelling of a key is told or found, and where it is not. */
export function unusableKeys({ primaryKey }: ChangingTable, { kind, why }: KeyEquality, spellingsFound: boolean | string): Obstacle | undefined {
  if (primaryKey.length === 0) return { lacks: 'it has no primary key, or not all of its columns are read' };
  if (kind === 'bytes' || (kind === 'spellings' && spellingsFound === true)) return undefined;
  const unsought = kind === 'spellings' && typeof spellingsFound === 'string' ? `, and ${spellingsFound}` : '';
  return { lacks: `${why}, so that rows cannot be found by what landed of it${unsought}` };
}

/** What no way can do with. */
function commonObstacles({ table, facts }: WayContext): Obstacle[] {
  const found: Obstacle[] = [];
  if (table.view) found.push({ lacks: 'it is a view' });
  if (table.memoryOptimized) found.push({ lacks: 'it is memory-optimised, which no SNAPSHOT transaction reads' });
  if (!table.view && !table.identity) found.push({ lacks: 'the source does not tell which object it is' });
  if (table.hiddenRows === HiddenRows.POLICY) found.push({ lacks: 'a security policy hides rows of it, and what it hides may change without a change of the row' });
  const varying = table.columns.find(({ notCompared }) => notCompared === NotComparedReason.NONDETERMINISTIC);
  if (varying) found.push({ lacks: `column '${varying.name}' is computed anew each time, so that its value changes without a change of the row` });
  if (!facts.snapshotAllowed) {
    found.push({
      lacks: `database '${facts.database}' allows no SNAPSHOT transactions, in which changes and rows are read as of one instant`,
      enable: [`ALTER DATABASE ${quoteName(facts.database)} SET ALLOW_SNAPSHOT_ISOLATION ON`],
    });
  }
  return found;
}

/** A filter chooses by the row's own values alone, or rows come and go without a change of their own. */
function filterObstacle({ table: { rowFilter } }: WayContext): Obstacle | undefined {
  if (rowFilter === undefined) return undefined;
  const varying = varyingPart(rowFilter);
  if (varying !== undefined) return { lacks: `its rowFilter has ${varying}, so that rows come and go without a change of their own` };
  if (/\bSELECT\b/i.test(rowFilter)) return { lacks: 'its rowFilter asks other tables, so that rows come and go without a change of their own' };
  const call = otherCall(rowFilter);
  return call === undefined ? undefined : { lacks: `its rowFilter calls ${call}, which may ask more than the row, so that rows come and go without a change of their own` };
}

function present(...obstacles: ReadonlyArray<Obstacle | undefined | false>): Obstacle[] {
  return obstacles.flatMap((each) => (each ? [each] : []));
}

/** "About Change Tracking", "Work with Change Tracking" and "CHANGETABLE", Permissions; error 22117 on secondaries. */
function judgeChangeTracking(context: WayContext): Verdict {
  const { table, subject, facts, keys, abilities } = context;
  if (facts.changeTracking === 'absent') return { obstacles: [{ lacks: 'this product has none' }] };
  const tracked = table.identity && facts.tracked.get(table.identity.objectId);
  const database = quoteName(facts.database);
  return {
    obstacles: present(
      ...commonObstacles(context), filterObstacle(context), unusableKeys(table, keys, abilities.landedSpellings ?? false),
      facts.readOnlyIntent && { lacks: 'it is refused on a secondary (error 22117), which readOnlyIntent asks for; connect to the primary' },
      facts.readOnly && !facts.readOnlyIntent && { lacks: `database '${facts.database}' is read-only here; connect to the primary` },
      facts.changeTracking === 'off' && {
        lacks: `database '${facts.database}' does not track changes`,
        enable: [`ALTER DATABASE ${database} SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 DAYS, AUTO_CLEANUP = ON)`],
      },
      !tracked && { lacks: 'the table does not track changes', enable: [`ALTER TABLE ${subject} ENABLE CHANGE_TRACKING`] },
      tracked && !tracked.mayView && {
        lacks: `user '${facts.user}' lacks VIEW CHANGE TRACKING`, enable: [`GRANT VIEW CHANGE TRACKING ON ${subject} TO ${quoteName(facts.user)}`],
      },
    ),
  };
}

/** "sys.sp_cdc_enable_table", "cdc.<capture_instance>_CT"; why values have to be captured is told in cdc.ts. */
function judgeCdc(context: WayContext): Verdict {
  const { table, facts, keys } = context;
  if (facts.cdc === 'absent') return { obstacles: [{ lacks: 'this product has none' }] };
  const user = quoteName(facts.user);
  const common = present(
    // The change table has each spelling that a row of the window had.
    ...commonObstacles(context), unusableKeys(table, keys, true),
    table.rowFilter !== undefined && { lacks: 'it has a rowFilter, which cannot be asked of captured rows' },
    ...unheld(table),
  );
  if (facts.cdc === 'hidden') {
    return { obstacles: [...common, { lacks: `user '${facts.user}' may not read schema cdc`, enable: [`GRANT SELECT ON SCHEMA::cdc TO ${user}`] }] };
  }
  const instances = (table.identity && facts.captured.get(table.identity.objectId) || []).filter(({ dropPending }) => !dropPending);
  const uncaptured = (instance: CaptureInstance) => table.columns.filter(({ name }) => !instance.columns.includes(name)).map(({ name }) => name);
  // The oldest that has all columns: a second one, made for columns that came later, is of use once they are read.
  const instance = instances.find((each) => uncaptured(each).length === 0) ?? instances.at(-1);
  if (!instance) {
    return {
      obstacles: present(
        ...common,
        facts.cdc === 'off' && { lacks: `database '${facts.database}' captures no changes`, enable: ['EXEC sys.sp_cdc_enable_db'] },
        { lacks: 'the table has no capture instance', enable: [enableTable(table)] },
      ),
    };
  }
  const lost = uncaptured(instance);
  return {
    instance,
    obstacles: present(
      ...common,
      lost.length > 0 && {
        lacks: `capture instance '${instance.name}' does not have ${lost.map((name) => `'${name}'`).join(', ')}`,
        ...(instances.length < 2 && { enable: [enableTable(table, `${instance.name}_2`)] }),
      },
      !instance.mayRead && {
        lacks: `user '${facts.user}' may not read capture instance '${instance.name}'`,
        enable: [`GRANT SELECT ON SCHEMA::cdc TO ${user}`, ...(instance.role === undefined ? [] : [`ALTER ROLE ${quoteName(instance.role)} ADD MEMBER ${user}`])],
      },
      !instance.ordered && {
        lacks: `the change table of '${instance.name}' has no __$command_id, without which an insert and a delete of one transaction are not in order (KB3030352)`,
        enable: ['EXEC sys.sp_vupgrade_replication'],
      },
      table.partitioned && instance.switchAllowed && {
        lacks: `partitions may be switched under capture instance '${instance.name}', which is not captured`,
        enable: [`EXEC sys.sp_cdc_disable_table @source_schema = ${text(table.schema)}, @source_name = ${text(table.table)}, @capture_instance = ${text(instance.name)}`, enableTable(table)],
      },
    ),
  };
}

/** Columns whose values the change table does not hold. */
function unheld({ columns }: ChangingTable): Obstacle[] {
  const computed = columns.filter(({ computed: isComputed }) => isComputed).map(({ name }) => `'${name}'`);
  const old = columns.filter(({ type }) => UNCAPTURED.has(type)).map(({ name, type }) => `'${name}' (${type})`);
  const pseudo = columns.filter(({ catalogName }) => catalogName !== undefined).map(({ name }) => `'${name}'`);
  return present(
    computed.length > 0 && { lacks: `values of computed columns are not captured: ${computed.join(', ')}` },
    old.length > 0 && { lacks: `values of text, ntext and image are not captured in all operations: ${old.join(', ')}` },
    pseudo.length > 0 && { lacks: `columns of a graph are not captured: ${pseudo.join(', ')}` },
  );
}

function enableTable({ schema, table, partitioned }: ChangingTable, instance?: string): string {
  return `EXEC sys.sp_cdc_enable_table @source_schema = ${text(schema)}, @source_name = ${text(table)}, @role_name = NULL, @supports_net_changes = 0`
    + `${instance === undefined ? '' : `, @capture_instance = ${text(instance)}`}${partitioned ? ', @allow_partition_switch = 0' : ''}`;
}

function judgeRowversion(context: WayContext): Verdict {
  const { table, facts } = context;
  const column = table.columns.find(({ type }) => type === 'timestamp');
  return {
    ...(column && { column }),
    obstacles: present(
      ...commonObstacles(context), ...rowObstacles(context),
      (facts.readOnly || facts.readOnlyIntent) && { lacks: 'MIN_ACTIVE_ROWVERSION, which bounds it, is that of the primary; connect to the primary' },
      !column && { lacks: 'no column of it that is read is a rowversion' },
    ),
  };
}

/** Of ways that find changed rows by a column of theirs. */
function rowObstacles(context: WayContext): Obstacle[] {
  const { table, settings: { rows, deletes }, keys, abilities: { landedKeys = false } } = context;
  return present(
    rows === 'append' ? undefined : unusableKeys(table, keys, false),
    deletes === 'keys' && landedKeys !== true && {
      lacks: `deletes cannot be found by comparing keys (deletes: keys), since ${landedKeys === false ? 'landed keys are not read' : landedKeys}`,
    },
    deletes === 'keys' ? filterObstacle(context) : table.rowFilter !== undefined && LEAVING,
  );
}

const LEAVING: Obstacle = { lacks: 'it has a rowFilter, and a row that leaves it would stay; say deletes: keys' };

function judgeWatermark(context: WayContext): Verdict {
  const { table, settings: { watermark } } = context;
  if (watermark === undefined) return { obstacles: [{ lacks: 'no column is named for it (watermark)' }] };
  const named = table.columns.filter(({ name }) => name.toLowerCase() === watermark.toLowerCase());
  const column = named.find(({ name }) => name === watermark) ?? named[0];
  return {
    ...(column && { column }),
    obstacles: present(
      ...commonObstacles(context), ...rowObstacles(context),
      !column && { lacks: `no column that is read is called '${watermark}'` },
      column && !WATERMARK_TYPE.test(column.type) && { lacks: `column '${column.name}' is of ${column.type}; a watermark is a whole number, a decimal, a date or a time stamp` },
    ),
  };
}

function text(value: string): string {
  return `N'${value.replace(/'/g, "''")}'`;
}

/** Judges each way for one table. */
export function judgeWays(context: WayContext): { readonly [way in ChangeWay]: Verdict } {
  return {
    changeTracking: judgeChangeTracking(context), cdc: judgeCdc(context), rowversion: judgeRowversion(context), watermark: judgeWatermark(context),
  };
}
