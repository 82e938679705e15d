import { keyType } from './key-types';
import { isPartitionPrefix } from '../../contract';
import { ChangeWay } from '../api/changes/planned-changes';
import { counted } from '../api/counted';
import { LegacyToS3Error } from '../api/errors';
import { HiddenRows, NotComparedReason, SourceRisk, type ExtractionPlan, type PlannedChunk, type PlannedColumn, type PlannedTable } from '../api/extraction-plan';
import { nearestNames } from '../api/unknown-names';
import { conditionProblem } from '../options/check-condition';
import { PSEUDO_COLUMNS } from '../source/catalog/graph-columns';
import { quoteTable } from '../source/catalog/identifiers';

/** Version of the plan's form. */
export const PLAN_VERSION = 1;

const PLAN_FIELDS = ['planVersion', 'createdAt', 'server', 'database', 'productVersion', 'snapshotAllowed', 'tables', 'warnings', 'refusals'];
const TABLE_FIELDS = [
  'schema', 'table', 'partitionPrefix', 'columns', 'excludedColumns', 'unreadColumns', 'memoryOptimized', 'view', 'identity', 'rowFilter', 'hiddenRows', 'changes', 'primaryKey',
  'chunkKey', 'estimatedRows', 'estimatedBytes', 'schemaHash', 'chunks',
];
const COLUMN_FIELDS = ['name', 'catalogName', 'columnId', 'type', 'nullable', 'collation', 'computed', 'notCompared'];
const CHANGES_FIELDS = ['way', 'why', 'missing', 'enable', 'key', 'settings', 'from', 'unchangedTo', 'previousRun', 'landed', 'landedRows', 'reload', 'count', 'seen'];
const IDENTITY_FIELDS = ['objectId', 'created', 'database', 'maxColumnId'];
const CHUNK_FIELDS = ['chunk', 'lower', 'upper', 'nullKey', 'estimatedRows', 'estimatedBytes'];

/** As the catalog spells types. */
const TYPE = /^\w+(\((max|\d+(,\d+)?)\))?$/;

/** Says what is wrong with a plan that came from outside. @throws LegacyToS3Error of code INVALID_CONFIG */
export function checkPlan(plan: ExtractionPlan): void {
  const problem = planProblem(plan);
  if (problem) throw new LegacyToS3Error('INVALID_CONFIG', `not a plan of this program: ${problem}`);
}

/** What is wrong with a plan that came from outside, as `tables[0].chunks[1].lower: …`; undefined when nothing is. */
export function planProblem(plan: unknown): string | undefined {
  if (!isRecord(plan)) return `expected an object, got ${shown(plan)}`;
  if (plan.planVersion !== PLAN_VERSION) return `planVersion: expected ${PLAN_VERSION}, got ${shown(plan.planVersion)}`;
  if (typeof plan.database !== 'string') return `database: expected a string, got ${shown(plan.database)}`;
  const { tables, warnings, refusals } = plan;
  if (!isTexts(warnings)) return 'warnings: expected an array of texts';
  if (!Array.isArray(refusals)) return 'refusals: expected an array';
  const risks: readonly unknown[] = Object.values(SourceRisk);
  const refusal: unknown = refusals.find((each) => !isRecord(each) || !risks.includes(each.risk));
  if (refusal !== undefined) return `refusals: unknown ${shown(refusal)}`;
  if (!Array.isArray(tables)) return 'tables: expected an array';
  if (tables.length === 0) return 'tables: empty';
  const unknown = unknownField(plan, PLAN_FIELDS);
  if (unknown !== undefined) return unknown;
  const names = new Set<string>();
  for (const [t, table] of (tables as unknown[]).entries()) {
    const problem = tableProblem(table);
    if (problem !== undefined) return `tables[${t}]${problem}`;
    const name = quoteTable((table as PlannedTable).schema, (table as PlannedTable).table);
    // The objects of the second would overwrite those of the first.
    if (names.has(name)) return `tables[${t}]: ${name} is there twice`;
    names.add(name);
  }
  return undefined;
}

/** What is wrong with a table that came from outside, as `.chunks[1].lower: …`. */
export function tableProblem(table: unknown): string | undefined {
  if (!isRecord(table)) return `: expected an object, got ${shown(table)}`;
  for (const name of ['schema', 'table', 'schemaHash']) if (typeof table[name] !== 'string') return `.${name}: expected a string, got ${shown(table[name])}`;
  for (const name of ['primaryKey', 'chunkKey']) if (!isTexts(table[name])) return `.${name}: expected an array of names, got ${shown(table[name])}`;
  const { columns, chunks, excludedColumns, unreadColumns, memoryOptimized, view, rowFilter, hiddenRows } = table;
  if (unreadColumns !== undefined && !isTexts(unreadColumns)) return `.unreadColumns: expected an array of names, got ${shown(unreadColumns)}`;
  if (view !== undefined && typeof view !== 'boolean') return `.view: expected true or false, got ${shown(view)}`;
  if (memoryOptimized !== undefined && typeof memoryOptimized !== 'boolean') return `.memoryOptimized: expected true or false, got ${shown(memoryOptimized)}`;
  const identity = identityProblem(table.identity);
  if (identity !== undefined) return `.identity${identity}`;
  const changes = changesProblem(table.changes, columns);
  if (changes !== undefined) return `.changes${changes}`;
  const hidden: readonly unknown[] = [undefined, ...Object.values(HiddenRows)];
  if (!hidden.includes(hiddenRows)) return `.hiddenRows: expected ${hidden.slice(1).join(', ')} or nothing, got ${shown(hiddenRows)}`;
  if (excludedColumns !== undefined && !isTexts(excludedColumns)) return `.excludedColumns: expected an array of names, got ${shown(excludedColumns)}`;
  if (rowFilter !== undefined && (typeof rowFilter !== 'string' || rowFilter.trim() === '')) return `.rowFilter: expected a condition, got ${shown(rowFilter)}`;
  const condition = rowFilter === undefined ? undefined : conditionProblem(rowFilter);
  if (condition !== undefined) return `.rowFilter: expected one condition and nothing else, but ${condition}; got ${shown(rowFilter)}`;
  if (table.partitionPrefix !== undefined && !isPartitionPrefix(table.partitionPrefix)) {
    return `.partitionPrefix: expected 'landed_' or 'landed_<number>_', got ${shown(table.partitionPrefix)}`;
  }
  if (!Array.isArray(columns) || columns.length === 0) return `.columns: expected at least one, got ${shown(columns)}`;
  if (!Array.isArray(chunks) || chunks.length === 0) return `.chunks: expected at least one, got ${shown(chunks)}`;
  const at = estimateProblem(table) ?? unknownField(table, TABLE_FIELDS);
  if (at !== undefined) return `.${at}`;
  for (const [c, column] of (columns as unknown[]).entries()) {
    const problem = columnProblem(column);
    if (problem !== undefined) return `.columns[${c}]${problem}`;
  }
  return keyProblem(table as unknown as PlannedTable) ?? chunksProblem(chunks, table as unknown as PlannedTable);
}

function identityProblem(identity: unknown): string | undefined {
  if (identity === undefined) return undefined;
  if (!isRecord(identity)) return `: expected an object, got ${shown(identity)}`;
  for (const name of ['created', 'database']) if (typeof identity[name] !== 'string') return `.${name}: expected a string, got ${shown(identity[name])}`;
  const { objectId, maxColumnId } = identity;
  if (!Number.isInteger(objectId)) return `.objectId: expected a whole number, got ${shown(objectId)}`;
  if (maxColumnId !== undefined && !isColumnId(maxColumnId)) return `.maxColumnId: expected a whole number of at least 1, got ${shown(maxColumnId)}`;
  const unknown = unknownField(identity, IDENTITY_FIELDS);
  return unknown === undefined ? undefined : `.${unknown}`;
}

/** Who may write a plan must not be able to send the source what they like: a way's settings are for it to look at. */
function changesProblem(changes: unknown, columns: unknown): string | undefined {
  if (changes === undefined) return undefined;
  if (!isRecord(changes)) return `: expected an object, got ${shown(changes)}`;
  const ways: readonly unknown[] = Object.values(ChangeWay);
  if (!ways.includes(changes.way)) return `.way: expected ${ways.join(', ')}, got ${shown(changes.way)}`;
  if (!isTexts(changes.key)) return `.key: expected an array of names, got ${shown(changes.key)}`;
  const names = Array.isArray(columns) ? (columns as PlannedColumn[]).map((column) => column?.name) : [];
  const missing = changes.key.find((name) => !names.includes(name));
  if (missing !== undefined && changes.way !== ChangeWay.WHOLE) return `.key: '${missing}' is none of the columns`;
  for (const name of ['why', 'previousRun', 'reload', 'unchangedTo']) {
    if (changes[name] !== undefined && typeof changes[name] !== 'string') return `.${name}: expected a text, got ${shown(changes[name])}`;
  }
  const { settings, from, count, missing: lacking, enable, landed, landedRows, seen } = changes;
  if (landed !== undefined && !isTexts(landed)) return `.landed: expected an array of keys, got ${shown(landed)}`;
  if (landedRows !== undefined && !Number.isSafeInteger(landedRows)) return `.landedRows: expected a whole number, got ${shown(landedRows)}`;
  if ([lacking, enable].some((texts) => texts !== undefined && !isTexts(texts))) return `.enable: expected arrays of texts, got ${shown(enable)}`;
  if (count !== undefined && typeof count !== 'boolean') return `.count: expected true or false, got ${shown(count)}`;
  if (seen !== undefined && (!isRecord(seen) || !Number.isSafeInteger(seen.rows) || typeof seen.clock !== 'string')) return `.seen: expected rows and a clock, got ${shown(seen)}`;
  if (settings !== undefined && (!isRecord(settings) || !isTexts(Object.values(settings)))) return `.settings: expected texts by name, got ${shown(settings)}`;
  if (from !== undefined && (!isRecord(from) || !isTexts([from.way, from.lineage, from.order, from.at]))) return `.from: expected a mark, got ${shown(from)}`;
  const unknown = unknownField(changes, CHANGES_FIELDS);
  return unknown === undefined ? undefined : `.${unknown}`;
}

function isColumnId(id: unknown): boolean {
  return Number.isInteger(id) && Number(id) >= 1 && Number(id) < 2 ** 31;
}

function columnProblem(column: unknown): string | undefined {
  if (!isRecord(column)) return `: expected an object, got ${shown(column)}`;
  for (const name of ['name', 'type']) if (typeof column[name] !== 'string') return `.${name}: expected a string, got ${shown(column[name])}`;
  // Both go into statements as they are.
  if (!TYPE.test(column.type as string)) return `.type: expected a type such as decimal(19,4), got ${shown(column.type)}`;
  const { collation } = column;
  if (collation !== undefined && (typeof collation !== 'string' || !/^\w+$/.test(collation))) return `.collation: expected the name of a collation, got ${shown(collation)}`;
  // What is not quoted must be one of the names that are known.
  if (column.catalogName !== undefined && !(typeof column.catalogName === 'string' && PSEUDO_COLUMNS.has(column.name as string))) {
    return `.catalogName: only for the pseudo-columns ${[...PSEUDO_COLUMNS].join(', ')}, got ${shown(column.catalogName)} of ${shown(column.name)}`;
  }
  if (column.columnId !== undefined && !isColumnId(column.columnId)) return `.columnId: expected a whole number of at least 1, got ${shown(column.columnId)}`;
  if (typeof column.nullable !== 'boolean') return `.nullable: expected true or false, got ${shown(column.nullable)}`;
  const reasons: readonly unknown[] = [undefined, ...Object.values(NotComparedReason)];
  if (!reasons.includes(column.notCompared)) return `.notCompared: expected ${reasons.slice(1).join(', ')} or nothing, got ${shown(column.notCompared)}`;
  const unknown = unknownField(column, COLUMN_FIELDS);
  return unknown === undefined ? undefined : `.${unknown}`;
}

/** Rows must have a place in the order of the key. */
function keyProblem({ chunkKey, columns }: PlannedTable): string | undefined {
  const keys = chunkKey.map((name) => columns.find((column) => column.name === name));
  const missing = keys.indexOf(undefined);
  if (missing >= 0) return `.chunkKey: '${chunkKey[missing]}' is none of the columns`;
  const unordered = (keys as PlannedColumn[]).find((key) => !keyType(key));
  if (unordered) return `.chunkKey: no bound can be given for '${unordered.name}', which is ${unordered.type}`;
  const twice = chunkKey.find((name, at) => chunkKey.indexOf(name) < at);
  return twice === undefined ? undefined : `.chunkKey: '${twice}' is there twice`;
}

/** The chunks must cover every row once: what one ends before, the next begins with. */
function chunksProblem(chunks: readonly unknown[], { chunkKey, columns }: PlannedTable): string | undefined {
  let previous: PlannedChunk | undefined;
  const nullable = chunkKey.length > 0 && columns.find(({ name }) => name === chunkKey[0])!.nullable;
  for (const [c, each] of chunks.entries()) {
    const at = `.chunks[${c}]`;
    if (!isRecord(each)) return `${at}: expected an object, got ${shown(each)}`;
    if (each.chunk !== c) return `${at}.chunk: expected ${c}, got ${shown(each.chunk)}; chunks are numbered from 0`;
    const field = estimateProblem(each) ?? unknownField(each, CHUNK_FIELDS);
    if (field !== undefined) return `${at}.${field}`;
    const chunk = each as unknown as PlannedChunk;
    for (const side of ['lower', 'upper'] as const) {
      const bound: unknown = chunk[side];
      if (bound !== undefined && (!isTexts(bound) || bound.length === 0 || bound.length > chunkKey.length)) {
        return `${at}.${side}: a bound needs a text for each of ${counted(chunkKey.length, 'key column')}, or for the first of them, got ${shown(bound)}`;
      }
    }
    if (chunk.nullKey && (c > 0 || chunk.lower || chunk.upper || !nullable)) return `${at}.nullKey: only for the first chunk, of a key that may be NULL`;
    const opens = c === 0 || previous?.nullKey;
    if (opens ? chunk.lower !== undefined : shown(chunk.lower) !== shown(previous?.upper) || !chunk.lower) {
      return `${at}.lower: expected ${opens ? 'none' : previous?.upper ? shown(previous.upper) : `an upper bound of chunk ${c - 1} to begin with`}, got ${shown(chunk.lower)}; `
        + 'a chunk begins where the one before it ends';
    }
    previous = chunk;
  }
  if (previous?.upper || previous?.nullKey) return `.chunks[${chunks.length - 1}].upper: the last chunk must be open`;
  const first = chunks[0] as PlannedChunk;
  return nullable && !first.nullKey && chunks.length > 1 ? '.chunks[0].nullKey: the key may be NULL, so a chunk must take those rows' : undefined;
}

function estimateProblem(of: Record<string, unknown>): string | undefined {
  const wrong = ['estimatedRows', 'estimatedBytes'].find((name) => !(Number.isFinite(of[name]) && Number(of[name]) >= 0));
  return wrong && `${wrong}: expected a number of at least 0, got ${shown(of[wrong])}`;
}

/** A field that is misspelt would otherwise be passed over. */
function unknownField(of: Record<string, unknown>, known: readonly string[]): string | undefined {
  const unknown = Object.keys(of).find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  const [near] = nearestNames(unknown, known, 1);
  return `${unknown}: there is no such field${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
