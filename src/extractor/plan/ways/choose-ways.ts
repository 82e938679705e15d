import { createHash } from 'node:crypto';
import { CHANGE_COLUMNS } from '../../../contract';
import { Changes } from '../../api/changes/changes-options';
import { ChangeWay, type PlannedChanges } from '../../api/changes/planned-changes';
import type { ExtractionPlan, PlannedTable } from '../../api/extraction-plan';
import type { TableOptions } from '../../api/selection';
import type { TypeOptions } from '../../api/type-options';
import type { ChangeFacts } from '../../changes/change-facts';
import { chooseWay, type WayChoice } from '../../changes/choose-way';
import type { ChangeSettings } from '../../changes/judge-ways';
import { isReadBack, isSentBack, MOST_COMPARED_KEYS, MOST_HELD_KEYS } from '../../changes/key-equality';
import type { TypeRules } from '../../rows/columns/type-rules';
import { landedNames } from '../../source/catalog/column-names';
import { parsedPatterns } from '../table-choices';

/** What is asked for of the ways. */
export interface WayOptions {
  readonly changes: Changes;
  readonly tableOptions: readonly TableOptions[];
  /** Of the columns of a table, by the names they land under. */
  readonly typeOptions?: (table: PlannedTable) => ((landed: string) => TypeOptions) | undefined;
  /** Whether commit times may be asked for. */
  readonly commitTimes?: boolean;
}

/** Landed keys that are compared with the changed ones in each run, at most; tables with more rows, and keys in several spellings, are read whole. */
export const MOST_LANDED_KEYS = 200_000;

/** The plan with the way of each of its tables. @throws LegacyToS3Error of code CHANGES_REFUSED where a way is named that is not to be had */
export function withWays(plan: ExtractionPlan, facts: ChangeFacts, options: WayOptions): ExtractionPlan {
  const settingsOf = tableSettings(plan.tables, options);
  return { ...plan, tables: plan.tables.map((table) => ({ ...table, changes: plannedChanges(table, facts, settingsOf(table), options) })) };
}

/** What is asked for of single tables; of several options that match, the last says. */
export function tableSettings(
  tables: readonly PlannedTable[], { changes, tableOptions }: Pick<WayOptions, 'changes' | 'tableOptions'>,
): (table: PlannedTable) => Partial<Pick<TableOptions, 'watermark' | 'watermarkOverlap' | 'unseenNulls' | 'changedRows' | 'deletes'>> & { readonly changes: Changes } {
  const parsed = parsedPatterns(tables, tableOptions);
  return (table) => {
    const said = parsed.filter(({ meant }) => meant.has(table))
      .flatMap(({ rule }) => Object.entries(rule).filter(([, value]) => value !== undefined));
    const own = Object.fromEntries(said) as Partial<TableOptions>;
    const { watermark, watermarkOverlap, unseenNulls, changedRows, deletes } = own;
    return { changes: own.changes ?? changes, watermark, watermarkOverlap, unseenNulls, changedRows, deletes };
  };
}

function plannedChanges(
  table: PlannedTable, facts: ChangeFacts, asked: ReturnType<ReturnType<typeof tableSettings>>, { typeOptions, commitTimes = false }: WayOptions,
): PlannedChanges {
  const { changes, watermark, watermarkOverlap: overlap, unseenNulls, changedRows, deletes } = asked;
  if (changes === Changes.NONE) return { way: ChangeWay.WHOLE, why: 'it does not follow: changes: none', key: [] };
  const names = landedNames(table.columns, table.partitionPrefix);
  const taken = names.find((name) => (CHANGE_COLUMNS as readonly string[]).includes(name.toLowerCase()));
  if (taken !== undefined) return { way: ChangeWay.WHOLE, why: `its column '${taken}' has the name of one that tells of changes`, key: [] };
  const settings: ChangeSettings = {
    changes: changes as ChangeSettings['changes'],
    ...(watermark !== undefined && { watermark }),
    ...(overlap !== undefined && { overlap }),
    ...(unseenNulls && { nulls: 'unseen' }),
    ...(changedRows && { rows: changedRows }),
    ...(deletes && { deletes }),
  };
  const optionsOf = typeOptions?.(table);
  const landed = new Map(table.columns.map(({ name }, at) => [name, names[at]]));
  const choice = chooseWay(table, facts, settings, {
    landedKeys: compared(table),
    landedSpellings: sought(table),
    ...(optionsOf && { typeOptions: (column) => optionsOf(landed.get(column) ?? column) }),
  });
  return toPlanned(choice.settings.deletes === 'keys' ? { ...choice, why: `${choice.why}; ${costOfKeys(table)}` } : choice, table, commitTimes);
}

/** Whether landed spellings of a table's keys are looked for, or why not. */
function sought({ primaryKey, columns, estimatedRows }: PlannedTable): true | string {
  if (estimatedRows > MOST_LANDED_KEYS) return `it has about ${estimatedRows} rows, more than the ${MOST_LANDED_KEYS} whose keys are compared`;
  const unread = primaryKey.map((key) => columns.find(({ name }) => name === key)!).find((column) => !isReadBack(column));
  return unread === undefined || `key column '${unread.name}' beside it is of ${unread.type}, which is not read back`;
}

/** Whether all landed keys of a table are compared with those of the source, or why not. */
function compared({ primaryKey, columns, estimatedRows }: PlannedTable): true | string {
  if (estimatedRows > MOST_COMPARED_KEYS) return `it has about ${estimatedRows} rows, more than the ${MOST_COMPARED_KEYS} whose keys are compared`;
  const unsent = primaryKey.map((key) => columns.find(({ name }) => name === key)!).find((column) => !isSentBack(column));
  return unsent === undefined || `key column '${unsent.name}' is of ${unsent.type}, which is not read back`;
}

/** What finding deletes by comparing keys costs in each run, in a sentence. */
function costOfKeys({ primaryKey, columns, estimatedRows }: PlannedTable): string {
  const bytes = primaryKey.reduce((sum, key) => sum + keyBytes(columns.find(({ name }) => name === key)!.type), 0);
  const parts = Math.ceil(estimatedRows / MOST_HELD_KEYS);
  return `deletes are found by comparing keys: each run reads all keys of the source (about ${estimatedRows}, ${Math.ceil(estimatedRows * bytes / 1e6)} MB)`
    + `${parts > 1 ? ` ${parts} times` : ''}, and those of all rows that landed since the table was read whole`;
}

/** Bytes of a value on the wire, at most. */
function keyBytes(type: string): number {
  const [, base, length] = /^(\w+)(?:\((\d+))?/.exec(type)!;
  switch (base) {
    case 'bit': case 'tinyint': return 1;
    case 'smallint': return 2;
    case 'int': case 'smallmoney': case 'smalldatetime': case 'date': return 4;
    case 'decimal': case 'numeric': case 'uniqueidentifier': return 17;
    case 'char': case 'binary': return Number(length);
    case 'nchar': return 2 * Number(length);
    default: return 10;
  }
}

function toPlanned(
  { way, why, missing, enable, keys, settings: own }: WayChoice, { primaryKey }: PlannedTable, commitTimes: boolean,
): PlannedChanges {
  const settings: { [name: string]: string } = { ...own, ...(way === 'changeTracking' && commitTimes && { commitTimes: 'true' }) };
  return {
    way: way as ChangeWay,
    why,
    ...(missing.length > 0 && { missing: [...missing] }),
    ...(enable.length > 0 && { enable: [...enable] }),
    key: keys === undefined ? [] : [...primaryKey],
    ...(Object.keys(settings).length > 0 && { settings }),
  };
}

/**
 * Hash of what is read of a table and how it lands (32 hexadecimal digits): rows of another one would not fit those that are landed. An
 * added column with a default, another type and a computed column that is computed otherwise are told by the ids of the columns.
 */
export function shapeOf(table: PlannedTable, { all, columns: byName }: TypeRules = {}): string {
  const { columns, excludedColumns = [], primaryKey, partitionPrefix, rowFilter, changes } = table;
  const shapes = columns.map(({ name, columnId, type, nullable, collation, computed, notCompared }) => (
    [name, columnId, type, nullable, collation, computed, notCompared]));
  const { rows, deletes } = changes?.settings ?? {};
  return createHash('sha256').update(JSON.stringify([shapes, excludedColumns, primaryKey, partitionPrefix, rowFilter, all, byName, rows, deletes])).digest('hex').slice(0, 32);
}
