import type { CaptureInstance, ChangeFacts } from './change-facts';
import { keyEquality, type KeyEquality } from './key-equality';
import type { ChangeWay } from '../../contract';
import { LegacyToS3Error } from '../api/errors';
import { HiddenRows, NotComparedReason, type PlannedTable } from '../api/extraction-plan';
import type { TypeOptions } from '../api/type-options';
import { varyingPart } from '../options/filter-determinism';
import { quoteName, quoteTable } from '../source/catalog/identifiers';

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
  /** What becomes of rows that changed, of the ways `rowversion` and `watermark`: a new state of their key, or one more row. @default 'upsert' */
  readonly rows?: 'upsert' | 'append';
  /** Whether rowversion and watermark find deletes by comparing keys, or leave them unseen. @default - rowversion and watermark are not taken unless they are named */
  readonly deletes?: 'keys' | 'unseen';
}

/** The way of one table. */
export interface WayChoice {
  readonly way: ChangeWay | 'whole';
  /** One sentence. */
  readonly why: string;
  /** What each better way lacks, best way first. */
  readonly missing: readonly string[];
  /** Statements that would enable the best way that can be enabled; they are told, never sent. */
  readonly enable: readonly string[];
  /** How landed keys are found; absent where rows are added only, and of a whole table. */
  readonly keys?: KeyEquality['kind'];
  /** Of `cdc`. */
  readonly instance?: CaptureInstance;
  /** Of `rowversion` and `watermark`: the column. */
  readonly column?: string;
}

/** What the caller can do. */
export interface ChangeAbilities {
  /** By column name. */
  readonly typeOptions?: (column: string) => TypeOptions;
  /** Whether landed spellings of keys that the source holds equal are found. @default false */
  readonly spellings?: boolean;
}

/** What stands against a way: in words, and the statements that would change it where there are any. */
interface Obstacle {
  readonly lacks: string;
  readonly enable?: readonly string[];
}

/** Why each way is not to be had; nothing where it is. */
interface Verdict {
  readonly obstacles: readonly Obstacle[];
  readonly instance?: CaptureInstance;
  readonly column?: string;
}

/** Types whose values CDC keeps no after-image of for sure: they are NULL in some operations ("cdc.<capture_instance>_CT", Remarks). */
const UNCAPTURED = new Set(['text', 'ntext', 'image']);

const WAY_NAMES: { readonly [way in ChangeWay]: string } = {
  changeTracking: 'Change Tracking', cdc: 'change data capture', rowversion: 'rowversion', watermark: 'watermark',
};

/**
 * The best way to learn of a table's changes, or the one that is named.
 *
 * @throws LegacyToS3Error of code CHANGES_REFUSED when a way is named that is not to be had, INVALID_CONFIG when the settings contradict each other
 */
export function chooseWay(table: ChangingTable, facts: ChangeFacts, settings: ChangeSettings = {}, abilities: ChangeAbilities = {}): WayChoice {
  const { changes = 'auto' } = settings;
  const subject = quoteTable(table.schema, table.table);
  refuseContradictions(subject, settings);
  if (changes === 'whole') return { way: 'whole', why: 'it is named: changes: whole', missing: [], enable: [] };
  const keys = keyEquality(table.primaryKey.map((name) => table.columns.find((column) => column.name === name)!), abilities.typeOptions);
  const context: Context = { table, subject, facts, settings, keys, unusableKeys: unusableKeys(table, keys, abilities) };
  const judged: { readonly [way in ChangeWay]: Verdict } = {
    changeTracking: judgeChangeTracking(context), cdc: judgeCdc(context), rowversion: judgeRowversion(context), watermark: judgeWatermark(context),
  };
  if (changes !== 'auto') {
    const { obstacles } = judged[changes];
    if (obstacles.length === 0) return chosen(changes, `it is named: changes: ${changes}${lagOf(changes, facts)}`, judged[changes], keys, settings);
    throw new LegacyToS3Error('CHANGES_REFUSED', `${subject}: its changes are to be learnt by ${WAY_NAMES[changes]}, but ${obstacles.map(({ lacks }) => lacks).join('; ')}`
      + `${remedy(obstacles)}; or leave the way open (changes: auto)`);
  }
  const order: readonly ChangeWay[] = settings.watermark === undefined ? ['changeTracking', 'cdc', 'rowversion'] : ['changeTracking', 'cdc', 'rowversion', 'watermark'];
  const best = order.find((way) => judged[way].obstacles.length === 0 && (isComplete(way) || settings.deletes !== undefined));
  const better = best === undefined ? order : order.slice(0, order.indexOf(best));
  const missing = better.map((way) => `${WAY_NAMES[way]}: ${lackOf(way, judged[way], settings)}`);
  // The first way that statements alone would enable.
  const enabling = better.find((way) => judged[way].obstacles.length > 0 && judged[way].obstacles.every(({ enable }) => enable !== undefined));
  const enable = enabling === undefined ? [] : statements(judged[enabling].obstacles);
  if (best === undefined) return { way: 'whole', why: `no other way is to be had: ${missing.join('; ')}`, missing, enable };
  return { ...chosen(best, `it is the best way that is to be had: ${WAY_NAMES[best]}${lagOf(best, facts)}`, judged[best], keys, settings), missing, enable };
}

/** Whether a way sees all inserts, updates and deletes. */
function isComplete(way: ChangeWay): boolean {
  return way === 'changeTracking' || way === 'cdc';
}

/** Capture makes an entry every few minutes though nothing changes, so that an older one tells that it does not run. */
const IDLE_CAPTURE_SECONDS = 900;

function lagOf(way: ChangeWay, { captureLagSeconds: lag = 0 }: ChangeFacts): string {
  return way === 'cdc' && lag > IDLE_CAPTURE_SECONDS ? `; capture is ${lag} s behind: look whether SQL Server Agent and the capture job run` : '';
}

function lackOf(way: ChangeWay, { obstacles }: Verdict, { deletes }: ChangeSettings): string {
  if (obstacles.length > 0) return obstacles.map(({ lacks }) => lacks).join(', ');
  return deletes === undefined && !isComplete(way) ? 'it would not see deletes; say deletes: keys or deletes: unseen to take it' : 'it would do';
}

function chosen(way: ChangeWay, why: string, { instance, column }: Verdict, keys: KeyEquality, { rows }: ChangeSettings): WayChoice {
  const isAppended = !isComplete(way) && rows === 'append';
  return {
    way, why, missing: [], enable: [], ...(!isAppended && { keys: keys.kind }), ...(instance && { instance }), ...(column !== undefined && { column }),
  };
}

function refuseContradictions(subject: string, { changes, watermark, rows, deletes }: ChangeSettings): void {
  const refuse = (why: string) => new LegacyToS3Error('INVALID_CONFIG', `tableOptions of ${subject}: ${why}`);
  if (changes === 'watermark' && watermark === undefined) throw refuse('changes: watermark needs the name of its column (watermark)');
  if (rows === 'append' && deletes === 'keys') throw refuse('rows that are only added (rows: append) have no deletes to find (deletes: keys)');
}

interface Context {
  readonly table: ChangingTable;
  readonly subject: string;
  readonly facts: ChangeFacts;
  readonly settings: ChangeSettings;
  readonly keys: KeyEquality;
  readonly unusableKeys?: Obstacle;
}

/** Why rows cannot be replaced by their key. */
function unusableKeys({ primaryKey }: ChangingTable, { kind, why }: KeyEquality, { spellings = false }: ChangeAbilities): Obstacle | undefined {
  if (primaryKey.length === 0) return { lacks: 'it has no primary key, or not all of its columns are read' };
  if (kind === 'bytes' || (kind === 'spellings' && spellings)) return undefined;
  return { lacks: `${why}, so that rows cannot be found by what landed of it` };
}

/** What no way can do with. */
function commonObstacles({ table, facts }: Context): Obstacle[] {
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
function filterObstacle({ table: { rowFilter } }: Context): Obstacle | undefined {
  if (rowFilter === undefined) return undefined;
  const varying = varyingPart(rowFilter);
  if (varying !== undefined) return { lacks: `its rowFilter has ${varying}, so that rows come and go without a change of their own` };
  return /\bSELECT\b/i.test(rowFilter) ? { lacks: 'its rowFilter asks other tables, so that rows come and go without a change of their own' } : undefined;
}

function present(...obstacles: ReadonlyArray<Obstacle | undefined | false>): Obstacle[] {
  return obstacles.flatMap((each) => (each ? [each] : []));
}

/** "About Change Tracking", "Work with Change Tracking" and "CHANGETABLE", Permissions; error 22117 on secondaries. */
function judgeChangeTracking(context: Context): Verdict {
  const { table, subject, facts, unusableKeys: keys } = context;
  if (facts.changeTracking === 'absent') return { obstacles: [{ lacks: 'this product has none' }] };
  const tracked = table.identity && facts.tracked.get(table.identity.objectId);
  const database = quoteName(facts.database);
  return {
    obstacles: present(
      ...commonObstacles(context), filterObstacle(context), keys,
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
function judgeCdc(context: Context): Verdict {
  const { table, facts, unusableKeys: keys } = context;
  if (facts.cdc === 'absent') return { obstacles: [{ lacks: 'this product has none' }] };
  const user = quoteName(facts.user);
  const common = present(
    ...commonObstacles(context), keys,
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

function judgeRowversion(context: Context): Verdict {
  const { table, facts, settings: { rows, deletes }, unusableKeys: keys } = context;
  const column = table.columns.find(({ type }) => type === 'timestamp');
  return {
    ...(column && { column: column.name }),
    obstacles: present(
      ...commonObstacles(context),
      rows === 'append' ? undefined : keys,
      deletes === 'keys' ? filterObstacle(context) : table.rowFilter !== undefined && LEAVING,
      (facts.readOnly || facts.readOnlyIntent) && { lacks: 'MIN_ACTIVE_ROWVERSION, which bounds it, is that of the primary; connect to the primary' },
      !column && { lacks: 'no column of it that is read is a rowversion' },
    ),
  };
}

const LEAVING: Obstacle = { lacks: 'it has a rowFilter, and a row that leaves it would stay; say deletes: keys' };

function judgeWatermark(context: Context): Verdict {
  const { table, settings: { watermark, rows, deletes }, unusableKeys: keys } = context;
  if (watermark === undefined) return { obstacles: [{ lacks: 'no column is named for it (watermark)' }] };
  const named = table.columns.filter(({ name }) => name.toLowerCase() === watermark.toLowerCase());
  const column = named.find(({ name }) => name === watermark) ?? named[0];
  return {
    ...(column && { column: column.name }),
    obstacles: present(
      ...commonObstacles(context),
      rows === 'append' ? undefined : keys,
      deletes === 'keys' ? filterObstacle(context) : table.rowFilter !== undefined && LEAVING,
      !column && { lacks: `no column that is read is called '${watermark}'` },
      column && !WATERMARK_TYPES.test(column.type) && { lacks: `column '${column.name}' is of ${column.type}; a watermark is a whole number, a decimal, a date or a time stamp` },
    ),
  };
}

const WATERMARK_TYPES = /^(tinyint|smallint|int|bigint|decimal|numeric|date|smalldatetime|datetime|datetime2|datetimeoffset)\b/;

function statements(obstacles: readonly Obstacle[]): string[] {
  return [...new Set(obstacles.flatMap(({ enable = [] }) => enable))];
}

function remedy(obstacles: readonly Obstacle[]): string {
  const all = statements(obstacles);
  return all.length === 0 || obstacles.some(({ enable }) => enable === undefined) ? '' : `; to enable it: ${all.join('; ')}`;
}

function text(value: string): string {
  return `N'${value.replace(/'/g, "''")}'`;
}
